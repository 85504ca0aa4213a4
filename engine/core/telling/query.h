#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/conditions/heard.h"
#include "engine/model/ids.h"
#include "engine/model/refusal.h"

namespace tocsin {

class Shard;

enum class QueryKind : std::uint8_t {
  incidents,
  incident,
  alerts,
  silences,
  audit,
  notes,  // of one incident, the newest first
  storms,
  sources,
  rules,
  command_result,  // what became of the command at `after_position`
  body_result,     // what became of the body at `body`; answered by who runs the shard, which does not keep it
};

/// A question to the shard; answered between two inputs, from the state after the last one applied.
struct Query {
  std::uint64_t ticket = 0;
  QueryKind kind = QueryKind::incidents;
  std::string id;                                            // incident, notes: of which
  std::size_t limit = 0;                                     // at most kPageItemsMax
  std::string after;                                         // cursor: `next` of the page before
  std::string fields;                                        // alerts: those that are shown, commas between; "": all
  std::vector<std::pair<std::string, std::string>> filters;  // field, value: status, priority, service, severity, …
  /// alerts: those that fire and that a silence with these matchers would come over.
  std::vector<std::string> matchers;
  /// Answered once the input at this position was applied.
  Position after_position{};
  Position body{};  // body_result
};

struct QueryAnswer {
  std::uint64_t ticket = 0;
  bool found = true;  // false: no such incident
  Error error;        // code not_found or bad_value when the query cannot be answered
  bool ok = true;
  std::string json;                    // one page
  std::optional<HeardCounts> heard{};  // body_result; nothing: it is no body of alerts, or not one of the newest
};

/// Answers from the state as it is; costs at most one walk over `limit` matches and what lies between them.
QueryAnswer answer(const Shard& shard, const Query& query);

}  // namespace tocsin
