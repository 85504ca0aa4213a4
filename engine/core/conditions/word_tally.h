#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

/// Counts words that no table knows, by source: what an operator adds to a map next. Bounded: strangers choose the
/// words. Entries keep their places and are only added. No part of what a shard decides by. One thread.
class WordTally {
 public:
  static constexpr std::size_t kEntriesMax = 64;  // the last one takes all that come later, as "other"
  static constexpr std::size_t kWordBytesMax = 64;

  struct Entry {
    std::string source;
    std::string word;
    std::uint64_t times = 0;
  };

  void add(std::string_view source, std::string_view word);
  std::span<const Entry> entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace tocsin
