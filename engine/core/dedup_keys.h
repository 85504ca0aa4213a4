#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "engine/model/hash.h"
#include "engine/model/ids.h"
#include "rules/facts.h"
#include "rules/rule_set.h"

namespace tocsin {

/// The dedup keys of the rule sets so far, and which alert has which identity under each. A new key changes what counts
/// as one condition; an alert that is known already stays what it was and is found under the key of its time, until it
/// is forgotten: else nobody would hear of its end.
class DedupKeys {
 public:
  /// The key of all labels of the source: the decoder has hashed it, and the shard finds alerts by it anyway.
  static constexpr std::uint32_t kAllLabels = 0;

  /// From now on this policy's key. One that was there before is the same again.
  void use(const rules::DedupPolicy& policy);

  std::uint32_t current() const { return current_; }
  bool is_all_labels() const { return current_ == kAllLabels; }

  /// Under the current key; `by_labels` is the decoder's.
  Hash128 identity_of(Hash128 by_labels, const HashKey& key, const rules::Facts& facts, std::string& scratch) const;
  /// The alert with this identity under the current key, else the one that an earlier key finds; kNoSlot: none.
  std::uint32_t find(Hash128 identity, const HashKey& key, const rules::Facts& facts, std::string& scratch) const;

  /// Under the current key.
  void add(Hash128 identity, std::uint32_t slot);
  /// Under the key of that number, if it is there and means this alert.
  void remove(std::uint32_t number, Hash128 identity, std::uint32_t slot);

 private:
  struct Key {
    std::vector<Field> fields;
    std::vector<std::string> labels;
    absl::flat_hash_map<Hash128, std::uint32_t> alerts;  // looked up, never walked
  };

  std::vector<Key> keys_{1};  // in the order of first use; the first has no fields: all labels
  std::uint32_t current_ = kAllLabels;
};

}  // namespace tocsin
