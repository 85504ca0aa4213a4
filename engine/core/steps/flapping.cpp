// Flapping is a state of an alert, not a silence: while it flaps its incident counts it as firing, so that it neither
// resolves nor reopens at each change. When the status has been the same for `hold`, it takes effect.
#include <memory>

#include "engine/core/shard_state.h"
#include "engine/model/check.h"

namespace tocsin {

/// The status of the alert is another: the true one, whatever its incident counts.
void ShardState::status_changed(std::uint32_t slot) {
  const auto& policy = rules_->dedup.flap;
  Condition& alert = conditions_[slot];
  if (!policy) return;
  if (alert.flap == nullptr) alert.flap = std::make_unique<Flap>();
  const Instant was_quiet_at = alert.flap->quiet_at;
  const bool begins = alert.flap->note_change(*policy, now_);
  // Under a shorter `hold` than before it is quiet earlier than its deadline in the queue.
  if (begins || (alert.flaps() && alert.flap->quiet_at < was_quiet_at)) {
    conditions_.add_flap(slot, alert.flap->quiet_at);
  }
  if (!begins) return;
  conditions_.begin_flap(slot);
  alert.for_each_membership([&](const Membership& one) {
    incidents_[one.incident].members.flap(one.place, true);
    touch(one.incident, IncidentChange::updated);
  });
  member_changed(slot);
}

/// What has ended counts on in its incident: as active, or as held back where it was.
bool ShardState::stays_for_its_flap(const Condition& alert) const {
  return alert.flaps() && alert.primary && is_live(incidents_[alert.primary.incident]) &&
         (alert.standing == Standing::active || alert.standing == Standing::held);
}

void ShardState::meet_flap(std::uint32_t slot) {
  Condition& alert = conditions_[slot];
  if (!alert.flaps()) return;  // the rules ask for it no more
  TOCSIN_CHECK(alert.flap->quiet_at >= now_, "a flap has a deadline not after its end");
  if (alert.flap->quiet_at > now_) return conditions_.add_flap(slot, alert.flap->quiet_at);  // it has changed since
  end_flap(slot);
}

void ShardState::end_flap(std::uint32_t slot) {
  Condition& alert = conditions_[slot];
  alert.flap->flaps = false;
  conditions_.end_flap(slot);
  alert.for_each_membership([&](const Membership& one) {
    incidents_[one.incident].members.flap(one.place, false);
    if (!alert.lingers) touch(one.incident, IncidentChange::updated);
  });
  member_changed(slot);
  if (!alert.lingers) return;
  alert.lingers = false;
  alert.ended_at = now_;
  suppression_.leave(alert, slot, now_);
  add_turned();
  add_fact(Fact::Kind::left, slot);
  take_facts();
}

}  // namespace tocsin
