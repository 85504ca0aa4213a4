#include "rules/sections/section_temporal.h"

#include <algorithm>
#include <array>
#include <set>

#include "rules/expressions/expression_impl.h"

namespace tocsin::rules {
namespace {

using namespace std::chrono_literals;
using Kind = TemporalRule::Kind;

/// A rule while it is read.
struct Reading {
  TemporalRule rule;
  Draft::Derivation derived;
};

std::optional<AlertPart> part_of(const FieldList& list) {
  if (!list.fields.empty()) return AlertPart{list.fields.front(), {}};
  if (!list.labels.empty()) return AlertPart{{}, list.labels.front()};
  return std::nullopt;
}

bool is_of(const FieldList& list, const AlertPart& part) {
  return part.label.empty() ? std::ranges::find(list.fields, part.field) != list.fields.end()
                            : std::ranges::find(list.labels, part.label) != list.labels.end();
}

std::string in_words(const AlertPart& part) {
  return part.label.empty() ? std::string{name_of(part.field)} : "labels." + part.label;
}

/// A derived alert has its `by` values: what else an expression of `emit` asks of it is a mistake.
void check_parts(const Expression& expression, const YamlNode& at, const FieldList& by, Reading& reading,
                 Context& context) {
  if (expression.empty()) return;
  const Expression::Impl& impl = *expression.impl();
  Emission& emit = *reading.rule.emit;
  for (const cel::Read& read : impl.program().reads()) {
    const std::string& name = impl.schema().environment(Scope::window).variables()[read.slot].name;
    if (name == "steps") {
      emit.reads_window = true;
      if (!read.key) std::fill(emit.reads_steps.begin(), emit.reads_steps.end(), true);
      if (!read.key) continue;
      const auto step = std::ranges::find(reading.rule.steps, *read.key, &TemporalRule::Step::name);
      if (reading.rule.has_steps() && step != reading.rule.steps.end()) {
        emit.reads_steps[static_cast<std::size_t>(step - reading.rule.steps.begin())] = true;
      } else {
        context.report.error(at, "unknown_step", "this rule has no step `" + read.key->substr(0, 80) + "`");
      }
      continue;
    }
    if (name == "values") emit.reads_values = true;
    if (name == "count" || name == "values" || name == "first_at" || name == "last_at") emit.reads_window = true;
    const auto place = impl.schema().place(Scope::window, read);
    if (!place || (place->kind != FactPlace::Kind::field && place->kind != FactPlace::Kind::label)) continue;
    const AlertPart part = place->kind == FactPlace::Kind::label ? AlertPart{{}, place->key}
                                                                 : AlertPart{static_cast<Field>(place->index), {}};
    if (is_of(by, part) || (part.label.empty() && part.field == Field::name)) continue;
    context.report.error(at, "unknown_field", "the derived alert has no `" + in_words(part) + "`: it is not in `by`",
                         "of the alerts that it is made of there are `count`, `values`, `first_at`, `last_at`, "
                         "`steps.NAME.host`");
  }
}

void read_emit_texts(const MapReader& map, Emission& emit, Draft::Derivation& derived, Context& context) {
  constexpr std::array<std::pair<std::string_view, Field>, 3> kTexts{
      {{"title", Field::title}, {"description", Field::description}, {"category", Field::category}}};
  for (const auto& [key, field] : kTexts) {
    const YamlNode* node = map.find(key);
    if (node == nullptr) continue;
    const auto text = read_text(*node, key, context.report);
    if (text) emit.texts.emplace_back(AlertPart{field, {}}, *text);
    derived.open.fields.push_back(field);
  }
  const YamlNode* labels = map.find("labels");
  if (labels == nullptr) return;
  if (!labels->is_map()) {
    context.report.error(*labels, "wrong_type", "`labels` must be a map from name to text");
    return;
  }
  for (std::size_t i = 0; i < labels->items.size(); i += 2) {
    const auto text = read_text(*labels->items[i + 1], "a label", context.report);
    const std::string name{labels->items[i]->text};
    if (name.empty() || name.size() > 128) {
      context.report.error(*labels->items[i], "bad_label", "names of labels are any text of 1 to 128 bytes");
      continue;
    }
    if (text) emit.texts.emplace_back(AlertPart{{}, name}, *text);
    derived.open.labels.push_back(name);
  }
}

void read_emit(const YamlNode& node, Reading& reading, Context& context) {
  const MapReader map(node, "`emit`", {"severity", "title", "description", "category", "labels", "set"},
                      context.report);
  Emission& emit = reading.rule.emit.emplace();
  emit.reads_steps.assign(reading.rule.steps.size(), false);
  Draft::Derivation& derived = reading.derived;
  const FieldList by = derived.open;
  if (const YamlNode* severity = map.find("severity")) {
    emit.severity = derived.severity = read_severity(*severity, "`severity`", context);
    derived.is_sound &= derived.severity.has_value();
  }
  read_emit_texts(map, emit, derived, context);
  const YamlNode* set = map.find("set");
  if (set == nullptr) return;
  if (!set->is_map()) {
    context.report.error(*set, "wrong_type", "`set` must be a map from field to expression");
    return;
  }
  for (std::size_t i = 0; i < set->items.size(); i += 2) {
    FieldList target;
    if (set->items[i]->is_scalar()) read_field(*set->items[i], "a key of `set`", target, context);
    const YamlNode& value = *set->items[i + 1];
    const Expression expression = context.compiler.text(value, Scope::window, context.report);
    check_parts(expression, value, by, reading, context);
    const auto part = part_of(target);
    if (!part) continue;
    if (part->label.empty() && (part->field == Field::name || part->field == Field::source ||
                                part->field == Field::tenant || part->field == Field::level)) {
      context.report.error(*set->items[i], "not_settable",
                           "a derived alert is called after its rule, and has the tenant of the others",
                           "its severity is `severity`");
      continue;
    }
    emit.set.push_back({*part, expression});
    derived.open.fields.insert(derived.open.fields.end(), target.fields.begin(), target.fields.end());
    derived.open.labels.insert(derived.open.labels.end(), target.labels.begin(), target.labels.end());
  }
}

void read_annotate(const YamlNode& node, Reading& reading, Context& context) {
  const MapReader map(node, "`annotate`", {"change", "tag"}, context.report);
  Annotation& annotate = reading.rule.annotate.emplace();
  if (const YamlNode* tag = map.find("tag")) annotate.tag = read_name(*tag, "`tag`", context.report).value_or("");
  const YamlNode* change = map.find("change");
  if (change == nullptr) return;
  std::vector<std::string_view> names;
  for (const TemporalRule::Step& step : reading.rule.steps) names.push_back(step.name);
  if (names.empty()) {
    context.report.error(*change, "unknown_step", "`change` names a step, and this rule has none");
    return;
  }
  const auto step = read_word(*change, "`change`", names, "unknown_step", context.report);
  if (step) annotate.change = static_cast<std::uint32_t>(*step);
}

void read_outcome(const MapReader& map, bool may_annotate, Reading& reading, Context& context) {
  const YamlNode* emit = map.find("emit");
  const YamlNode* annotate = may_annotate ? map.find("annotate") : nullptr;
  if (emit != nullptr) {
    read_emit(*emit, reading, context);
    reading.derived.at = map.key_node("emit");
    if (reading.derived.is_sound) context.draft.derivations.push_back(reading.derived);
  }
  if (annotate != nullptr) read_annotate(*annotate, reading, context);
  if (emit == nullptr && annotate == nullptr) {
    context.report.error(map.node(), "missing_key",
                         may_annotate ? "this rule needs `emit` or `annotate`" : "this rule needs `emit`");
  }
}

/// What these rules have in common: `id`, `when`, `by`, `max_keys`.
void read_common(const MapReader& map, Reading& reading, Context& context) {
  TemporalRule& rule = reading.rule;
  Draft::Derivation& derived = reading.derived;
  rule.id = derived.id = read_id(map, context);
  rule.when = derived.when = read_when(map, Scope::alert, context);
  derived.is_sound = map.find("when") == nullptr || !derived.when.empty();
  if (const YamlNode* by = map.require("by")) derived.open = read_fields(*by, "`by`", context);
  rule.by_fields = derived.open.fields;
  rule.by_labels = derived.open.labels;
  if (const YamlNode* keys = map.find("max_keys")) rule.max_keys = read_max_keys(*keys, context);
}

void add_step(std::string name, Expression condition, Reading& reading) {
  reading.derived.is_sound &= !condition.empty();
  reading.derived.any_of.push_back(condition);
  reading.rule.steps.push_back({std::move(name), std::move(condition)});
}

void read_within(const MapReader& map, TemporalRule& rule, Context& context) {
  if (const YamlNode* within = map.require("within")) {
    rule.within = read_duration(*within, "`within`", 1s, context.report).value_or(Duration{1s});
  }
}

void read_counting(const YamlNode& item, Reading& reading, Context& context) {
  TemporalRule& rule = reading.rule;
  const bool is_distinct = rule.kind == Kind::distinct;
  const MapReader map =
      is_distinct
          ? MapReader(item, "a distinct rule",
                      {"id", "kind", "when", "by", "field", "count", "within", "emit", "annotate", "max_keys"},
                      context.report)
          : MapReader(item, "a threshold rule",
                      {"id", "kind", "when", "by", "count", "within", "emit", "annotate", "max_keys"}, context.report);
  read_common(map, reading, context);
  read_within(map, rule, context);
  if (is_distinct) {
    if (const YamlNode* name = map.require("field")) read_field(*name, "`field`", reading.derived.counted, context);
    rule.counted = part_of(reading.derived.counted).value_or(AlertPart{});
  }
  if (const YamlNode* count = map.require("count")) {
    rule.count = read_count(*count, "`count`", 1, 1'000'000, context.report).value_or(1);
  }
  read_outcome(map, true, reading, context);
}

void read_steps(const YamlNode& item, Reading& reading, Context& context) {
  TemporalRule& rule = reading.rule;
  const bool is_sequence = rule.kind == Kind::sequence;
  const MapReader map =
      is_sequence
          ? MapReader(item, "a sequence rule",
                      {"id", "kind", "when", "steps", "by", "within", "emit", "annotate", "max_keys"}, context.report)
          : MapReader(item, "an all rule",
                      {"id", "kind", "when", "steps", "by", "within", "at_least", "emit", "annotate", "max_keys"},
                      context.report);
  read_common(map, reading, context);
  read_within(map, rule, context);
  std::set<std::string_view> names;
  const YamlNode* steps = map.require("steps");
  std::size_t count = 0;
  if (steps != nullptr) {
    for (const YamlNode* step : read_list(*steps, "`steps`", context.report)) {
      ++count;
      const MapReader inner(*step, "a step", {"as", "when"}, context.report);
      const YamlNode* as = inner.require("as");
      const auto name = as == nullptr ? std::nullopt : read_name(*as, "`as`", context.report);
      if (name && !names.insert(as->text).second) {
        context.report.error(*as, "duplicate_step", "two steps have this name");
      }
      if (inner.require("when") != nullptr) {
        add_step(name.value_or(""), read_when(inner, Scope::alert, context), reading);
      }
    }
    reading.derived.is_sound &= count >= 2;
    if (steps->is_sequence() && count < 2) context.report.error(*steps, "too_few_steps", "two steps at least");
  }
  rule.count = rule.steps.size();
  if (const YamlNode* least = is_sequence ? nullptr : map.find("at_least")) {
    rule.count =
        read_count(*least, "`at_least`", 1, std::max<std::size_t>(count, 1), context.report).value_or(rule.count);
  }
  read_outcome(map, true, reading, context);
}

void read_absence(const YamlNode& item, Reading& reading, Context& context) {
  TemporalRule& rule = reading.rule;
  const MapReader map(item, "an absence rule",
                      {"id", "kind", "when", "start", "expect", "every", "by", "within", "emit", "max_keys"},
                      context.report);
  read_common(map, reading, context);
  const YamlNode* start = map.find("start");
  const YamlNode* every = map.find("every");
  for (const auto& [name, condition] : {std::pair{"start", start}, std::pair{"expect", map.require("expect")}}) {
    if (condition == nullptr) continue;
    add_step(name, context.compiler.predicate(*condition, Scope::alert, context.report), reading);
  }
  reading.derived.is_sound &= rule.steps.size() == (every == nullptr ? 2 : 1);
  if (every != nullptr) rule.every = read_duration(*every, "`every`", 1s, context.report).value_or(Duration{1s});
  if (item.is_map() && (start == nullptr) == (every == nullptr)) {
    context.report.error(item, start == nullptr ? "missing_key" : "conflicting_keys",
                         "an absence rule has either `start` and `expect`, or `expect` and `every`");
  }
  // A heartbeat is late after its own interval unless `within` says otherwise.
  rule.within = rule.every;
  if (const YamlNode* within = every == nullptr ? map.require("within") : map.find("within")) {
    rule.within = read_duration(*within, "`within`", 1s, context.report).value_or(Duration{1s});
  }
  read_outcome(map, false, reading, context);
}

}  // namespace

void read_temporal(const YamlNode& item, Kind kind, Context& context) {
  Reading reading;
  reading.rule.kind = kind;
  switch (kind) {
    case Kind::threshold:
    case Kind::distinct:
      read_counting(item, reading, context);
      break;
    case Kind::sequence:
    case Kind::all:
      read_steps(item, reading, context);
      break;
    case Kind::absence:
      read_absence(item, reading, context);
      break;
  }
  context.draft.rules.temporal.push_back(std::move(reading.rule));
}

}  // namespace tocsin::rules
