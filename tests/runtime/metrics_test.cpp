#include "engine/runtime/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin {
namespace {

using testing::HasSubstr;

TEST(Metrics, AreWrittenAsPrometheusReadsThem) {
  static constexpr std::uint64_t kBounds[] = {10, 20};
  Histogram spans(kBounds);
  for (const std::uint64_t value : {5u, 10u, 11u, 21u}) spans.record(value);
  MetricsPage page;
  page.counter("tocsin_alerts_refused_total", "Refused", 3, {{"reason", "malformed"}});
  page.counter("tocsin_alerts_refused_total", "Refused", 4, {{"reason", "too \"long\""}});
  page.gauge("tocsin_incidents_open", "Open", 2);
  page.histogram("tocsin_span_seconds", "Span", spans, 10);
  EXPECT_EQ(page.text(),
            "# HELP tocsin_alerts_refused_total Refused\n"
            "# TYPE tocsin_alerts_refused_total counter\n"
            "tocsin_alerts_refused_total{reason=\"malformed\"} 3\n"
            "tocsin_alerts_refused_total{reason=\"too \\\"long\\\"\"} 4\n"
            "# HELP tocsin_incidents_open Open\n"
            "# TYPE tocsin_incidents_open gauge\n"
            "tocsin_incidents_open 2\n"
            "# HELP tocsin_span_seconds Span\n"
            "# TYPE tocsin_span_seconds histogram\n"
            "tocsin_span_seconds_count 4\n"
            "tocsin_span_seconds_sum 4.7\n"
            "tocsin_span_seconds_bucket{le=\"1\"} 2\n"
            "tocsin_span_seconds_bucket{le=\"2\"} 3\n"
            "tocsin_span_seconds_bucket{le=\"+Inf\"} 4\n");
}

TEST(Metrics, ASpanThatIsNegativeCountsAsNone) {
  Histogram spans(kSpanBounds);
  spans.record(Duration{-5});
  EXPECT_EQ(spans.count(0), 1u);
  EXPECT_EQ(spans.sum(), 0u);
}

}  // namespace
}  // namespace tocsin
