#include <array>

#include "rules/sections/draft.h"
#include "rules/sections/section_temporal.h"

namespace tocsin::rules {
namespace {

using namespace std::chrono_literals;

/// Between the first and the last those of TemporalRule::Kind, in its order.
constexpr std::array<std::string_view, 7> kKinds{"group", "threshold", "distinct", "sequence",
                                                 "all",   "absence",   "topology"};

void read_window(const YamlNode& node, GroupRule& rule, Context& context) {
  const MapReader map(node, "`window`", {"idle", "max"}, context.report);
  if (const YamlNode* idle = map.find("idle")) {
    rule.idle = read_duration(*idle, "`idle`", 1s, context.report).value_or(rule.idle);
  }
  if (const YamlNode* max = map.find("max")) {
    rule.max = read_duration(*max, "`max`", 1s, context.report).value_or(rule.max);
  }
  if (rule.idle > rule.max) {
    context.report.error(node, "bad_window", "`idle` is longer than `max`: the window would never be idle",
                         "idle is 10m where it is not given, and max has no bound");
  }
}

void read_similar(const YamlNode& node, GroupRule& rule, Context& context) {
  const MapReader map(node, "`similar`", {"field", "at_least"}, context.report);
  FieldList list;
  if (const YamlNode* name = map.require("field")) read_field(*name, "`field`", list, context);
  if (!list.fields.empty()) rule.similar_field = list.fields.front();
  if (!list.labels.empty()) rule.similar_label = list.labels.front();
  if (const YamlNode* least = map.require("at_least")) {
    rule.similar_percent = read_count(*least, "`at_least`", 1, 100, context.report).value_or(0);
  }
}

void read_group(const YamlNode& item, Context& context) {
  const MapReader map(item, "a group rule",
                      {"id", "kind", "when", "by", "window", "hold", "similar", "max_keys", "incident", "continue"},
                      context.report);
  GroupRule rule;
  rule.id = read_id(map, context);
  rule.when = read_when(map, Scope::alert, context);
  if (const YamlNode* by = map.require("by")) {
    FieldList list = read_fields(*by, "`by`", context);
    rule.by_fields = std::move(list.fields);
    rule.by_labels = std::move(list.labels);
  }
  if (const YamlNode* window = map.find("window")) read_window(*window, rule, context);
  if (const YamlNode* hold = map.find("hold")) {
    rule.hold = read_duration(*hold, "`hold`", Duration{0}, context.report).value_or(Duration{0});
  }
  if (const YamlNode* more = map.find("continue")) {
    rule.goes_on = read_bool(*more, "`continue`", context.report).value_or(false);
  }
  tell_unreachable(item, always_holds(map, rule.when) && !rule.goes_on, context.draft.last_group,
                   "a group rule above it takes every alert", context);
  if (const YamlNode* similar = map.find("similar")) read_similar(*similar, rule, context);
  if (const YamlNode* keys = map.find("max_keys")) rule.max_keys = read_max_keys(*keys, context);
  rule.incident = read_incident_text(map, context);
  context.draft.rules.groups.push_back(std::move(rule));
}

/// `node`, `equal`: a field or a list of them.
std::vector<FieldOrLabel> read_places(const YamlNode& node, std::string_view what, Context& context) {
  std::vector<FieldOrLabel> places;
  const auto read_one = [&](const YamlNode& one) {
    FieldList list;
    if (!read_field(one, what, list, context)) return;
    places.push_back({list.fields.empty() ? Field{} : list.fields.front(),
                      list.labels.empty() ? std::string{} : std::move(list.labels.front())});
  };
  if (node.is_scalar()) {
    read_one(node);
  } else {
    for (const YamlNode* one : read_list(node, what, context.report)) read_one(*one);
  }
  return places;
}

void read_topology(const YamlNode& item, Context& context) {
  constexpr std::array<std::string_view, 3> kCauses{"most_upstream", "most_downstream", "earliest"};
  const MapReader map(
      item, "a topology rule",
      {"id", "kind", "when", "graph", "node", "equal", "hops", "within", "cause", "called", "same_node", "max_keys"},
      context.report);
  TopologyRule rule;
  rule.id = read_id(map, context);
  rule.when = read_when(map, Scope::alert, context);
  if (const YamlNode* node = map.find("node")) rule.node = read_places(*node, "`node`", context);
  if (rule.node.empty()) rule.node = {{Field::service, {}}};
  if (const YamlNode* equal = map.find("equal")) rule.equal = read_places(*equal, "`equal`", context);
  if (const YamlNode* graph = map.require("graph")) {
    const auto name = read_text(*graph, "`graph`", context.report);
    const auto found = name ? context.draft.graphs.find(*name) : context.draft.graphs.end();
    if (found != context.draft.graphs.end()) {
      rule.table = found->first;
      rule.graph = found->second;
    } else if (name) {
      context.report.error(*graph, "unknown_table",
                           "there is no table with `edges` named `" + std::string{name->substr(0, 80)} + "`");
    }
  }
  if (const YamlNode* hops = map.require("hops")) {
    rule.hops = read_count(*hops, "`hops`", 1, 16, context.report).value_or(1);
  }
  if (const YamlNode* within = map.require("within")) {
    rule.within = read_duration(*within, "`within`", 1s, context.report).value_or(1s);
  }
  if (const YamlNode* cause = map.find("cause")) {
    rule.cause =
        static_cast<CausePick>(read_word(*cause, "`cause`", kCauses, "unknown_word", context.report).value_or(0));
  }
  if (const YamlNode* same = map.find("same_node")) {
    rule.same_node = read_bool(*same, "`same_node`", context.report).value_or(true);
  }
  if (const YamlNode* called = map.find("called")) {
    FieldList list;
    read_field(*called, "`called`", list, context);
    if (!list.labels.empty()) {
      context.report.error(*called, "unknown_field", "a cause is called as a field of its alert, not as a label");
    }
    if (!list.fields.empty()) rule.called = list.fields.front();
  }
  if (const YamlNode* keys = map.find("max_keys")) rule.max_keys = read_max_keys(*keys, context);
  // Where the table cannot be read there is an error, and no rule set.
  if (rule.graph != nullptr) context.draft.rules.topologies.push_back(std::move(rule));
}

}  // namespace

void read_correlate(const YamlNode& node, Context& context) {
  for (const YamlNode* item : read_list(node, "`correlate`", context.report)) {
    const YamlNode* kind = value_of(*item, "kind");
    if (kind == nullptr) {
      context.report.error(*item, item->is_map() ? "missing_key" : "wrong_type",
                           "a correlate rule is a map that needs `kind`");
      continue;
    }
    const auto index = read_word(*kind, "`kind`", kKinds, "unknown_kind", context.report);
    if (!index) continue;
    if (*index == 0) {
      read_group(*item, context);
    } else if (*index + 1 < kKinds.size()) {
      read_temporal(*item, static_cast<TemporalRule::Kind>(*index - 1), context);
    } else {
      read_topology(*item, context);
    }
  }
}

}  // namespace tocsin::rules
