#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "engine/core/piece_heap.h"
#include "engine/core/tag_table.h"
#include "engine/model/field.h"
#include "engine/model/label.h"

namespace tocsin {

/// Whether two texts of one length are the same: as memcmp, for texts of which most are short.
inline bool is_same_text(const char* a, const char* b, std::size_t size) {
  const auto word = [](const char* at) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, at, sizeof bytes);
    return bytes;
  };
  if (size >= sizeof(std::uint64_t)) {
    const std::size_t last = size - sizeof(std::uint64_t);
    for (std::size_t at = 0; at < last; at += sizeof(std::uint64_t)) {
      if (word(a + at) != word(b + at)) return false;
    }
    return word(a + last) == word(b + last);
  }
  if (size >= sizeof(std::uint32_t)) {
    const auto half = [](const char* at) {
      std::uint32_t bytes = 0;
      std::memcpy(&bytes, at, sizeof bytes);
      return bytes;
    };
    const std::size_t last = size - sizeof(std::uint32_t);
    return half(a) == half(b) && half(a + last) == half(b + last);
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

/// What the texts of a shard's alerts have in common. Names of labels stand in alert after alert, and most values do: a
/// cluster, a job, a team. Each is here once, with how many have it; an alert has its number, of 31 bits. Kept is a
/// value that is met a second time: a pod's name comes once, and stays with its alert. Which values those are is
/// nothing that may be seen.
///
/// It also gives alerts their blocks of memory. It outlives them. One thread at a time.
class TextPool {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = 0x7fff'ffff;
  static constexpr std::size_t kTextBytesMin = 5;  // below this a text costs no more than its number
  static constexpr std::size_t kTextBytesMax = 1024;

  ~TextPool();

  /// The number of this text, and one more has it; kNone: it is not kept.
  Id take(std::string_view text);
  /// One more has it.
  void hold(Id id) { ++record(id).holders; }
  void release(Id id);
  std::string_view operator[](Id id) const { return {bytes_of(id), record(id).size}; }
  bool is(Id id, std::string_view text) const {
    return record(id).size == text.size() && is_same_text(bytes_of(id), text.data(), text.size());
  }

  /// The names of an alert, in their order.
  Id take_names(Labels labels, Labels annotations);
  void release_names(Id id) { release(id); }
  std::size_t labels_of(Id names) const { return begin_of(names)[0]; }
  std::size_t pairs_of(Id names) const { return begin_of(names)[1]; }
  std::string_view name(Id names, std::size_t i) const {
    const std::uint32_t* const ends = begin_of(names) + 2;
    const char* const bytes = reinterpret_cast<const char*>(ends + begin_of(names)[1]);
    const std::uint32_t begin = i == 0 ? 0 : ends[i - 1];
    return {bytes + begin, ends[i] - begin};
  }

  /// What alerts with these names had last, by place: most of it is what the next one has. Where a number is no kNone,
  /// it is held.
  struct Last {
    Id names = kNone;
    std::vector<Id> ids{};                                   // of each value and field
    std::array<std::uint8_t, kFieldCount> value_of_field{};  // which value a field was as it stands
  };
  Last& last_with(Id names, std::size_t count);
  /// Lets go of what was had last: then nothing is held that no alert has.
  void forget_last();

  PieceHeap& blocks() { return blocks_; }
  const PieceHeap& blocks() const { return blocks_; }

  /// How many texts are kept. For tests.
  std::size_t size() const { return texts_.size(); }

 private:
  struct Record {
    std::uint32_t holders;
    std::uint32_t size;
    std::uint32_t tag;
    std::uint32_t is_names;
  };
  static constexpr std::size_t kLastCount = 64;  // kinds of alerts of which is known what they had last

  Record& record(Id id) { return *reinterpret_cast<Record*>(blocks_[id]); }
  const Record& record(Id id) const { return *reinterpret_cast<const Record*>(blocks_[id]); }
  const char* bytes_of(Id id) const { return blocks_[id] + sizeof(Record); }
  /// Of names: how many labels, how many pairs, where each name ends; then the bytes.
  const std::uint32_t* begin_of(Id names) const { return reinterpret_cast<const std::uint32_t*>(bytes_of(names)); }
  Id make(std::uint32_t tag, std::size_t size, bool is_names);
  bool was_met(std::uint32_t tag);
  bool are_names(Id id, Labels labels, Labels annotations) const;
  void let_go(Last& last);

  PieceHeap blocks_;
  TagTable texts_;
  TagTable names_;
  Id last_names_ = kNone;  // held by its alerts, if by anybody
  std::array<Last, kLastCount> last_{};
  std::vector<std::uint32_t> met_;  // tags of what was met once, by tag
  std::size_t met_count_ = 0;
};

}  // namespace tocsin
