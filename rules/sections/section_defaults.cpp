#include "rules/sections/draft.h"

namespace tocsin::rules {

std::optional<std::size_t> read_max_keys(const YamlNode& node, Context& context) {
  const auto count = read_count(node, "`max_keys`", 1, 100'000'000, context.report);
  return count ? std::optional<std::size_t>{*count} : std::nullopt;
}

namespace {

/// `min: 0s` folds nothing: each change is told at once.
void read_fold(const YamlNode& node, Defaults& defaults, Context& context) {
  const MapReader map(node, "`fold`", {"min", "max"}, context.report);
  if (const YamlNode* min = map.find("min")) {
    defaults.fold_min = read_duration(*min, "`min`", Duration{0}, context.report).value_or(defaults.fold_min);
  }
  if (const YamlNode* max = map.find("max")) {
    defaults.fold_max = read_duration(*max, "`max`", Duration{0}, context.report).value_or(defaults.fold_max);
  }
  if (defaults.fold_min > defaults.fold_max) {
    context.report.error(node, "bad_fold", "`min` is longer than `max`",
                         "min is 1s and max is 30s where they are not given");
  }
}

std::string read_external_url(const YamlNode& node, Context& context) {
  std::string url{read_text(node, "`external_url`", context.report).value_or("")};
  while (url.ends_with('/')) url.pop_back();
  const bool is_url = url.starts_with("http://") || url.starts_with("https://");
  const bool is_plain = url.find_first_of(" \t\n\"<>") == std::string::npos;
  if (!is_url || !is_plain || url.size() > 500) {
    context.report.error(node, "bad_url", "`external_url` must be an address of at most 500 bytes",
                         "for example `https://tocsin.example`");
    return {};
  }
  return url;
}

/// One for all sources, or `{generic: Europe/Warsaw, default: UTC}`.
void read_zones(const YamlNode& node, SourceZones& zones, Context& context) {
  if (!node.is_map()) {
    zones.otherwise = read_zone(node, context).value_or(Zone{});
    return;
  }
  for (std::size_t i = 0; i < node.items.size(); i += 2) {
    const auto source = read_name(*node.items[i], "a source in `tz`", context.report);
    const auto zone = read_zone(*node.items[i + 1], context);
    if (!source || !zone) continue;
    if (*source == "default") {
      zones.otherwise = *zone;
    } else {
      zones.of_source.emplace_back(*source, *zone);
    }
  }
}

}  // namespace

void read_defaults(const YamlNode& node, Context& context) {
  constexpr std::string_view kClocks[]{"event", "received"};
  constexpr std::string_view kAnswers[]{"evict_oldest_and_count", "refuse_new_and_count"};
  const MapReader map(node, "`defaults`",
                      {"clock", "lateness", "max_keys", "on_overflow", "fold", "external_url", "tz", "times"},
                      context.report);
  say_once(context.draft.has_defaults, "defaults", node, node, context);
  Defaults& defaults = context.draft.rules.defaults;
  if (const YamlNode* clock = map.find("clock")) {
    const auto word = read_word(*clock, "`clock`", kClocks, "unknown_word", context.report);
    if (word) defaults.clock = static_cast<WindowClock>(*word);
  }
  if (const YamlNode* lateness = map.find("lateness")) {
    defaults.lateness = read_duration(*lateness, "`lateness`", Duration{0}, context.report).value_or(defaults.lateness);
  }
  if (const YamlNode* keys = map.find("max_keys")) {
    defaults.max_keys = read_max_keys(*keys, context).value_or(defaults.max_keys);
  }
  if (const YamlNode* answer = map.find("on_overflow")) {
    const auto word = read_word(*answer, "`on_overflow`", kAnswers, "unknown_word", context.report);
    if (word) defaults.on_overflow = static_cast<Overflow>(*word);
  }
  if (const YamlNode* url = map.find("external_url")) defaults.external_url = read_external_url(*url, context);
  if (const YamlNode* zones = map.find("tz")) read_zones(*zones, defaults.zones, context);
  if (const YamlNode* times = map.find("times")) {
    const MapReader of_times(*times, "`times`", {"when"}, context.report);
    of_times.require("when");
    defaults.times_when = read_when(of_times, Scope::incident, context);
  }
  if (const YamlNode* fold = map.find("fold")) read_fold(*fold, defaults, context);
}

}  // namespace tocsin::rules
