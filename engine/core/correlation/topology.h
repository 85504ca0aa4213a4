#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/inlined_vector.h>

#include "engine/core/canonical.h"
#include "engine/core/incidents/firing_nodes.h"
#include "engine/core/slots.h"
#include "engine/model/arena.h"
#include "engine/model/hash.h"
#include "engine/model/instant.h"
#include "rules/expressions/facts.h"
#include "rules/expressions/value_memo.h"
#include "rules/set/rule_set.h"
#include "rules/set/topology_graph.h"

namespace tocsin {

class AlertTexts;

/// Where an alert stands in the topologies.
struct TopologyPlace {
  std::uint32_t node = kNoSlot;  // over all topologies; kNoSlot: on none
  Hash128 space{};               // tenant and values of `equal`: what differs in these never meets
  explicit operator bool() const { return node != kNoSlot; }
};

/// kind: topology. Which incidents have an alert within reach, in hops and in time, of one that fires now.
///
/// By node it keeps points: an instant, and the number of the incident that had an alert there then. Points of a node
/// are kept with it, and below each node that it depends on within reach; so an alert looks at its own node, at what it
/// depends on, and at what is known below it, and never walks down. Points that are found together are of one incident
/// afterwards, so all but the first and the last of them are given up: a node with 10,000 dependents is looked through
/// once. A point is forgotten when no event time that is possible any more reaches it.
///
/// Invariants: points of a node are in order of time; a node with points has an entry in the order of forgetting; what
/// is below a node follows from the points of others, so it has no canonical bytes.
class Topology : public NodeOrder {
 public:
  /// How far an alert's event time may lie before the instant at which it is looked at.
  Topology(rules::RuleSetPtr rules, Duration oldest_event);

  bool has_rules() const { return !rules_->topologies.empty(); }
  /// The node of the first topology rule that holds for the alert and knows it.
  TopologyPlace place(const AlertTexts& texts, const rules::Facts& facts, rules::ValueMemo& memo, Arena& scratch,
                      const HashKey& key) const;
  const rules::TopologyRule& rule_of(std::uint32_t node) const { return rules_->topologies[rule_at(node)]; }
  std::string_view name_of(std::uint32_t node) const;

  /// The incident that a point's incident has become; 0: it is over, or takes nobody in any more.
  using Resolve = std::function<std::uint64_t(std::uint64_t)>;
  /// Numbers of incidents with an alert within reach of one that fires there at `at`; in order, each once. Requires:
  /// afterwards they are one.
  void find(const TopologyPlace& place, Instant at, Instant now, const Resolve& resolve,
            std::vector<std::uint64_t>& incidents);
  /// It fires in this incident, of which all are that `find` found. False: the rule has as many nodes as it may.
  bool add(const TopologyPlace& place, Instant at, Instant now, std::uint64_t incident, const Resolve& resolve);
  /// The second is what the first has become.
  void merged(std::uint64_t from, std::uint64_t into, Instant now);
  /// What a merged incident has become, as long as a point may say its number; else itself.
  std::uint64_t became(std::uint64_t incident) const;

  rules::CausePick pick(std::uint32_t node) override;
  const std::vector<std::uint32_t>& upstream_of(std::uint32_t node) override;
  bool share_a_cycle(std::uint32_t node, std::uint32_t other) override;

  /// Whether these rules and tables are the same: then `adopt` lets everything stay as it is.
  bool says_the_same(const rules::RuleSet& rules) const;
  void adopt(rules::RuleSetPtr rules);

  std::size_t nodes_known() const { return forgetting_.size(); }
  /// By place, of the first 64: whether an alert ever found a neighbour by that rule. No part of the state.
  std::uint64_t found() const { return found_; }
  void write(CanonicalWriter& out, const Resolve& resolve) const;
  void read(CanonicalReader& in);
  void check() const;

 private:
  struct Key {
    Hash128 space{};
    std::uint32_t node = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
    template <typename H>
    friend H AbslHashValue(H state, const Key& key) {
      return H::combine(std::move(state), key.space.high, key.space.low, key.node);
    }
  };
  struct Point {
    Instant at{};
    std::uint64_t incident = 0;
  };
  /// Nearly always there are few: of what is of one incident two points say as much as all.
  using Points = absl::InlinedVector<Point, 2>;
  struct Entry {
    bool used = false;
    std::uint32_t generation = 0;
    Points here{};
    Points below{};
  };
  /// Where the entries of a node and of what it depends on lie, as they were looked up last: an alert looks for its
  /// neighbours and then joins them, at the same places.
  struct Reach {
    bool is_known = false;
    Key key{};
    std::uint32_t own = kNoSlot;         // kNoSlot: there is no entry
    std::vector<std::uint32_t> above{};  // in the order of upstream_of
  };
  /// `resolve` as it was asked last: nearly all points that an alert meets are of one incident.
  struct Answer {
    std::uint64_t asked = 0;
    std::uint64_t answer = 0;
    std::uint64_t of(std::uint64_t incident, const Resolve& resolve) {
      if (incident != asked && (incident != answer || answer == 0)) {
        asked = incident;
        answer = resolve(incident);
      }
      return answer;
    }
  };
  struct Forwarded {
    std::uint64_t into = 0;
    Instant until{};
  };

  std::size_t rule_at(std::uint32_t node) const;
  rules::TopologyWalk& walk_of(std::uint32_t node) { return walks_[rule_at(node)]; }
  Instant oldest(std::uint32_t node, Instant now) const { return now - oldest_event_ - rule_of(node).within; }
  const Reach& reach(const Key& key);
  std::uint32_t enter(const Key& key);
  static void look_through(Points& points, bool drop_over, Instant at, Duration within, Answer& became,
                           const Resolve& resolve, std::vector<std::uint64_t>& incidents);
  static void insert(Points& points, Point point, Duration within, Instant oldest, Answer& became,
                     const Resolve& resolve);
  static void drop_before(Points& points, Instant oldest);
  void forget_old(Instant now);
  void forget(const Key& key, Instant oldest);

  rules::RuleSetPtr rules_;
  Duration oldest_event_;
  std::vector<std::uint32_t> first_node_;  // of each rule
  std::vector<rules::TopologyWalk> walks_;
  absl::flat_hash_map<Key, std::uint32_t> nodes_;  // slots of entries; looked up, never walked
  Slots<Entry> entries_;
  Reach reach_;
  std::uint64_t found_ = 0;
  /// When the newest point of a node is forgotten.
  absl::btree_set<std::pair<Instant, Key>> forgetting_;
  mutable absl::flat_hash_map<std::uint64_t, Forwarded> became_;  // looked up, never walked; ways become shorter
  absl::btree_set<std::pair<Instant, std::uint64_t>> became_until_;
  std::vector<std::uint32_t> upstream_;
  std::uint32_t upstream_node_ = kNoSlot;  // whose it is; kNoSlot: nobody's
};

}  // namespace tocsin
