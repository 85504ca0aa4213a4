#pragma once

#include "connectors/http/http_counts.h"

namespace tocsin {

class MetricsPage;

/// Adds the listener's families to a scrape: requests by route and status, refusals by reason, connections, bytes,
/// stream clients.
void write_http_metrics(MetricsPage& page, const HttpCounts& counts);

}  // namespace tocsin
