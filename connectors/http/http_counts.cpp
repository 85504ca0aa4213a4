#include "connectors/http/http_counts.h"

#include <algorithm>

namespace tocsin {

std::size_t status_index(int status) {
  const auto found = std::find(kHttpStatuses.begin(), kHttpStatuses.end() - 1, status);
  return static_cast<std::size_t>(found - kHttpStatuses.begin());
}

void add_counts(HttpCounts& sum, const HttpCounters& counters) {
  for (std::size_t route = 0; route < kRouteCount; ++route)
    for (std::size_t status = 0; status < kHttpStatuses.size(); ++status)
      sum.requests[route][status] += counters.requests[route][status].value();
  for (std::size_t reason = 0; reason < kRefusalCount; ++reason)
    sum.refused[reason] += counters.refused[reason].value();
  sum.refused_unauthorized += counters.refused_unauthorized.value();
  sum.bytes_received += counters.bytes_received.value();
  sum.bytes_sent += counters.bytes_sent.value();
  sum.connections_opened += counters.connections_opened.value();
  sum.connections_refused += counters.connections_refused.value();
  sum.connections_open += counters.connections_open.value();
  sum.connections_idle_closed += counters.connections_idle_closed.value();
  sum.accept_errors += counters.accept_errors.value();
  sum.alerts_accepted += counters.alerts_accepted.value();
  sum.alerts_known += counters.alerts_known.value();
  sum.alerts_unknown += counters.alerts_unknown.value();
  sum.alerts_refused += counters.alerts_refused.value();
  sum.dead_letters += counters.dead_letters.value();
  sum.stream_clients += counters.stream_clients.value();
  sum.stream_events += counters.stream_events.value();
  sum.stream_clients_cut += counters.stream_clients_cut.value();
  sum.bodies_reading_bytes += counters.bodies_reading_bytes.value();
}

}  // namespace tocsin
