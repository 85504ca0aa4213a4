#include <array>

#include "rules/sections/draft.h"

namespace tocsin::rules {
namespace {

/// `{source: alertmanager, origin: "http://prometheus-1:9090", every: 1m}`.
void read_expectation(const YamlNode& item, Context& context) {
  const MapReader map(item, "an item of `expect`", {"source", "origin", "every"}, context.report);
  BlindPolicy::Expectation one;
  if (const YamlNode* source = map.require("source"))
    one.source = read_name(*source, "`source`", context.report).value_or("");
  if (const YamlNode* origin = map.find("origin"))
    one.origin = read_text(*origin, "`origin`", context.report).value_or("");
  const YamlNode* every = map.require("every");
  const auto span =
      every == nullptr ? std::nullopt : read_duration(*every, "`every`", std::chrono::seconds{1}, context.report);
  if (one.source.empty() || !span) return;
  one.every = *span;
  context.draft.rules.blind.expected.push_back(std::move(one));
}

}  // namespace

void read_blind(const YamlNode& node, Context& context) {
  constexpr std::array<std::string_view, 2> kAnswers{"off", "on"};
  const MapReader map(node, "`blind`", {"learn", "severity", "expect", "max_keys"}, context.report);
  say_once(context.draft.has_blind, "blind", node, node, context);
  BlindPolicy& policy = context.draft.rules.blind;
  if (const YamlNode* learn = map.find("learn"))
    policy.learns = read_word(*learn, "`learn`", kAnswers, "unknown_word", context.report).value_or(1) == 1;
  if (const YamlNode* severity = map.find("severity"))
    policy.severity = read_severity(*severity, "`severity`", context).value_or(policy.severity);
  if (const YamlNode* expected = map.find("expect")) {
    for (const YamlNode* item : read_list(*expected, "`expect`", context.report)) read_expectation(*item, context);
  }
  if (const YamlNode* keys = map.find("max_keys"))
    policy.max_keys = read_max_keys(*keys, context).value_or(policy.max_keys);
}

}  // namespace tocsin::rules
