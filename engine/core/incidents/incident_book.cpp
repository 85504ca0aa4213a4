#include "engine/core/incidents/incident_book.h"

#include <chrono>

#include "engine/core/incidents/short_id.h"
#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {

void IncidentBook::move_to_scale(IncidentState& incident) const {
  incident.members.move_to_scale(scales_, incident.scale);
  incident.telling.severity = scales_.now(incident.telling.severity, incident.scale);
  for (std::optional<Severity>* said : {&incident.handling.severity}) {
    if (*said) *said = scales_.now(**said, incident.scale);
  }
  incident.handling.acknowledged_severity = scales_.now(incident.handling.acknowledged_severity, incident.scale);
  incident.telling.lines.clear();  // they have names of severities
  incident.scale = scales_.current();
}

std::uint32_t IncidentBook::add(Instant now) {
  const std::uint32_t slot = incidents_.take();
  IncidentState& incident = incidents_[slot];
  incident.number = ++number_;
  incident.scale = scales_.current();
  incident.opened_at = incident.updated_at = now;
  incident.escalation.waits_since = now;
  return slot;
}

void IncidentBook::name(std::uint32_t slot) {
  const IncidentState& incident = incidents_[slot];
  TOCSIN_CHECK(incident.id != IncidentId{}, "an incident has an id");
  const bool is_new = by_id_.emplace(incident.id.bits, slot).second;
  TOCSIN_CHECK(is_new, "no two incidents have one id");
  by_number_.emplace(incident.number, slot);
}

void IncidentBook::resolve(std::uint32_t slot, Instant now, Duration reopen_within, bool by_hand) {
  IncidentState& incident = on_scale(slot);
  TOCSIN_CHECK(is_live(incident), "what resolves was open");
  TOCSIN_CHECK(by_hand || !incident.members.any_fires(), "an incident resolves with its last member that fires");
  incident.handling.resolved_by_hand = by_hand;
  incident.status = IncidentStatus::resolved;
  incident.resolved_at = now;
  end_escalation(incident);
  // The bound of `reopen.within` is inclusive: it closes at the first instant after it.
  incident.closes_at = now + reopen_within + Duration{1};
  closes_.add(incident.closes_at, incident.number, slot, incident.generation);
}

void IncidentBook::reopen(std::uint32_t slot, Instant now) {
  IncidentState& incident = on_scale(slot);
  TOCSIN_CHECK(incident.status == IncidentStatus::resolved, "what reopens was resolved");
  TOCSIN_CHECK(incident.members.any_fires(), "a member that fires reopens an incident");
  incident.status = IncidentStatus::open;
  if (incident.escalation.waits_since == kUnset) incident.escalation.waits_since = now;
  incident.handling.resolved_by_hand = false;
  ++incident.times.reopened;
  incident.times.reopened_at = now;
  incident.times.to_reopen = now - incident.resolved_at;
  incident.resolved_at = kUnset;
  incident.closes_at = kNever;
}

void IncidentBook::close(std::uint32_t slot, Instant now) {
  IncidentState& incident = on_scale(slot);
  TOCSIN_CHECK(incident.status == IncidentStatus::resolved, "what closes was resolved");
  TOCSIN_CHECK(incident.members.active() == 0 || incident.handling.resolved_by_hand,
               "an incident with an active member closes by hand only");
  incident.status = IncidentStatus::closed;
  incident.handling.snoozed_until = kUnset;
  incident.closed_at = now;
  incident.closes_at = kNever;
}

void IncidentBook::end_as_merged(std::uint32_t slot, IncidentId into, Instant now) {
  IncidentState& incident = on_scale(slot);
  TOCSIN_CHECK(!is_over(incident), "what is over does not end again");
  TOCSIN_CHECK(into != incident.id && into != IncidentId{}, "what is merged goes on in another");
  incident.status = IncidentStatus::merged;
  end_escalation(incident);
  incident.handling.snoozed_until = kUnset;
  incident.merged_into = into;
  incident.closed_at = now;
  incident.closes_at = kNever;
}

void IncidentBook::exchange(std::uint32_t a, std::uint32_t b) {
  IncidentState& one = on_scale(a);
  IncidentState& other = on_scale(b);
  TOCSIN_CHECK(a != b && one.tenant == other.tenant, "two incidents of a tenant change places");
  TOCSIN_CHECK(one.used && other.used, "both are known");
  ranking_.take_out(one, a);
  ranking_.take_out(other, b);
  std::swap(one, other);
  // What is found by the slot stays where it is.
  std::swap(one.generation, other.generation);
  std::swap(one.claims, other.claims);
  std::swap(one.members, other.members);
  std::swap(one.spread, other.spread);
  std::swap(one.shared_labels, other.shared_labels);
  std::swap(one.nodes, other.nodes);
  for (const std::uint32_t slot : {a, b}) {
    by_id_[incidents_[slot].id.bits] = slot;
    by_number_[incidents_[slot].number] = slot;
    rank(slot);
  }
}

void IncidentBook::dissolve(std::uint32_t slot) {
  IncidentState& incident = incidents_[slot];
  TOCSIN_CHECK(incident.telling.revision == Revision{} && incident.members.present() == 0,
               "only what nobody was told of leaves no trace");
  TOCSIN_CHECK(!incident.takes_in(), "nobody joins what is gone");
  by_id_.erase(incident.id.bits);
  by_number_.erase(incident.number);
  ranking_.take_out(incidents_[slot], slot);
  incidents_.release(slot);
}

void IncidentBook::stay_resolved(std::uint32_t slot, Instant closes_at) {
  IncidentState& incident = on_scale(slot);
  TOCSIN_CHECK(incident.status == IncidentStatus::resolved, "what stays resolved was");
  if (closes_at <= incident.closes_at) return;
  incident.closes_at = closes_at;
  closes_.add(closes_at, incident.number, slot, incident.generation);
}

void IncidentBook::keep_closed(std::uint32_t slot) {
  TOCSIN_CHECK(is_over(incidents_[slot]), "what is kept as closed is over");
  TOCSIN_CHECK(incidents_[slot].members.present() == 0, "who was a member of a closed incident is let go");
  TOCSIN_CHECK(!incidents_[slot].takes_in(), "nobody joins a closed incident");
  incidents_[slot].spread.reset();
  incidents_[slot].shared_labels.reset();
  rank(slot);  // its members may have taken their ranks with them
  closed_.push_back(slot);
}

void IncidentBook::forget_old(Instant now) {
  constexpr Duration kAgeMax = std::chrono::days{limits::kClosedIncidentDaysMax};
  while (!closed_.empty() &&
         (closed_.size() > limits::kClosedIncidentsMax || now - incidents_[closed_.front()].closed_at > kAgeMax)) {
    forget(closed_.front());
    closed_.pop_front();
  }
}

void IncidentBook::forget(std::uint32_t slot) {
  const IncidentState& incident = incidents_[slot];
  TOCSIN_CHECK(is_over(incident), "only what is over is forgotten");
  by_id_.erase(incident.id.bits);
  by_number_.erase(incident.number);
  ranking_.take_out(incidents_[slot], slot);
  incidents_.release(slot);
}

std::uint32_t IncidentBook::take_close(Instant now) {
  const Deadline due = closes_.take();
  TOCSIN_CHECK(due.at == now, "a deadline is met at its own instant");
  const std::uint32_t slot = slot_of(due);
  if (slot == kNoSlot) return kNoSlot;
  // It may have been reopened and resolved again since: then a later one is in the queue.
  const IncidentState& incident = incidents_[slot];
  return incident.status == IncidentStatus::resolved && incident.closes_at == now ? slot : kNoSlot;
}

std::uint32_t IncidentBook::take_age(Instant now) {
  const Deadline due = ages_.take();
  TOCSIN_CHECK(due.at == now, "a deadline is met at its own instant");
  const std::uint32_t slot = slot_of(due);
  if (slot == kNoSlot) return kNoSlot;
  const IncidentState& incident = incidents_[slot];
  return incident.ages_at == now && !is_over(incident) ? slot : kNoSlot;
}

void IncidentBook::watch_age(std::uint32_t slot, Instant at) {
  IncidentState& incident = incidents_[slot];
  if (incident.ages_at == at) return;  // it is set already
  incident.ages_at = at;
  if (at == kNever) return;
  // It moves with each acknowledgement, and may be days ahead.
  if (ages_.is_crowded(incidents_.count())) {
    ages_.sweep([this](const Deadline& one) {
      const std::uint32_t of = slot_of(one);
      return of != kNoSlot && incidents_[of].ages_at == one.at;
    });
  }
  ages_.add(at, incident.number, slot, incident.generation);
}

/// Nothing of it is to be escalated any more; what was stays.
void IncidentBook::end_escalation(IncidentState& incident) {
  incident.escalation.waits_since = kUnset;
  incident.escalation.next = {};
  incident.ages_at = kNever;
}

void IncidentBook::snooze(std::uint32_t slot, Instant until) {
  IncidentState& incident = incidents_[slot];
  if (incident.handling.snoozed_until == until) return;
  incident.handling.snoozed_until = until;
  if (until != kUnset) snoozes_.add(until, incident.number, slot, incident.generation);
}

std::uint32_t IncidentBook::take_snooze(Instant now) {
  const Deadline due = snoozes_.take();
  TOCSIN_CHECK(due.at == now, "a deadline is met at its own instant");
  const std::uint32_t slot = slot_of(due);
  return slot != kNoSlot && incidents_[slot].handling.snoozed_until == now ? slot : kNoSlot;
}

void IncidentBook::watch_update(std::uint32_t slot, Instant due) {
  const IncidentState& incident = incidents_[slot];
  TOCSIN_CHECK(incident.progress != nullptr, "what is due is kept with the plan");
  PlanProgress& progress = *incident.progress;
  if (progress.update_due == due && !progress.update_overdue) return;
  progress.update_due = due;
  progress.update_overdue = false;
  if (due != kNever) updates_.add(due, incident.number, slot, incident.generation);
  // Each word of somebody moves it far ahead.
  if (updates_.is_crowded(by_number_.size())) {
    updates_.sweep([this](const Deadline& one) {
      const std::uint32_t of = slot_of(one);
      if (of == kNoSlot) return false;
      const auto& kept = incidents_[of].progress;
      return kept != nullptr && kept->update_due == one.at && !kept->update_overdue;
    });
  }
}

std::uint32_t IncidentBook::take_update(Instant now) {
  const Deadline due = updates_.take();
  TOCSIN_CHECK(due.at == now, "a deadline is met at its own instant");
  const std::uint32_t slot = slot_of(due);
  if (slot == kNoSlot) return kNoSlot;
  const IncidentState& incident = incidents_[slot];
  if (!is_live(incident) || incident.progress == nullptr) return kNoSlot;
  PlanProgress& progress = *incident.progress;
  if (progress.update_due != now || progress.update_overdue) return kNoSlot;
  progress.update_overdue = true;
  return slot;
}

std::vector<std::uint32_t> IncidentBook::find_by_prefix(std::string_view digits) const {
  std::vector<std::uint32_t> found;
  IncidentId least;
  IncidentId most;
  if (!incident_ids_from(digits, least, most)) return found;
  for (auto next = by_id_.lower_bound(least.bits); next != by_id_.end() && next->first <= most.bits; ++next) {
    if (found.size() == 2) break;
    found.push_back(next->second);
  }
  return found;
}

void IncidentBook::take_up(std::uint32_t slot) {
  const IncidentState& incident = incidents_[slot];
  rank(slot);
  if (incident.status == IncidentStatus::resolved)
    closes_.add(incident.closes_at, incident.number, slot, incident.generation);
  if (incident.handling.snoozed_until != kUnset && !is_over(incident))
    snoozes_.add(incident.handling.snoozed_until, incident.number, slot, incident.generation);
  if (incident.progress != nullptr && incident.progress->update_due != kNever && !incident.progress->update_overdue)
    updates_.add(incident.progress->update_due, incident.number, slot, incident.generation);
  if (incident.ages_at != kNever && !is_over(incident))
    ages_.add(incident.ages_at, incident.number, slot, incident.generation);
}

void IncidentBook::check() const {
  TOCSIN_CHECK(by_number_.size() == incidents_.count() && by_id_.size() == incidents_.count(),
               "each has id and number");
  TOCSIN_CHECK(ranking_.places().size() == by_number_.size(), "each stands in one place of the ranking");
  std::size_t closed = 0;
  for (const auto& [number, slot] : by_number_) {
    const IncidentState& incident = on_scale(slot);
    TOCSIN_CHECK(incident.number == number && number <= number_, "numbers are given out in order");
    TOCSIN_CHECK(find(incident.id) == slot, "each is found by its id");
    incident.members.check();
    TOCSIN_CHECK((incident.status == IncidentStatus::merged) == (incident.merged_into != IncidentId{}),
                 "what is merged says into which");
    TOCSIN_CHECK(
        ranking_.places().contains({IncidentRanking::group_of(incident.status), incident.priority(), number, slot}),
        "each stands where its status and priority put it");
    if (incident.progress != nullptr) incident.progress->check();
    TOCSIN_CHECK(!incident.handling.score || !is_live(incident) || incident.handling.score->points > 0,
                 "a score says something");
    if (is_over(incident)) {
      ++closed;
      TOCSIN_CHECK(incident.members.present() == 0 && !incident.takes_in(), "nobody is a member of what is closed");
      TOCSIN_CHECK(incident.telling.closed != nullptr, "what is closed has its last record");
      continue;
    }
    TOCSIN_CHECK(incident.members.present() > 0, "an incident has a member");
    TOCSIN_CHECK(is_live(incident) == (incident.closes_at == kNever), "what is resolved closes some day");
    TOCSIN_CHECK(!is_live(incident) || incident.members.any_fires(), "what is open has a member that fires");
    TOCSIN_CHECK(is_live(incident) || incident.handling.resolved_by_hand || incident.members.active() == 0,
                 "what is resolved by its alerts has no active member");
    TOCSIN_CHECK(!is_live(incident) || !incident.handling.resolved_by_hand, "what is open was not resolved by hand");
    TOCSIN_CHECK(incident.status != IncidentStatus::acknowledged || incident.handling.acknowledged_at != kUnset,
                 "what is acknowledged was at an instant");
    TOCSIN_CHECK(!is_over(incident) || incident.handling.snoozed_until == kUnset, "what is over is not snoozed");
    TOCSIN_CHECK(incident.progress == nullptr || is_live(incident) || incident.progress->update_due == kNever,
                 "stakeholders hear of what goes on");
    TOCSIN_CHECK(incident.handling.notes.size() <= limits::kIncidentNotesMax, "notes are bounded");
    incident.escalation.check(incident.status == IncidentStatus::open, is_live(incident));
    TOCSIN_CHECK(is_live(incident) || incident.ages_at == kNever, "what does not fire does not age");
    TOCSIN_CHECK(incident.telling.revision.value() > 0, "what is open was told");
  }
  TOCSIN_CHECK(closed == closed_.size(), "closed ones are in the list of these");
}

}  // namespace tocsin
