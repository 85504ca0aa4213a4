#include "rules/yaml/map_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "engine/model/time_text.h"
#include "rules/yaml/suggest.h"

namespace tocsin::rules {
namespace {

std::string_view name_of(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::scalar:
      return "a text";
    case YamlNode::Kind::sequence:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
  }
  return "";
}

void wrong_type(const YamlNode& node, std::string_view what, std::string_view wanted, Report& report) {
  report.error(node, "wrong_type",
               std::string{what} + " must be " + std::string{wanted} + ", here is " + std::string{name_of(node.kind)});
}

/// How Alertmanager's and Prometheus' words are said here; "" for other words.
std::string_view foreign_form(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 28> kForms{{
      {"matchers", R"(`when: 'labels.team == "x"'`)"},
      {"match", R"(`when: 'labels.team == "x"'`)"},
      {"match_re", R"(`when: 'labels.team.matches("^x|y$")'`)"},
      {"source_matchers", R"(`inhibited_by: 'name == "NodeDown"'`)"},
      {"source_match", R"(`inhibited_by: 'name == "NodeDown"'`)"},
      {"source_match_re", R"(`inhibited_by: 'name.matches("^Node")'`)"},
      {"target_matchers", R"(`when: 'name.startsWith("Pod")'`)"},
      {"target_match", R"(`when: 'name.startsWith("Pod")'`)"},
      {"target_match_re", R"(`when: 'name.matches("^Pod")'`)"},
      {"receiver", "`topic: incidents.page`"},
      {"receivers", "the topics of `route`"},
      {"continue", "routes go on unless they say `final: true`"},
      {"group_by", "`by` of a rule `kind: group` in `correlate`"},
      {"group_wait", "`hold` of a rule `kind: group`"},
      {"group_interval", "`defaults: {fold: {min, max}}`"},
      {"repeat_interval", "`raise` in `priority`: an incident is told again when it changes"},
      {"inhibit_rules", "`suppress: [{id, when, inhibited_by, equal}]`"},
      {"mute_time_intervals", "`suppress: [{id, when, during: {cron, for, tz}}]`"},
      {"active_time_intervals", "`suppress: [{id, when, during: {cron, for, tz}}]`"},
      {"time_intervals", "`calendars: {business: {cron, tz, holidays}}`"},
      {"routes", "one list, `route`, looked at in order; `final: true` ends it"},
      {"global", "`defaults`, and the configuration of the engine"},
      {"templates", "`set: {title: …}` in `normalise`"},
      {"groups", "tocsin takes alerts: what Prometheus evaluates stays there"},
      {"expr", "tocsin takes alerts: what Prometheus evaluates stays there"},
      {"for", "`hold` of a rule `kind: group`; `for` of a window"},
      {"labels", "`set: {service: '\"x\"'}`"},
      {"annotations", "`set: {title: '\"x\"'}`"},
  }};
  const auto found = std::ranges::find(kForms, word, &std::pair<std::string_view, std::string_view>::first);
  return found == kForms.end() ? std::string_view{} : found->second;
}

std::string quoted(std::string_view text) { return "`" + std::string{text.substr(0, 80)} + "`"; }

/// All of them at once, at the first: they follow from one mistake.
void tell_foreign(const YamlNode& map, std::string_view what, std::initializer_list<std::string_view> keys,
                  Report& report) {
  const YamlNode* first = nullptr;
  std::string words;
  std::string forms;
  std::size_t count = 0;
  for (std::size_t i = 0; i < map.items.size(); i += 2) {
    const YamlNode& key = *map.items[i];
    if (!key.is_scalar() || std::ranges::find(keys, key.text) != keys.end()) continue;
    const std::string_view form = foreign_form(key.text);
    if (form.empty()) continue;
    if (first == nullptr) first = &key;
    ++count;
    words += (words.empty() ? "" : ", ") + quoted(key.text);
    forms += (forms.empty() ? "" : "; ") + quoted(key.text) + " here: " + std::string{form};
  }
  report.error(*first, "unknown_key",
               std::string{what} + " has no key " + words + ": " + (count == 1 ? "that is a word" : "these are words") +
                   " of Alertmanager or Prometheus",
               std::move(forms));
}

/// For what is no duration: the same with the unit as it is written here, or that one is missing.
std::string duration_hint(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kUnits{
      {{"s", "s"}, {"mi", "m"}, {"h", "h"}, {"d", "d"}, {"w", "w"}}};
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return {};
  const std::string number{text.substr(0, digits)};
  std::string_view unit = text.substr(digits);
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  if (unit.empty()) return "with a unit: `" + number + "s`, `" + number + "m`";
  const bool is_word =
      std::ranges::all_of(unit, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  if (!is_word) return {};
  std::string lower{unit};
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  const auto found = std::ranges::find_if(kUnits, [&](const auto& one) { return lower.starts_with(one.first); });
  const bool is_minutes = lower == "m" || lower == "ms" ? lower == "m" : found != kUnits.end() && found->second == "m";
  const std::string_view meant = is_minutes ? "m" : found == kUnits.end() ? "" : found->second;
  if (meant.empty() || lower == "ms") return {};
  const std::string written = number + std::string{meant};
  return parse_duration(written) ? "did you mean `" + written + "`?"
                                 : "the longest is `" + tocsin::to_text(kDurationMax) + "`";
}

}  // namespace

MapReader::MapReader(const YamlNode& map, std::string_view what, std::initializer_list<std::string_view> keys,
                     Report& report)
    : map_(map), what_(what), report_(report) {
  if (!map.is_map()) {
    wrong_type(map, what, "a map", report);
    return;
  }
  for (std::size_t i = 0; i < map.items.size(); i += 2) {
    const YamlNode& key = *map.items[i];
    if (!key.is_scalar() || (key.text == "<<" && key.plain)) continue;  // reported with the syntax
    if (std::ranges::find(keys, key.text) != keys.end()) continue;
    if (!foreign_form(key.text).empty()) {
      if (!is_foreign_) tell_foreign(map, what, keys, report);
      is_foreign_ = true;
      continue;
    }
    std::string hint = report.is_full() ? "" : suggestion(key.text, keys);
    if (!hint.empty()) meant_.push_back(hint);
    if (hint.empty() && !report.is_full()) hint = "its keys are " + one_of(keys);
    report.error(key, "unknown_key", std::string{what} + " has no key " + quoted(key.text), std::move(hint));
  }
}

const YamlNode* MapReader::key_node(std::string_view key) const {
  if (!map_.is_map()) return nullptr;
  for (std::size_t i = 0; i < map_.items.size(); i += 2) {
    if (map_.items[i]->is_scalar() && map_.items[i]->text == key) return map_.items[i];
  }
  return nullptr;
}

const YamlNode* MapReader::find(std::string_view key) const { return value_of(map_, key); }

const YamlNode* MapReader::require(std::string_view key) const {
  const YamlNode* value = find(key);
  const auto is_meant = [&](const std::string& hint) { return hint.find(quoted(key)) != std::string::npos; };
  if (value == nullptr && map_.is_map() && !is_foreign_ && std::ranges::none_of(meant_, is_meant)) {
    report_.error(map_, "missing_key", what_ + " needs " + quoted(key));
  }
  return value;
}

void MapReader::warn_not_yet_effective(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys) {
    if (const YamlNode* node = key_node(key)) rules::warn_not_yet_effective(*node, key, report_);
  }
}

void warn_not_yet_effective(const YamlNode& at, std::string_view what, Report& report) {
  report.warning(at, "not_yet_effective", quoted(what) + " is checked but has no effect in this version");
}

std::optional<std::string_view> read_text(const YamlNode& node, std::string_view what, Report& report) {
  if (node.is_scalar()) return node.text;
  wrong_type(node, what, "a text", report);
  return std::nullopt;
}

std::optional<bool> read_bool(const YamlNode& node, std::string_view what, Report& report) {
  if (node.is_scalar() && node.plain) {
    for (const std::string_view word : {"true", "True", "TRUE"}) {
      if (node.text == word) return true;
    }
    for (const std::string_view word : {"false", "False", "FALSE"}) {
      if (node.text == word) return false;
    }
  }
  report.error(node, "wrong_type", std::string{what} + " must be `true` or `false`");
  return std::nullopt;
}

std::optional<std::uint64_t> read_count(const YamlNode& node, std::string_view what, std::uint64_t min,
                                        std::uint64_t max, Report& report) {
  std::uint64_t count = 0;
  if (node.is_scalar()) {
    const char* const end = node.text.data() + node.text.size();
    const auto [rest, failed] = std::from_chars(node.text.data(), end, count);
    if (failed == std::errc{} && rest == end && count >= min && count <= max) return count;
  }
  report.error(
      node, "bad_number",
      std::string{what} + " must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<Duration> read_duration(const YamlNode& node, std::string_view what, Duration min, Report& report) {
  const auto duration = node.is_scalar() ? parse_duration(node.text) : std::nullopt;
  if (!duration) {
    report.error(node, "bad_duration", std::string{what} + " must be a duration such as `90s`, `5m` or `1h30m`",
                 node.is_scalar() ? duration_hint(node.text) : "");
    return std::nullopt;
  }
  if (*duration > kDurationMax) {
    report.error(node, "bad_duration",
                 std::string{what} + " must be at most `" + tocsin::to_text(kDurationMax) + "`, about ten years");
    return std::nullopt;
  }
  if (*duration < min) {
    report.error(node, "bad_duration", std::string{what} + " must be at least `" + tocsin::to_text(min) + "`");
    return std::nullopt;
  }
  return duration;
}

std::optional<Instant> read_instant(const YamlNode& node, std::string_view what, Report& report) {
  const auto instant = node.is_scalar() ? parse_rfc3339(node.text) : std::nullopt;
  if (instant && *instant != kUnset) return instant;
  report.error(node, "bad_instant", std::string{what} + " must be an instant such as `2026-03-28T23:00:00Z`");
  return std::nullopt;
}

std::span<const YamlNode* const> read_list(const YamlNode& node, std::string_view what, Report& report) {
  if (node.is_sequence()) return node.items;
  const bool is_foreign = node.is_map() && std::ranges::any_of(node.items, [](const YamlNode* item) {
                            return item->is_scalar() && !foreign_form(item->text).empty();
                          });
  std::string hint;
  if (node.is_scalar() && node.plain) hint = "one is a list, too: `[" + std::string{node.text.substr(0, 80)} + "]`";
  if (is_foreign) hint = "Alertmanager's tree is one list here, looked at in order: `- {id, when, topic, final}`";
  report.error(node, "wrong_type", std::string{what} + " must be a list, here is " + std::string{name_of(node.kind)},
               std::move(hint));
  return {};
}

std::optional<std::size_t> read_word(const YamlNode& node, std::string_view what,
                                     std::span<const std::string_view> words, std::string_view code, Report& report) {
  const auto text = read_text(node, what, report);
  if (!text) return std::nullopt;
  const auto found = std::ranges::find(words, *text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  report.error(node, code, std::string{what} + " must be " + one_of(words) + ", here is " + quoted(*text),
               report.is_full() ? "" : suggestion(*text, words));
  return std::nullopt;
}

std::optional<std::string> read_name(const YamlNode& node, std::string_view what, Report& report) {
  const auto text = read_text(node, what, report);
  if (!text) return std::nullopt;
  const bool is_name = !text->empty() && text->size() <= 100 && std::ranges::all_of(*text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
  if (is_name) return std::string{*text};
  report.error(node, "bad_name",
               std::string{what} + " must be 1 to 100 letters, digits, `_`, `-` or `.`, here is " + quoted(*text));
  return std::nullopt;
}

}  // namespace tocsin::rules
