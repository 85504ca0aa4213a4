#include <array>

#include "engine/model/limits.h"
#include "rules/expressions/condition_parts.h"
#include "rules/sections/draft.h"

namespace tocsin::rules {
namespace {

constexpr std::array<std::string_view, 3> kDegrees{"high", "medium", "low"};
constexpr std::array<std::string_view, 5> kPriorities{"P1", "P2", "P3", "P4", "P5"};

std::optional<Priority> read_priority_name(const YamlNode& node, std::string_view what, Context& context) {
  const auto index = read_word(node, what, kPriorities, "unknown_priority", context.report);
  return index ? priority_from(kPriorities[*index]) : std::nullopt;
}

/// `because`: for people, who read it in records.
std::string read_because(const MapReader& map, Context& context) {
  constexpr std::size_t kBytesMax = 200;
  const YamlNode* node = map.find("because");
  if (node == nullptr) return {};
  const std::string text{read_text(*node, "`because`", context.report).value_or("")};
  if (text.size() > kBytesMax || text.find('\n') != std::string::npos) {
    context.report.error(*node, "bad_text", "`because` is one line of at most " + std::to_string(kBytesMax) + " bytes");
  }
  return text;
}

template <typename Degree>
std::vector<PriorityPolicy::Choice<Degree>> read_choices(const YamlNode& node, std::string_view what,
                                                         std::string_view code, Context& context) {
  std::vector<PriorityPolicy::Choice<Degree>> choices;
  bool is_decided = false;
  for (const YamlNode* item : read_list(node, what, context.report)) {
    const MapReader map(*item, "a choice of " + std::string{what}, {"when", "hours", "is", "because"}, context.report);
    PriorityPolicy::Choice<Degree> choice;
    choice.when = read_when(map, Scope::alert, context);
    choice.reads = places_read(choice.when);
    choice.because = read_because(map, context);
    if (const YamlNode* hours = map.find("hours")) choice.hours = read_calendar(*hours, "`hours`", context);
    if (const YamlNode* is = map.require("is")) {
      const auto degree = read_word(*is, "`is`", kDegrees, code, context.report);
      if (degree) choice.is = static_cast<Degree>(*degree);
    }
    if (is_decided) {
      context.report.warning(*item, "unreachable", "a choice above holds always: this one is never looked at");
    }
    is_decided |= map.find("when") == nullptr && map.find("hours") == nullptr;
    choices.push_back(std::move(choice));
  }
  return choices;
}

void read_matrix(const YamlNode& node, Context& context) {
  const MapReader map(node, "`matrix`", {"high", "medium", "low"}, context.report);
  for (std::size_t row = 0; row < kDegrees.size(); ++row) {
    const YamlNode* cells = map.require(kDegrees[row]);
    if (cells == nullptr) continue;
    const auto columns = read_list(*cells, "a row of `matrix`", context.report);
    if (cells->is_sequence() && columns.size() != kDegrees.size()) {
      context.report.error(
          *cells, "bad_matrix",
          "a row has three priorities: for high, medium and low urgency; here are " + std::to_string(columns.size()));
      continue;
    }
    for (std::size_t column = 0; column < columns.size(); ++column) {
      if (const auto priority = read_priority_name(*columns[column], "a cell of `matrix`", context)) {
        context.draft.rules.priority.matrix[row][column] = *priority;
      }
    }
  }
}

Priority read_raised_priority(const YamlNode& node, std::string_view what, Context& context) {
  const auto priority = read_priority_name(node, what, context);
  if (priority == Priority::p5) {
    context.report.warning(node, "never_raises", "`P5` is the lowest priority: nothing is raised to it");
  }
  return priority.value_or(Priority::p5);
}

/// A priority, or a map of what else the rule does.
void read_goal(const YamlNode& node, PriorityPolicy::Raise& rule, Context& context) {
  if (node.is_scalar()) {
    if (node.text == "standby_group") {
      rule.calls_standby = true;
    } else {
      rule.to = read_raised_priority(node, "`to`", context);
    }
    return;
  }
  const MapReader map(node, "`to`", {"priority", "standby_group", "plan_step"}, context.report);
  if (node.is_map() && node.items.empty()) {
    context.report.error(node, "missing_key", "`to` says where: a `priority`, a `standby_group`, a `plan_step`");
  }
  if (const YamlNode* priority = map.find("priority")) {
    rule.to = read_raised_priority(*priority, "`priority`", context);
  }
  if (const YamlNode* group = map.find("standby_group")) {
    if (group->is_scalar() && group->text == "true") {
      rule.calls_standby = true;
    } else {
      rule.group = read_text(*group, "`standby_group`", context.report).value_or("");
    }
  }
  if (const YamlNode* step = map.find("plan_step")) {
    rule.plan_step = read_text(*step, "`plan_step`", context.report).value_or("");
  }
}

void read_raise(const YamlNode& node, Context& context) {
  for (const YamlNode* item : read_list(node, "`raise`", context.report)) {
    const MapReader map(*item, "a raise rule",
                        {"id", "when", "after", "unacknowledged", "overdue", "hours", "to", "because"}, context.report);
    PriorityPolicy::Raise rule;
    rule.id = read_id(map, context);
    rule.when = read_when(map, Scope::incident, context);
    if (const YamlNode* after = map.find("after")) {
      rule.after = read_duration(*after, "`after`", Duration{0}, context.report).value_or(Duration{0});
    }
    if (const YamlNode* waits = map.find("unacknowledged")) {
      rule.unacknowledged = read_duration(*waits, "`unacknowledged`", Duration{0}, context.report);
    }
    if (const YamlNode* overdue = map.find("overdue")) {
      rule.overdue = read_duration(*overdue, "`overdue`", Duration{0}, context.report);
    }
    if (const YamlNode* hours = map.find("hours")) rule.hours = read_calendar(*hours, "`hours`", context);
    if (const YamlNode* to = map.require("to")) {
      read_goal(*to, rule, context);
      context.draft.raise_nodes.push_back(to);
    } else {
      context.draft.raise_nodes.push_back(item);
    }
    rule.because = read_because(map, context);
    context.draft.rules.priority.raises.push_back(std::move(rule));
    if (context.draft.rules.priority.raises.size() == limits::kRaiseRulesMax + 1) {
      context.report.error(*item, "too_many_items", "a rule set has at most 1000 raise rules");
    }
  }
}

}  // namespace

void read_priority(const YamlNode& node, Context& context) {
  const MapReader map(node, "`priority`", {"impact", "urgency", "matrix", "raise"}, context.report);
  PriorityPolicy& policy = context.draft.rules.priority;
  if (const YamlNode* impact = map.find("impact")) {
    if (say_once(context.draft.has_impact, "priority.impact", *map.key_node("impact"), *impact, context)) {
      policy.impact = read_choices<Impact>(*impact, "`impact`", "unknown_impact", context);
    }
  }
  if (const YamlNode* urgency = map.find("urgency")) {
    if (say_once(context.draft.has_urgency, "priority.urgency", *map.key_node("urgency"), *urgency, context)) {
      policy.urgency = read_choices<Urgency>(*urgency, "`urgency`", "unknown_urgency", context);
    }
  }
  if (const YamlNode* matrix = map.find("matrix")) {
    if (say_once(context.draft.has_matrix, "priority.matrix", *map.key_node("matrix"), *matrix, context))
      read_matrix(*matrix, context);
  }
  if (const YamlNode* raise = map.find("raise")) read_raise(*raise, context);
}

}  // namespace tocsin::rules
