#include <algorithm>

#include "engine/core/shard_state.h"
#include "engine/model/alert.h"
#include "engine/model/check.h"

namespace tocsin {

/// When the source's word was true: start of a firing, end of a resolved one; never after it was received, so that a
/// clock that runs ahead cannot make its own close look old.
Instant ShardState::event_time_of(const Alert& alert, bool resolved) const {
  const Instant said = resolved ? alert.ends_at : alert.starts_at;
  return said == kUnset ? received_at_ : ours(std::min(said, wall_clock_));
}

void ShardState::see(const Alert& alert, const AlertBatch& batch) {
  ++counts_.alerts_taken;
  const bool said_resolved = says_resolved(alert, wall_clock_);
  const auto known = by_source_identity_.find(alert.identity);
  if (known != by_source_identity_.end()) {
    const AlertState& state = alerts_[known->second];
    // The hot path: one look-up, nothing evaluated. An expired alert is not firing although its source never said so:
    // not a repeat.
    if (state.content == alert.content && state.said_resolved == said_resolved && (state.firing || said_resolved)) {
      if (!state.firing || state.rules_number == rules_number_) return see_repeat(known->second, alert);
      return see_repeat_under_new_rules(known->second, alert, batch);
    }
  }

  normalise_into_scratch(alert, batch);
  if (known != by_source_identity_.end() && (keys_.is_all_labels() || alerts_[known->second].keeps_identity)) {
    return see_known(known->second, alert, categorised_);
  }
  const Hash128 identity = keys_.identity_of(alert.identity, key_, categorised_.facts, scratch_text_);
  const std::uint32_t same = keys_.find(identity, key_, categorised_.facts, scratch_text_);
  if (same == kNoSlot) return see_new(alert, categorised_, identity);
  see_known(same, alert, categorised_);
}

void ShardState::normalise_into_scratch(const Alert& alert, const AlertBatch& batch) {
  scratch_.clear();
  categorised_.unknown_severities = &unknown_severities_;  // only what a source says: not what is recalled of it
  normalise(rule_memo_, alert, batch.source, batch.tenant, wall_clock_, wall_clock_, scratch_, categorised_);
}

void ShardState::see_repeat(std::uint32_t slot, const Alert& alert) {
  AlertState& state = alerts_[slot];
  ++counts_.alerts_repeated;
  ++state.repeats;
  state.last_seen = received_at_;
  if (state.firing) set_expiry(slot, alert);
  if (state.incident != kNoSlot) ++incidents_[state.incident].repeats;
}

void ShardState::see_repeat_under_new_rules(std::uint32_t slot, const Alert& alert, const AlertBatch& batch) {
  AlertState& state = alerts_[slot];
  normalise_into_scratch(alert, batch);
  // Other rules on when it ends: more than a repeat.
  if (categorised_.resolved) return see_known(slot, alert, categorised_);
  categorise(rule_memo_, scratch_, categorised_);
  const AlertRank old_rank = rank_of(state);
  take_category(state, categorised_);
  member_changed(slot);
  take_roles(slot, categorised_.facts);
  take_rank(slot, old_rank);
  see_repeat(slot, alert);
  reconsider(slot, categorised_);
  look_at_turned();
}

void ShardState::see_new(const Alert& alert, const CategorisedAlert& categorised, Hash128 identity) {
  categorise(rule_memo_, scratch_, categorised_);
  const std::uint32_t slot = remember(alert, categorised, identity);
  if (categorised.resolved) {
    // A close without its opening, or before it: remembered for a while, so that the late opening does not open.
    ++counts_.alerts_stale;
    alerts_[slot].ended_at = now_;
    return forget_later(slot);
  }
  ++counts_.alerts_opened;
  ++counts_.alerts_firing;
  alerts_[slot].firing = true;
  set_expiry(slot, alert);
  take_roles(slot, categorised.facts);
  admit(slot, categorised);
  look_at_turned();
}

void ShardState::see_known(std::uint32_t slot, const Alert& alert, CategorisedAlert& categorised) {
  AlertState& state = alerts_[slot];
  const Instant event_time = event_time_of(alert, categorised.resolved);
  if (event_time < state.event_time) {
    ++counts_.alerts_stale;
    return;
  }
  const bool was_firing = state.firing;
  if (categorised.resolved) {
    // A close often says no more than which alert has ended: what is known of it stays.
    take_word(slot, alert, true);
    member_changed(slot);
    if (!was_firing) {
      ++counts_.alerts_repeated;  // other words, but it had ended already
      return;
    }
    ++counts_.alerts_resolved;
    return end(slot);
  }

  categorise(rule_memo_, scratch_, categorised);
  const AlertRank old_rank = rank_of(state);
  take_over(slot, alert, categorised);
  member_changed(slot);
  take_roles(slot, categorised.facts);
  take_rank(slot, old_rank);
  state.firing = true;
  set_expiry(slot, alert);
  if (was_firing) {
    ++counts_.alerts_updated;
    reconsider(slot, categorised);
  } else {
    ++counts_.alerts_opened;
    ++counts_.alerts_firing;
    status_changed(slot);
    if (state.lingers) {  // for its incident it never ended
      state.lingers = false;
      member_heard(slot);
      reconsider(slot, categorised);
    } else {
      state.ended_at = kUnset;
      admit(slot, categorised);
    }
  }
  look_at_turned();
}

void ShardState::end(std::uint32_t slot) {
  AlertState& state = alerts_[slot];
  --counts_.alerts_firing;
  state.firing = false;
  status_changed(slot);
  if (stays_for_its_flap(state)) {
    state.lingers = true;
    return;
  }
  end_for_good(slot);
}

void ShardState::end_for_good(std::uint32_t slot) {
  AlertState& state = alerts_[slot];
  state.ended_at = now_;
  suppression_.leave(state, slot);
  // Before its incident resolves: what it held back may keep it open.
  look_at_turned();
  member_ended(slot);
  forget_later(slot);
}

std::uint32_t ShardState::remember(const Alert& alert, const CategorisedAlert& categorised, Hash128 identity) {
  const std::uint32_t slot = alerts_.take();
  AlertState& state = alerts_[slot];
  state.number = ++alert_number_;
  state.identity = identity;
  state.first_seen = received_at_;
  state.source_identity = alert.identity;
  by_source_identity_.insert_or_assign(alert.identity, slot);
  state.key_number = keys_.current();
  keys_.add(identity, slot);
  take_over(slot, alert, categorised);
  counts_.alerts_known = alerts_.count();
  return slot;
}

void ShardState::take_word(std::uint32_t slot, const Alert& alert, bool resolved) {
  AlertState& state = alerts_[slot];
  if (state.source_identity != alert.identity) {
    // Under the operator's key several label sets are one condition; the newest is the one whose repeats cost one
    // look-up.
    const auto old = by_source_identity_.find(state.source_identity);
    if (old != by_source_identity_.end() && old->second == slot) by_source_identity_.erase(old);
    state.source_identity = alert.identity;
    by_source_identity_.insert_or_assign(alert.identity, slot);
  }
  state.content = alert.content;
  state.mended = alert.mended;
  state.said_resolved = says_resolved(alert, wall_clock_);
  state.event_time = event_time_of(alert, resolved);
  state.last_seen = received_at_;
}

void ShardState::take_over(std::uint32_t slot, const Alert& alert, const CategorisedAlert& categorised) {
  AlertState& state = alerts_[slot];
  take_word(slot, alert, categorised.resolved);
  if (!categorised.resolved) state.starts_at = categorised.facts.starts_at;
  state.fingerprint = {};
  take_category(state, categorised);
}

void ShardState::take_category(AlertState& state, const CategorisedAlert& categorised) {
  state.rules_number = rules_number_;
  state.severity = categorised.facts.severity;
  state.impact = categorised.impact;
  state.urgency = categorised.urgency;
  state.priority = categorised.priority;
  state.tier = categorised.facts.tier;
  state.texts = AlertTexts(categorised.facts);
}

void ShardState::set_expiry(std::uint32_t slot, const Alert& alert) {
  AlertState& state = alerts_[slot];
  // An end that the source stated comes before the rule set's expiry: Prometheus says how long its word is good for.
  state.expires_at = alert.status == AlertStatus::by_end && alert.ends_at > wall_clock_
                         ? ours(alert.ends_at)
                         : received_at_ + rules_->dedup.expire;
  if (state.expires_at < state.scheduled_at) {
    state.scheduled_at = state.expires_at;
    deadlines_.add(state.expires_at, DeadlineKind::alert_expires, slot, state.generation);
  }
}

void ShardState::expire(std::uint32_t slot) {
  AlertState& state = alerts_[slot];
  if (state.scheduled_at != now_) return;  // an earlier one took its place
  state.scheduled_at = kNever;
  if (!state.firing) return;
  if (state.expires_at > now_) {  // repeats have moved it since
    state.scheduled_at = state.expires_at;
    deadlines_.add(state.expires_at, DeadlineKind::alert_expires, slot, state.generation);
    return;
  }
  ++counts_.alerts_expired;
  end(slot);
}

void ShardState::forget_later(std::uint32_t slot) {
  // A member is let go with its incident; see close_incident.
  if (alerts_[slot].incident != kNoSlot) return;
  AlertState& state = alerts_[slot];
  state.forgotten_at = now_ + rules_->dedup.reopen_within + Duration{1};
  deadlines_.add(state.forgotten_at, DeadlineKind::alert_forgotten, slot, state.generation);
}

void ShardState::forget(std::uint32_t slot) {
  const AlertState& state = alerts_[slot];
  const auto known = by_source_identity_.find(state.source_identity);
  if (known != by_source_identity_.end() && known->second == slot) by_source_identity_.erase(known);
  keys_.remove(state.key_number, state.identity, slot);
  alerts_.release(slot);
  counts_.alerts_known = alerts_.count();
}

void ShardState::give_grace() {
  // The queue keeps the old deadlines: each is put off when it is met.
  for (std::uint32_t slot = 0; slot < alerts_.end(); ++slot) {
    AlertState& state = alerts_[slot];
    if (state.used && state.firing) state.expires_at = std::max(state.expires_at, received_at_ + rules_->dedup.expire);
  }
}

}  // namespace tocsin
