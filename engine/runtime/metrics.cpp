#include "engine/runtime/metrics.h"

#include <limits>
#include <sstream>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace tocsin {

struct MetricsPage::Families {
  std::vector<prometheus::MetricFamily> all;

  prometheus::ClientMetric& sample(std::string_view name, std::string_view help, prometheus::MetricType type,
                                   LabelPairs labels) {
    if (all.empty() || all.back().name != name) {
      all.push_back({});
      all.back().name = name;
      all.back().help = help;
      all.back().type = type;
    }
    prometheus::ClientMetric& sample = all.back().metric.emplace_back();
    for (const auto& [label, value] : labels) sample.label.push_back({std::string(label), std::string(value)});
    return sample;
  }
};

MetricsPage::MetricsPage() : families_(std::make_unique<Families>()) {}
MetricsPage::~MetricsPage() = default;

void MetricsPage::counter(std::string_view name, std::string_view help, std::uint64_t value, LabelPairs labels) {
  families_->sample(name, help, prometheus::MetricType::Counter, labels).counter.value = static_cast<double>(value);
}

void MetricsPage::gauge(std::string_view name, std::string_view help, double value, LabelPairs labels) {
  families_->sample(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

void MetricsPage::histogram(std::string_view name, std::string_view help, const Histogram& values, double per_unit,
                            LabelPairs labels) {
  auto& histogram = families_->sample(name, help, prometheus::MetricType::Histogram, labels).histogram;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= values.bounds().size(); ++i) {
    count += values.count(i);
    const double bound = i < values.bounds().size() ? static_cast<double>(values.bounds()[i]) / per_unit
                                                    : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({count, bound});
  }
  histogram.sample_count = count;
  histogram.sample_sum = static_cast<double>(values.sum()) / per_unit;
}

std::string MetricsPage::text() const {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  prometheus::TextSerializer().Serialize(out, families_->all);
  return std::move(out).str();
}

}  // namespace tocsin
