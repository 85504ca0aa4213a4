#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "rules/expressions/text_hash.h"

namespace tocsin::rules {

/// Who depends on what: a table with `edges`. Nodes are numbered in order of name, so the order of two numbers is that
/// of two names. Immutable; 4 bytes an edge and a name a node.
class TopologyGraph {
 public:
  using Node = std::uint32_t;
  static constexpr Node kNoNode = UINT32_MAX;

  /// Edges from who depends to what it depends on. Those that name nothing, or lead back to where they begin, do not
  /// count; one that comes twice counts once.
  explicit TopologyGraph(const std::vector<std::pair<std::string, std::string>>& edges);

  /// kNoNode: there is none of this name.
  Node find(std::string_view name) const;
  std::string_view name_of(Node node) const { return names_[node]; }
  std::size_t size() const { return names_.size(); }
  std::size_t edge_count() const { return to_.size(); }
  /// What it depends on directly, in order of name.
  std::span<const Node> upstream(Node node) const {
    return std::span(to_).subspan(first_[node], first_[node + 1] - first_[node]);
  }
  /// Whether a way leads from each to the other.
  bool share_a_cycle(Node a, Node b) const { return cycle_[a] == cycle_[b]; }

 private:
  void find_cycles();

  std::vector<std::string> names_;
  absl::flat_hash_map<std::string, Node, TextHash, std::equal_to<>> by_name_;  // looked up, never walked
  std::vector<std::uint32_t> first_;  // of each node, its first place in to_; one more at the end
  std::vector<Node> to_;
  std::vector<std::uint32_t> cycle_;  // of each node, the number of its strongly connected component
};
using TopologyGraphPtr = std::shared_ptr<const TopologyGraph>;

/// Walks along dependencies. It keeps room for a walk, so it is of one thread; the graph outlives it.
class TopologyWalk {
 public:
  /// `hops`: how far. `nodes_max`: the nearest so many count, of equally near ones the first by name of those that lead
  /// there.
  TopologyWalk(const TopologyGraph& graph, std::size_t hops, std::size_t nodes_max);

  /// What a node depends on within reach, itself not included, the nearest first. Valid until the next call.
  const std::vector<TopologyGraph::Node>& upstream_of(TopologyGraph::Node node);

 private:
  const TopologyGraph* graph_;
  std::size_t hops_;
  std::size_t nodes_max_;
  std::vector<std::uint32_t> seen_;  // of each node, the number of the last walk that met it
  std::uint32_t walk_ = 0;
  std::vector<TopologyGraph::Node> met_;
};

}  // namespace tocsin::rules
