#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/runtime/counter.h"

namespace tocsin {

/// The answer to one scrape: families of samples, written in Prometheus' text format. Made anew for each scrape, by
/// whoever answers it; samples of one family must follow each other.
class MetricsPage {
 public:
  using LabelPairs = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  MetricsPage();
  ~MetricsPage();
  MetricsPage(const MetricsPage&) = delete;
  MetricsPage& operator=(const MetricsPage&) = delete;

  /// `name` with its unit and, for counters, `_total`; `help` is what people read, the same at every sample.
  void counter(std::string_view name, std::string_view help, std::uint64_t value, LabelPairs labels = {});
  void gauge(std::string_view name, std::string_view help, double value, LabelPairs labels = {});
  /// `per_unit`: how many of the histogram's units make one of the metric's (1e9: nanoseconds shown as seconds).
  void histogram(std::string_view name, std::string_view help, const Histogram& values, double per_unit,
                 LabelPairs labels = {});

  /// `text/plain; version=0.0.4`.
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace tocsin
