#include "engine/app/against.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include <absl/strings/str_join.h>
#include <simdjson.h>

#include "engine/app/terminal_text.h"
#include "engine/core/shard.h"
#include "engine/core/shard_state.h"
#include "engine/model/json_writer.h"

namespace tocsin::app {
namespace {

namespace dom = simdjson::dom;

std::string_view text_of(dom::element object, std::string_view name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

/// What a rule of a catalogue would send: its labels, name, severity and texts.
void write_alert(dom::element line, JsonWriter& json) {
  std::map<std::string, std::string, std::less<>> labels;
  dom::object given;
  if (line["labels"].get(given) == simdjson::SUCCESS) {
    for (const auto& [name, value] : given) {
      std::string_view text;
      if (value.get(text) == simdjson::SUCCESS) labels.insert_or_assign(std::string(name), std::string(text));
    }
  }
  if (const std::string_view name = text_of(line, "name"); !name.empty()) labels.try_emplace("alertname", name);
  if (const std::string_view word = text_of(line, "severity"); !word.empty()) labels.try_emplace("severity", word);
  json.begin_object().key("labels").begin_object();
  for (const auto& [name, value] : labels) json.field(name, value);
  json.end_object().key("annotations").begin_object();
  dom::object annotations;
  if (line["annotations"].get(annotations) == simdjson::SUCCESS) {
    for (const auto& [name, value] : annotations) {
      std::string_view text;
      if (value.get(text) == simdjson::SUCCESS) json.field(name, text);
    }
  } else {
    for (const char* name : {"summary", "description", "runbook_url"}) {
      if (const std::string_view text = text_of(line, name); !text.empty()) json.field(name, text);
    }
  }
  json.end_object().end_object();
}

Decision decide_one(const rules::RuleSetPtr& rules, const AlertBatch& batch, const Alert& alert, const HashKey& key) {
  AlertBatch alone;
  alone.source = batch.source;
  alone.tenant = batch.tenant;
  alone.alerts.push_back(alert);
  Shard shard(rules, key);
  std::vector<EffectPtr> effects;
  Input input;
  input.kind = InputKind::alerts;
  input.at = from_unix_ns(1'774'738'800'000'000'000);  // any instant: nobody else comes
  input.position = Position{1};
  input.batch = &alone;
  shard.apply(input, effects);
  // What waits for an inhibitor that does not come is let in.
  for (std::uint64_t n = 2; n < 10 && shard.state().incidents().by_number().empty(); ++n) {
    if (shard.next_deadline() > input.at + std::chrono::minutes{4}) break;
    Input time;
    time.at = std::max(shard.next_deadline(), input.at);
    time.position = Position{n};
    shard.apply(time, effects);
  }
  Decision decision;
  bool has_no_level = false;
  const ShardState& state = shard.state();
  for (const std::uint32_t slot : state.conditions().in_order()) {
    const Condition& condition = state.conditions()[slot];
    decision.name = condition.texts[Field::name];
    decision.service = condition.texts[Field::service];
    decision.host = condition.texts[Field::host];
    decision.category = condition.texts[Field::category];
    decision.title = condition.texts[Field::title];
    decision.severity = rules::name_of(*rules, condition.severity);
    decision.priority = name_of(condition.priority);
    has_no_level = condition.texts[Field::level].empty();
  }
  for (const auto& [number, slot] : state.incidents().by_number()) {
    const IncidentState& incident = state.incidents()[slot];
    decision.group = incident.rule_id + " " + incident.correlation_key;
    decision.priority = name_of(incident.priority());
    decision.topics = absl::StrJoin(incident.audiences, ", ",
                                    [](std::string* out, const Audience& audience) { *out += audience.topic; });
  }
  if (decision.service.empty() || decision.service == "unknown") decision.defaults.emplace_back("service");
  if (has_no_level || !shard.unknown_severities().entries().empty()) decision.defaults.emplace_back("severity");
  if (decision.category.empty()) decision.defaults.emplace_back("category");
  if (decision.group.empty()) decision.defaults.emplace_back("group");
  if (decision.title.empty() || decision.title == decision.name) decision.defaults.emplace_back("title");
  return decision;
}

using Row = std::array<std::string, 8>;

Row row_of(const Decision& one) {
  return {one.name,     one.service, one.host,   one.severity,
          one.priority, one.group,   one.topics, absl::StrJoin(one.defaults, " ")};
}

}  // namespace

std::string alerts_body(std::string_view text, std::string& trouble) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    trouble = "there is no alert in it";
    return {};
  }
  dom::parser parser;
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  if (text[first] == '[') {
    dom::array list;
    if (parser.parse(text.data(), text.size()).get(list) != simdjson::SUCCESS) {
      trouble = "this is no JSON array of alerts";
      return {};
    }
    for (const dom::element one : list) write_alert(one, json);
  } else {
    std::size_t line_number = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string_view line = text.substr(at, end - at);
      at = end + 1;
      ++line_number;
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      dom::element object;
      if (parser.parse(line.data(), line.size()).get(object) != simdjson::SUCCESS || !object.is_object()) {
        trouble = "line " + std::to_string(line_number) + " is no JSON object";
        return {};
      }
      write_alert(object, json);
    }
  }
  json.end_array();
  return body;
}

std::vector<Decision> decide(const rules::RuleSetPtr& rules, const AlertBatch& batch) {
  std::vector<Decision> decisions;
  const HashKey key{HashKey::Seed{}};
  for (const Alert& alert : batch.alerts) decisions.push_back(decide_one(rules, batch, alert, key));
  return decisions;
}

std::string decisions_text(const std::vector<Decision>& decisions) {
  std::vector<Row> rows{{"ALERT", "SERVICE", "HOST", "SEVERITY", "PRIORITY", "GROUP", "TOPICS", "DEFAULTS"}};
  std::map<std::string, std::size_t> fell;
  std::set<std::string> groups;
  for (const Decision& one : decisions) {
    rows.push_back(row_of(one));
    for (const std::string& what : one.defaults) ++fell[what];
    if (!one.group.empty()) groups.insert(one.group);
  }
  std::array<std::size_t, 8> widths{};
  for (Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = row[i].empty() ? "-" : for_terminal(row[i]);
      widths[i] = std::max(widths[i], columns_of(row[i]));
    }
  }
  std::string out;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 != row.size()) out.append(widths[i] - columns_of(row[i]) + 2, ' ');
    }
    out += '\n';
  }
  out += std::to_string(decisions.size()) + " alerts, " + std::to_string(groups.size()) + " groups; fell to defaults: ";
  out += fell.empty() ? "nothing" : absl::StrJoin(fell, ", ", absl::PairFormatter(" "));
  return out + "\n";
}

std::string decisions_json(const std::vector<Decision>& decisions) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (const Decision& one : decisions) {
    json.begin_object().field("name", one.name).field("service", one.service).field("host", one.host);
    json.field("category", one.category).field("severity", one.severity).field("priority", one.priority);
    json.field("group", one.group).field("topics", one.topics).field("title", one.title);
    json.key("defaults").begin_array();
    for (const std::string& what : one.defaults) json.value(what);
    json.end_array().end_object();
  }
  json.end_array();
  return out + "\n";
}

}  // namespace tocsin::app
