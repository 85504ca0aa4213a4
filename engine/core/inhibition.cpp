#include "engine/core/inhibition.h"

#include "engine/model/check.h"

namespace tocsin {

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

std::uint32_t Inhibition::point_of(std::uint32_t rule, Hash128 key) {
  const auto [found, is_new] = by_key_.try_emplace(key, kNoSlot);
  if (!is_new) return found->second;
  const std::uint32_t slot = points_.take();
  found->second = slot;
  points_[slot].rule = rule;
  points_[slot].key = key;
  return slot;
}

void Inhibition::enter(const SuppressRole& role, Who who, Turned& turned) {
  Point& point = points_[role.point];
  if (role.is_inhibitor && ++(role.is_target ? point.two_sided : point.inhibitors) == 1) add_targets(point, turned);
  if (role.is_target) point.targets.emplace(who.number, who.slot);
}

void Inhibition::leave(const SuppressRole& role, Who who, Turned& turned) {
  Point& point = points_[role.point];
  if (role.is_target) point.targets.erase(who.number);
  if (role.is_inhibitor) {
    std::uint32_t& count = role.is_target ? point.two_sided : point.inhibitors;
    TOCSIN_CHECK(count > 0, "who leaves had entered");
    if (--count == 0) add_targets(point, turned);
  }
}

void Inhibition::forget_if_empty(std::uint32_t slot) {
  const Point& point = points_[slot];
  if (!point.used || point.is_window || point.inhibitors + point.two_sided > 0 || !point.targets.empty()) return;
  by_key_.erase(point.key);
  points_.release(slot);
}

bool Inhibition::holds_back(const SuppressRole& role) const {
  if (!role.is_target) return false;
  const Point& point = points_[role.point];
  return point.inhibitors > 0 || (point.two_sided > 0 && !role.is_inhibitor);
}

void Inhibition::add_targets(const Point& point, Turned& turned) {
  for (const auto& [number, slot] : point.targets) turned.push_back(slot);
}

}  // namespace tocsin
