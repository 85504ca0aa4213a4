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
    fill(own_, labels);
    share(labels, own_);
    shared_ = nullptr;  // its own, also after it was moved
  }

  static constexpr std::size_t kIndexedMax = 128;  // those after it are looked up in their order
  static constexpr std::size_t kBuckets = 64;
  /// Where names stand; depends on nothing but the names. Positions count from 1; 0: none.
  struct Index {
    std::array<std::uint8_t, kBuckets> first{};
    std::array<std::uint8_t, kIndexedMax> next;
  };
  static void fill(Index& index, Labels labels) {
    index.first.fill(0);
    for (std::size_t i = labels.size() < kIndexedMax ? labels.size() : kIndexedMax; i > 0; --i) {
      std::uint8_t& first = index.first[bucket_of(labels[i - 1].name)];
      index.next[i - 1] = first;
      first = static_cast<std::uint8_t>(i);
    }
  }
  /// The same as build() for who has an index of labels of these names in this order; it must live as long.
  void share(Labels labels, const Index& index) {
    labels_ = labels;
    shared_ = &index;
  }

  /// The value of `name`, "" when there is none.
  std::string_view find(std::string_view name) const { return find(name, bucket_of(name)); }
  /// The same for who asks often and keeps bucket_of(name).
  std::string_view find(std::string_view name, std::uint32_t bucket) const {
    const Index& index = shared_ != nullptr ? *shared_ : own_;
    for (std::size_t at = index.first[bucket]; at != 0; at = index.next[at - 1]) {
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
  std::size_t indexed() const { return labels_.size() < kIndexedMax ? labels_.size() : kIndexedMax; }

  Labels labels_;
  const Index* shared_ = nullptr;  // nullptr: its own
  Index own_;
};

}  // namespace tocsin::cel
