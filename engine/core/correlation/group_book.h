#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

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

/// Which incident takes in new alerts of a group: the newest of each key, until it gives way to another. It follows
/// from the incidents that say `takes_in`, so it has no canonical bytes of its own.
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
  /// The incident whose text is most alike of those that `takes(slot)`, the newest of several; kNoSlot: none is alike
  /// enough. Only the newest are looked at, so that an alert costs no more when there are very many. `words(slot)` are
  /// those of an incident.
  template <typename Words, typename Takes>
  std::uint32_t most_alike(const GroupKey& key, std::size_t percent, Words&& words, Takes&& takes) const;
  /// How many groups a rule has, and the incident of the oldest.
  std::size_t count_of(std::string_view rule) const;
  std::uint32_t oldest_of(std::string_view rule) const;

  /// New alerts of its group join this incident. Requires: there is no other.
  void keep(std::uint32_t slot, IncidentState& incident);
  /// They do not any more. Nothing happens when they did not before.
  void drop(std::uint32_t slot, IncidentState& incident);
  /// After a restore: it says that they do. False: there is another.
  bool restore(std::uint32_t slot, const IncidentState& incident);

  std::size_t count() const { return newest_.size(); }

 private:
  static constexpr std::size_t kSimilarMax = 64;

  absl::flat_hash_map<Hash128, std::uint32_t> newest_;  // looked up, never walked
  /// By rule and in order of opening: id of the rule → number of the incident → its slot.
  std::map<std::string, std::map<std::uint64_t, std::uint32_t>, std::less<>> of_rule_;
  /// Those of rules that ask how much alike texts are: similarity key → number of the incident → its slot.
  absl::flat_hash_map<Hash128, std::map<std::uint64_t, std::uint32_t>> by_similarity_;
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
    const Similarity similarity(words(group->second), key.words);
    if (!similarity.is_at_least(percent) || similarity <= most || !takes(group->second)) continue;
    best = group->second;
    most = similarity;
  }
  return best;
}

}  // namespace tocsin
