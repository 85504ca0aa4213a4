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
    context.report.error(node, "bad_topic", "only `{priority}` may stand in a topic, once");
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

std::string read_plan_name(const YamlNode& node, Context& context) {
  const auto name = read_name(node, "`plan`", context.report);
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
    const MapReader map(*item, "a route", {"id", "when", "topic", "key", "plan", "flat", "final"}, context.report);
    RouteRule rule;
    rule.id = read_id(map, context);
    rule.when = read_when(map, Scope::incident, context);
    const YamlNode* plan = map.find("plan");
    const YamlNode* topic = plan == nullptr ? map.require("topic") : map.find("topic");
    if (topic != nullptr) rule.topic = read_topic(*topic, context);
    if (const YamlNode* key = map.find("key")) rule.key = read_key(*key, context);
    if (plan != nullptr) rule.plan = read_plan_name(*plan, context);
    if (const YamlNode* flat = map.find("flat")) {
      rule.flat = read_bool(*flat, "`flat`", context.report).value_or(false);
    }
    if (const YamlNode* final = map.find("final")) {
      rule.final = read_bool(*final, "`final`", context.report).value_or(false);
    }
    context.draft.rules.routes.push_back(std::move(rule));
  }
}

void read_plans(const YamlNode& node, Context& context) {
  for (const YamlNode* item : read_list(node, "`plans`", context.report)) {
    Plan plan = read_plan(*item, context);
    context.draft.plans.insert(plan.id);
    context.draft.rules.plans.push_back(std::make_shared<const Plan>(std::move(plan)));
  }
}

}  // namespace tocsin::rules
