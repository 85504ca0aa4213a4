#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include <absl/container/btree_set.h>

#include "engine/core/canonical.h"
#include "engine/core/scale_history.h"
#include "engine/core/slots.h"
#include "engine/model/check.h"
#include "engine/model/severity.h"

namespace tocsin {

/// The members of one incident, in the order of joining, with what is asked of them as counts: how many there are,
/// fire, are held back, flap; the highest severity and priority; who leads. Each costs the same in a list of ten as in
/// one of a hundred thousand. Members stand at places, which stay until `compact` moves them. Of two lists that become
/// one the shorter moves: behind the members of the other, or before them.
///
/// Invariants: the counts are those of a walk; ranks are counted of all that ever joined, as they were last; the lead
/// is the first that came to the highest rank, and stays.
class MemberList {
 public:
  enum class Standing : std::uint8_t { idle, active, held };
  struct Member {
    std::uint32_t condition = kNoSlot;  // kNoSlot: nobody stands here any more
    std::uint32_t ranked = 0;           // order of coming to its rank
    std::uint32_t ended = 0;            // order of ending; 0: it has not
    Severity severity{};
    Priority priority = Priority::p5;
    Standing standing = Standing::idle;
    bool flaps = false;
  };

  /// Gives its place.
  std::uint32_t join(std::uint32_t condition, Severity severity, Priority priority, bool flaps);
  void rank(std::uint32_t place, Severity severity, Priority priority);
  void stand(std::uint32_t place, Standing standing);
  void flap(std::uint32_t place, bool flaps);
  /// Its condition has ended: it may be let go when there are too many of these.
  void end(std::uint32_t place);
  /// Nobody stands there any more; it stays counted, its rank too. Requires: it is neither active nor held.
  void let_go(std::uint32_t place);
  /// It goes to another list: neither it nor its rank is counted here any more. Gives what it was.
  Member take_out(std::uint32_t place);
  /// Takes one in as it was in another list.
  std::uint32_t take_in(const Member& member);
  /// Of more than `most` that have ended, the place of the one that ended first and does not lead.
  std::optional<std::uint32_t> one_ended_too_many(std::size_t most);
  /// Where many places are empty: moves members together and tells `moved(condition, place)` of each.
  template <typename F>
  void compact(F&& moved);

  /// Takes in all of another list, in its order, after its own. `is_here(condition)`: it is a member of this list too,
  /// and stays where it is; of the others `moved(condition, place)` is told. Those that were let go there are counted
  /// here. The other list is empty afterwards.
  template <typename IsHere, typename Moved>
  void take_over(MemberList& other, IsHere&& is_here, Moved&& moved);
  /// The same, but those of the other list stand before its own, came to their ranks before them, and ended before
  /// them: as if this list had been taken over by the other. Costs what the other list holds.
  template <typename IsHere, typename Moved>
  void take_over_before(MemberList& other, IsHere&& is_here, Moved&& moved);

  const Member& operator[](std::uint32_t place) const { return places_[place - base_]; }
  /// How many places there are, those at which nobody stands (any more) included.
  std::uint32_t places() const { return static_cast<std::uint32_t>(places_.size()); }
  /// So many of the first places were never taken.
  std::uint32_t room_before() const { return room_before_; }
  /// Who stands at the n-th place, from 0.
  const Member& nth(std::uint32_t n) const { return places_[n]; }
  /// All that joined, those that were let go included.
  std::uint64_t joined() const { return present_ + gone_; }
  std::uint64_t present() const { return present_; }
  std::uint64_t active() const { return active_; }
  std::uint64_t held() const { return held_; }
  std::uint64_t flapping() const { return flapping_; }
  bool any_fires() const { return active_ + held_ > 0; }
  Severity severity() const;
  Priority priority() const;
  /// The condition that gives title and people; kNoSlot when there is nobody.
  std::uint32_t lead() const { return lead_ == kNoSlot ? kNoSlot : at(lead_).condition; }
  std::uint32_t lead_place() const { return lead_; }
  /// Up to `count` conditions, in the order of joining: the lead, and the newest of the others.
  void newest(std::size_t count, std::vector<std::uint32_t>& conditions) const;
  /// Up to `count` that joined last, the newest first; those that were let go are not there.
  void last_joined(std::size_t count, std::vector<std::uint32_t>& conditions) const;
  /// Up to `count` that have ended last, the newest first.
  void last_ended(std::size_t count, std::vector<std::uint32_t>& conditions) const;
  /// `f(condition)` in the order of joining.
  template <typename F>
  void for_each(F&& f) const {
    for (const Member& member : places_) {
      if (member.condition != kNoSlot) f(member.condition);
    }
  }
  /// Everybody is let go, without a trace but the ranks and the number of all.
  void clear();
  void move_to_scale(const ScaleHistory& scales, std::uint16_t from);

  /// `number(condition)`, and back.
  template <typename F>
  void write(CanonicalWriter& out, F&& number) const;
  template <typename F>
  bool read(CanonicalReader& in, F&& slot);
  void check() const;

 private:
  struct Ranked {
    Priority priority;
    std::uint8_t below;  // the highest severity
    std::uint32_t ranked;
    std::uint32_t place;
    friend auto operator<=>(const Ranked&, const Ranked&) = default;
  };
  struct Ended {
    std::uint32_t place;
    std::uint32_t ended;
  };

  static constexpr std::size_t kWalkedMax = 16;  // up to here a walk finds the lead as fast as a tree
  /// Orders of coming to a rank and of ending, and places: what joins at the end goes up from here, what comes before
  /// goes down.
  static constexpr std::uint32_t kMiddle = std::uint32_t{1} << 31;

  Member& at(std::uint32_t place) { return places_[place - base_]; }
  const Member& at(std::uint32_t place) const { return places_[place - base_]; }
  std::uint32_t place_of(std::size_t n) const { return base_ + static_cast<std::uint32_t>(n); }
  void make_room_before(std::size_t wanted);
  Ranked ranked(std::uint32_t place) const {
    const Member& member = at(place);
    return {member.priority, static_cast<std::uint8_t>(255 - member.severity.level), member.ranked, place};
  }
  void enter_ranking(std::uint32_t place);
  void leave_ranking(std::uint32_t place);
  void find_lead();
  void count(const Member& member, std::int64_t by);
  bool is_ended(const Ended& one) const {
    return at(one.place).condition != kNoSlot && at(one.place).ended == one.ended;
  }

  std::vector<Member> places_;
  std::uint32_t base_ = kMiddle;     // the place of the first
  std::uint32_t room_before_ = 0;    // so many of the first places were never taken
  absl::btree_set<Ranked> ranking_;  // of lists of more than kWalkedMax; else empty
  std::deque<Ended> endings_;        // in order; some are void
  std::uint32_t lead_ = kNoSlot;
  std::uint32_t order_ = kMiddle;         // the last that was given out at the end
  std::uint32_t order_before_ = kMiddle;  // the last that was given out before; itself never
  std::uint32_t ended_count_ = 0;
  std::uint64_t present_ = 0;
  std::uint64_t gone_ = 0;
  std::uint64_t active_ = 0;
  std::uint64_t held_ = 0;
  std::uint64_t flapping_ = 0;
  std::array<std::uint32_t, kSeverityLevelsMax> by_severity_{};
  std::array<std::uint32_t, 6> by_priority_{};
};

template <typename F>
void MemberList::compact(F&& moved) {
  if (places_.size() < 64 || places_.size() < 2 * present_) return;
  std::uint32_t to = 0;
  std::vector<std::uint32_t> now(places_.size(), kNoSlot);
  for (std::uint32_t from = 0; from < places_.size(); ++from) {
    if (places_[from].condition == kNoSlot) continue;
    now[from] = to;
    places_[to] = places_[from];
    moved(places_[to].condition, kMiddle + to);
    ++to;
  }
  TOCSIN_CHECK(to == present_, "those that are present stand somewhere");
  places_.resize(to);
  places_.shrink_to_fit();
  const std::uint32_t base = std::exchange(base_, kMiddle);
  room_before_ = 0;
  if (lead_ != kNoSlot) lead_ = place_of(now[lead_ - base]);
  std::deque<Ended> endings;
  for (const Ended& one : endings_) {
    const std::uint32_t n = now[one.place - base];
    if (n != kNoSlot && places_[n].ended == one.ended) endings.push_back({place_of(n), one.ended});
  }
  endings_ = std::move(endings);
  ranking_.clear();
  if (places_.size() <= kWalkedMax) return;
  for (std::uint32_t n = 0; n < to; ++n) ranking_.insert(ranked(place_of(n)));
}

template <typename IsHere, typename Moved>
void MemberList::take_over(MemberList& other, IsHere&& is_here, Moved&& moved) {
  std::vector<Ended> ended;  // place here, order there
  for (const Member& member : other.places_) {
    if (member.condition == kNoSlot) continue;
    other.count(member, -1);
    if (is_here(member.condition)) continue;
    const std::uint32_t place = join(member.condition, member.severity, member.priority, member.flaps);
    stand(place, member.standing);
    if (member.ended != 0) ended.push_back({place, member.ended});
    moved(member.condition, place);
  }
  std::sort(ended.begin(), ended.end(), [](const Ended& a, const Ended& b) { return a.ended < b.ended; });
  for (const Ended& one : ended) end(one.place);
  // What is left of the other's counts is of those that it has let go.
  for (std::size_t level = 0; level < by_severity_.size(); ++level) by_severity_[level] += other.by_severity_[level];
  for (std::size_t rank = 0; rank < by_priority_.size(); ++rank) by_priority_[rank] += other.by_priority_[rank];
  gone_ += other.gone_;
  other = MemberList{};
}

template <typename IsHere, typename Moved>
void MemberList::take_over_before(MemberList& other, IsHere&& is_here, Moved&& moved) {
  std::vector<Member> coming;
  for (const Member& member : other.places_) {
    if (member.condition == kNoSlot) continue;
    other.count(member, -1);
    if (!is_here(member.condition)) coming.push_back(member);
  }
  // Their order among themselves stays, all of it below what is here.
  const auto count_down = [&](auto order_of, auto wanted) {
    std::vector<Member*> all;
    for (Member& member : coming) {
      if (wanted(member)) all.push_back(&member);
    }
    std::sort(all.begin(), all.end(), [&](Member* a, Member* b) { return order_of(*a) > order_of(*b); });
    for (Member* member : all) order_of(*member) = --order_before_;
    return all;
  };
  count_down([](Member& one) -> std::uint32_t& { return one.ranked; }, [](const Member&) { return true; });
  const std::vector<Member*> ended = count_down([](Member& one) -> std::uint32_t& { return one.ended; },
                                                [](const Member& one) { return one.ended != 0; });
  make_room_before(coming.size());
  room_before_ -= static_cast<std::uint32_t>(coming.size());
  const std::uint32_t first = place_of(room_before_);
  // The last that ended first, each before the one that was put there last.
  for (const Member* one : ended)
    endings_.push_front({first + static_cast<std::uint32_t>(one - coming.data()), one->ended});
  ended_count_ += static_cast<std::uint32_t>(ended.size());
  for (std::size_t i = 0; i < coming.size(); ++i) {
    const std::uint32_t place = first + static_cast<std::uint32_t>(i);
    const Member& member = at(place) = coming[i];
    ++present_;
    active_ += member.standing == Standing::active ? 1 : 0;
    held_ += member.standing == Standing::held ? 1 : 0;
    flapping_ += member.flaps ? 1 : 0;
    count(member, 1);
    if (!ranking_.empty()) ranking_.insert(ranked(place));
    moved(member.condition, place);
  }
  if (ranking_.empty() && places_.size() > kWalkedMax) {
    for (std::uint32_t n = 0; n < places_.size(); ++n) {
      if (places_[n].condition != kNoSlot) ranking_.insert(ranked(place_of(n)));
    }
  }
  find_lead();
  // What is left of the other's counts is of those that it has let go.
  for (std::size_t level = 0; level < by_severity_.size(); ++level) by_severity_[level] += other.by_severity_[level];
  for (std::size_t rank = 0; rank < by_priority_.size(); ++rank) by_priority_[rank] += other.by_priority_[rank];
  gone_ += other.gone_;
  other = MemberList{};
}

template <typename F>
void MemberList::write(CanonicalWriter& out, F&& number) const {
  out.part("members 2");
  out.u64(gone_);
  out.u32(order_);
  out.u32(order_before_);
  for (const std::uint32_t count : by_severity_) out.u32(count);
  for (const std::uint32_t count : by_priority_) out.u32(count);
  out.u32(static_cast<std::uint32_t>(present_));
  for (const Member& member : places_) {
    if (member.condition == kNoSlot) continue;
    out.u64(number(member.condition));
    out.u32(member.ranked);
    out.u32(member.ended);
    out.u8(member.severity.level);
    out.u8(static_cast<std::uint8_t>(member.priority));
    out.u8(static_cast<std::uint8_t>(member.standing));
    out.flag(member.flaps);
  }
  out.u64(lead_ == kNoSlot ? 0 : number(at(lead_).condition));
}

template <typename F>
bool MemberList::read(CanonicalReader& in, F&& slot) {
  in.part("members 2");
  gone_ = in.u64();
  order_ = in.u32();
  order_before_ = in.u32();
  for (std::uint32_t& count : by_severity_) count = in.u32();
  for (std::uint32_t& count : by_priority_) count = in.u32();
  const std::uint32_t count = in.count(20);
  for (std::uint32_t n = 0; n < count && !in.failed(); ++n) {
    const std::uint32_t place = place_of(n);
    Member member;
    member.condition = slot(in.u64(), place);
    member.ranked = in.u32();
    member.ended = in.u32();
    member.severity.level = in.u8_below(kSeverityLevelsMax);
    member.priority = static_cast<Priority>(in.u8_below(6));
    member.standing = static_cast<Standing>(in.u8_below(3));
    member.flaps = in.flag();
    if (member.condition == kNoSlot) {
      in.fail();
      return false;
    }
    places_.push_back(member);
    ++present_;
    active_ += member.standing == Standing::active ? 1 : 0;
    held_ += member.standing == Standing::held ? 1 : 0;
    flapping_ += member.flaps ? 1 : 0;
    if (member.ended != 0) {
      ++ended_count_;
      endings_.push_back({place, member.ended});
    }
  }
  std::sort(endings_.begin(), endings_.end(), [](const Ended& a, const Ended& b) { return a.ended < b.ended; });
  if (places_.size() > kWalkedMax) {
    for (std::uint32_t n = 0; n < places_.size(); ++n) ranking_.insert(ranked(place_of(n)));
  }
  const std::uint64_t lead = in.u64();
  find_lead();
  if (lead_ != kNoSlot && lead == 0) in.fail();
  return !in.failed();
}

}  // namespace tocsin
