#pragma once

#include <cstdint>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "engine/model/check.h"
#include "engine/model/hash.h"

namespace tocsin {

/// How many different values something has, kept as they come and go. "" is no value. The map is only counted, never
/// walked.
class ValueCounts {
 public:
  void add(std::string_view value) {
    if (!value.empty()) ++counts_[hash_of(value)];
  }
  void remove(std::string_view value) {
    if (value.empty()) return;
    const auto found = counts_.find(hash_of(value));
    TOCSIN_CHECK(found != counts_.end(), "a value that goes has come");
    if (--found->second == 0) counts_.erase(found);
  }
  std::size_t different() const { return counts_.size(); }

 private:
  static Hash128 hash_of(std::string_view value) { return published_key().hash(value); }

  absl::flat_hash_map<Hash128, std::uint32_t> counts_;
};

/// How far an incident has spread: of its members that are active.
struct Spread {
  ValueCounts services;
  ValueCounts hosts;
};

}  // namespace tocsin
