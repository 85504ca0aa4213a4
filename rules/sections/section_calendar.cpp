#include "rules/sections/draft.h"

namespace tocsin::rules {
namespace {

constexpr Duration kWindowMax = std::chrono::hours{24 * 366};

std::optional<Cron> read_cron(const YamlNode& node, Context& context) {
  const auto text = read_text(node, "`cron`", context.report);
  if (!text) return std::nullopt;
  auto cron = Cron::parse(*text);
  if (cron) return *cron;
  context.report.error(node, "bad_cron", std::move(cron.error()));
  return std::nullopt;
}

std::optional<Zone> read_zone(const YamlNode& node, Context& context) {
  const auto text = read_text(node, "`tz`", context.report);
  if (!text) return std::nullopt;
  auto zone = Zone::find(*text);
  if (!zone) {
    context.report.error(node, "bad_time_zone", "`tz` must be a zone such as `Europe/Amsterdam` or `UTC`");
  }
  return zone;
}

/// The keys `cron` and `tz` of a map.
std::optional<Calendar> read_times(const MapReader& map, Context& context) {
  const YamlNode* cron_node = map.require("cron");
  const auto cron = cron_node == nullptr ? std::nullopt : read_cron(*cron_node, context);
  const YamlNode* zone_node = map.find("tz");
  const auto zone = zone_node == nullptr ? std::optional{Zone{}} : read_zone(*zone_node, context);
  if (!cron || !zone) return std::nullopt;
  return Calendar(*cron, *zone);
}

}  // namespace

std::optional<Calendar> read_calendar(const YamlNode& node, std::string_view what, Context& context) {
  return read_times(MapReader(node, what, {"cron", "tz"}, context.report), context);
}

std::optional<Windows> read_windows(const YamlNode& node, std::string_view what, Context& context) {
  const MapReader map(node, what, {"cron", "for", "tz"}, context.report);
  const auto calendar = read_times(map, context);
  const YamlNode* length_node = map.require("for");
  if (length_node == nullptr) return std::nullopt;
  const auto length = read_duration(*length_node, "`for`", std::chrono::seconds{1}, context.report);
  if (length && *length > kWindowMax) {
    context.report.error(*length_node, "bad_duration", "`for` must be at most a year");
    return std::nullopt;
  }
  if (!calendar || !length) return std::nullopt;
  return Windows(*calendar, *length);
}

}  // namespace tocsin::rules
