#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/model/instant.h"

namespace tocsin {

/// A number with one writer; anybody may read it. All orders are relaxed: it says how much, and nothing else hangs on
/// it.
class Counter {
 public:
  /// The writer. Plain load and store: there is no other writer to race with.
  void add(std::uint64_t more) { set(value() + more); }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// How often values fell between fixed bounds. One writer, any readers; a reader may see a sum that is one value ahead
/// of the counts.
class Histogram {
 public:
  static constexpr std::size_t kBoundsMax = 24;

  /// `bounds` are upper bounds, inclusive, rising; they must outlive the histogram (constants).
  explicit Histogram(std::span<const std::uint64_t> bounds) : bounds_(bounds) {}

  void record(std::uint64_t value) {
    std::size_t bucket = 0;
    while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
    counts_[bucket].add(1);
    sum_.add(value);
  }
  void record(Duration span) { record(span.count() > 0 ? static_cast<std::uint64_t>(span.count()) : 0); }

  /// All of it, as somebody else counted it: `counts` has one more than there are bounds.
  void set(std::span<const std::uint64_t> counts, std::uint64_t sum) {
    for (std::size_t i = 0; i < counts.size() && i <= bounds_.size(); ++i) counts_[i].set(counts[i]);
    sum_.set(sum);
  }

  std::span<const std::uint64_t> bounds() const { return bounds_; }
  /// Values in bucket `index`, not cumulative; the one after the last bound holds the rest.
  std::uint64_t count(std::size_t index) const { return counts_[index].value(); }
  std::uint64_t sum() const { return sum_.value(); }

 private:
  std::span<const std::uint64_t> bounds_;
  std::array<Counter, kBoundsMax + 1> counts_;
  Counter sum_;
};

/// Bounds for spans in nanoseconds: 50 µs … 60 s.
inline constexpr std::array<std::uint64_t, 19> kSpanBounds{
    50'000,        100'000,       250'000,        500'000,        1'000'000,     2'500'000,   5'000'000,
    10'000'000,    25'000'000,    50'000'000,     100'000'000,    250'000'000,   500'000'000, 1'000'000'000,
    2'500'000'000, 5'000'000'000, 10'000'000'000, 30'000'000'000, 60'000'000'000};

/// Bounds for group sizes.
inline constexpr std::array<std::uint64_t, 10> kGroupSizeBounds{1, 2, 4, 8, 16, 32, 64, 128, 256, 512};

}  // namespace tocsin
