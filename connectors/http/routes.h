#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tocsin {

/// What a path leads to.
enum class Route : std::uint8_t {
  alerts_api,     // POST /api/v2/alerts
  source,         // POST /v1/sources/{source}
  incidents,      // GET /v1/incidents
  incident,       // GET /v1/incidents/{id}
  notes,          // GET /v1/incidents/{id}/notes
  why,            // GET /v1/incidents/{id}/explain
  timeline,       // GET /v1/incidents/{id}/timeline
  why_not,        // GET /v1/explain
  heartbeat,      // POST /v1/heartbeats/{name}
  obey,           // POST /v1/incidents/{id}/{command}
  commands,       // POST /v1/commands
  body,           // GET /v1/bodies/{position}
  silences,       // GET, POST /v1/silences
  silence,        // DELETE /v1/silences/{id}; POST /v1/silences/{id}/{expire,extend}
  preview,        // GET /v1/silences/preview
  audit,          // GET /v1/audit
  storms,         // GET /v1/storms
  sources,        // GET /v1/sources
  rules,          // GET /v1/rules
  alerts,         // GET /v1/alerts
  stream,         // GET /v1/stream
  sinks,          // GET /v1/sinks
  undeliverable,  // GET, DELETE /v1/sinks/{sink}/undeliverable
  resend,         // POST /v1/sinks/{sink}/undeliverable/resend
  healthy,        // GET /-/healthy
  ready,          // GET /-/ready
  reload,         // POST /-/reload
  metrics,        // GET /metrics
  root,           // GET /
  unknown,        // anything else
};
inline constexpr std::size_t kRouteCount = static_cast<std::size_t>(Route::unknown) + 1;

/// The path's pattern: what metrics say.
std::string_view name_of(Route route);

/// Whether a route is posted to (else it is read with GET or HEAD).
bool is_posted(Route route);
/// Whether bodies of alerts are posted to it.
bool takes_alerts(Route route);
/// Whether DELETE works on it too.
bool can_be_deleted(Route route);
/// Whether a command comes in on it.
bool takes_command(Route route);
/// Whether POST works on it besides what else does.
bool can_be_posted_to(Route route);
/// The value of Allow.
std::string_view allowed_methods(Route route);

struct RouteMatch {
  Route route = Route::unknown;
  std::string_view argument{};  // source, sink: which; incident, silence: its id; still percent-encoded
  std::string_view command{};   // of a path that says which
};

/// `path` is without the query. Doubled slashes and one at the end do not matter.
RouteMatch match_route(std::string_view path);

}  // namespace tocsin
