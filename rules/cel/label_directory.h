#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/model/label.h"

namespace tocsin::cel {

/// Where each name stands among labels: built once for an alert, then asked by every expression, mostly for labels that
/// are not there. Borrows the labels.
class LabelDirectory {
 public:
  void build(Labels labels) {
    labels_ = labels;
    first_.fill(0);
    for (std::size_t i = indexed(); i > 0; --i) {
      std::uint8_t& first = first_[bucket_of(labels[i - 1].name)];
      next_[i - 1] = first;
      first = static_cast<std::uint8_t>(i);
    }
  }

  /// The value of `name`, "" when there is none.
  std::string_view find(std::string_view name) const { return find(name, bucket_of(name)); }
  /// The same for who asks often and keeps bucket_of(name).
  std::string_view find(std::string_view name, std::uint32_t bucket) const {
    for (std::size_t at = first_[bucket]; at != 0; at = next_[at - 1]) {
      if (labels_[at - 1].name == name) return labels_[at - 1].value;
    }
    return indexed() == labels_.size() ? std::string_view{} : value_of(labels_.subspan(indexed()), name);
  }

  Labels labels() const { return labels_; }

  static std::uint32_t bucket_of(std::string_view name) {
    if (name.empty()) return 0;
    const auto at = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(name[i])); };
    return static_cast<std::uint32_t>((name.size() * 5 + at(0) + at(name.size() / 2) * 7 + at(name.size() - 1) * 3) %
                                      kBuckets);
  }

 private:
  static constexpr std::size_t kIndexedMax = 128;  // those after it are looked up in their order
  static constexpr std::size_t kBuckets = 64;

  std::size_t indexed() const { return labels_.size() < kIndexedMax ? labels_.size() : kIndexedMax; }

  Labels labels_;
  // Positions count from 1; 0: none.
  std::array<std::uint8_t, kBuckets> first_{};
  std::array<std::uint8_t, kIndexedMax> next_;
};

}  // namespace tocsin::cel
