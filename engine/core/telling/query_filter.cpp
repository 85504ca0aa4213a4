#include "engine/core/telling/query_filter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/telling/closed_record.h"
#include "engine/core/telling/incident_record.h"

namespace tocsin {
namespace {

template <typename Values>
bool holds(const Values& values, std::string_view value) {
  return std::ranges::find(values, value) != std::end(values);
}

/// The names of a closed set, in its order; nothing: the field takes any value.
std::vector<std::string> choices_of(const ShardState& state, QueryKind kind, std::string_view name) {
  std::vector<std::string> choices;
  if (name == "priority") {
    for (const Priority one : {Priority::p1, Priority::p2, Priority::p3, Priority::p4, Priority::p5})
      choices.emplace_back(name_of(one));
  } else if (name == "severity") {
    choices = state.rules().severity.scale;
    std::ranges::reverse(choices);
  } else if (name == "status" && kind == QueryKind::alerts) {
    choices = {"firing", "resolved"};
  } else if (name == "status") {
    for (std::size_t i = 0; i < kIncidentStatusCount; ++i)
      choices.emplace_back(name_of(static_cast<IncidentStatus>(i)));
  }
  return choices;
}

bool is_filter(QueryKind kind, std::string_view name) {
  if (name == "status" || name == "priority" || name == "severity" || name == "node") return true;
  if (kind == QueryKind::incidents &&
      (name == "order" || name == "rule_id" || name == "correlation_key" || name == "plan"))
    return true;
  if (kind == QueryKind::incidents && name.starts_with("x_")) return true;
  if (kind == QueryKind::alerts && (name == "suppressed_by" || name == "incident_id")) return true;
  return field_from(name).has_value();
}

/// A filter may name several values with commas between: `status=open,acknowledged`.
std::vector<std::string> values_of(std::string_view text) {
  std::vector<std::string> values;
  while (true) {
    const std::size_t comma = text.find(',');
    values.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return values;
    text.remove_prefix(comma + 1);
  }
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) (text += text.empty() ? "" : ", ") += name;
  return text;
}

std::string_view or_default(std::string_view tenant) { return tenant.empty() ? std::string_view{"default"} : tenant; }

/// One that rules set, as records have it.
bool is_own_field(std::string_view name) { return name.starts_with("x_"); }

/// What is known of an incident whatever became of it; nullopt: it is a text of its record or its lead.
std::optional<std::string_view> fact_of(const ShardState& state, const IncidentState& incident, std::string_view name) {
  if (name == "status") return name_of(incident.status);
  if (name == "priority") return name_of(incident.priority());
  if (name == "severity") return rules::name_of(state.rules(), incident.severity());
  if (name == "rule_id") return incident.rule_id;
  if (name == "correlation_key") return incident.correlation_key;
  if (name == "plan") return incident.plan == nullptr ? std::string_view{} : std::string_view{incident.plan->id};
  if (name == "tenant") return or_default(incident.tenant);
  if (is_own_field(name)) {
    const auto found =
        std::ranges::find(incident.fields, name.substr(2), [](const auto& one) { return std::string_view{one.first}; });
    return found == incident.fields.end() ? std::string_view{} : std::string_view{found->second};
  }
  return std::nullopt;
}

bool is_fact(std::string_view name) {
  constexpr std::array<std::string_view, 7> kFacts{"status",          "priority", "severity", "rule_id",
                                                   "correlation_key", "plan",     "tenant"};
  return holds(kFacts, name) || is_own_field(name);
}

std::string_view text_of(const Condition& alert, std::string_view name) {
  return alert.texts[*field_from(name == "node" ? "host" : name)];
}

/// As record_says, and the record is read once for all queries: but for `name`, which is that of any listed alert.
bool closed_says(const Telling& telling, std::string_view name, const std::vector<std::string>& values) {
  const auto field = field_from(name == "node" ? "host" : name);
  if (!field || *field == Field::name) return record_says(telling.closed->value, name, values);
  if (telling.closed_texts == nullptr)
    telling.closed_texts = std::make_unique<const ClosedTexts>(texts_of_record(telling.closed->value));
  const std::uint64_t hash = telling.closed_texts->hash[static_cast<std::size_t>(*field)];
  const bool may_be =
      std::ranges::any_of(values, [&](const std::string& value) { return hash_in_record(*field, value) == hash; });
  return may_be && record_says(telling.closed->value, name, values);
}

std::string_view value_of(const ShardState& state, const Condition& alert, std::string_view name) {
  if (name == "status") return alert.counts_as_firing() ? "firing" : "resolved";
  if (name == "severity") return rules::name_of(state.rules(), alert.severity);
  if (name == "priority") return name_of(alert.priority);
  if (name == "suppressed_by") return state.held_by(alert);
  if (name == "tenant") return or_default(alert.texts[Field::tenant]);
  return text_of(alert, name);
}

}  // namespace

std::expected<QueryFilter, std::string> QueryFilter::from(const ShardState& state, const Query& query) {
  QueryFilter filter;
  for (const auto& [name, text] : query.filters) {
    if (!is_filter(query.kind, name)) return std::unexpected("no field `" + name + "` to filter by");
    if (name == "incident_id") {
      filter.incident_id_ = text;
      continue;
    }
    if (name == "order") {
      if (text != "newest" && text != "pressing")
        return std::unexpected("no order `" + text + "`: there is newest, pressing");
      filter.order_ = text == "pressing" ? QueryOrder::pressing : QueryOrder::newest;
      continue;
    }
    One one{name, values_of(text)};
    const std::vector<std::string> choices = choices_of(state, query.kind, name);
    for (const std::string& value : one.values) {
      if (choices.empty() || holds(choices, value)) continue;
      return std::unexpected("no " + name + " `" + value + "`: there is " + list_of(choices));
    }
    filter.reads_records_ |= !is_fact(name);
    filter.reads_names_ |= name == "name";
    filter.filters_.push_back(std::move(one));
  }
  return filter;
}

bool QueryFilter::takes(IncidentStatus status) const {
  return std::ranges::all_of(filters_, [status](const One& filter) {
    return filter.name != "status" || holds(filter.values, name_of(status));
  });
}

std::size_t QueryFilter::looks_at(const IncidentState& incident) const {
  if (!reads_records_ || incident.telling.closed == nullptr) return 1;
  if (incident.telling.closed_texts != nullptr && !reads_names_) return 1;
  return 1 + incident.telling.closed->value.size() / kRecordBytesPerLook;
}

bool QueryFilter::matches(const ShardState& state, const IncidentState& incident) const {
  // Facts first: they cost nothing, and what they refuse is not read through.
  const bool facts_match = std::ranges::all_of(filters_, [&](const One& filter) {
    const auto fact = fact_of(state, incident, filter.name);
    return !fact || holds(filter.values, *fact);
  });
  if (!facts_match || !reads_records_) return facts_match;
  const bool is_over = incident.telling.closed != nullptr;
  return std::ranges::all_of(filters_, [&](const One& filter) {
    if (is_fact(filter.name)) return true;
    if (is_over) return closed_says(incident.telling, filter.name, filter.values);
    return holds(filter.values, text_of(state.conditions()[incident.members.lead()], filter.name));
  });
}

bool QueryFilter::may_match_near(const ConditionBook& conditions, std::uint32_t slot) const {
  return std::ranges::all_of(filters_, [&](const One& filter) {
    const auto field = field_from(filter.name == "node" ? "host" : filter.name);
    if (!field || !ValueSketch::is_followed(*field)) return true;
    return std::ranges::any_of(
        filter.values, [&](const std::string& value) { return conditions.sketch().may_have(slot, *field, value); });
  });
}

bool QueryFilter::matches(const ShardState& state, const Condition& alert) const {
  return std::ranges::all_of(
      filters_, [&](const One& filter) { return holds(filter.values, value_of(state, alert, filter.name)); });
}

}  // namespace tocsin
