#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>

#include "engine/core/canonical.h"
#include "engine/core/incidents/incident_state.h"
#include "engine/core/slots.h"
#include "engine/model/hash.h"
#include "rules/set/rule_set.h"

namespace tocsin {

class AlertTexts;

/// What tells groups apart, and when texts must be alike too, what is compared.
struct GroupKey {
  Hash128 key{};
  Hash128 similarity_key{};
  Words words{};
};

/// Which incident takes in new alerts of a group: the newest of each key, until it gives way to another. An incident
/// has the key that it was opened by, those of incidents that were merged into it, and those that joined it by a
/// topology. Groups are numbered in the order in which they began, and keep their number whatever incident they are of.
/// All but that number follows from what incidents claim.
///
/// Invariants: a key has one incident; each rule's groups are counted; groups that are compared by their texts are
/// found by what they have in common.
class GroupBook {
 public:
  /// Of the alert that has these texts, under that rule. `text` is what the key was hashed of.
  static GroupKey key_of(const rules::GroupRule& rule, const AlertTexts& texts, const HashKey& key, std::string& text);
  /// `service=checkout,environment=prod`, for people.
  static std::string correlation_key(const rules::GroupRule& rule, const AlertTexts& texts);

  /// kNoSlot: none.
  std::uint32_t newest(Hash128 key) const;
  /// The incident whose text is most alike of those that `takes(slot)`, of several that with the newest group; kNoSlot:
  /// none is alike enough. Only the newest are looked at, so that an alert costs no more when there are very many.
  /// `words(slot, order)` are those of a claim of an incident.
  template <typename Words, typename Takes>
  std::uint32_t most_alike(const GroupKey& key, std::size_t percent, Words&& words, Takes&& takes) const;
  /// How many groups a rule has, and the key of the one that began first.
  std::size_t count_of(std::string_view rule) const;
  Hash128 oldest_of(std::string_view rule) const;

  /// New alerts of this group join this incident. Requires: they join no other.
  void keep(std::uint32_t slot, IncidentState& incident, GroupClaim claim);
  /// They do not any more. Requires: they did.
  void drop(Hash128 key, IncidentState& incident);
  /// No new alerts join it.
  void drop_all(IncidentState& incident);
  /// Its groups are those of another from now on. Costs what it has.
  void hand_over(IncidentState& from, std::uint32_t into_slot, IncidentState& into);
  /// After a restore: what it says that it claims. False: another claims it too.
  bool restore(std::uint32_t slot, const IncidentState& incident);

  std::size_t count() const { return newest_.size(); }

  void write(CanonicalWriter& out) const { out.u64(number_); }
  void read(CanonicalReader& in) { number_ = in.u64(); }

 private:
  static constexpr std::size_t kSimilarMax = 64;

  struct Place {
    std::uint32_t slot = kNoSlot;
    std::uint64_t number = 0;  // of the claim
  };

  bool enter(std::uint32_t slot, std::uint64_t number, const GroupClaim& claim);
  void leave(std::uint64_t number, const GroupClaim& claim);

  absl::flat_hash_map<Hash128, Place> newest_;  // looked up, never walked
  /// By rule and in order of beginning.
  std::map<std::string, absl::btree_map<std::uint64_t, Hash128>, std::less<>> of_rule_;
  /// Those of rules that ask how much alike texts are: similarity key → claims → slot of the incident.
  absl::flat_hash_map<Hash128, std::map<std::uint64_t, std::uint32_t>> by_similarity_;
  std::uint64_t number_ = 0;  // the last that was given out
};

template <typename Words, typename Takes>
std::uint32_t GroupBook::most_alike(const GroupKey& key, std::size_t percent, Words&& words, Takes&& takes) const {
  const auto groups = by_similarity_.find(key.similarity_key);
  if (groups == by_similarity_.end()) return kNoSlot;
  std::uint32_t best = kNoSlot;
  Similarity most;
  std::size_t looked_at = 0;
  for (auto group = groups->second.rbegin(); group != groups->second.rend() && looked_at < kSimilarMax; ++group) {
    ++looked_at;
    const Similarity similarity(words(group->second, group->first), key.words);
    if (!similarity.is_at_least(percent) || similarity <= most || !takes(group->second)) continue;
    best = group->second;
    most = similarity;
  }
  return best;
}

}  // namespace tocsin
