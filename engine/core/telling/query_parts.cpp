#include "engine/core/telling/query_parts.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "engine/model/limits.h"

namespace tocsin {

std::size_t page_limit(const Query& query) {
  return std::min(query.limit == 0 ? limits::kPageItemsDefault : query.limit, limits::kPageItemsMax);
}

QueryAnswer refused(const Query& query, Refusal code, std::string message) {
  QueryAnswer answer;
  answer.ticket = query.ticket;
  answer.ok = false;
  answer.found = code != Refusal::not_found;
  answer.error = Error{code, std::move(message), -1, {}};
  return answer;
}

std::optional<std::uint64_t> number_from(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::uint32_t find_incident(const ShardState& state, const Query& query, std::string_view text, QueryAnswer& answer) {
  IncidentId id;
  if (parse_incident_id(text, id)) {
    const std::uint32_t slot = state.incidents().find(id);
    if (slot != kNoSlot) return slot;
  } else {
    const std::vector<std::uint32_t> found = state.incidents().find_by_prefix(text);
    if (found.size() == 1) return found.front();
    if (found.size() > 1) {
      answer = refused(query, Refusal::bad_value, "several incidents have ids that begin so; give more of it");
      return kNoSlot;
    }
  }
  answer = refused(query, Refusal::not_found, "no incident with this id is known");
  return kNoSlot;
}

}  // namespace tocsin
