#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "engine/core/canonical.h"
#include "engine/core/slots.h"
#include "engine/model/instant.h"
#include "rules/set/rule_set.h"

namespace tocsin {

/// What the cause of an incident asks of the topologies: nodes are numbers over all of them.
class NodeOrder {
 public:
  virtual ~NodeOrder() = default;
  /// How causes are picked on this node's topology.
  virtual rules::CausePick pick(std::uint32_t node) = 0;
  /// What it depends on within reach. Valid until the next call.
  virtual const std::vector<std::uint32_t>& upstream_of(std::uint32_t node) = 0;
  /// Whether a way of any length leads from each to the other.
  virtual bool share_a_cycle(std::uint32_t node, std::uint32_t other) = 0;
};

/// The nodes on which an incident fires, and which of them is the cause: the most upstream one, that is the first in
/// time (of equals, by name) of those that depend on no other firing node. Nodes of a cycle are equals: what one of
/// them depends on, outside of it, is upstream of all from which steps within reach lead there.
///
/// A node that is passed over has a witness, a firing node that it depends on. So one that comes costs a look at what
/// the cause depends on, and one that goes nothing unless it is the cause or a witness; only then nodes are looked at
/// in order of time until one has no witness. Where nodes of a cycle fire they are looked at each time.
///
/// Invariants: while nothing is stale, each node before the cause has a witness that fires and is known as watched.
class FiringNodes {
 public:
  /// A member fires on the node, first at `since`. `condition`: its slot.
  void add(std::uint32_t node, Instant since, std::uint32_t condition, NodeOrder& order);
  /// One of its members ends.
  void remove(std::uint32_t node, std::uint32_t condition);
  /// Those of another incident fire here from now on; `comes_before`: it is by theirs that a node is called that fires
  /// in both. Costs what the other has.
  void take_over(const FiringNodes& other, NodeOrder& order, bool comes_before = false);

  /// kNoSlot: no node fires.
  std::uint32_t cause(NodeOrder& order);
  std::size_t count() const { return nodes_.size(); }
  /// Over all nodes; a walk.
  std::uint64_t members() const;
  /// As it was found last; kNoSlot: it has not been looked for since what it was has ended.
  std::uint32_t known_cause() const { return cause_; }
  /// The node by one of whose alerts the cause is called now; kNoSlot: none, or it fires no more.
  std::uint32_t named() const { return named_; }
  void set_named(std::uint32_t node) { named_ = node; }
  /// A condition that fires on the node; kNoSlot when the first that did has ended.
  std::uint32_t condition_on(std::uint32_t node) const;

  void write(CanonicalWriter& out, const std::function<std::uint64_t(std::uint32_t)>& number) const;
  bool read(CanonicalReader& in, const std::function<std::uint32_t(std::uint64_t)>& slot);
  void check() const;

 private:
  struct Firing {
    std::uint32_t count = 0;
    std::uint32_t condition = kNoSlot;
    std::uint32_t witness = kNoSlot;
    Instant since{};
  };
  using Key = std::pair<Instant, std::uint32_t>;
  static constexpr Key kFirst{Instant::min(), 0};

  Key key_of(std::uint32_t node) const { return {nodes_.find(node)->second.since, node}; }
  void stale_from(Key key) {
    if (!is_stale_ || key < stale_) stale_ = key;
    is_stale_ = true;
  }
  void turned(std::uint32_t node, NodeOrder& order);
  struct Upstream {
    std::vector<std::uint32_t> outside;  // of its cycle
    std::vector<std::uint32_t> equals;
  };
  Upstream firing_upstream_of(std::uint32_t node, NodeOrder& order) const;
  bool has_witness(std::uint32_t node, Firing& firing, NodeOrder& order);
  std::uint32_t most_downstream(NodeOrder& order) const;

  absl::flat_hash_map<std::uint32_t, Firing> nodes_;  // looked up, never walked
  absl::btree_set<Key> in_order_;
  absl::flat_hash_set<std::uint32_t> watched_;  // may have more than are
  std::uint32_t cause_ = kNoSlot;
  std::uint32_t named_ = kNoSlot;
  bool met_a_cycle_ = false;  // since it was looked for: no witness is kept of those
  bool is_stale_ = true;      // from stale_ on it must be looked for
  Key stale_ = kFirst;
};

}  // namespace tocsin
