#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/instant.h"

namespace tocsin::testing_core {

/// What rules/README.md says of topology, as plainly and slowly as possible: everything that ever fired is kept, and
/// each question walks over all of it. One incident a node unless something joins them, and no incident ever closes.
class SlowTopology {
 public:
  using Edges = std::set<std::pair<std::string, std::string>>;  // who depends, on what
  SlowTopology(Edges edges, int hops, Duration within) : edges_(std::move(edges)), hops_(hops), within_(within) {}

  void fire(const std::string& alert, const std::string& node, Instant at) {
    firings_.emplace_back(node, at);
    auto& since = since_[node];
    bool was_firing = false;
    for (const auto& [other, where] : firing_) was_firing = was_firing || where == node;
    since = was_firing ? std::min(since, at) : at;
    firing_[alert] = node;
  }
  void end(const std::string& alert) { firing_.erase(alert); }

  /// The incidents of which something fires: names of what fires, and the cause.
  std::set<std::pair<std::set<std::string>, std::string>> incidents() const {
    std::set<std::pair<std::set<std::string>, std::string>> all;
    for (const auto& [alert, node] : firing_) {
      const std::set<std::string> nodes = component(node);
      std::set<std::string> alerts;
      std::set<std::string> fire;
      for (const auto& [other, where] : firing_) {
        if (!nodes.contains(where)) continue;
        alerts.insert(other);
        fire.insert(where);
      }
      all.emplace(alerts, cause(fire));
    }
    return all;
  }

 private:
  bool depends(const std::string& node, const std::string& on, int hops) const {
    if (hops == 0) return false;
    for (const auto& [from, to] : edges_) {
      if (from == node && (to == on || depends(to, on, hops - 1))) return true;
    }
    return false;
  }
  bool is_known(const std::string& node) const {
    return std::ranges::any_of(edges_, [&](const auto& edge) { return edge.first == node || edge.second == node; });
  }
  bool is_near(const std::pair<std::string, Instant>& a, const std::pair<std::string, Instant>& b) const {
    const Duration apart = a.second < b.second ? b.second - a.second : a.second - b.second;
    return apart <= within_ && (depends(a.first, b.first, hops_) || depends(b.first, a.first, hops_));
  }
  std::set<std::string> component(const std::string& node) const {
    std::set<std::string> nodes{node};
    for (std::size_t before = 0; before != nodes.size();) {
      before = nodes.size();
      for (const auto& a : firings_) {
        for (const auto& b : firings_) {
          if (nodes.contains(a.first) && is_near(a, b)) nodes.insert(b.first);
        }
      }
    }
    return nodes;
  }
  bool are_equals(const std::string& a, const std::string& b) const {
    return depends(a, b, 6) && depends(b, a, 6);  // the worlds have no more nodes
  }
  bool has_upstream(const std::string& node, const std::set<std::string>& fire) const {
    std::set<std::string> equals{node};
    for (std::size_t before = 0; before != equals.size();) {
      before = equals.size();
      for (const std::string& one : std::set<std::string>(equals)) {
        for (const std::string& other : fire) {
          if (other == one || !depends(one, other, hops_)) continue;
          if (other != node && !are_equals(node, other)) return true;
          equals.insert(other);
        }
      }
    }
    return false;
  }
  std::string cause(const std::set<std::string>& fire) const {
    std::set<std::string> known;
    for (const std::string& node : fire) {
      if (is_known(node)) known.insert(node);
    }
    std::set<std::string> first;
    for (const std::string& node : known) {
      if (!has_upstream(node, known)) first.insert(node);
    }
    std::optional<std::pair<Instant, std::string>> best;
    for (const std::string& node : first) {
      const std::pair<Instant, std::string> one{since_.at(node), node};
      if (!best || one < *best) best = one;
    }
    return best ? best->second : "";
  }

  Edges edges_;
  int hops_;
  Duration within_;
  std::vector<std::pair<std::string, Instant>> firings_;
  std::map<std::string, std::string> firing_;  // alert → node
  std::map<std::string, Instant> since_;
};

}  // namespace tocsin::testing_core
