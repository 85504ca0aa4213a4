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
/// each question walks over all of it. One incident for each alert, or for each node where alerts are grouped by it,
/// unless something joins them; no incident ever closes.
class SlowTopology {
 public:
  using Edges = std::set<std::pair<std::string, std::string>>;  // who depends, on what
  struct Options {
    bool by_node = true;      // alerts on one node are of one group
    bool same_node = true;    // alerts on one node meet
    std::string called = {};  // before the name of the cause
  };
  SlowTopology(Edges edges, int hops, Duration within) : edges_(std::move(edges)), hops_(hops), within_(within) {}
  SlowTopology(Edges edges, int hops, Duration within, Options options)
      : edges_(std::move(edges)), hops_(hops), within_(within), options_(std::move(options)) {}

  void fire(const std::string& alert, const std::string& node, Instant at) {
    const Firing now{alert, node, at};
    one_with_.emplace(alert, alert);
    // Incidents that are one stay so.
    for (const Firing& before : firings_) {
      if (is_near(before, now)) become_one(before.alert, alert);
    }
    firings_.push_back(now);
    firing_[alert] = node;
    since_[alert] = at;
    // An incident has fired on a node since the first of those that fire there did, also when that one ends.
    const std::map<std::string, Instant> before = since_;
    for (const auto& [one, where] : firing_) {
      for (const auto& [other, there] : firing_) {
        if (there == where && one_with_.at(one) == one_with_.at(other))
          since_[one] = std::min(since_[one], before.at(other));
      }
    }
  }
  void end(const std::string& alert) { firing_.erase(alert); }

  /// The incidents of which something fires: names of what fires, and the cause.
  std::set<std::pair<std::set<std::string>, std::string>> incidents() const {
    std::set<std::pair<std::set<std::string>, std::string>> all;
    for (const auto& [alert, node] : firing_) {
      std::set<std::string> alerts;
      std::set<std::string> fire;
      for (const auto& [other, where] : firing_) {
        if (one_with_.at(other) != one_with_.at(alert)) continue;
        alerts.insert(other);
        fire.insert(where);
      }
      all.emplace(alerts, cause(fire, alerts));
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
  struct Firing {
    std::string alert, node;
    Instant at{};
  };
  bool is_near(const Firing& a, const Firing& b) const {
    if (a.alert == b.alert || (options_.by_node && a.node == b.node)) return true;
    const Duration apart = a.at < b.at ? b.at - a.at : a.at - b.at;
    if (apart > within_) return false;
    if (a.node == b.node) return options_.same_node && is_known(a.node);
    return depends(a.node, b.node, hops_) || depends(b.node, a.node, hops_);
  }
  void become_one(const std::string& a, const std::string& b) {
    const std::string from = one_with_.at(a);
    const std::string into = one_with_.at(b);
    for (auto& [alert, name] : one_with_) {
      if (name == from) name = into;
    }
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
  std::string cause(const std::set<std::string>& fire, const std::set<std::string>& alerts) const {
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
      Instant since = Instant::max();
      for (const std::string& alert : alerts) {
        if (firing_.at(alert) == node) since = std::min(since, since_.at(alert));
      }
      const std::pair<Instant, std::string> one{since, node};
      if (!best || one < *best) best = one;
    }
    return best ? options_.called + best->second : "";
  }

  Edges edges_;
  int hops_;
  Duration within_;
  Options options_;
  std::vector<Firing> firings_;
  std::map<std::string, std::string> one_with_;  // alert → a name for its incident
  std::map<std::string, std::string> firing_;    // alert → node
  std::map<std::string, Instant> since_;         // alert → since when its node fires there
};

}  // namespace tocsin::testing_core
