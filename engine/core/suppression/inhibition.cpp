#include "engine/core/suppression/inhibition.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {

bool Inhibition::Targets::add(Who who) {
  if (more_ == nullptr) {
    if (one_.slot == kNoSlot) {
      one_ = who;
      return true;
    }
    more_ = std::make_unique<absl::btree_map<std::uint64_t, std::uint32_t>>();
    more_->emplace(one_.number, one_.slot);
    one_ = {0, kNoSlot};
  }
  return more_->emplace(who.number, who.slot).second;
}

bool Inhibition::Targets::remove(std::uint64_t number) {
  if (more_ == nullptr) {
    if (one_.slot == kNoSlot || one_.number != number) return false;
    one_ = {0, kNoSlot};
    return true;
  }
  if (more_->erase(number) == 0) return false;
  if (more_->empty()) more_.reset();
  return true;
}

std::uint32_t Inhibition::add_window_point(std::uint32_t rule) {
  const std::uint32_t slot = points_.take();
  points_[slot].is_window = true;
  points_[slot].rule = rule;
  return slot;
}

void Inhibition::set_window(std::uint32_t point_slot, bool is_open, Turned& turned) {
  Point& point = points_[point_slot];
  const std::uint32_t inhibitors = is_open ? 1 : 0;
  if (point.inhibitors == inhibitors) return;
  point.inhibitors = inhibitors;
  add_targets(point, turned);
}

void Inhibition::drop_window_point(std::uint32_t point_slot) {
  TOCSIN_CHECK(points_.holds(point_slot) && points_[point_slot].is_window, "windows and silences have points to drop");
  TOCSIN_CHECK(points_[point_slot].targets.empty(), "nobody is at a point that is dropped");
  points_.release(point_slot);
}

std::vector<std::uint32_t> Inhibition::targets_of(std::uint32_t point) const {
  std::vector<std::uint32_t> slots;
  points_[point].targets.for_each_slot([&](std::uint32_t slot) { slots.push_back(slot); });
  return slots;
}

std::uint32_t Inhibition::point_of(std::uint32_t rule, Hash128 key) {
  const std::uint32_t tag = TagTable::tag_of(key.low);
  const std::uint32_t found = by_key_.find(tag, [&](std::uint32_t one) { return points_[one].key == key; });
  if (found != kNoSlot) return found;
  const std::uint32_t slot = points_.take();
  points_[slot].rule = rule;
  points_[slot].key = key;
  by_key_.add(tag, slot);
  return slot;
}

void Inhibition::enter(const SuppressRole& role, Who who, Turned& turned) {
  Point& point = points_[role.point];
  TOCSIN_CHECK(points_.holds(role.point), "a role is at a point");
  if (role.is_inhibitor && ++(role.is_target ? point.two_sided : point.inhibitors) == 1) {
    point.lingers_for_targets = kUnset;
    if (!role.is_target) point.lingers_for_both = kUnset;
    add_targets(point, turned);
  }
  if (role.is_target) {
    const bool added = point.targets.add(who);
    TOCSIN_CHECK(added, "a target enters once");
  }
}

void Inhibition::leave(const SuppressRole& role, Who who, Turned& turned, Duration linger_for, Instant now) {
  TOCSIN_CHECK(points_.holds(role.point), "who leaves was somewhere");
  Point& point = points_[role.point];
  if (role.is_target) {
    const bool removed = point.targets.remove(who.number);
    TOCSIN_CHECK(removed, "a target that leaves had entered");
  }
  if (!role.is_inhibitor) return;
  std::uint32_t& count = role.is_target ? point.two_sided : point.inhibitors;
  TOCSIN_CHECK(count > 0, "who leaves had entered");
  if (--count > 0) return;
  if (linger_for > Duration{0}) {
    const Instant until = now + linger_for + Duration{1};
    if (point.inhibitors + point.two_sided == 0) point.lingers_for_targets = until;
    if (!role.is_target) point.lingers_for_both = until;
    linger(role.point, until);
  } else {
    add_targets(point, turned);
  }
}

void Inhibition::linger(std::uint32_t slot, Instant until) {
  lingers_.add(until, slot, slot, points_[slot].generation);
}

void Inhibition::end_linger(Instant now, Turned& turned) {
  const Deadline due = lingers_.take();
  TOCSIN_CHECK(due.at == now, "a deadline is met at its own instant");
  if (!points_.is_same(due.slot, due.generation)) return;
  Point& point = points_[due.slot];
  bool ended = false;
  for (Instant* until : {&point.lingers_for_targets, &point.lingers_for_both}) {
    if (*until != now) continue;  // an inhibitor came back
    *until = kUnset;
    ended = true;
  }
  if (ended) add_targets(point, turned);
  forget_if_empty(due.slot);
}

void Inhibition::forget_if_empty(std::uint32_t slot) {
  if (!points_.holds(slot)) return;
  const Point& point = points_[slot];
  if (point.is_window || point.inhibitors + point.two_sided > 0 || !point.targets.empty()) return;
  if (point.lingers_for_targets != kUnset || point.lingers_for_both != kUnset) return;
  by_key_.remove(TagTable::tag_of(point.key.low), slot);
  points_.release(slot);
}

std::vector<Inhibition::Lingering> Inhibition::lingering() const {
  std::vector<Lingering> all;
  for (std::uint32_t slot = 0; slot < points_.end(); ++slot) {
    const Point& point = points_[slot];
    if (!points_.holds(slot)) continue;
    if (point.lingers_for_targets != kUnset || point.lingers_for_both != kUnset)
      all.push_back({point.rule, point.key, point.lingers_for_targets, point.lingers_for_both});
  }
  std::ranges::sort(all);
  return all;
}

void Inhibition::restore(const Lingering& lingering) {
  const std::uint32_t slot = point_of(lingering.rule, lingering.key);
  Point& point = points_[slot];
  point.lingers_for_targets = lingering.for_targets;
  point.lingers_for_both = lingering.for_both;
  for (const Instant until : {lingering.for_targets, lingering.for_both}) {
    if (until != kUnset) linger(slot, until);
  }
}

bool Inhibition::holds_back(const SuppressRole& role) const {
  if (!role.is_target) return false;
  const Point& point = points_[role.point];
  if (point.inhibitors > 0 || point.lingers_for_both != kUnset) return true;
  return !role.is_inhibitor && (point.two_sided > 0 || point.lingers_for_targets != kUnset);
}

void Inhibition::add_targets(const Point& point, Turned& turned) {
  point.targets.for_each_slot([&](std::uint32_t slot) { turned.push_back(slot); });
}

}  // namespace tocsin
