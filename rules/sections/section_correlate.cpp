#include <algorithm>
#include <array>
#include <set>

#include "rules/sections/draft.h"

namespace tocsin::rules {
namespace {

using namespace std::chrono_literals;

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

void check_emit(const YamlNode& node, Draft::Derivation& derived, Context& context) {
  const MapReader map(node, "`emit`", {"severity", "title", "description", "set"}, context.report);
  if (const YamlNode* severity = map.find("severity")) {
    derived.severity = read_severity(*severity, "`severity`", context);
    derived.is_sound &= derived.severity.has_value();
  }
  for (const std::string_view key : {"title", "description"}) {
    if (const YamlNode* text = map.find(key)) read_text(*text, key, context.report);
  }
  const YamlNode* set = map.find("set");
  if (set == nullptr) return;
  if (!set->is_map()) {
    context.report.error(*set, "wrong_type", "`set` must be a map from field to expression");
    return;
  }
  for (std::size_t i = 0; i < set->items.size(); i += 2) {
    if (set->items[i]->is_scalar()) read_field(*set->items[i], "a key of `set`", derived.open, context);
    context.compiler.text(*set->items[i + 1], Scope::alert, context.report);
  }
}

/// `steps` are the names that `change` may have.
void check_annotate(const YamlNode& node, const std::set<std::string_view>& steps, Context& context) {
  const MapReader map(node, "`annotate`", {"change", "tag"}, context.report);
  if (const YamlNode* tag = map.find("tag")) read_name(*tag, "`tag`", context.report);
  const YamlNode* change = map.find("change");
  if (change == nullptr) return;
  const std::vector<std::string_view> names(steps.begin(), steps.end());
  if (names.empty()) {
    context.report.error(*change, "unknown_step", "`change` names a step, and this rule has none");
  } else {
    read_word(*change, "`change`", names, "unknown_step", context.report);
  }
}

void check_outcome(const MapReader& map, bool may_annotate, const std::set<std::string_view>& steps,
                   Draft::Derivation derived, Context& context) {
  const YamlNode* emit = map.find("emit");
  const YamlNode* annotate = may_annotate ? map.find("annotate") : nullptr;
  if (emit != nullptr) {
    check_emit(*emit, derived, context);
    derived.at = map.key_node("emit");
    if (derived.is_sound) context.draft.derivations.push_back(std::move(derived));
  }
  if (annotate != nullptr) check_annotate(*annotate, steps, context);
  if (emit == nullptr && annotate == nullptr) {
    context.report.error(map.node(), "missing_key",
                         may_annotate ? "this rule needs `emit` or `annotate`" : "this rule needs `emit`");
  }
}

void check_max_keys(const MapReader& map, Context& context) {
  if (const YamlNode* keys = map.find("max_keys")) read_max_keys(*keys, context);
}

/// What rules that emit have in common: `id`, `when` and `by`.
Draft::Derivation read_derivation(const MapReader& map, Context& context) {
  Draft::Derivation derived;
  derived.id = read_id(map, context);
  derived.when = read_when(map, Scope::alert, context);
  derived.is_sound = map.find("when") == nullptr || !derived.when.empty();
  if (const YamlNode* by = map.require("by")) derived.open = read_fields(*by, "`by`", context);
  return derived;
}

void add_alternative(Expression condition, Draft::Derivation& derived) {
  derived.is_sound &= !condition.empty();
  derived.any_of.push_back(std::move(condition));
}

void check_within(const MapReader& map, Context& context) {
  if (const YamlNode* within = map.require("within")) read_duration(*within, "`within`", 1s, context.report);
}

void read_group(const YamlNode& item, Context& context) {
  const MapReader map(item, "a group rule", {"id", "kind", "when", "by", "window", "hold", "similar", "max_keys"},
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
  tell_unreachable(item, always_holds(map, rule.when), context.draft.last_group,
                   "a group rule above it takes every alert", context);
  if (const YamlNode* similar = map.find("similar")) read_similar(*similar, rule, context);
  if (const YamlNode* keys = map.find("max_keys")) rule.max_keys = read_max_keys(*keys, context);
  context.draft.rules.groups.push_back(std::move(rule));
}

void check_counting(const YamlNode& item, bool is_distinct, Context& context) {
  const MapReader map =
      is_distinct
          ? MapReader(item, "a distinct rule",
                      {"id", "kind", "when", "by", "field", "count", "within", "emit", "annotate", "max_keys"},
                      context.report)
          : MapReader(item, "a threshold rule",
                      {"id", "kind", "when", "by", "count", "within", "emit", "annotate", "max_keys"}, context.report);
  Draft::Derivation derived = read_derivation(map, context);
  check_within(map, context);
  if (is_distinct) {
    if (const YamlNode* name = map.require("field")) read_field(*name, "`field`", derived.counted, context);
  }
  if (const YamlNode* count = map.require("count")) read_count(*count, "`count`", 1, 1'000'000, context.report);
  check_outcome(map, true, {}, std::move(derived), context);
  check_max_keys(map, context);
}

void check_steps(const YamlNode& item, bool is_sequence, Context& context) {
  const MapReader map =
      is_sequence
          ? MapReader(item, "a sequence rule",
                      {"id", "kind", "when", "steps", "by", "within", "emit", "annotate", "max_keys"}, context.report)
          : MapReader(item, "an all rule",
                      {"id", "kind", "when", "steps", "by", "within", "at_least", "emit", "annotate", "max_keys"},
                      context.report);
  Draft::Derivation derived = read_derivation(map, context);
  check_within(map, context);
  std::set<std::string_view> names;
  const YamlNode* steps = map.require("steps");
  std::size_t count = 0;
  if (steps != nullptr) {
    for (const YamlNode* step : read_list(*steps, "`steps`", context.report)) {
      ++count;
      const MapReader inner(*step, "a step", {"as", "when"}, context.report);
      const YamlNode* as = inner.require("as");
      if (as != nullptr && read_name(*as, "`as`", context.report) && !names.insert(as->text).second) {
        context.report.error(*as, "duplicate_step", "two steps have this name");
      }
      if (inner.require("when") != nullptr) add_alternative(read_when(inner, Scope::alert, context), derived);
    }
    derived.is_sound &= count >= 2;
    if (steps->is_sequence() && count < 2) context.report.error(*steps, "too_few_steps", "two steps at least");
  }
  if (const YamlNode* least = is_sequence ? nullptr : map.find("at_least")) {
    read_count(*least, "`at_least`", 1, std::max<std::size_t>(count, 1), context.report);
  }
  check_outcome(map, true, names, std::move(derived), context);
  check_max_keys(map, context);
}

void check_absence(const YamlNode& item, Context& context) {
  const MapReader map(item, "an absence rule",
                      {"id", "kind", "when", "start", "expect", "every", "by", "within", "emit", "max_keys"},
                      context.report);
  Draft::Derivation derived = read_derivation(map, context);
  const YamlNode* start = map.find("start");
  const YamlNode* every = map.find("every");
  for (const YamlNode* condition : {start, map.require("expect")}) {
    if (condition == nullptr) continue;
    add_alternative(context.compiler.predicate(*condition, Scope::alert, context.report), derived);
  }
  derived.is_sound &= derived.any_of.size() == (every == nullptr ? 2 : 1);
  if (every != nullptr) read_duration(*every, "`every`", 1s, context.report);
  if (item.is_map() && (start == nullptr) == (every == nullptr)) {
    context.report.error(item, start == nullptr ? "missing_key" : "conflicting_keys",
                         "an absence rule has either `start` and `expect`, or `expect` and `every`");
  }
  // A heartbeat is late after its own interval unless `within` says otherwise.
  if (const YamlNode* within = every == nullptr ? map.require("within") : map.find("within")) {
    read_duration(*within, "`within`", 1s, context.report);
  }
  check_outcome(map, false, {}, std::move(derived), context);
  check_max_keys(map, context);
}

void check_topology(const YamlNode& item, Context& context) {
  constexpr std::array<std::string_view, 3> kCauses{"most_upstream", "most_downstream", "earliest"};
  const MapReader map(item, "a topology rule", {"id", "kind", "when", "graph", "hops", "within", "cause", "max_keys"},
                      context.report);
  read_id(map, context);
  read_when(map, Scope::alert, context);
  if (const YamlNode* graph = map.require("graph")) {
    const auto name = read_text(*graph, "`graph`", context.report);
    if (name && !context.draft.graphs.contains(*name)) {
      context.report.error(*graph, "unknown_table",
                           "there is no table with `edges` named `" + std::string{name->substr(0, 80)} + "`");
    }
  }
  if (const YamlNode* hops = map.require("hops")) read_count(*hops, "`hops`", 1, 16, context.report);
  if (const YamlNode* within = map.require("within")) read_duration(*within, "`within`", 1s, context.report);
  if (const YamlNode* cause = map.find("cause")) {
    read_word(*cause, "`cause`", kCauses, "unknown_word", context.report);
  }
  check_max_keys(map, context);
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
    switch (*index) {
      case 0:
        read_group(*item, context);
        continue;
      case 1:
        check_counting(*item, false, context);
        break;
      case 2:
        check_counting(*item, true, context);
        break;
      case 3:
        check_steps(*item, true, context);
        break;
      case 4:
        check_steps(*item, false, context);
        break;
      case 5:
        check_absence(*item, context);
        break;
      default:
        check_topology(*item, context);
        break;
    }
    warn_not_yet_effective(*kind, kind->text, context.report);
  }
}

}  // namespace tocsin::rules
