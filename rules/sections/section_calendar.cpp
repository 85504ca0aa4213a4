#include <algorithm>

#include "rules/calendar/calendar_words.h"
#include "rules/sections/draft.h"
#include "rules/yaml/definition.h"
#include "rules/yaml/suggest.h"

namespace tocsin::rules {
namespace {

constexpr Duration kWindowMax = std::chrono::hours{24 * 366};
constexpr std::size_t kCalendarsMax = 64;
constexpr std::size_t kDaysOffMax = 1000;
constexpr std::size_t kStartsShown = 3;
/// From when the starts are that a finding shows: what is found in a file does not depend on the day.
constexpr Instant kShownFrom = from_unix_ns(1'767'225'600'000'000'000);  // 2026-01-01T00:00:00Z

std::optional<Cron> read_cron(const YamlNode& node, Context& context) {
  const auto text = read_text(node, "`cron`", context.report);
  if (!text) return std::nullopt;
  auto cron = Cron::parse(*text);
  if (cron) return *cron;
  context.report.error(node, "bad_cron", std::move(cron.error()), cron_hint(*text));
  return std::nullopt;
}

/// Both days are restricted, and cron takes either: hardly anybody means that.
void warn_of_either_day(const YamlNode& node, const Calendar& calendar, Context& context) {
  if (!calendar.cron().means_either_day()) return;
  context.report.warning(node, "either_day",
                         "a day counts that is either this day of the month or this day of the week: " +
                             starts_in_words(calendar, kShownFrom, kStartsShown) + " …",
                         "the second Tuesday is `TUE#2`, the last Friday `FRIL`, with `*` as the day of the month");
}

/// `22 0 * * *` is 00:22; few things happen then.
void warn_of_swapped(const YamlNode& node, const Calendar& calendar, Context& context) {
  const auto time = calendar.cron().only_hour_and_minute();
  if (!time || time->first != 0 || time->second == 0 || time->second > 23 || time->second % 5 == 0) return;
  const std::string_view text = node.text.substr(std::min(node.text.find_first_not_of(" \t"), node.text.size()));
  const std::size_t days = text.find_first_of(" \t", text.find_first_not_of(" \t", text.find_first_of(" \t")));
  if (days == std::string_view::npos) return;
  context.report.warning(
      node, "swapped_hour",
      "the minute comes first, then the hour: " + starts_in_words(calendar, kShownFrom, kStartsShown) + " …",
      "did you mean `0 " + std::to_string(time->second) + std::string{text.substr(days)} + "`?");
}

/// The keys `cron` and `tz` of a map, and what is told of them.
std::optional<Calendar> read_times(const MapReader& map, Context& context) {
  const YamlNode* cron_node = map.require("cron");
  const auto cron = cron_node == nullptr ? std::nullopt : read_cron(*cron_node, context);
  const YamlNode* zone_node = map.find("tz");
  const auto zone = zone_node == nullptr ? std::optional{Zone{}} : read_zone(*zone_node, context);
  if (!cron || !zone) return std::nullopt;
  Calendar calendar(*cron, *zone);
  if (zone_node == nullptr) {
    context.report.warning(*cron_node, "no_time_zone", "without `tz` this goes by the clock of UTC",
                           "`tz: Europe/Amsterdam`, or `tz: UTC` where that is meant");
  }
  warn_of_either_day(*cron_node, calendar, context);
  return calendar;
}

std::optional<Calendar> named_calendar(const YamlNode& node, std::string_view what, Context& context) {
  const auto& calendars = context.draft.calendars;
  if (const auto found = calendars.find(node.text); found != calendars.end()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& [name, calendar] : calendars) names.push_back(name);
  std::string hint = context.report.is_full() ? "" : suggestion(node.text, names);
  if (hint.empty() && !names.empty()) hint = "there is " + one_of(names);
  if (hint.empty()) hint = "`calendars: {" + std::string{node.text.substr(0, 80)} + ": {cron: …, tz: …}}`";
  context.report.error(
      node, "unknown_calendar",
      std::string{what} + " names no calendar of `calendars`: `" + std::string{node.text.substr(0, 80)} + "`",
      std::move(hint));
  return std::nullopt;
}

std::shared_ptr<const DaysOff> read_days_off(const YamlNode& node, Context& context) {
  auto days = std::make_shared<DaysOff>();
  const auto list = read_list(node, "`holidays`", context.report);
  if (list.size() > kDaysOffMax) {
    context.report.error(node, "too_many_items", "a calendar has at most 1000 holidays");
    return nullptr;
  }
  for (const YamlNode* item : list) {
    const auto text = read_text(*item, "a holiday", context.report);
    if (text && !days->add(*text)) {
      context.report.error(*item, "bad_instant", "a holiday is a date, `2026-04-06`, or a day of each year, `12-25`");
    }
  }
  return days->empty() ? nullptr : days;
}

void read_named_calendar(const YamlNode& key, const YamlNode& value, Context& context) {
  const auto name = read_name(key, "the name of a calendar", context.report);
  const MapReader map(value, "a calendar", {"cron", "tz", "holidays"}, context.report);
  auto calendar = read_times(map, context);
  if (const YamlNode* holidays = map.find("holidays")) {
    const auto days = read_days_off(*holidays, context);
    if (calendar && days != nullptr) *calendar = Calendar(calendar->cron().without(days), calendar->zone());
  }
  if (!name) return;
  context.draft.rules.sections.push_back({"calendars." + *name, definition_of(value), {}});
  // One that is not sound is known by name, so that one mistake is told once.
  const bool added = context.draft.calendars.emplace(*name, calendar).second;
  if (!added) {
    context.report.error(key, "said_twice", "there is a calendar `" + *name + "` already");
  } else if (context.draft.calendars.size() > kCalendarsMax) {
    context.report.error(key, "too_many_items", "a rule set has at most 64 calendars");
  }
}

}  // namespace

std::optional<Zone> read_zone(const YamlNode& node, Context& context) {
  const auto text = read_text(node, "`tz`", context.report);
  if (!text) return std::nullopt;
  auto zone = Zone::find(*text);
  if (!zone) {
    context.report.error(node, "bad_time_zone", "`tz` must be a zone such as `Europe/Amsterdam` or `UTC`",
                         zone_hint(*text));
  }
  return zone;
}

void read_calendars(const YamlNode& node, Context& context) {
  if (!node.is_map()) {
    context.report.error(node, "wrong_type", "`calendars` must be a map from name to `{cron, tz, holidays}`");
    return;
  }
  for (std::size_t i = 0; i < node.items.size(); i += 2) {
    if (node.items[i]->is_scalar()) read_named_calendar(*node.items[i], *node.items[i + 1], context);
  }
}

std::optional<Calendar> read_calendar(const YamlNode& node, std::string_view what, Context& context) {
  if (node.is_scalar()) return named_calendar(node, what, context);
  const MapReader map(node, what, {"cron", "tz"}, context.report);
  auto calendar = read_times(map, context);
  if (calendar && calendar->next_change(kShownFrom) == kNever) {
    context.report.warning(*map.find("cron"), "never_shuts", "these hours never end: each minute is one of them");
  }
  return calendar;
}

std::optional<Windows> read_windows(const YamlNode& node, std::string_view what, Context& context) {
  const MapReader map(node, what, {"cron", "for", "until", "tz"}, context.report);
  const auto calendar = read_times(map, context);
  const YamlNode* until_node = map.find("until");
  const YamlNode* length_node = until_node == nullptr ? map.require("for") : map.find("for");
  if (until_node != nullptr && length_node != nullptr) {
    context.report.error(*map.key_node("until"), "conflicting_keys", "a window has either `for` or `until`");
    return std::nullopt;
  }
  std::optional<Windows> windows;
  if (until_node != nullptr) {
    const auto text = read_text(*until_node, "`until`", context.report);
    const auto minute = text ? parse_time_of_day(*text) : std::nullopt;
    if (text && !minute) {
      context.report.error(*until_node, "bad_time_of_day", "`until` is a time of day such as `06:00`",
                           text->size() == 4 && parse_time_of_day("0" + std::string{*text})
                               ? "did you mean `0" + std::string{*text} + "`?"
                               : "");
    }
    if (calendar && minute) windows = Windows::until(*calendar, *minute);
  } else if (length_node != nullptr) {
    const auto length = read_duration(*length_node, "`for`", std::chrono::seconds{1}, context.report);
    if (length && *length > kWindowMax) {
      context.report.error(*length_node, "bad_duration", "`for` must be at most a year");
      return std::nullopt;
    }
    if (calendar && length) windows.emplace(*calendar, *length);
  }
  if (!windows) return std::nullopt;
  if (windows->never_shuts()) {
    context.report.warning(*map.find("cron"), "never_shuts",
                           "this window never shuts: each begins before the last one has ended",
                           "it begins at each minute that `cron` names");
  } else {
    warn_of_swapped(*map.find("cron"), *calendar, context);
  }
  return windows;
}

}  // namespace tocsin::rules
