#include "connectors/http/routes.h"

#include <array>
#include <utility>

namespace tocsin {
namespace {

constexpr std::array<std::string_view, kRouteCount> kNames{"/api/v2/alerts",
                                                           "/v1/sources/{source}",
                                                           "/v1/incidents",
                                                           "/v1/incidents/{id}",
                                                           "/v1/alerts",
                                                           "/v1/stream",
                                                           "/-/healthy",
                                                           "/-/ready",
                                                           "/-/reload",
                                                           "/metrics",
                                                           "/",
                                                           "other"};

constexpr std::string_view kSourcePrefix = "/v1/sources/";
constexpr std::string_view kIncidentPrefix = "/v1/incidents/";

// The one segment behind a prefix; "" when there is none or more than one.
std::string_view last_segment(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return {};
  const std::string_view rest = path.substr(prefix.size());
  return rest.find('/') == std::string_view::npos ? rest : std::string_view{};
}

}  // namespace

std::string_view name_of(Route route) { return kNames[static_cast<std::size_t>(route)]; }

bool is_posted(Route route) { return route == Route::alerts_api || route == Route::source || route == Route::reload; }

std::string_view allowed_methods(Route route) { return is_posted(route) ? "POST" : "GET, HEAD"; }

RouteMatch match_route(std::string_view path) {
  for (const Route route : {Route::alerts_api, Route::incidents, Route::alerts, Route::stream, Route::healthy,
                            Route::ready, Route::reload, Route::metrics, Route::root})
    if (path == name_of(route)) return {route, {}};
  if (const std::string_view source = last_segment(path, kSourcePrefix); !source.empty())
    return {Route::source, source};
  if (const std::string_view id = last_segment(path, kIncidentPrefix); !id.empty()) return {Route::incident, id};
  return {};
}

}  // namespace tocsin
