#pragma once

#include <array>
#include <atomic>
#include <string>

#include "engine/core/conditions/word_tally.h"
#include "engine/runtime/counter.h"

namespace tocsin {

/// A tally as other threads see it: one writer, which publishes all of it now and then; any readers.
class WordFigures {
 public:
  struct Entry {
    std::string source;  // written before `known` counts it
    std::string word;
    Counter times;
  };

  void publish(const WordTally& tally) {
    const auto entries = tally.entries();
    // relaxed: only this thread writes it
    for (std::size_t i = known_.load(std::memory_order_relaxed); i < entries.size(); ++i) {
      entries_[i].source = entries[i].source;
      entries_[i].word = entries[i].word;
    }
    for (std::size_t i = 0; i < entries.size(); ++i) entries_[i].times.set(entries[i].times);
    // release: pairs with the reader's acquire, so it sees the names when it sees the number
    known_.store(entries.size(), std::memory_order_release);
  }

  template <typename See>
  void for_each(See&& see) const {
    // acquire: pairs with publish()
    const std::size_t known = known_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < known; ++i) see(entries_[i]);
  }

 private:
  std::array<Entry, WordTally::kEntriesMax> entries_;
  std::atomic<std::size_t> known_{0};
};

}  // namespace tocsin
