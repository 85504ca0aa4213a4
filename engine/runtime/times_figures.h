#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "engine/core/incidents/times.h"
#include "engine/model/limits.h"
#include "engine/runtime/counter.h"

namespace tocsin {

/// How long incidents took, as other threads see it: one writer, which publishes the book when it has changed; any
/// readers. A reader may see a series that is one incident ahead of another.
class TimesFigures {
 public:
  struct Entry {
    Priority priority{};
    std::string service;
    std::string team;
    std::array<Histogram, TimesBook::kKindCount> spans{Histogram{TimesBook::kBoundsSeconds},
                                                       Histogram{TimesBook::kBoundsSeconds},
                                                       Histogram{TimesBook::kBoundsSeconds}};
    Counter reopened;
  };

  void publish(const TimesBook& book) {
    if (book.version() == version_) return;
    version_ = book.version();
    left_out_.set(book.left_out());
    const auto& series = book.series();
    for (std::size_t i = 0; i < series.size(); ++i) {
      if (entries_[i] == nullptr) {
        entries_[i] = std::make_unique<Entry>();
        entries_[i]->priority = series[i].priority;
        entries_[i]->service = series[i].service;
        entries_[i]->team = series[i].team;
      }
      Entry& entry = *entries_[i];
      for (std::size_t kind = 0; kind < series[i].spans.size(); ++kind)
        entry.spans[kind].set(series[i].spans[kind].counts, series[i].spans[kind].seconds);
      entry.reopened.set(series[i].reopened);
    }
    // release: pairs with the reader's acquire, so it sees the entries when it sees the number
    known_.store(series.size(), std::memory_order_release);
  }

  template <typename See>
  void for_each(See&& see) const {
    // acquire: pairs with publish()
    const std::size_t known = known_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < known; ++i) see(*entries_[i]);
  }
  std::uint64_t left_out() const { return left_out_.value(); }

 private:
  std::array<std::unique_ptr<Entry>, limits::kTimeSeriesMax + TimesBook::kOtherSeriesMax> entries_;
  std::atomic<std::size_t> known_{0};
  Counter left_out_;
  std::uint64_t version_ = 0;  // of the book; the writer's
};

}  // namespace tocsin
