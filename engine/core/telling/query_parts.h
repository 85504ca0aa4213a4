#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/shard_state.h"
#include "engine/core/telling/query.h"

namespace tocsin {

/// What the answers to all kinds of queries are made with.
inline constexpr std::string_view kBadCursor = "`after` must be the `next` of an earlier page";

/// How many a page shows at most.
std::size_t page_limit(const Query& query);

/// The answer that is none. `code`: not_found or bad_value.
QueryAnswer refused(const Query& query, Refusal code, std::string message);

/// A decimal number and nothing else.
std::optional<std::uint64_t> number_from(std::string_view text);

/// By its id, or by a beginning of it that no other has; kNoSlot: `answer` says why.
std::uint32_t find_incident(const ShardState& state, const Query& query, std::string_view text, QueryAnswer& answer);

}  // namespace tocsin
