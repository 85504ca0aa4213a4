#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "engine/core/conditions/alert_texts.h"
#include "engine/model/hash.h"
#include "engine/model/ids.h"
#include "engine/model/label.h"

namespace tocsin {

/// Which labels all members of an incident have with the same value, kept as members come, go and change: for each name
/// how many have it, and the sum of the hashes of their values. All have one value when as many have it as there are
/// members and the sum is its hash so many times. The hashes are under the journal's secret key, so nobody who does not
/// know it can make other values with that sum. A member costs its labels, an answer one look-up, and the memory does
/// not grow with the members.
///
/// Bound: kNamesMax names; further ones are not followed, and then are not shared.
/// Not part of the state: it is made anew from the members when it is asked for first.
class SharedLabels {
 public:
  static constexpr std::size_t kNamesMax = 256;

  void add(const AlertTexts& member, const HashKey& key);
  /// Requires: it was added, with these labels.
  void remove(const AlertTexts& member, const HashKey& key);

  /// Whether every member has this label with this value.
  bool has(const Label& label, const HashKey& key) const;
  std::uint64_t members() const { return members_; }

  /// The same members were added, in whatever order. Where names were left out this cannot be told: true.
  bool agrees_with(const SharedLabels& other) const;

 private:
  struct OfName {
    std::uint64_t members = 0;
    // Sums modulo 2^64 of the halves of the hashes.
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend bool operator==(const OfName&, const OfName&) = default;
  };

  std::uint64_t members_ = 0;
  bool leaves_out_ = false;                       // a name came when there were kNamesMax: from then on none is added
  absl::flat_hash_map<Hash128, OfName> by_name_;  // only looked up
};

}  // namespace tocsin
