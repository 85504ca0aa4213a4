#include <algorithm>
#include <array>
#include <charconv>

#include "rules/draft.h"

namespace tocsin::rules {
namespace {

struct CronField {
  std::string_view name;
  int min;
  int max;
  std::string_view words;  // names of three letters, from `min`
};

constexpr std::array<CronField, 5> kCronFields{{{"minute", 0, 59, ""},
                                                {"hour", 0, 23, ""},
                                                {"day of the month", 1, 31, ""},
                                                {"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
                                                {"day of the week", 0, 7, "SUNMONTUEWEDTHUFRISAT"}}};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// A number or name of the field at the start of `text`, taken from it.
std::optional<int> take_value(std::string_view& text, const CronField& field) {
  int number = 0;
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed == std::errc{} && number >= field.min && number <= field.max) {
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    return number;
  }
  for (std::size_t i = 0; text.size() >= 3 && i + 3 <= field.words.size(); i += 3) {
    if (std::ranges::equal(text.substr(0, 3), field.words.substr(i, 3), {}, upper)) {
      text.remove_prefix(3);
      return field.min + static_cast<int>(i / 3);
    }
  }
  return std::nullopt;
}

// item = ("*" / value ["-" value]) ["/" number]
bool is_cron_item(std::string_view item, const CronField& field) {
  if (item.starts_with('*')) {
    item.remove_prefix(1);
  } else {
    if (!take_value(item, field)) return false;
    if (item.starts_with('-')) {
      item.remove_prefix(1);
      if (!take_value(item, field)) return false;
    }
  }
  if (item.starts_with('/')) {
    int step = 0;
    const auto [rest, failed] = std::from_chars(item.data() + 1, item.data() + item.size(), step);
    return failed == std::errc{} && rest == item.data() + item.size() && step > 0 && step <= field.max;
  }
  return item.empty();
}

void check_cron(const YamlNode& node, Context& context) {
  const auto text = read_text(node, "`cron`", context.report);
  if (!text) return;
  std::string_view rest = *text;
  std::size_t count = 0;
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (rest.empty()) break;
    std::string_view column = rest.substr(0, rest.find(' '));
    rest.remove_prefix(column.size());
    if (count >= kCronFields.size()) {
      ++count;
      break;
    }
    const CronField& field = kCronFields[count++];
    while (true) {
      const std::size_t comma = column.find(',');
      if (!is_cron_item(column.substr(0, comma), field)) {
        context.report.error(node, "bad_cron", "the " + std::string{field.name} + " of this `cron` is not sound");
        return;
      }
      if (comma == std::string_view::npos) break;
      column.remove_prefix(comma + 1);
    }
  }
  if (count != kCronFields.size()) {
    context.report.error(node, "bad_cron",
                         "`cron` has five fields: minute, hour, day of the month, month, day of the week");
  }
}

/// The form of a name in the IANA database; whether it is in it, the calendar finds out.
void check_zone(const YamlNode& node, Context& context) {
  const auto text = read_text(node, "`tz`", context.report);
  if (!text) return;
  const bool is_zone = !text->empty() && text->size() <= 64 && std::ranges::all_of(*text, [](char c) {
    return (upper(c) >= 'A' && upper(c) <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-' ||
           c == '+';
  });
  if (!is_zone) context.report.error(node, "bad_time_zone", "`tz` must be a zone such as `Europe/Amsterdam` or `UTC`");
}

}  // namespace

void check_calendar(const YamlNode& node, std::string_view what, bool with_length, Context& context) {
  const MapReader map = with_length ? MapReader(node, what, {"cron", "for", "tz"}, context.report)
                                    : MapReader(node, what, {"cron", "tz"}, context.report);
  if (const YamlNode* cron = map.require("cron")) check_cron(*cron, context);
  if (const YamlNode* tz = map.find("tz")) check_zone(*tz, context);
  if (!with_length) return;
  if (const YamlNode* length = map.require("for")) {
    read_duration(*length, "`for`", std::chrono::seconds{1}, context.report);
  }
}

}  // namespace tocsin::rules
