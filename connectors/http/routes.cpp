#include "connectors/http/routes.h"

#include <array>
#include <utility>

namespace tocsin {
namespace {

constexpr std::array<std::string_view, kRouteCount> kNames{"/api/v2/alerts",
                                                           "/v1/sources/{source}",
                                                           "/v1/incidents",
                                                           "/v1/incidents/{id}",
                                                           "/v1/incidents/{id}/notes",
                                                           "/v1/incidents/{id}/explain",
                                                           "/v1/incidents/{id}/timeline",
                                                           "/v1/explain",
                                                           "/v1/heartbeats/{name}",
                                                           "/v1/incidents/{id}/{command}",
                                                           "/v1/commands",
                                                           "/v1/bodies/{position}",
                                                           "/v1/silences",
                                                           "/v1/silences/{id}",
                                                           "/v1/silences/preview",
                                                           "/v1/audit",
                                                           "/v1/storms",
                                                           "/v1/sources",
                                                           "/v1/rules",
                                                           "/v1/alerts",
                                                           "/v1/stream",
                                                           "/v1/sinks",
                                                           "/v1/sinks/{sink}/undeliverable",
                                                           "/v1/sinks/{sink}/undeliverable/resend",
                                                           "/-/healthy",
                                                           "/-/ready",
                                                           "/-/reload",
                                                           "/metrics",
                                                           "/",
                                                           "other"};

constexpr std::string_view kSourcePrefix = "/v1/sources/";
constexpr std::string_view kHeartbeatPrefix = "/v1/heartbeats/";
constexpr std::string_view kIncidentPrefix = "/v1/incidents/";
constexpr std::string_view kExplainSuffix = "/explain";
constexpr std::string_view kNotesSuffix = "/notes";
constexpr std::string_view kTimelineSuffix = "/timeline";
constexpr std::string_view kBodyPrefix = "/v1/bodies/";
constexpr std::string_view kSilencePrefix = "/v1/silences/";
constexpr std::string_view kSinkPrefix = "/v1/sinks/";
constexpr std::string_view kUndeliverableSuffix = "/undeliverable";
constexpr std::string_view kResendSuffix = "/undeliverable/resend";

// The one segment behind a prefix; "" when there is none or more than one.
std::string_view last_segment(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return {};
  const std::string_view rest = path.substr(prefix.size());
  return rest.find('/') == std::string_view::npos ? rest : std::string_view{};
}

/// The same but for slashes that are doubled: senders join an address that ends in one with a path that begins with it.
bool is_path(std::string_view path, std::string_view wanted) {
  while (!path.empty() && !wanted.empty() && path.front() == wanted.front()) {
    const bool is_slash = path.front() == '/';
    path.remove_prefix(1);
    while (is_slash && path.starts_with('/')) path.remove_prefix(1);
    wanted.remove_prefix(1);
  }
  return path.empty() && wanted.empty();
}

/// The two segments behind a prefix; empty when there are others.
std::pair<std::string_view, std::string_view> two_segments(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return {};
  const std::string_view rest = path.substr(prefix.size());
  const std::size_t slash = rest.find('/');
  if (slash == 0 || slash == std::string_view::npos || rest.find('/', slash + 1) != std::string_view::npos) return {};
  return {rest.substr(0, slash), rest.substr(slash + 1)};
}

}  // namespace

std::string_view name_of(Route route) { return kNames[static_cast<std::size_t>(route)]; }

bool is_posted(Route route) {
  return takes_alerts(route) || route == Route::reload || route == Route::resend || route == Route::obey ||
         route == Route::commands || route == Route::heartbeat;
}

bool takes_command(Route route) {
  return route == Route::heartbeat || route == Route::obey || route == Route::commands || route == Route::silences ||
         route == Route::silence;
}

bool can_be_posted_to(Route route) { return is_posted(route) || route == Route::silences || route == Route::silence; }

bool takes_alerts(Route route) { return route == Route::alerts_api || route == Route::source; }

bool can_be_deleted(Route route) { return route == Route::undeliverable || route == Route::silence; }

std::string_view allowed_methods(Route route) {
  if (route == Route::silence) return "POST, DELETE";
  if (route == Route::silences) return "GET, HEAD, POST";
  return is_posted(route) ? "POST" : can_be_deleted(route) ? "GET, HEAD, DELETE" : "GET, HEAD";
}

RouteMatch match_route(std::string_view path) {
  while (path.starts_with("//")) path.remove_prefix(1);
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  for (const Route route :
       {Route::alerts_api, Route::why_not, Route::incidents, Route::alerts, Route::commands, Route::silences,
        Route::preview, Route::audit, Route::storms, Route::sources, Route::rules, Route::stream, Route::sinks,
        Route::healthy, Route::ready, Route::reload, Route::metrics, Route::root})
    if (is_path(path, name_of(route))) return {route, {}};
  if (const std::string_view source = last_segment(path, kSourcePrefix); !source.empty())
    return {Route::source, source};
  if (const std::string_view name = last_segment(path, kHeartbeatPrefix); !name.empty())
    return {Route::heartbeat, name};
  if (const std::string_view id = last_segment(path, kIncidentPrefix); !id.empty()) return {Route::incident, id};
  if (const std::string_view position = last_segment(path, kBodyPrefix); !position.empty())
    return {Route::body, position};
  if (const std::string_view id = last_segment(path, kSilencePrefix); !id.empty())
    return {Route::silence, id, "expire"};
  if (const auto [id, command] = two_segments(path, kSilencePrefix); command == "expire" || command == "extend")
    return {Route::silence, id, command};
  for (const auto& [suffix, route] : {std::pair{kNotesSuffix, Route::notes}, std::pair{kExplainSuffix, Route::why},
                                      std::pair{kTimelineSuffix, Route::timeline}}) {
    if (!path.ends_with(suffix)) continue;
    if (const std::string_view id = last_segment(path.substr(0, path.size() - suffix.size()), kIncidentPrefix);
        !id.empty())
      return {route, id};
  }
  if (const auto [id, command] = two_segments(path, kIncidentPrefix); !command.empty())
    return {Route::obey, id, command};
  for (const auto& [suffix, route] :
       {std::pair{kUndeliverableSuffix, Route::undeliverable}, std::pair{kResendSuffix, Route::resend}}) {
    if (!path.ends_with(suffix)) continue;
    if (const std::string_view sink = last_segment(path.substr(0, path.size() - suffix.size()), kSinkPrefix);
        !sink.empty())
      return {route, sink};
  }
  return {};
}

}  // namespace tocsin
