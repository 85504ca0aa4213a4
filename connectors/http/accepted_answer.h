#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/http/http_refusal.h"
#include "connectors/http/routes.h"
#include "engine/core/conditions/heard.h"
#include "engine/model/alert.h"
#include "engine/model/ids.h"

namespace tocsin {

/// What a body that is on disk is answered with.
struct Accepted {
  std::size_t accepted = 0;
  std::size_t mended = 0;
  std::vector<RefusedAlert> rejected{};
  Position position{};
  bool asked = false;  // the sender wants to know of every alert
  /// Whether the rules had looked at it by then; nothing: nobody waited for it.
  std::optional<bool> applied{};
  std::optional<HeardCounts> heard{};  // when they had
};

/// How long a sender waits for the rules, once his body is on disk.
struct AppliedWait {
  std::chrono::milliseconds span{0};  // 0: not at all
  bool asked = false;                 // he said so: every count is told, those of 0 too
};

/// `?wait=applied`, `?wait=durable`, or what the path does by itself: senders of Alertmanager's API read no answer, so
/// theirs leaves at once; those of a source are told what had no effect. Other parameters mean nothing here.
HttpResult<AppliedWait> read_wait(Route route, std::string_view query_text);

/// Fields may be added, and those that say what became of some of the accepted are there only when there are such,
/// unless it was asked for.
void append_accepted(std::string& body, const Accepted& answer);

/// The same counts for who asks later.
std::string heard_body(Position position, const HeardCounts& heard);

}  // namespace tocsin
