#include "engine/core/shard.h"

#include <algorithm>

#include "engine/core/correlation/event_time.h"
#include "engine/core/shard_state.h"
#include "engine/model/alert.h"
#include "engine/model/check.h"

namespace tocsin {

Shard::Shard(rules::RuleSetPtr rules, const HashKey& key, std::uint32_t number)
    : state_(std::make_unique<ShardState>(std::move(rules), key, number)) {}
Shard::~Shard() = default;
Shard::Shard(Shard&&) noexcept = default;
Shard& Shard::operator=(Shard&&) noexcept = default;

void Shard::apply(const Input& input, std::vector<EffectPtr>& effects) { state_->apply(input, effects); }
void Shard::write_records(bool wanted) { state_->write_records(wanted); }
Instant Shard::next_deadline() const { return state_->next_deadline(); }
const ShardCounts& Shard::counts() const { return state_->counts(); }
std::size_t Shard::take_rule_counts(std::vector<RuleCounts>& changed) {
  TemporalBook& rules = state_->temporal();
  std::vector<std::uint32_t> places;
  rules.take_changed(places);
  changed.clear();
  for (const std::uint32_t place : places) changed.push_back(rules.counts(place));
  return rules.rule_count();
}

const HeardCounts& Shard::heard() const { return state_->heard(); }
const WordTally& Shard::unknown_severities() const { return state_->unknown_severities(); }

const TimesBook& Shard::times() const { return state_->times(); }

void Shard::write(std::string& out) const { state_->write(out); }
void Shard::check() const { state_->check(); }

Hash128 Shard::fingerprint() const {
  std::string bytes;
  state_->write(bytes);
  return published_key().hash(bytes);
}

std::unique_ptr<Shard> Shard::read(std::string_view bytes, rules::RuleSetPtr rules, const HashKey& key,
                                   std::uint32_t number) {
  auto shard = std::make_unique<Shard>(std::move(rules), key, number);
  return shard->state_->read(bytes) ? std::move(shard) : nullptr;
}

ShardState::ShardState(rules::RuleSetPtr rules, const HashKey& key, std::uint32_t number)
    : number_(number),
      rules_(std::move(rules)),
      rule_memo_(rules_),
      key_(key),
      conditions_(rules_->severity.scale),
      suppression_(rules_),
      topology_(rules_, kOldestEventTime),
      incidents_(conditions_.scales()),
      teller_(incidents_),
      temporal_(rules_),
      storms_(rules_->storm),
      sources_(rules_->blind) {
  conditions_.keys().use(rules_->dedup);
}

void ShardState::apply(const Input& input, std::vector<EffectPtr>& effects, const std::function<void()>& act) {
  TOCSIN_CHECK(input.position > position_, "inputs come in the order of the journal");
  TOCSIN_CHECK(input.at >= received_at_, "time does not go back");
  TOCSIN_CHECK(!agenda_.has_more() && aged_.empty(), "nothing is left of the input before");
  // What the journal told before its loss, or by an older version, may be more than follows from it now.
  if (input.life.epoch != life_.epoch) teller_.skip_revisions();
  position_ = input.position;
  life_ = input.life;
  const Duration was_behind = behind();
  const Duration unheard = counts_.inputs == 0 ? Duration{0} : input.at - received_at_;
  received_at_ = input.at;
  wall_clock_ = std::min(input.wall_clock(), input.at);
  if (behind() > was_behind) suppression_.forget_windows();
  effect_index_ = 0;
  effects_ = &effects;
  derived_.clear();
  heard_counts_ = {};
  ++counts_.inputs;

  if (input.kind == InputKind::started || input.kind == InputKind::clock_set) {
    give_grace();
    temporal_.give_grace(input.at, unheard);
    storms_.resume(input.at);
    sources_.resume(input.at);
  }
  run_deadlines(input.at);
  now_ = input.at;
  incidents_.forget_old(now_);
  if (behind() != was_behind) {
    suppression_.look_at_windows(moment());
    add_turned();
    take_facts();
    tell_touched();
  }
  switch (input.kind) {
    case InputKind::alerts:
      see_body(*input.batch);
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
    case InputKind::command:
      obey(*input.command);
      break;
    case InputKind::queue_age:
      storms_.hear_queue_age(input.queue_age, now_);
      break;
    case InputKind::time_passed:
    case InputKind::started:
    case InputKind::clock_set:
      break;
  }
  if (act) {
    act();
    take_facts();
    tell_touched();
  }
  effects_ = nullptr;
}

Instant ShardState::next_deadline() const {
  return std::min({conditions_.next_deadline(), suppression_.next_deadline(), suppression_.next_silence(),
                   temporal_.next_deadline(), storms_.next_deadline(), sources_.next_deadline(),
                   incidents_.next_close(), incidents_.next_age(), incidents_.next_snooze(), incidents_.next_update(),
                   teller_.next_deadline()});
}

void ShardState::run_deadlines(Instant until) {
  for (Instant next = next_deadline(); next <= until; next = next_deadline()) {
    TOCSIN_CHECK(next >= now_, "no deadline is of the past");
    now_ = next;
    derived_.clear();
    // All that is due at one instant makes one revision of an incident.
    while (next_deadline() == now_) {
      meet_next();
      take_facts();  // who has waited is let in, and may be the last that a pattern lacked
    }
    raise_aged();
    tell_touched();
  }
}

/// Of what is due at this instant the first: ends before what they let go of, closes before ages, and what is told
/// last.
void ShardState::meet_next() {
  if (conditions_.next_lapse() == now_) {
    if (const VoicePlace place = conditions_.take_lapsed(now_)) lapse(place);
  } else if (conditions_.next_flap() == now_) {
    if (const std::uint32_t slot = conditions_.take_flap(now_); slot != kNoSlot) meet_flap(slot);
  } else if (conditions_.next_forgotten() == now_) {
    forget(conditions_.take_forgotten(now_));
  } else if (suppression_.next_silence() == now_) {
    if (const std::uint32_t slot = suppression_.take_silence(now_); slot != kNoSlot) meet_silence(slot);
  } else if (suppression_.next_deadline() == now_) {
    suppression_.meet_deadline(moment());
    add_turned();
  } else if (conditions_.next_settle() == now_) {
    if (const std::uint32_t slot = conditions_.take_settle(now_); slot != kNoSlot) settle(slot);
  } else if (sources_.next_deadline() == now_) {
    meet_source();
  } else if (temporal_.next_deadline() == now_) {
    meet_in_time();
    take_facts();
  } else if (storms_.next_deadline() == now_) {
    meet_storm();
  } else if (incidents_.next_close() == now_) {
    if (const std::uint32_t slot = incidents_.take_close(now_); slot != kNoSlot) close_incident(slot);
  } else if (incidents_.next_age() == now_) {
    if (const std::uint32_t slot = incidents_.take_age(now_); slot != kNoSlot) meet_age(slot);
  } else if (incidents_.next_snooze() == now_) {
    if (const std::uint32_t slot = incidents_.take_snooze(now_); slot != kNoSlot) end_snooze(slot);
  } else if (incidents_.next_update() == now_) {
    if (const std::uint32_t slot = incidents_.take_update(now_); slot != kNoSlot) meet_update(slot);
  } else {
    TOCSIN_CHECK(teller_.next_deadline() == now_, "what is due is of some room");
    if (const std::uint32_t slot = teller_.take_fold(now_); slot != kNoSlot) tell(slot);
  }
}

}  // namespace tocsin
