#include "connectors/http/http_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/runtime/metrics.h"

namespace tocsin {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(HttpMetrics, SayWhatWasAnsweredWhereAndWhatWasRefusedWhy) {
  HttpCounts counts;
  counts.requests[static_cast<std::size_t>(Route::alerts_api)][status_index(200)] = 7;
  counts.requests[static_cast<std::size_t>(Route::unknown)][status_index(418)] = 1;
  counts.refused[static_cast<std::size_t>(Refusal::bad_time)] = 3;
  counts.connections_open = 2;
  MetricsPage page;
  write_http_metrics(page, counts);
  const std::string text = page.text();
  EXPECT_THAT(text, HasSubstr("tocsin_http_requests_total{path=\"/api/v2/alerts\",status=\"200\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("tocsin_http_requests_total{path=\"other\",status=\"other\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("status=\"503\"")));
  EXPECT_THAT(text, HasSubstr("tocsin_http_refused_total{reason=\"bad_time\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("tocsin_http_refused_total{reason=\"malformed\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("tocsin_http_connections_open 2\n"));
}

}  // namespace
}  // namespace tocsin
