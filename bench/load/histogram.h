#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace tocsin {

/// Counts durations in fixed log-linear buckets: 128 per power of two, so a read value is at most 0.8 % above the true
/// one. Holds 0 ns to 2^42 ns (73 minutes; longer counts as that). Recording never allocates.
class Histogram {
 public:
  void record(std::uint64_t nanoseconds) {
    const std::uint64_t value = std::min(nanoseconds, kLongest);
    ++counts_[bucket_of(value)];
    ++total_;
    sum_ += value;
    longest_ = std::max(longest_, value);
  }

  /// The smallest bucket limit in nanoseconds that `share` of all records stay at or below; 0 when nothing was
  /// recorded.
  std::uint64_t at_share(double share) const {
    const auto wanted =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(share * static_cast<double>(total_) + 0.5));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size() && total_ > 0; ++bucket) {
      seen += counts_[bucket];
      if (seen >= wanted) return std::min(upper_limit(bucket), longest_);
    }
    return longest_;
  }

  std::uint64_t longest() const { return longest_; }
  std::uint64_t total() const { return total_; }
  double mean() const { return total_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(total_); }

 private:
  static constexpr unsigned kSubBits = 7;
  static constexpr std::uint64_t kSubBuckets = 1U << kSubBits;
  static constexpr std::uint64_t kLongest = (std::uint64_t{1} << 42) - 1;

  // value < 128: its own bucket. Above: [power of two][next 7 bits].
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kSubBuckets) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
    return (static_cast<std::size_t>(shift) + 1) * kSubBuckets + ((value >> shift) - kSubBuckets);
  }
  static std::uint64_t upper_limit(std::size_t bucket) {
    if (bucket < kSubBuckets) return bucket;
    const unsigned shift = static_cast<unsigned>(bucket / kSubBuckets) - 1;
    return ((kSubBuckets + bucket % kSubBuckets + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (42 - kSubBits + 1) * kSubBuckets> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t longest_ = 0;
};

}  // namespace tocsin
