#include "engine/runtime/times_figures.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/runtime/metrics.h"

namespace tocsin {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> shown(const TimesFigures& figures) {
  std::vector<std::string> lines;
  figures.for_each([&](const TimesFigures::Entry& entry) {
    std::string line{name_of(entry.priority)};
    line += " " + entry.service + " " + entry.team + ":";
    for (const Histogram& one : entry.spans) line += " " + std::to_string(one.sum());
    lines.push_back(line + " reopened " + std::to_string(entry.reopened.value()));
  });
  return lines;
}

TEST(TimesFigures, ShowWhatTheBookHas) {
  TimesBook book;
  TimesFigures figures;
  figures.publish(book);
  EXPECT_TRUE(shown(figures).empty());
  book.count(Priority::p1, "ledger", "dba", 2s, 10s, 60s, 1);
  book.count(Priority::p2, "web", "", 0s, std::nullopt, 90s, 0);
  book.count(Priority::p1, "ledger", "dba", 3s, std::nullopt, 70s, 0);
  book.leave_out();
  figures.publish(book);
  EXPECT_EQ(shown(figures),
            (std::vector<std::string>{"P1 ledger dba: 5 10 130 reopened 1", "P2 web : 0 0 90 reopened 0"}));
  EXPECT_EQ(figures.left_out(), 1U);
}

TEST(TimesFigures, AreHistogramsThatAddUp) {
  TimesBook book;
  book.count(Priority::p1, "ledger", "dba", 2s, 10s, 60s, 0);
  book.count(Priority::p1, "ledger", "dba", 2s, 10s, 30 * 24h, 0);
  TimesFigures figures;
  figures.publish(book);
  MetricsPage page;
  figures.for_each([&](const TimesFigures::Entry& entry) {
    page.histogram("x_seconds", "help", entry.spans[static_cast<std::size_t>(TimesBook::Kind::resolve)], 1,
                   {{"service", entry.service}});
  });
  const std::string text = page.text();
  for (const char* line :
       {"x_seconds_count{service=\"ledger\"} 2\n", "x_seconds_sum{service=\"ledger\"} 2592060\n",
        "x_seconds_bucket{service=\"ledger\",le=\"30\"} 0\n", "x_seconds_bucket{service=\"ledger\",le=\"60\"} 1\n",
        "x_seconds_bucket{service=\"ledger\",le=\"604800\"} 1\n",
        "x_seconds_bucket{service=\"ledger\",le=\"+Inf\"} 2\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

}  // namespace
}  // namespace tocsin
