#include "engine/core/incidents/member_list.h"

#include <algorithm>
#include <utility>

namespace tocsin {

void MemberList::count(const Member& member, std::int64_t by) {
  std::uint32_t& severity = by_severity_[member.severity.level];
  std::uint32_t& priority = by_priority_[static_cast<std::size_t>(member.priority)];
  TOCSIN_CHECK(by > 0 || (severity > 0 && priority > 0), "a rank that is left was counted");
  severity = static_cast<std::uint32_t>(severity + by);
  priority = static_cast<std::uint32_t>(priority + by);
}

void MemberList::enter_ranking(std::uint32_t place) {
  if (places_.size() <= kWalkedMax) return;
  if (ranking_.empty()) {
    for (std::uint32_t n = 0; n < places_.size(); ++n) {
      if (places_[n].condition != kNoSlot) ranking_.insert(ranked(place_of(n)));
    }
    return;
  }
  const bool added = ranking_.insert(ranked(place)).second;
  TOCSIN_CHECK(added, "a member has one rank");
}

void MemberList::leave_ranking(std::uint32_t place) {
  if (ranking_.empty()) return;
  const std::size_t erased = ranking_.erase(ranked(place));
  TOCSIN_CHECK(erased == 1, "a member is in the ranking with the rank that it has");
}

void MemberList::find_lead() {
  lead_ = kNoSlot;
  if (!ranking_.empty()) {
    lead_ = ranking_.begin()->place;
    return;
  }
  for (std::uint32_t n = 0; n < places_.size(); ++n) {
    if (places_[n].condition == kNoSlot) continue;
    const std::uint32_t place = place_of(n);
    if (lead_ == kNoSlot || ranked(place) < ranked(lead_)) lead_ = place;
  }
}

/// So that `wanted` can stand before those that are there. As many again as are there, half of them, are made at once:
/// a list that takes in others one by one is not moved each time.
void MemberList::make_room_before(std::size_t wanted) {
  if (room_before_ >= wanted) return;
  const std::size_t made = wanted - room_before_ + places_.size() / 2;
  places_.insert(places_.begin(), made, Member{});
  base_ -= static_cast<std::uint32_t>(made);
  room_before_ += static_cast<std::uint32_t>(made);
}

std::uint32_t MemberList::join(std::uint32_t condition, Severity severity, Priority priority, bool flaps) {
  TOCSIN_CHECK(condition != kNoSlot, "somebody joins");
  const std::uint32_t place = place_of(places_.size());
  Member& member = places_.emplace_back();
  member.condition = condition;
  member.severity = severity;
  member.priority = priority;
  member.ranked = ++order_;
  ++present_;
  count(member, 1);
  if (flaps) flap(place, true);
  enter_ranking(place);
  if (lead_ == kNoSlot || ranked(place) < ranked(lead_)) lead_ = place;
  return place;
}

void MemberList::rank(std::uint32_t place, Severity severity, Priority priority) {
  Member& member = at(place);
  TOCSIN_CHECK(member.condition != kNoSlot, "who is ranked is there");
  leave_ranking(place);
  count(member, -1);
  member.severity = severity;
  member.priority = priority;
  member.ranked = ++order_;
  count(member, 1);
  enter_ranking(place);
  if (place == lead_) {
    find_lead();
  } else if (ranked(place) < ranked(lead_)) {
    lead_ = place;
  }
}

void MemberList::stand(std::uint32_t place, Standing standing) {
  Member& member = at(place);
  TOCSIN_CHECK(member.condition != kNoSlot, "who stands is there");
  if (member.standing == Standing::active) --active_;
  if (member.standing == Standing::held) --held_;
  member.standing = standing;
  if (standing == Standing::active) ++active_;
  if (standing == Standing::held) ++held_;
  if (standing == Standing::idle || member.ended == 0) return;
  member.ended = 0;
  TOCSIN_CHECK(ended_count_ > 0, "who fires again had ended");
  --ended_count_;
}

void MemberList::flap(std::uint32_t place, bool flaps) {
  Member& member = at(place);
  TOCSIN_CHECK(member.flaps != flaps, "a flap begins and ends once");
  member.flaps = flaps;
  flapping_ = flaps ? flapping_ + 1 : flapping_ - 1;
}

void MemberList::end(std::uint32_t place) {
  Member& member = at(place);
  TOCSIN_CHECK(member.standing == Standing::idle, "who has ended does not fire");
  if (member.ended != 0) return;
  member.ended = ++order_;
  ++ended_count_;
  // Those that fired again leave a trace each; they are swept out when they are most of the list.
  if (endings_.size() > 2 * std::size_t{ended_count_} + 64) {
    std::erase_if(endings_, [this](const Ended& one) { return !is_ended(one); });
  }
  endings_.push_back({place, member.ended});
}

std::optional<std::uint32_t> MemberList::one_ended_too_many(std::size_t most) {
  if (ended_count_ <= most) return std::nullopt;
  for (auto one = endings_.begin(); one != endings_.end();) {
    if (!is_ended(*one)) {
      one = endings_.erase(one);
      continue;
    }
    if (one->place != lead_) return one->place;
    ++one;
  }
  return std::nullopt;
}

void MemberList::let_go(std::uint32_t place) {
  Member& member = at(place);
  TOCSIN_CHECK(member.condition != kNoSlot, "who is let go was there");
  TOCSIN_CHECK(member.standing == Standing::idle, "who fires is not let go");
  if (member.flaps) flap(place, false);
  leave_ranking(place);
  if (member.ended != 0) --ended_count_;
  member.condition = kNoSlot;
  member.ended = 0;
  --present_;
  ++gone_;
  if (place == lead_) find_lead();
}

MemberList::Member MemberList::take_out(std::uint32_t place) {
  Member& member = at(place);
  TOCSIN_CHECK(member.condition != kNoSlot, "who goes was there");
  const Member taken = member;
  if (member.flaps) flap(place, false);
  const std::uint32_t ended = std::exchange(member.ended, 0);
  if (ended != 0) --ended_count_;
  stand(place, Standing::idle);
  leave_ranking(place);
  count(member, -1);
  member.condition = kNoSlot;
  --present_;
  if (place == lead_) find_lead();
  return taken;
}

std::uint32_t MemberList::take_in(const Member& member) {
  const std::uint32_t place = join(member.condition, member.severity, member.priority, member.flaps);
  stand(place, member.standing);
  if (member.ended != 0) end(place);
  return place;
}

void MemberList::last_joined(std::size_t count, std::vector<std::uint32_t>& conditions) const {
  conditions.clear();
  for (auto one = places_.rbegin(); one != places_.rend() && conditions.size() < count; ++one) {
    if (one->condition != kNoSlot) conditions.push_back(one->condition);
  }
}

void MemberList::last_ended(std::size_t count, std::vector<std::uint32_t>& conditions) const {
  conditions.clear();
  for (auto one = endings_.rbegin(); one != endings_.rend() && conditions.size() < count; ++one) {
    if (is_ended(*one)) conditions.push_back(at(one->place).condition);
  }
}

Severity MemberList::severity() const {
  for (std::size_t level = kSeverityLevelsMax; level-- > 0;) {
    if (by_severity_[level] > 0) return Severity{static_cast<std::uint8_t>(level)};
  }
  return Severity{};
}

Priority MemberList::priority() const {
  for (std::size_t rank = 1; rank < by_priority_.size(); ++rank) {
    if (by_priority_[rank] > 0) return static_cast<Priority>(rank);
  }
  return Priority::p5;
}

void MemberList::newest(std::size_t count, std::vector<std::uint32_t>& conditions) const {
  conditions.clear();
  if (lead_ == kNoSlot || count == 0) return;
  for (std::size_t n = places_.size(); n-- > 0 && conditions.size() + 1 < count;) {
    if (places_[n].condition != kNoSlot && place_of(n) != lead_) conditions.push_back(places_[n].condition);
  }
  conditions.push_back(at(lead_).condition);
  std::ranges::reverse(conditions);
}

void MemberList::clear() {
  gone_ += present_;
  present_ = active_ = held_ = flapping_ = 0;
  ended_count_ = 0;
  lead_ = kNoSlot;
  places_ = {};
  base_ = kMiddle;
  room_before_ = 0;
  ranking_.clear();
  endings_ = {};
}

void MemberList::move_to_scale(const ScaleHistory& scales, std::uint16_t from) {
  std::array<std::uint32_t, kSeverityLevelsMax> moved{};
  for (std::size_t level = 0; level < kSeverityLevelsMax; ++level) {
    if (by_severity_[level] == 0) continue;
    moved[scales.now(Severity{static_cast<std::uint8_t>(level)}, from).level] += by_severity_[level];
  }
  by_severity_ = moved;
  const bool has_ranking = !ranking_.empty();
  ranking_.clear();
  for (std::uint32_t n = 0; n < places_.size(); ++n) {
    if (places_[n].condition == kNoSlot) continue;
    places_[n].severity = scales.now(places_[n].severity, from);
    if (has_ranking) ranking_.insert(ranked(place_of(n)));
  }
  find_lead();
}

void MemberList::check() const {
  std::uint64_t present = 0;
  std::uint64_t active = 0;
  std::uint64_t held = 0;
  std::uint64_t flapping = 0;
  std::uint64_t ended = 0;
  for (std::uint32_t n = 0; n < places_.size(); ++n) {
    const Member& member = places_[n];
    TOCSIN_CHECK(n >= room_before_ || member.condition == kNoSlot, "room that was made is empty");
    if (member.condition == kNoSlot) continue;
    const std::uint32_t place = place_of(n);
    TOCSIN_CHECK(member.ranked >= order_before_ && member.ranked != kMiddle && member.ranked <= order_,
                 "orders are given out");
    ++present;
    active += member.standing == Standing::active ? 1 : 0;
    held += member.standing == Standing::held ? 1 : 0;
    flapping += member.flaps ? 1 : 0;
    ended += member.ended != 0 ? 1 : 0;
    TOCSIN_CHECK(!(ranked(place) < ranked(lead_)), "nobody ranks before the lead");
    TOCSIN_CHECK(ranking_.empty() || ranking_.contains(ranked(place)), "everybody is in the ranking");
  }
  TOCSIN_CHECK(present == present_ && active == active_ && held == held_, "members are counted");
  TOCSIN_CHECK(flapping == flapping_ && ended == ended_count_, "those that flap and have ended are counted");
  TOCSIN_CHECK(ranking_.empty() || ranking_.size() == present, "the ranking has nobody else");
  TOCSIN_CHECK(room_before_ <= places_.size(), "there is no more room than places");
  std::uint64_t ranks = 0;
  for (const std::uint32_t count : by_severity_) ranks += count;
  TOCSIN_CHECK(ranks == joined(), "each that joined has a severity");
  ranks = 0;
  for (const std::uint32_t count : by_priority_) ranks += count;
  TOCSIN_CHECK(ranks == joined(), "each that joined has a priority");
}

}  // namespace tocsin
