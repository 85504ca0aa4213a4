#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "connectors/http/routes.h"
#include "engine/model/refusal.h"
#include "engine/runtime/counter.h"

namespace tocsin {

/// Every status that the server answers with; 0 stands for all others.
inline constexpr std::array<int, 15> kHttpStatuses{200, 202, 400, 401, 404, 405, 408, 413,
                                                   415, 417, 431, 500, 503, 505, 0};
/// Place of a status in kHttpStatuses; the last for one that is not there.
std::size_t status_index(int status);

/// What the server has done since it began; numbers of all threads together.
template <typename Number>
struct HttpCountsOf {
  std::array<std::array<Number, kHttpStatuses.size()>, kRouteCount> requests{};  // answered, by route and status
  std::array<Number, kRefusalCount> refused{};                                   // requests and bodies, by reason
  Number refused_unauthorized{};
  Number bytes_received{};
  Number bytes_sent{};
  Number connections_opened{};
  Number connections_refused{};  // over connections_max
  Number connections_open{};     // now
  Number connections_idle_closed{};
  Number accept_errors{};
  Number alerts_accepted{};       // durable and answered 2xx
  Number alerts_known{};          // recognised by their bytes, of those accepted
  Number alerts_unknown{};        // looked for in vain
  Number alerts_refused{};        // one by one, in bodies that were accepted
  Number dead_letters{};          // bodies refused as a whole and kept
  Number stream_clients{};        // now
  Number stream_events{};         // handed to a client's buffer
  Number stream_clients_cut{};    // too slow
  Number bodies_reading_bytes{};  // now
};

/// Those of one thread, which alone writes them.
using HttpCounters = HttpCountsOf<Counter>;
/// A reading.
using HttpCounts = HttpCountsOf<std::uint64_t>;

/// Adds a reading of `counters` to `sum`. From any thread.
void add_counts(HttpCounts& sum, const HttpCounters& counters);

}  // namespace tocsin
