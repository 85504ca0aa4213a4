#include "bench/correlation/alert_lines.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <simdjson.h>

#include "engine/model/time_text.h"

namespace tocsin::bench {
namespace {

std::optional<Instant> instant_of(std::string_view text) {
  if (const auto at = parse_rfc3339(text)) return at;
  std::int64_t seconds = 0;
  const char* const end = text.data() + text.size();
  auto [rest, failed] = std::from_chars(text.data(), end, seconds);
  if (failed != std::errc{}) return std::nullopt;
  std::int64_t nanoseconds = 0;
  if (rest != end && *rest == '.') {
    std::string digits(rest + 1, end);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
    digits.resize(9, '0');
    std::from_chars(digits.data(), digits.data() + 9, nanoseconds);
    rest = end;
  }
  if (rest != end) return std::nullopt;
  return from_unix_ns(seconds * 1'000'000'000 + nanoseconds);
}

/// False: it is the time, and makes no sense.
bool take(KnownAlert& alert, std::string_view key, std::string value, const Columns& columns) {
  if (key == columns.at) {
    const auto at = instant_of(value);
    if (at) alert.at = *at;
    return at.has_value();
  }
  if (key == columns.status) {
    alert.over = value == "resolved";
  } else if (key == columns.truth) {
    alert.truth = std::move(value);
  } else if (key == columns.cause) {
    alert.cause = std::move(value);
  } else if (!value.empty()) {
    alert.labels.emplace_back(key, std::move(value));
  }
  return true;
}

std::string text_of(const simdjson::dom::element& value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? std::string{text} : simdjson::minify(value);
}

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

/// `f(number, line)` of each that is not empty; the first thing that is wrong.
template <typename F>
std::optional<std::string> for_each_line(std::string_view text, F&& f) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (const std::string wrong = f(number, line); !wrong.empty())
      return "line " + std::to_string(number) + ": " + wrong;
  }
  return std::nullopt;
}

void finish(KnownAlert& alert, std::vector<KnownAlert>& all) {
  std::ranges::stable_sort(alert.labels, {}, &std::pair<std::string, std::string>::first);
  all.push_back(std::move(alert));
}

}  // namespace

std::expected<std::vector<KnownAlert>, std::string> read_json_lines(std::string_view text, const Columns& columns) {
  std::vector<KnownAlert> all;
  simdjson::dom::parser parser;
  const auto wrong = for_each_line(text, [&](std::size_t, std::string_view line) -> std::string {
    simdjson::dom::object object;
    if (parser.parse(line.data(), line.size()).get(object) != simdjson::SUCCESS) return "this is no JSON object";
    KnownAlert alert;
    for (const auto& [key, value] : object) {
      simdjson::dom::object labels;
      if (key == "labels" && value.get(labels) == simdjson::SUCCESS) {
        for (const auto& [name, label] : labels) alert.labels.emplace_back(name, text_of(label));
      } else if (!take(alert, key, text_of(value), columns)) {
        return "the time is no instant";
      }
    }
    if (alert.at == Instant{}) return "it has no time";
    finish(alert, all);
    return {};
  });
  if (wrong) return std::unexpected(*wrong);
  return all;
}

std::expected<std::vector<KnownAlert>, std::string> read_csv(std::string_view text, const Columns& columns) {
  std::vector<KnownAlert> all;
  std::vector<std::string> header;
  const auto wrong = for_each_line(text, [&](std::size_t, std::string_view line) -> std::string {
    std::vector<std::string> fields = fields_of(line);
    if (header.empty()) {
      header = std::move(fields);
      return {};
    }
    if (fields.size() != header.size()) return "it has another number of fields than the header";
    KnownAlert alert;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (!take(alert, header[i], std::move(fields[i]), columns)) return "the time is no instant";
    }
    if (alert.at == Instant{}) return "it has no time";
    finish(alert, all);
    return {};
  });
  if (wrong) return std::unexpected(*wrong);
  return all;
}

}  // namespace tocsin::bench
