#include <algorithm>

#include "rules/sections/draft.h"

namespace tocsin::rules {
namespace {

bool is_topic_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/// Kafka's rule for names of topics, and `{priority}`.
std::string read_topic(const YamlNode& node, Context& context) {
  const auto text = read_text(node, "`topic`", context.report);
  if (!text) return {};
  std::string plain{*text};
  if (const std::size_t at = plain.find("{priority}"); at != std::string::npos) plain.replace(at, 10, "P1");
  if (plain.find('{') != std::string::npos) {
    context.report.error(node, "bad_topic", "only `{priority}` may stand in a topic, once",
                         "one topic for each value is a route for each value, with `when`");
  } else if (plain.empty() || plain.size() > 249 || !std::ranges::all_of(plain, is_topic_character) || plain == "." ||
             plain == "..") {
    context.report.error(node, "bad_topic", "a topic has 1 to 249 letters, digits, `.`, `_` or `-`");
  }
  return std::string{*text};
}

/// `incident.id` is what keys a record anyway.
Expression read_key(const YamlNode& node, Context& context) {
  Expression key = context.compiler.text(node, Scope::incident, context.report);
  return node.is_scalar() && node.text == "incident.id" ? Expression{} : key;
}

/// `nobody: true`: no topic is added, and the list ends.
bool read_nobody(const MapReader& map, Context& context) {
  const YamlNode* nobody = map.find("nobody");
  if (nobody == nullptr) return false;
  const bool tells_nobody = read_bool(*nobody, "`nobody`", context.report).value_or(false);
  for (const std::string_view key : {"topic", "key", "flat"}) {
    if (const YamlNode* other = tells_nobody ? map.key_node(key) : nullptr) {
      context.report.error(*other, "conflicting_keys", "a route that tells nobody has no `" + std::string{key} + "`");
    }
  }
  return tells_nobody;
}

std::string read_plan_name(const YamlNode& node, Context& context) {
  const auto name = read_name(node, "`plan`", context.report);
  if (name) context.draft.plans_used.insert(*name);
  if (name && !context.draft.plans.contains(*name)) {
    context.report.error(node, "unknown_plan", "there is no plan `" + *name + "` in `plans`");
  }
  return name.value_or("");
}

std::vector<std::pair<std::string, std::string>> read_roles(const YamlNode& node, Context& context) {
  std::vector<std::pair<std::string, std::string>> roles;
  if (!node.is_map()) {
    context.report.error(node, "wrong_type", "`roles` must be a map from role to person or group");
    return roles;
  }
  for (std::size_t i = 0; i < node.items.size(); i += 2) {
    const auto role = read_name(*node.items[i], "a role", context.report);
    const auto who = read_text(*node.items[i + 1], "who has a role", context.report);
    if (role && who) roles.emplace_back(*role, *who);
  }
  return roles;
}

Plan read_plan(const YamlNode& node, Context& context) {
  const MapReader map(node, "a plan",
                      {"id", "when", "roles", "steps", "channel", "runbook", "standby_group", "update_every"},
                      context.report);
  Plan plan;
  plan.id = read_id(map, context);
  plan.when = read_when(map, Scope::incident, context);
  for (const auto& [key, into] : {std::pair{"channel", &plan.channel}, std::pair{"runbook", &plan.runbook},
                                  std::pair{"standby_group", &plan.standby_group}}) {
    if (const YamlNode* text = map.find(key)) *into = read_text(*text, key, context.report).value_or("");
  }
  if (const YamlNode* every = map.find("update_every")) {
    plan.update_every =
        read_duration(*every, "`update_every`", std::chrono::seconds{1}, context.report).value_or(Duration{0});
  }
  if (const YamlNode* steps = map.find("steps")) {
    for (const YamlNode* step : read_list(*steps, "`steps`", context.report)) {
      if (const auto text = read_text(*step, "a step", context.report)) plan.steps.emplace_back(*text);
    }
  }
  if (const YamlNode* roles = map.find("roles")) plan.roles = read_roles(*roles, context);
  return plan;
}

}  // namespace

void read_route(const YamlNode& node, Context& context) {
  for (const YamlNode* item : read_list(node, "`route`", context.report)) {
    const MapReader map(*item, "a route", {"id", "when", "topic", "nobody", "key", "plan", "flat", "final", "incident"},
                        context.report);
    RouteRule rule;
    rule.id = read_id(map, context);
    rule.when = read_when(map, Scope::incident, context);
    const YamlNode* plan = map.find("plan");
    const bool tells_nobody = read_nobody(map, context);
    const YamlNode* topic = plan == nullptr && !tells_nobody ? map.require("topic") : map.find("topic");
    if (topic != nullptr) rule.topic = read_topic(*topic, context);
    if (const YamlNode* key = map.find("key")) rule.key = read_key(*key, context);
    if (plan != nullptr) rule.plan = read_plan_name(*plan, context);
    if (const YamlNode* flat = map.find("flat")) {
      rule.flat = read_bool(*flat, "`flat`", context.report).value_or(false);
    }
    if (const YamlNode* final = map.find("final")) {
      rule.final = read_bool(*final, "`final`", context.report).value_or(false);
    }
    // Who is told nothing is told nothing by later routes either.
    rule.final |= tells_nobody;
    const bool holds = always_holds(map, rule.when);
    tell_unreachable(
        *item, holds && rule.final, context.draft.last_route,
        tells_nobody ? "the route above it always holds" : "a route above it always holds and ends the list", context);
    context.draft.route_node = item;
    // Where words of another tool stand, nothing is said of what follows from them.
    context.draft.has_catch_all |= map.is_foreign() || (holds && (tells_nobody || !rule.topic.empty()));
    if (!holds && (tells_nobody || !rule.topic.empty())) context.draft.tellers.push_back(rule.when);
    rule.incident = read_incident_text(map, context);
    context.draft.rules.routes.push_back(std::move(rule));
  }
}

void read_plans(const YamlNode& node, Context& context) {
  for (const YamlNode* item : read_list(node, "`plans`", context.report)) {
    Plan plan = read_plan(*item, context);
    const YamlNode* id = value_of(*item, "id");
    if (id != nullptr && value_of(*item, "when") == nullptr) context.draft.plan_nodes.emplace_back(plan.id, id);
    context.draft.plans.insert(plan.id);
    context.draft.rules.plans.push_back(std::make_shared<const Plan>(std::move(plan)));
  }
}

}  // namespace tocsin::rules
