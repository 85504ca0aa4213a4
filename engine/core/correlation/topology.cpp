// g++ 12 takes the room of an empty absl::InlinedVector, which is moved from when an entry is given up, for
// uninitialised; its warning is of a line of that header, so it is switched off before that is read.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include "engine/core/correlation/topology.h"

#include <algorithm>

#include "engine/core/conditions/alert_texts.h"
#include "engine/model/check.h"
#include "engine/model/limits.h"
#include "rules/set/rule_changes.h"

namespace tocsin {

Topology::Topology(rules::RuleSetPtr rules, Duration oldest_event)
    : rules_(std::move(rules)), oldest_event_(oldest_event) {
  std::uint32_t first = 0;
  for (const rules::TopologyRule& rule : rules_->topologies) {
    first_node_.push_back(first);
    first += static_cast<std::uint32_t>(rule.graph->size());
    walks_.emplace_back(*rule.graph, rule.hops, limits::kTopologyReachMax);
  }
}

std::size_t Topology::rule_at(std::uint32_t node) const {
  TOCSIN_CHECK(node != kNoSlot && !first_node_.empty(), "a node is of a topology");
  return static_cast<std::size_t>(std::ranges::upper_bound(first_node_, node) - first_node_.begin()) - 1;
}

std::string_view Topology::name_of(std::uint32_t node) const {
  const std::size_t rule = rule_at(node);
  return rules_->topologies[rule].graph->name_of(node - first_node_[rule]);
}

TopologyPlace Topology::place(const AlertTexts& texts, const rules::Facts& facts, rules::ValueMemo& memo,
                              Arena& scratch, const HashKey& key) const {
  for (std::size_t at = 0; at < rules_->topologies.size(); ++at) {
    const rules::TopologyRule& rule = rules_->topologies[at];
    std::uint32_t found = rules::TopologyGraph::kNoNode;
    for (const rules::FieldOrLabel& what : rule.node) {
      const std::string_view name = what.label.empty() ? texts[what.field] : texts.label_value(what.label);
      if (!name.empty()) found = rule.graph->find(name);
      if (found != rules::TopologyGraph::kNoNode) break;
    }
    if (found == rules::TopologyGraph::kNoNode) continue;
    if (!rule.when.empty() && !memo.holds(rule.when, facts, scratch)) continue;
    TopologyPlace place;
    place.node = first_node_[at] + found;
    // bytes: [tenant][0xff]([value][0xff])…
    std::string text{texts[Field::tenant]};
    text += '\xff';
    for (const rules::FieldOrLabel& what : rule.equal) {
      (text += what.label.empty() ? texts[what.field] : texts.label_value(what.label)) += '\xff';
    }
    if (text.size() > 1) place.space = key.hash(text);
    return place;
  }
  return {};
}

/// Valid until an entry is forgotten, or another node is asked for.
const Topology::Reach& Topology::reach(const Key& key) {
  if (reach_.is_known && reach_.key == key) return reach_;
  reach_.is_known = true;
  reach_.key = key;
  reach_.above.clear();
  const auto slot_of = [&](const Key& one) {
    const auto found = nodes_.find(one);
    if (found == nodes_.end()) return kNoSlot;
    // What is looked through in a moment, and what is added to after that: it lies on two lines.
    const Entry& entry = entries_[found->second];
    __builtin_prefetch(&entry.here);
    __builtin_prefetch(&entry.below);
    return found->second;
  };
  const std::vector<std::uint32_t>& upstream = upstream_of(key.node);
  nodes_.prefetch(key);
  for (const std::uint32_t above : upstream) nodes_.prefetch(Key{key.space, above});
  reach_.own = slot_of(key);
  for (const std::uint32_t above : upstream) reach_.above.push_back(slot_of({key.space, above}));
  return reach_;
}

std::uint32_t Topology::enter(const Key& key) {
  const auto [at, is_new] = nodes_.try_emplace(key, kNoSlot);
  if (is_new) at->second = entries_.take();
  return at->second;
}

void Topology::find(const TopologyPlace& place, Instant at, Instant now, const Resolve& resolve,
                    std::vector<std::uint64_t>& incidents) {
  incidents.clear();
  forget_old(now);
  const rules::TopologyRule& rule = rule_of(place.node);
  const Duration within = rule.within;
  const Reach& near = reach({place.space, place.node});
  Answer became;
  if (near.own != kNoSlot) {
    Entry& own = entries_[near.own];
    if (rule.same_node) look_through(own.here, false, at, within, became, resolve, incidents);
    look_through(own.below, true, at, within, became, resolve, incidents);
  }
  for (const std::uint32_t above : near.above) {
    if (above != kNoSlot) look_through(entries_[above].here, false, at, within, became, resolve, incidents);
  }
  if (incidents.empty()) return;
  if (const std::size_t at_rule = rule_at(place.node); at_rule < 64) found_ |= std::uint64_t{1} << at_rule;
  std::ranges::sort(incidents);
  const auto same = std::ranges::unique(incidents);
  incidents.erase(same.begin(), same.end());
}

/// Bounds are inclusive. What is found is of one incident afterwards: of more than two points the first and the last
/// say as much.
void Topology::look_through(Points& points, bool drop_over, Instant at, Duration within, Answer& became,
                            const Resolve& resolve, std::vector<std::uint64_t>& incidents) {
  if (points.empty()) return;
  const auto begin = std::ranges::lower_bound(points, at - within, {}, &Point::at);
  auto end = begin;
  auto last = points.end();  // of those that count
  std::size_t found = 0;
  std::size_t over = 0;
  for (; end != points.end() && end->at <= at + within; ++end) {
    const std::uint64_t incident = became.of(end->incident, resolve);
    over += incident == 0 ? 1 : 0;
    if (incident == 0) continue;
    end->incident = incident;
    if (incidents.empty() || incidents.back() != incident) incidents.push_back(incident);
    last = end;
    ++found;
  }
  if (found <= 2 && (over == 0 || !drop_over)) return;
  bool is_first = true;
  auto kept = begin;
  for (auto one = begin; one != end; ++one) {
    const bool counts = became.of(one->incident, resolve) != 0;
    const bool stays = counts ? is_first || one == last : !drop_over;
    if (counts) is_first = false;
    if (stays) *kept++ = *one;
  }
  points.erase(kept, end);
}

/// A point between two of the same incident that are at most twice `within` apart says nothing more: whatever is near
/// it is near one of them.
void Topology::insert(Points& points, Point point, Duration within, Instant oldest, Answer& became,
                      const Resolve& resolve) {
  drop_before(points, oldest);
  auto place = std::ranges::upper_bound(points, point.at, {}, &Point::at);
  place = points.insert(place, point);
  // The two before it, and it with the one before, may leave out the middle.
  const auto is_same = [&](const Points::iterator& a, const Points::iterator& b) {
    if (a->incident == b->incident) return true;
    const std::uint64_t one = became.of(a->incident, resolve);
    return one == became.of(b->incident, resolve);
  };
  if (place - points.begin() >= 2) {
    const auto middle = place - 1;
    const auto first = place - 2;
    if (place->at - first->at <= 2 * within && is_same(first, middle) && is_same(middle, place)) points.erase(middle);
  }
}

void Topology::drop_before(Points& points, Instant oldest) {
  if (points.empty() || points.front().at >= oldest) return;
  points.erase(points.begin(), std::ranges::lower_bound(points, oldest, {}, &Point::at));
}

bool Topology::add(const TopologyPlace& place, Instant at, Instant now, std::uint64_t incident,
                   const Resolve& resolve) {
  TOCSIN_CHECK(incident != 0, "an incident has a number");
  const rules::TopologyRule& rule = rule_of(place.node);
  const Instant oldest = this->oldest(place.node, now);
  const Key key{place.space, place.node};
  const Duration kept = oldest_event_ + rule.within;
  const Point point{at, incident};
  reach(key);
  const bool is_known = reach_.own != kNoSlot && !entries_[reach_.own].here.empty();
  if (is_known) {
    forgetting_.erase({entries_[reach_.own].here.back().at + kept, key});
  } else if (forgetting_.size() >= rule.max_keys.value_or(rules_->defaults.max_keys)) {
    return false;
  }
  if (reach_.own == kNoSlot) reach_.own = enter(key);
  Points& here = entries_[reach_.own].here;
  Answer became;
  insert(here, point, rule.within, oldest, became, resolve);
  forgetting_.insert({here.back().at + kept, key});
  const std::vector<std::uint32_t>& upstream = upstream_of(place.node);
  TOCSIN_CHECK(upstream.size() == reach_.above.size(), "what is upstream is looked up");
  for (std::size_t i = 0; i < upstream.size(); ++i) {
    std::uint32_t& above = reach_.above[i];
    if (above == kNoSlot) above = enter({place.space, upstream[i]});
    insert(entries_[above].below, point, rule.within, oldest, became, resolve);
  }
  return true;
}

void Topology::forget_old(Instant now) {
  while (!forgetting_.empty() && forgetting_.begin()->first < now) {
    const Key key = forgetting_.begin()->second;
    forgetting_.erase(forgetting_.begin());
    forget(key, oldest(key.node, now));
  }
  while (!became_until_.empty() && became_until_.begin()->first < now) {
    became_.erase(became_until_.begin()->second);
    became_until_.erase(became_until_.begin());
  }
}

void Topology::forget(const Key& key, Instant oldest) {
  reach_.is_known = false;
  const auto drop = [&](const Key& of, bool own) {
    const auto found = nodes_.find(of);
    if (found == nodes_.end()) return;
    Entry& entry = entries_[found->second];
    if (own) entry.here = {};
    drop_before(entry.below, oldest);
    if (!entry.here.empty() || !entry.below.empty()) return;
    entries_.release(found->second);
    nodes_.erase(found);
  };
  drop(key, true);
  for (const std::uint32_t above : upstream_of(key.node)) drop({key.space, above}, false);
}

void Topology::merged(std::uint64_t from, std::uint64_t into, Instant now) {
  if (!has_rules()) return;
  Duration within{};
  for (const rules::TopologyRule& rule : rules_->topologies) within = std::max(within, rule.within);
  // Its newest point may be of a clock that is ahead.
  const Instant until = now + 2 * oldest_event_ + within;
  became_[from] = {into, until};
  became_until_.insert({until, from});
}

/// What was asked for on the way becomes the last of it at once, so that ways stay short however often an old incident
/// takes over.
std::uint64_t Topology::became(std::uint64_t incident) const {
  std::uint64_t last = incident;
  for (auto found = became_.find(last); found != became_.end(); found = became_.find(last)) {
    TOCSIN_CHECK(found->second.into != last, "nothing becomes itself");
    last = found->second.into;
  }
  while (incident != last) {
    const auto found = became_.find(incident);
    incident = found->second.into;
    found->second.into = last;
  }
  return last;
}

rules::CausePick Topology::pick(std::uint32_t node) { return rule_of(node).cause; }

const std::vector<std::uint32_t>& Topology::upstream_of(std::uint32_t node) {
  if (node == upstream_node_) return upstream_;
  upstream_node_ = node;
  const std::size_t rule = rule_at(node);
  const std::uint32_t first = first_node_[rule];
  upstream_.clear();
  for (const auto above : walks_[rule].upstream_of(node - first)) upstream_.push_back(first + above);
  return upstream_;
}

bool Topology::share_a_cycle(std::uint32_t node, std::uint32_t other) {
  const std::size_t rule = rule_at(node);
  if (rule_at(other) != rule) return false;
  const std::uint32_t first = first_node_[rule];
  return rules_->topologies[rule].graph->share_a_cycle(node - first, other - first);
}

bool Topology::says_the_same(const rules::RuleSet& rules) const {
  const auto& now = rules_->topologies;
  return std::ranges::equal(now, rules.topologies, [&](const auto& a, const auto& b) {
    return a.id == b.id && rules::is_kept(*rules_, rules, a.id) &&
           rules::is_kept_section(*rules_, rules, "tables." + a.table);
  });
}

/// Walks borrow the graphs of the rule set, so they are of the new one too.
void Topology::adopt(rules::RuleSetPtr rules) {
  rules_ = std::move(rules);
  upstream_node_ = kNoSlot;
  reach_.is_known = false;
  walks_.clear();
  for (const rules::TopologyRule& rule : rules_->topologies) {
    walks_.emplace_back(*rule.graph, rule.hops, limits::kTopologyReachMax);
  }
}

void Topology::write(CanonicalWriter& out, const Resolve& resolve) const {
  out.part("topology 1");
  out.u32(static_cast<std::uint32_t>(forgetting_.size()));
  for (const auto& [until, key] : forgetting_) {
    out.hash(key.space);
    out.u32(key.node);
    const Points& points = entries_[nodes_.find(key)->second].here;
    out.u32(static_cast<std::uint32_t>(points.size()));
    for (const Point& point : points) {
      out.instant(point.at);
      out.u64(resolve(point.incident));
    }
  }
}

void Topology::read(CanonicalReader& in) {
  in.part("topology 1");
  const std::uint32_t count = in.count(24);
  const std::size_t nodes = first_node_.empty() ? 0 : first_node_.back() + rules_->topologies.back().graph->size();
  const Resolve same = [](std::uint64_t incident) { return incident; };
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const Hash128 space = in.hash();
    const Key key{space, in.u32()};
    const std::uint32_t size = in.count(16);
    if (size == 0 || key.node >= nodes) return in.fail();
    const rules::TopologyRule& rule = rule_of(key.node);
    Points points;
    for (std::uint32_t n = 0; n < size; ++n) {
      const Instant at = in.instant();
      points.push_back({at, in.u64()});
    }
    if (!std::ranges::is_sorted(points, {}, &Point::at)) return in.fail();
    forgetting_.insert({points.back().at + oldest_event_ + rule.within, key});
    Answer became;
    for (const std::uint32_t above : upstream_of(key.node)) {
      Points& below = entries_[enter({space, above})].below;
      for (const Point& point : points) insert(below, point, rule.within, Instant::min(), became, same);
    }
    entries_[enter(key)].here = std::move(points);
  }
}

void Topology::check() const {
  TOCSIN_CHECK(became_.size() == became_until_.size(), "what has become another is so for a time");
  TOCSIN_CHECK(nodes_.size() == entries_.count(), "each entry is found by its node");
  for (const auto& [until, key] : forgetting_) {
    const auto found = nodes_.find(key);
    TOCSIN_CHECK(found != nodes_.end(), "a node with points is found");
    const Entry& entry = entries_[found->second];
    TOCSIN_CHECK(!entry.here.empty(), "a node with points is forgotten some day");
    TOCSIN_CHECK(entry.here.back().at + oldest_event_ + rule_of(key.node).within == until,
                 "a node is forgotten with its newest point");
    for (const Points* points : {&entry.here, &entry.below}) {
      TOCSIN_CHECK(std::ranges::is_sorted(*points, {}, &Point::at), "points are in order of time");
    }
  }
}

}  // namespace tocsin
