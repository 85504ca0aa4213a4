#include "engine/core/suppression.h"

#include <algorithm>
#include <utility>

namespace tocsin {

Suppression::Suppression(rules::RuleSetPtr rules, std::uint32_t generation)
    : rules_(std::move(rules)), generation_(generation), windows_(rules_->suppress.size()) {
  for (std::uint32_t rule = 0; rule < windows_.size(); ++rule) {
    if (rules_->suppress[rule].during) {
      windows_[rule].point = inhibition_.add_window_point(rule);
    } else {
      inhibit_rules_.push_back(rule);
    }
  }
}

void Suppression::enter(AlertState& alert, std::uint32_t slot, const rules::Facts& facts, rules::RuleMemo& memo,
                        Arena& scratch, const HashKey& key, Moment now, Deadlines& deadlines) {
  if (windows_.empty()) return;
  find_wanted(facts, memo, scratch);
  const std::vector<SuppressRole> old = std::exchange(alert.roles, {});
  alert.roles.reserve(wanted_.size());
  for (const Wanted& wanted : wanted_) {
    const Window& window = windows_[wanted.rule];
    if (window.point != kNoSlot) {
      look_at_window(wanted.rule, now.wall);
      schedule(wanted.rule, now, deadlines);
    }
    const std::uint32_t point =
        window.point != kNoSlot ? window.point : inhibition_.point_of(wanted.rule, key_of(wanted.rule, facts, key));
    alert.roles.push_back({point, wanted.is_target, wanted.is_inhibitor});
  }
  if (alert.roles == old) return;
  const Inhibition::Who who{alert.number, slot};
  for (const SuppressRole& role : old) inhibition_.leave(role, who, turned_);
  for (const SuppressRole& role : alert.roles) inhibition_.enter(role, who, turned_);
  for (const SuppressRole& role : old) inhibition_.forget_if_empty(role.point);
}

void Suppression::leave(AlertState& alert, std::uint32_t slot) {
  for (const SuppressRole& role : alert.roles) {
    inhibition_.leave(role, {alert.number, slot}, turned_);
    inhibition_.forget_if_empty(role.point);
  }
  alert.roles = {};
}

void Suppression::turn_window(std::uint32_t rule, std::uint32_t generation, Moment now, Deadlines& deadlines) {
  if (generation != generation_ || windows_[rule].scheduled_at != now.at) return;
  windows_[rule].scheduled_at = kNever;
  look_at_window(rule, now.wall);
  if (inhibition_.has_targets(windows_[rule].point)) schedule(rule, now, deadlines);
}

void Suppression::forget_windows() {
  for (Window& window : windows_) window.until = kUnset;
}

void Suppression::look_at_windows(Moment now, Deadlines& deadlines) {
  for (std::uint32_t rule = 0; rule < windows_.size(); ++rule) {
    if (windows_[rule].point == kNoSlot || !inhibition_.has_targets(windows_[rule].point)) continue;
    look_at_window(rule, now.wall);
    schedule(rule, now, deadlines);
  }
}

std::optional<HoldReason> Suppression::reason(const AlertState& alert) const {
  for (const SuppressRole& role : alert.roles) {
    if (inhibition_.holds_back(role)) return HoldReason{HoldReason::Kind::rule, inhibition_.rule_of(role.point)};
  }
  return std::nullopt;
}

Duration Suppression::settle(const AlertState& alert) const {
  Duration longest{};
  for (const SuppressRole& role : alert.roles) {
    if (role.is_target) longest = std::max(longest, rules_->suppress[inhibition_.rule_of(role.point)].settle);
  }
  return longest;
}

std::uint32_t Suppression::take_turned() {
  if (taken_ < turned_.size()) return turned_[taken_++];
  turned_.clear();
  taken_ = 0;
  return kNoSlot;
}

void Suppression::find_wanted(const rules::Facts& facts, rules::RuleMemo& memo, Arena& scratch) {
  wanted_.clear();
  rules::Walk targets = memo.suppress(facts, scratch);
  for (std::uint32_t at = targets.next(); at != rules::Walk::kEnd; at = targets.next()) {
    wanted_.push_back({at, true, false});
  }
  rules::Walk inhibitors = memo.inhibitors(facts, scratch);
  for (std::uint32_t at = inhibitors.next(); at != rules::Walk::kEnd; at = inhibitors.next()) {
    const std::uint32_t rule = inhibit_rules_[at];
    const auto place = std::ranges::lower_bound(wanted_, rule, {}, &Wanted::rule);
    if (place != wanted_.end() && place->rule == rule) {
      place->is_inhibitor = true;
    } else {
      wanted_.insert(place, {rule, false, true});
    }
  }
}

Hash128 Suppression::key_of(std::uint32_t rule_index, const rules::Facts& facts, const HashKey& key) {
  // bytes: [tenant][0xff][rule id][0xff]([value][0xff])…; a label that is not there is ""
  const rules::SuppressRule& rule = rules_->suppress[rule_index];
  key_text_.assign(facts[Field::tenant]);
  key_text_ += '\xff';
  (key_text_ += rule.id) += '\xff';
  for (const Field field : rule.equal_fields) (key_text_ += facts[field]) += '\xff';
  for (const std::string& name : rule.equal_labels) (key_text_ += value_of(facts.labels, name)) += '\xff';
  return key.hash(key_text_);
}

void Suppression::look_at_window(std::uint32_t rule, Instant wall) {
  Window& window = windows_[rule];
  if (wall < window.until) return;
  const rules::Windows::Span span = rules_->suppress[rule].during->at(wall);
  window.until = span.until;
  inhibition_.set_window(window.point, span.is_open, turned_);
}

void Suppression::schedule(std::uint32_t rule, Moment now, Deadlines& deadlines) {
  Window& window = windows_[rule];
  const Instant turns_at = now.when(window.until);
  // An earlier one looks again when it is met.
  if (turns_at >= window.scheduled_at) return;
  window.scheduled_at = turns_at;
  deadlines.add(turns_at, DeadlineKind::window_turns, rule, generation_);
}

}  // namespace tocsin
