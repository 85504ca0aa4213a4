#include "engine/core/shard.h"

#include <algorithm>

#include "engine/core/shard_state.h"
#include "engine/model/alert.h"
#include "engine/model/check.h"

namespace tocsin {

Shard::Shard(rules::RuleSetPtr rules, const HashKey& key)
    : state_(std::make_unique<ShardState>(std::move(rules), key)) {}
Shard::~Shard() = default;
Shard::Shard(Shard&&) noexcept = default;
Shard& Shard::operator=(Shard&&) noexcept = default;

void Shard::apply(const Input& input, std::vector<EffectPtr>& effects) { state_->apply(input, effects); }
Instant Shard::next_deadline() const { return state_->next_deadline(); }
const ShardCounts& Shard::counts() const { return state_->counts(); }

const WordTally& Shard::unknown_severities() const { return state_->unknown_severities(); }

ShardState::ShardState(rules::RuleSetPtr rules, const HashKey& key)
    : rule_memo_(rules), key_(key), suppression_(rules, 0) {
  begin_with(std::move(rules));
}

void ShardState::apply(const Input& input, std::vector<EffectPtr>& effects) {
  TOCSIN_CHECK(input.position > position_, "inputs come in the order of the journal");
  TOCSIN_CHECK(input.at >= received_at_, "time does not go back");
  // The journal goes on after a loss: a new epoch, far above what is known. Another epoch alone may be a new format.
  if (input.life.epoch != life_.epoch && input.position.value() - position_.value() > 1) ++losses_;
  position_ = input.position;
  life_ = input.life;
  const Duration was_behind = received_at_ - wall_clock_;
  received_at_ = input.at;
  wall_clock_ = std::min(input.wall_clock(), input.at);
  const Duration behind = received_at_ - wall_clock_;
  if (behind > was_behind) suppression_.forget_windows();
  effect_index_ = 0;
  effects_ = &effects;
  ++counts_.inputs;

  if (input.kind == InputKind::started || input.kind == InputKind::clock_set) give_grace();
  run_deadlines(input.at);
  now_ = input.at;
  if (behind != was_behind) {
    suppression_.look_at_windows(moment(), deadlines_);
    look_at_turned();
    tell_touched();
  }
  switch (input.kind) {
    case InputKind::alerts:
      for (const Alert& alert : input.batch->alerts) see(alert, *input.batch);
      tell_touched();
      counts_.alerts_refused += input.batch->refused.size();
      if (!input.batch->refused.empty()) tell_dead_letters(input);
      break;
    case InputKind::refused_body:
      ++counts_.bodies_refused;
      tell_dead_letters(input);
      break;
    case InputKind::rule_set:
      if (input.rules) switch_rules(input.rules);
      tell_touched();
      break;
    case InputKind::time_passed:
    case InputKind::started:
    case InputKind::clock_set:
      break;
  }
  effects_ = nullptr;
}

void ShardState::run_deadlines(Instant until) {
  while (deadlines_.next() <= until) {
    now_ = deadlines_.next();
    // All that is due at one instant makes one revision of an incident.
    while (deadlines_.next() == now_) meet(deadlines_.take());
    raise_aged();
    tell_touched();
  }
}

void ShardState::meet(const Deadline& deadline) {
  if (deadline.kind == DeadlineKind::incident_closes || deadline.kind == DeadlineKind::incident_ages) {
    const IncidentState& incident = incidents_[deadline.slot];
    if (!incident.used || incident.generation != deadline.generation) return;
    return deadline.kind == DeadlineKind::incident_closes ? close_incident(deadline.slot) : meet_age(deadline.slot);
  }
  if (deadline.kind == DeadlineKind::window_turns) {
    suppression_.turn_window(deadline.slot, deadline.generation, moment(), deadlines_);
    return look_at_turned();
  }
  const AlertState& alert = alerts_[deadline.slot];
  if (!alert.used || alert.generation != deadline.generation) return;
  if (deadline.kind == DeadlineKind::alert_expires) return expire(deadline.slot);
  if (deadline.kind == DeadlineKind::alert_settles) return settle(deadline.slot);
  if (deadline.kind == DeadlineKind::flap_ends) return end_flap(deadline.slot);
  // Forgotten unless it came back since.
  if (!alert.firing && alert.incident == kNoSlot && alert.forgotten_at == now_) forget(deadline.slot);
}

}  // namespace tocsin
