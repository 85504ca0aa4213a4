// Flapping is a state of an alert, not a silence: while it flaps its incident counts it as firing, so that it neither
// resolves nor reopens at each change. When the status has been the same for `hold`, it takes effect.
#include "engine/core/flap.h"

#include <memory>

#include "engine/core/shard_state.h"
#include "engine/model/check.h"

namespace tocsin {

bool Flap::note_change(const rules::FlapPolicy& policy, Instant now) {
  changes.push_back(now);
  if (changes.size() > policy.changes) {
    changes.erase(changes.begin(), changes.end() - static_cast<std::ptrdiff_t>(policy.changes));
  }
  const bool begins = !flaps && changes.size() == policy.changes && now - changes.front() <= policy.within;
  flaps = flaps || begins;
  if (flaps) quiet_at = now + policy.hold;
  return begins;
}

/// The status of the alert is another: the true one, whatever its incident counts.
void ShardState::status_changed(std::uint32_t slot) {
  const auto& policy = rules_->dedup.flap;
  AlertState& alert = alerts_[slot];
  if (!policy) return;
  if (alert.flap == nullptr) alert.flap = std::make_unique<Flap>();
  if (!alert.flap->note_change(*policy, now_)) return;
  deadlines_.add(alert.flap->quiet_at, DeadlineKind::flap_ends, slot, alert.generation);
  if (alert.incident == kNoSlot) return;
  ++incidents_[alert.incident].flapping;
  member_changed(slot);
  touch(alert.incident, IncidentChange::updated);
}

/// What has ended counts on in its incident: as active, or as held back where it was.
bool ShardState::stays_for_its_flap(const AlertState& alert) const {
  return alert.flaps() && alert.incident != kNoSlot && is_live(incidents_[alert.incident]) &&
         (alert.standing == Standing::active || alert.standing == Standing::held);
}

void ShardState::end_flap(std::uint32_t slot) {
  AlertState& alert = alerts_[slot];
  TOCSIN_CHECK(alert.flaps(), "a flap has one deadline");
  if (alert.flap->quiet_at > now_) {  // it has changed since
    deadlines_.add(alert.flap->quiet_at, DeadlineKind::flap_ends, slot, alert.generation);
    return;
  }
  alert.flap->flaps = false;
  if (alert.incident == kNoSlot) return;
  --incidents_[alert.incident].flapping;
  member_changed(slot);
  if (!alert.lingers) return touch(alert.incident, IncidentChange::updated);
  alert.lingers = false;
  end_for_good(slot);
}

}  // namespace tocsin
