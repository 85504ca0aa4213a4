#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/btree_map.h>

#include "engine/core/canonical.h"
#include "engine/core/deadlines.h"
#include "engine/core/incidents/incident_ranking.h"
#include "engine/core/incidents/incident_state.h"
#include "engine/core/scale_history.h"
#include "engine/core/slots.h"

namespace tocsin {

/// All incidents that are known: who is a member, their life, rank and audiences. It knows nothing of rules or texts
/// but what it is given.
///
/// Invariants: numbers rise in order of opening; what is resolved has a deadline at which it closes; an incident that
/// is over (closed, merged) has no members; those are bounded by count and age.
class IncidentBook {
 public:
  explicit IncidentBook(const ScaleHistory& scales) : scales_(scales) {}

  IncidentState& operator[](std::uint32_t slot) { return on_scale(slot); }
  const IncidentState& operator[](std::uint32_t slot) const { return on_scale(slot); }
  bool holds(std::uint32_t slot) const { return incidents_.holds(slot); }
  std::size_t count() const { return incidents_.count(); }
  /// kNoSlot: not known, or forgotten.
  std::uint32_t find(IncidentId id) const {
    const auto found = by_id_.find(id.bits);
    return found == by_id_.end() ? kNoSlot : found->second;
  }
  /// In order of opening: number → slot.
  const std::map<std::uint64_t, std::uint32_t>& by_number() const { return by_number_; }
  /// Those whose ids begin with `digits` (of `to_text`, the `inc-` may be left out), at most two, among the newest that
  /// a query may look at.
  std::vector<std::uint32_t> find_by_prefix(std::string_view digits) const;
  /// The most pressing first.
  const IncidentRanking::Places& by_rank() const { return ranking_.places(); }
  /// Its status or priority may be another than before: at the end of each step that touched it.
  void rank(std::uint32_t slot) { ranking_.put(incidents_[slot], slot); }
  /// A repeat of a member, on the hot path.
  void count_repeat(std::uint32_t slot) { ++incidents_[slot].repeats; }

  /// The number that the next incident will have.
  std::uint64_t next_number() const { return number_ + 1; }
  /// Takes one in; the caller fills it, id and all, and calls `name`.
  std::uint32_t add(Instant now);
  void name(std::uint32_t slot);

  /// The last of its members that fire has ended, or somebody says so.
  void resolve(std::uint32_t slot, Instant now, Duration reopen_within, bool by_hand = false);
  void reopen(std::uint32_t slot, Instant now);
  void close(std::uint32_t slot, Instant now);
  /// It goes on in another. Its members are moved by the caller, who then calls `keep_closed`.
  void end_as_merged(std::uint32_t slot, IncidentId into, Instant now);
  /// What people know of two incidents (names, life, what was told) changes places: each goes on with the members of
  /// the other, its groups and what is counted of them. So the longer list need not move when two become one.
  void exchange(std::uint32_t a, std::uint32_t b);
  /// The slot of the incident that a deadline is of; kNoSlot: it is not known any more.
  std::uint32_t slot_of(const Deadline& deadline) const { return slot_of(deadline.number, deadline.slot); }
  /// Of the incident with this number, which was seen at `slot` last.
  std::uint32_t slot_of(std::uint64_t number, std::uint32_t slot) const {
    if (incidents_.holds(slot) && incidents_[slot].number == number) return slot;
    const auto found = by_number_.find(number);
    return found == by_number_.end() ? kNoSlot : found->second;
  }
  /// The same for what was opened in this step and never told: it leaves no trace. Requires: its members are gone.
  void dissolve(std::uint32_t slot);
  /// Another one that was resolved was merged into it: it closes when the later of both would have.
  void stay_resolved(std::uint32_t slot, Instant closes_at);
  /// It has been told of and its members are gone. Gives incidents that are one too many to be forgotten.
  void keep_closed(std::uint32_t slot);
  /// Forgets closed incidents beyond the bounds of count and age; cheap when there are none.
  void forget_old(Instant now);

  Instant next_close() const { return closes_.next(); }
  Instant next_age() const { return ages_.next(); }
  /// The incident of the deadline that is due at `now`; kNoSlot: it is void.
  std::uint32_t take_close(Instant now);
  std::uint32_t take_age(Instant now);
  void watch_age(std::uint32_t slot, Instant at);
  /// Until when it is not told; kUnset: from now on it is.
  void snooze(std::uint32_t slot, Instant until);
  Instant next_snooze() const { return snoozes_.next(); }
  std::uint32_t take_snooze(Instant now);
  /// When stakeholders are to hear of it again; kNever: nobody is. Requires: it has progress.
  void watch_update(std::uint32_t slot, Instant due);
  Instant next_update() const { return updates_.next(); }
  /// The incident of which an update is overdue from now on; kNoSlot: the deadline is void.
  std::uint32_t take_update(Instant now);

  /// `number(condition)` and back.
  template <typename F>
  void write(CanonicalWriter& out, F&& number) const;
  template <typename F>
  void read(CanonicalReader& in, F&& slot_of);
  void check() const;

 private:
  IncidentState& on_scale(std::uint32_t slot) const {
    TOCSIN_CHECK(incidents_.holds(slot), "an incident that is asked for is known");
    IncidentState& incident = incidents_[slot];
    if (incident.scale != scales_.current()) [[unlikely]]
      move_to_scale(incident);
    return incident;
  }
  void move_to_scale(IncidentState& incident) const;
  void forget(std::uint32_t slot);
  static void end_escalation(IncidentState& incident);
  void write_one(CanonicalWriter& out, const IncidentState& incident) const;
  void read_one(CanonicalReader& in, IncidentState& incident);
  void take_up(std::uint32_t slot);

  mutable Slots<IncidentState> incidents_;  // a severity is moved to the present scale when it is looked at
  const ScaleHistory& scales_;
  absl::btree_map<Hash128, std::uint32_t> by_id_;
  std::map<std::uint64_t, std::uint32_t> by_number_;
  IncidentRanking ranking_;
  std::deque<std::uint32_t> closed_;  // what is over, in order of ending
  Deadlines closes_;
  Deadlines ages_;
  Deadlines snoozes_;
  Deadlines updates_;
  std::uint64_t number_ = 0;
};

template <typename F>
void IncidentBook::write(CanonicalWriter& out, F&& number) const {
  out.part("incidents 1");
  out.u64(number_);
  out.u32(static_cast<std::uint32_t>(by_number_.size()));
  for (const auto& [at, slot] : by_number_) {
    const IncidentState& incident = on_scale(slot);
    write_one(out, incident);
    incident.members.write(out, number);
  }
  out.u32(static_cast<std::uint32_t>(closed_.size()));
  for (const std::uint32_t slot : closed_) out.u64(incidents_[slot].number);
}

template <typename F>
void IncidentBook::read(CanonicalReader& in, F&& slot_of) {
  TOCSIN_CHECK(incidents_.count() == 0, "a state is read into an empty book");
  in.part("incidents 1");
  number_ = in.u64();
  const std::uint32_t count = in.count(100);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint32_t slot = incidents_.take();
    IncidentState& incident = incidents_[slot];
    incident.scale = scales_.current();
    read_one(in, incident);
    const auto place_of = [&](std::uint64_t number, std::uint32_t place) { return slot_of(number, slot, place); };
    if (!incident.members.read(in, place_of)) return;
    if (!by_number_.emplace(incident.number, slot).second || !by_id_.emplace(incident.id.bits, slot).second)
      return in.fail();
    take_up(slot);
  }
  const std::uint32_t closed = in.count(8);
  for (std::uint32_t i = 0; i < closed && !in.failed(); ++i) {
    const auto found = by_number_.find(in.u64());
    if (found == by_number_.end()) return in.fail();
    closed_.push_back(found->second);
  }
}

}  // namespace tocsin
