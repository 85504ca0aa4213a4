#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/canonical.h"
#include "engine/core/conditions/condition.h"
#include "engine/core/slots.h"
#include "engine/core/tag_table.h"
#include "engine/model/hash.h"
#include "engine/model/ids.h"
#include "rules/expressions/facts.h"
#include "rules/set/rule_set.h"

namespace tocsin {

/// The dedup keys of the rule sets so far, and which condition has which identity under each. A new key changes what
/// counts as one condition; a condition that is known already stays what it was and is found under the key of its time,
/// until it is forgotten: else nobody would hear of its end.
class DedupKeys {
 public:
  /// The source's own identity.
  static constexpr std::uint16_t kOfSource = 0;

  /// What an identity is worked out of.
  struct Asked {
    Hash128 own;  // of the source
    const rules::Facts& facts;
    bool identity_is_labels = false;
  };

  /// From now on this policy's key. One that was there before is the same again.
  void use(const rules::DedupPolicy& policy);

  std::uint16_t current() const { return current_; }
  bool is_of_source() const { return current_ == kOfSource; }

  /// Under the current key. `lacks_key`: none of the key's fields is there, so it is the source's own.
  Hash128 identity_of(const Asked& asked, const HashKey& key, std::string& scratch, bool& lacks_key) const;
  /// The condition with this identity under the current key, else the one that an earlier key finds; kNoSlot: none.
  std::uint32_t find(const Slots<Condition>& known, Hash128 identity, const Asked& asked, const HashKey& key,
                     std::string& scratch) const;

  /// Under the key of its number. False: there is no such key, or another condition has its identity there.
  bool add(const Slots<Condition>& known, std::uint32_t slot);
  /// Requires: it was added.
  void remove(const Slots<Condition>& known, std::uint32_t slot);

  /// The keys alone: who is under them says so itself.
  void write(CanonicalWriter& out) const;
  void read(CanonicalReader& in);

 private:
  struct Key {
    std::vector<Field> fields{};
    std::vector<std::string> labels{};
    std::vector<std::string> ignored{};  // else: all labels but these
    TagTable conditions{};               // slots, by identity
  };

  static std::uint32_t find_in(const Key& of, const Slots<Condition>& known, Hash128 identity) {
    return of.conditions.find(TagTable::tag_of(identity.low),
                              [&](std::uint32_t slot) { return known[slot].identity == identity; });
  }

  static Hash128 hash_of(const Key& of, const Asked& asked, const HashKey& key, std::string& scratch, bool& lacks_key);

  std::vector<Key> keys_{1};  // in the order of first use; the first says nothing: the source's own
  std::uint16_t current_ = kOfSource;
};

}  // namespace tocsin
