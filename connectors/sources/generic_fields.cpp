#include "connectors/sources/generic_fields.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace tocsin {
namespace {

using enum GenericField;

// Beside connectors/sources/README.md, which shows this table to people.
constexpr std::array kAliases{
    GenericAlias{"alertname", name, 0},
    GenericAlias{"name", name, 1},
    GenericAlias{"title", title, 0},
    GenericAlias{"summary", title, 1},
    GenericAlias{"description", description, 0},
    GenericAlias{"message", description, 1},
    GenericAlias{"status", status, 0},
    GenericAlias{"starts_at", starts_at, 0},
    GenericAlias{"startsAt", starts_at, 1},
    GenericAlias{"timestamp", starts_at, 2},
    GenericAlias{"ends_at", ends_at, 0},
    GenericAlias{"endsAt", ends_at, 1},
    GenericAlias{"url", link, 0},
    GenericAlias{"link", link, 1},
    GenericAlias{"generatorURL", link, 2},
    GenericAlias{"key", key, 0},
    GenericAlias{"dedup_key", key, 1},
    GenericAlias{"fingerprint", key, 2},
    GenericAlias{"labels", labels, 0},
    GenericAlias{"annotations", annotations, 0},
    GenericAlias{"id", annotation, 0},
    GenericAlias{"event_id", annotation, 0},
    GenericAlias{"uuid", annotation, 0},
    GenericAlias{"value", annotation, 0},
    GenericAlias{"count", annotation, 0},
};

struct StatusWord {
  std::string_view word;
  AlertStatus status;
};
constexpr std::array kStatusWords{
    StatusWord{"firing", AlertStatus::firing},     StatusWord{"open", AlertStatus::firing},
    StatusWord{"opened", AlertStatus::firing},     StatusWord{"active", AlertStatus::firing},
    StatusWord{"alerting", AlertStatus::firing},   StatusWord{"triggered", AlertStatus::firing},
    StatusWord{"trigger", AlertStatus::firing},    StatusWord{"problem", AlertStatus::firing},
    StatusWord{"down", AlertStatus::firing},       StatusWord{"resolved", AlertStatus::resolved},
    StatusWord{"resolve", AlertStatus::resolved},  StatusWord{"ok", AlertStatus::resolved},
    StatusWord{"closed", AlertStatus::resolved},   StatusWord{"recovered", AlertStatus::resolved},
    StatusWord{"recovery", AlertStatus::resolved}, StatusWord{"cleared", AlertStatus::resolved},
    StatusWord{"normal", AlertStatus::resolved},   StatusWord{"up", AlertStatus::resolved},
};

constexpr std::int64_t kFirstMilliseconds = 100'000'000'000;   // 10^11
constexpr std::int64_t kLastMilliseconds = 9'223'286'400'000;  // the range of 64-bit nanoseconds

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_but_for_case(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, [](char a, char b) { return lower(a) == b; });
}

}  // namespace

const GenericAlias* find_generic_alias(std::string_view alias) {
  const auto* const found = std::ranges::find(kAliases, alias, &GenericAlias::name);
  return found == kAliases.end() ? nullptr : found;
}

std::optional<AlertStatus> generic_status(std::string_view word) {
  for (const StatusWord& known : kStatusWords) {
    if (equal_but_for_case(word, known.word)) return known.status;
  }
  return std::nullopt;
}

std::optional<Instant> parse_epoch(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  if (number == 0) return kUnset;
  const std::int64_t ms = number < kFirstMilliseconds ? number * 1000 : number;
  if (ms > kLastMilliseconds) return std::nullopt;
  return from_unix_ns(ms * 1'000'000);
}

void append_label_name(std::string& out, std::string_view text) {
  if (text.empty() || (text.front() >= '0' && text.front() <= '9')) out += '_';
  for (const char c : text) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    out += fits ? c : '_';
  }
}

}  // namespace tocsin
