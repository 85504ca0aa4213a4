#include "engine/core/incidents/firing_nodes.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {

void FiringNodes::add(std::uint32_t node, Instant since, std::uint32_t condition, NodeOrder& order) {
  TOCSIN_CHECK(node != kNoSlot, "what fires on a node has one");
  Firing& firing = nodes_[node];
  const bool is_new = firing.count++ == 0;
  if (firing.condition == kNoSlot) firing.condition = condition;
  if (!is_new && since >= firing.since) return;
  if (!is_new) in_order_.erase({firing.since, node});
  firing.since = since;
  in_order_.insert({since, node});
  turned(node, order);
}

/// It fires, or did so earlier than was known.
void FiringNodes::turned(std::uint32_t node, NodeOrder& order) {
  if (is_stale_) return;
  if (cause_ == kNoSlot || node == cause_ || order.pick(node) != rules::CausePick::most_upstream)
    return stale_from(kFirst);
  const Key cause = key_of(cause_);
  if (key_of(node) < cause) {
    Firing& firing = nodes_.find(node)->second;
    if (!has_witness(node, firing, order)) cause_ = node;
  }
  const auto& above = order.upstream_of(cause_);
  if (met_a_cycle_ || std::ranges::find(above, node) != above.end()) stale_from(kFirst);
}

void FiringNodes::remove(std::uint32_t node, std::uint32_t condition) {
  const auto found = nodes_.find(node);
  TOCSIN_CHECK(found != nodes_.end() && found->second.count > 0, "what ends on a node has fired there");
  Firing& firing = found->second;
  if (firing.condition == condition) firing.condition = kNoSlot;
  if (--firing.count > 0) return;
  in_order_.erase({firing.since, node});
  nodes_.erase(found);
  if (node == named_) named_ = kNoSlot;
  if (node == cause_) {
    cause_ = kNoSlot;
    stale_from(kFirst);
  } else if (watched_.erase(node) > 0) {
    stale_from(kFirst);
  }
}

void FiringNodes::take_over(const FiringNodes& other, NodeOrder& order, bool comes_before) {
  if (comes_before) named_ = other.named_;
  for (const auto& [since, node] : other.in_order_) {
    const Firing& there = other.nodes_.find(node)->second;
    add(node, since, there.condition, order);
    Firing& here = nodes_.find(node)->second;
    here.count += there.count - 1;
    if (comes_before && there.condition != kNoSlot) here.condition = there.condition;
  }
}

FiringNodes::Upstream FiringNodes::firing_upstream_of(std::uint32_t node, NodeOrder& order) const {
  Upstream upstream;
  for (const std::uint32_t other : order.upstream_of(node)) {
    if (!nodes_.contains(other)) continue;
    (order.share_a_cycle(node, other) ? upstream.equals : upstream.outside).push_back(other);
  }
  return upstream;
}

bool FiringNodes::has_witness(std::uint32_t node, Firing& firing, NodeOrder& order) {
  if (firing.witness == kNoSlot || !nodes_.contains(firing.witness)) {
    Upstream upstream = firing_upstream_of(node, order);
    firing.witness = upstream.outside.empty() ? kNoSlot : upstream.outside.front();
    if (firing.witness == kNoSlot && !upstream.equals.empty()) {
      met_a_cycle_ = true;
      absl::flat_hash_set<std::uint32_t> met(upstream.equals.begin(), upstream.equals.end());
      for (std::vector<std::uint32_t> left = std::move(upstream.equals); !left.empty();) {
        const std::uint32_t one = left.back();
        left.pop_back();
        const Upstream further = firing_upstream_of(one, order);
        if (!further.outside.empty()) return true;
        for (const std::uint32_t equal : further.equals) {
          if (met.insert(equal).second) left.push_back(equal);
        }
      }
    }
  }
  if (firing.witness != kNoSlot) watched_.insert(firing.witness);
  return firing.witness != kNoSlot;
}

std::uint32_t FiringNodes::cause(NodeOrder& order) {
  if (nodes_.empty()) return kNoSlot;
  if (!is_stale_) return cause_;
  const std::uint32_t first = in_order_.begin()->second;
  cause_ = kNoSlot;
  met_a_cycle_ = false;
  switch (order.pick(first)) {
    case rules::CausePick::most_upstream:
      for (auto at = in_order_.lower_bound(stale_); at != in_order_.end() && cause_ == kNoSlot; ++at) {
        if (!has_witness(at->second, nodes_.find(at->second)->second, order)) cause_ = at->second;
      }
      break;
    case rules::CausePick::most_downstream:
      cause_ = most_downstream(order);
      break;
    case rules::CausePick::earliest:
      cause_ = first;
      break;
  }
  TOCSIN_CHECK(cause_ != kNoSlot && nodes_.contains(cause_), "of what fires something is upstream of the rest");
  // Where no witnesses are kept, whatever comes or goes may be what matters.
  is_stale_ = met_a_cycle_ || order.pick(first) == rules::CausePick::most_downstream;
  stale_ = kFirst;
  return cause_;
}

/// Of those that no other firing node depends on the first in time. Costs a look at all.
std::uint32_t FiringNodes::most_downstream(NodeOrder& order) const {
  absl::flat_hash_set<std::uint32_t> passed_over;
  std::vector<std::uint32_t> left;
  const auto pass_over = [&](std::uint32_t node) {
    if (passed_over.insert(node).second) left.push_back(node);
  };
  for (const auto& [since, node] : in_order_) {
    for (const std::uint32_t other : firing_upstream_of(node, order).outside) pass_over(other);
  }
  while (!left.empty()) {
    const std::uint32_t node = left.back();
    left.pop_back();
    for (const std::uint32_t equal : firing_upstream_of(node, order).equals) pass_over(equal);
  }
  for (const auto& [since, node] : in_order_) {
    if (!passed_over.contains(node)) return node;
  }
  return kNoSlot;
}

std::uint32_t FiringNodes::condition_on(std::uint32_t node) const {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? kNoSlot : found->second.condition;
}

std::uint64_t FiringNodes::members() const {
  std::uint64_t members = 0;
  for (const auto& [since, node] : in_order_) members += nodes_.find(node)->second.count;
  return members;
}

void FiringNodes::write(CanonicalWriter& out, const std::function<std::uint64_t(std::uint32_t)>& number) const {
  out.u32(static_cast<std::uint32_t>(in_order_.size()));
  for (const auto& [since, node] : in_order_) {
    const Firing& firing = nodes_.find(node)->second;
    out.instant(since);
    out.u32(node);
    out.u32(firing.count);
    out.u64(firing.condition == kNoSlot ? 0 : number(firing.condition));
  }
  out.u32(cause_);
  out.u32(named_);
}

bool FiringNodes::read(CanonicalReader& in, const std::function<std::uint32_t(std::uint64_t)>& slot) {
  const std::uint32_t count = in.count(24);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    Firing firing;
    firing.since = in.instant();
    const std::uint32_t node = in.u32();
    firing.count = in.u32();
    const std::uint64_t number = in.u64();
    if (number != 0) firing.condition = slot(number);
    if (node == kNoSlot || firing.count == 0 || !in_order_.insert({firing.since, node}).second) return false;
    if (!nodes_.emplace(node, firing).second) return false;
  }
  cause_ = in.u32();
  named_ = in.u32();
  return !in.failed() && (cause_ == kNoSlot || nodes_.contains(cause_)) &&
         (named_ == kNoSlot || nodes_.contains(named_));
}

void FiringNodes::check() const {
  TOCSIN_CHECK(nodes_.size() == in_order_.size(), "each node that fires has its time");
  TOCSIN_CHECK(named_ == kNoSlot || nodes_.contains(named_), "a cause is called by what fires");
  for (const auto& [since, node] : in_order_) {
    const auto found = nodes_.find(node);
    TOCSIN_CHECK(found != nodes_.end() && found->second.since == since, "a node is found by its time");
    TOCSIN_CHECK(found->second.count > 0, "what fires has a member");
    if (is_stale_ || cause_ == kNoSlot || !(Key{since, node} < key_of(cause_))) continue;
    TOCSIN_CHECK(found->second.witness == kNoSlot || !nodes_.contains(found->second.witness) ||
                     watched_.contains(found->second.witness),
                 "who is passed over is so because of one that is watched");
  }
}

}  // namespace tocsin
