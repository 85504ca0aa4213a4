#include "connectors/http/http_metrics.h"

#include <string>
#include <utility>

#include "engine/runtime/metrics.h"

namespace tocsin {
namespace {

void write_requests(MetricsPage& page, const HttpCounts& counts) {
  for (std::size_t route = 0; route < kRouteCount; ++route)
    for (std::size_t status = 0; status < kHttpStatuses.size(); ++status) {
      if (counts.requests[route][status] == 0) continue;
      const std::string code = kHttpStatuses[status] == 0 ? "other" : std::to_string(kHttpStatuses[status]);
      page.counter("tocsin_http_requests_total", "Requests answered, by path and status.",
                   counts.requests[route][status], {{"path", name_of(static_cast<Route>(route))}, {"status", code}});
    }
}

void write_refusals(MetricsPage& page, const HttpCounts& counts) {
  constexpr std::string_view kName = "tocsin_http_refused_total";
  constexpr std::string_view kHelp = "What was refused at the listener (requests, bodies, single alerts), by reason.";
  for (std::size_t reason = 0; reason < kRefusalCount; ++reason)
    page.counter(kName, kHelp, counts.refused[reason], {{"reason", name_of(static_cast<Refusal>(reason))}});
  page.counter(kName, kHelp, counts.refused_unauthorized, {{"reason", "unauthorized"}});
}

}  // namespace

void write_http_metrics(MetricsPage& page, const HttpCounts& counts) {
  write_requests(page, counts);
  write_refusals(page, counts);
  page.counter("tocsin_http_alerts_accepted_total", "Alerts made durable and answered 2xx.", counts.alerts_accepted);
  for (const auto& [outcome, count] : {std::pair{"hit", counts.alerts_known}, std::pair{"miss", counts.alerts_unknown}})
    page.counter("tocsin_http_known_alerts_total",
                 "Alerts of sources that repeat them byte for byte: recognised (hit) or decoded (miss).", count,
                 {{"outcome", outcome}});
  page.counter("tocsin_http_dead_letters_total", "Bodies refused as a whole and kept.", counts.dead_letters);
  page.counter("tocsin_http_received_bytes_total", "Bytes read from clients.", counts.bytes_received);
  page.counter("tocsin_http_sent_bytes_total", "Bytes written to clients.", counts.bytes_sent);
  page.counter("tocsin_http_connections_total", "Connections accepted.", counts.connections_opened);
  page.counter("tocsin_http_connections_refused_total", "Connections over the limit.", counts.connections_refused);
  page.counter("tocsin_http_connections_idle_closed_total", "Connections closed after a time without a request.",
               counts.connections_idle_closed);
  page.counter("tocsin_http_accept_errors_total", "Failures of accept(), such as out of descriptors.",
               counts.accept_errors);
  page.gauge("tocsin_http_connections_open", "Connections now.", static_cast<double>(counts.connections_open));
  page.gauge("tocsin_http_reading_bytes", "Memory held for large bodies that are being read, now.",
             static_cast<double>(counts.bodies_reading_bytes));
  page.gauge("tocsin_stream_clients", "Clients of /v1/stream now.", static_cast<double>(counts.stream_clients));
  page.counter("tocsin_stream_events_total", "Events handed to clients of /v1/stream.", counts.stream_events);
  page.counter("tocsin_stream_clients_cut_total", "Clients of /v1/stream cut off for being slow.",
               counts.stream_clients_cut);
}

}  // namespace tocsin
