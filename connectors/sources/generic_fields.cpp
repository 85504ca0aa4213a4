#include "connectors/sources/generic_fields.h"

#include <algorithm>
#include <array>

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

}  // namespace

const GenericAlias* find_generic_alias(std::string_view alias) {
  const auto* const found = std::ranges::find(kAliases, alias, &GenericAlias::name);
  return found == kAliases.end() ? nullptr : found;
}

void append_label_name(std::string& out, std::string_view text) {
  if (text.empty() || (text.front() >= '0' && text.front() <= '9')) out += '_';
  for (const char c : text) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    out += fits ? c : '_';
  }
}

}  // namespace tocsin
