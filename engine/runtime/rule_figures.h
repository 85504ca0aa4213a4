#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/shard.h"
#include "engine/runtime/guarded.h"

namespace tocsin {

/// What rules that see patterns keep and did, as other threads see it: one writer, which publishes what has changed;
/// any readers. The writer waits for a reader only while that one writes a page of it.
class RuleFigures {
 public:
  /// Further ones are not shown: a page of metrics stays one that a Prometheus takes.
  static constexpr std::size_t kShownMax = 1000;

  struct Entry {
    std::string rule{};
    RuleCounts counts{};  // its `rule` is not valid
  };

  /// `total`: how many rules there are; `changed`: their counts that may have changed.
  void publish(std::size_t total, std::span<const RuleCounts> changed) {
    if (changed.empty() && total == total_) return;
    total_ = total;
    const Lock lock(mutex_);
    entries_.resize(total);
    for (const RuleCounts& one : changed) {
      entries_[one.place].rule = one.rule;
      entries_[one.place].counts = one;
    }
  }

  /// Those that anything came of, in the order of the rules, at most kShownMax.
  template <typename See>
  void for_each_used(See&& see) const {
    const Lock lock(mutex_);
    std::size_t shown = 0;
    for (const Entry& entry : entries_) {
      if (!entry.counts.is_used()) continue;
      if (shown++ == kShownMax) return;
      see(entry);
    }
  }

 private:
  mutable Mutex mutex_;
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::size_t total_ = 0;  // of the writer
};

}  // namespace tocsin
