#include "rules/set/topology_graph.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin::rules {

TopologyGraph::TopologyGraph(const std::vector<std::pair<std::string, std::string>>& edges) {
  for (const auto& [from, to] : edges) {
    if (from.empty() || to.empty()) continue;
    names_.push_back(from);
    names_.push_back(to);
  }
  std::ranges::sort(names_);
  const auto same = std::ranges::unique(names_);
  names_.erase(same.begin(), same.end());
  names_.shrink_to_fit();
  by_name_.reserve(names_.size());
  for (Node node = 0; node < names_.size(); ++node) by_name_.emplace(names_[node], node);
  std::vector<std::pair<Node, Node>> numbered;
  numbered.reserve(edges.size());
  for (const auto& [from, to] : edges) {
    if (from.empty() || to.empty() || from == to) continue;
    numbered.emplace_back(by_name_.find(from)->second, by_name_.find(to)->second);
  }
  std::ranges::sort(numbered);
  const auto twice = std::ranges::unique(numbered);
  numbered.erase(twice.begin(), twice.end());
  first_.assign(names_.size() + 1, 0);
  for (const auto& [from, to] : numbered) {
    ++first_[from + 1];
    to_.push_back(to);
  }
  for (std::size_t node = 0; node < names_.size(); ++node) first_[node + 1] += first_[node];
  find_cycles();
}

TopologyGraph::Node TopologyGraph::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? kNoNode : found->second;
}

/// Tarjan's, without recursion: a table may be one long chain.
void TopologyGraph::find_cycles() {
  struct Frame {
    Node node;
    std::uint32_t next;
  };
  const std::size_t count = names_.size();
  cycle_.assign(count, kNoNode);
  std::vector<std::uint32_t> met(count, 0);  // when; 0: not yet
  std::vector<std::uint32_t> lowest(count, 0);
  std::vector<Node> open;
  std::vector<Frame> path;
  std::uint32_t order = 0;
  std::uint32_t cycles = 0;
  for (Node root = 0; root < count; ++root) {
    if (met[root] != 0) continue;
    path.push_back({root, first_[root]});
    while (!path.empty()) {
      Frame& at = path.back();
      if (met[at.node] == 0) {
        met[at.node] = lowest[at.node] = ++order;
        open.push_back(at.node);
      }
      if (at.next < first_[at.node + 1]) {
        const Node to = to_[at.next++];
        if (met[to] == 0) {
          path.push_back({to, first_[to]});
        } else if (cycle_[to] == kNoNode) {
          lowest[at.node] = std::min(lowest[at.node], met[to]);
        }
        continue;
      }
      const Node node = at.node;
      path.pop_back();
      if (!path.empty()) lowest[path.back().node] = std::min(lowest[path.back().node], lowest[node]);
      if (lowest[node] != met[node]) continue;
      for (Node one = kNoNode; one != node;) {
        one = open.back();
        open.pop_back();
        cycle_[one] = cycles;
      }
      ++cycles;
    }
  }
  TOCSIN_CHECK(open.empty(), "each node is of one component");
}

TopologyWalk::TopologyWalk(const TopologyGraph& graph, std::size_t hops, std::size_t nodes_max)
    : graph_(&graph), hops_(hops), nodes_max_(nodes_max), seen_(graph.size(), 0) {}

const std::vector<TopologyGraph::Node>& TopologyWalk::upstream_of(TopologyGraph::Node node) {
  TOCSIN_CHECK(node < graph_->size(), "a walk begins at a node");
  if (++walk_ == 0) {
    std::ranges::fill(seen_, 0U);
    walk_ = 1;
  }
  met_.clear();
  seen_[node] = walk_;
  const auto meet = [&](TopologyGraph::Node from) {
    for (const TopologyGraph::Node to : graph_->upstream(from)) {
      if (met_.size() == nodes_max_) return;
      if (seen_[to] == walk_) continue;
      seen_[to] = walk_;
      met_.push_back(to);
    }
  };
  meet(node);
  std::size_t begin = 0;
  for (std::size_t hop = 1; hop < hops_; ++hop) {
    const std::size_t end = met_.size();
    if (begin == end || end == nodes_max_) break;
    for (std::size_t at = begin; at < end; ++at) meet(met_[at]);
    begin = end;
  }
  return met_;
}

}  // namespace tocsin::rules
