#include "engine/core/suppression/suppression.h"

#include <algorithm>
#include <utility>

#include "engine/model/check.h"
#include "rules/set/rule_changes.h"

namespace tocsin {

Suppression::Suppression(rules::RuleSetPtr rules) : rules_(std::move(rules)), windows_(rules_->suppress.size()) {
  for (std::uint32_t rule = 0; rule < windows_.size(); ++rule) {
    if (rules_->suppress[rule].during) {
      windows_[rule].point = inhibition_.add_window_point(rule);
    } else {
      inhibit_rules_.push_back(rule);
    }
  }
}

bool Suppression::says_the_same(const rules::RuleSet& rules) const {
  return std::ranges::equal(rules_->suppress, rules.suppress, [&](const auto& old, const auto& now) {
    return old.id == now.id && rules::is_kept(*rules_, rules, old.id);
  });
}

void Suppression::adopt(rules::RuleSetPtr rules) {
  TOCSIN_CHECK(says_the_same(*rules), "other rules make another suppression");
  rules_ = std::move(rules);
}

void Suppression::enter(Condition& alert, std::uint32_t slot, const rules::Facts& facts, rules::RuleMemo& memo,
                        Arena& scratch, const HashKey& key, Moment now) {
  if (windows_.empty()) return;
  find_wanted(facts, memo, scratch);
  const std::vector<SuppressRole> old = std::exchange(alert.roles, {});
  alert.roles.reserve(wanted_.size());
  for (const Wanted& wanted : wanted_)
    alert.roles.push_back({point_for(wanted.rule, facts, key, now), wanted.is_target, wanted.is_inhibitor});
  if (alert.roles == old) return;
  const Inhibition::Who who{alert.number, slot};
  // What it stays in it is not left for a moment: that would let go of others, or make them linger.
  const auto has = [](const std::vector<SuppressRole>& roles, const SuppressRole& role) {
    return std::ranges::find(roles, role) != roles.end();
  };
  for (const SuppressRole& role : old) {
    if (!has(alert.roles, role)) leave(role, who, now.at);
  }
  for (const SuppressRole& role : alert.roles) {
    if (!has(old, role)) inhibition_.enter(role, who, turned_);
  }
  for (const SuppressRole& role : old) inhibition_.forget_if_empty(role.point);
}

std::uint32_t Suppression::point_for(std::uint32_t rule, const rules::Facts& facts, const HashKey& key, Moment now) {
  const Window& window = windows_[rule];
  if (window.point == kNoSlot) return inhibition_.point_of(rule, key_of(rule, facts, key));
  look_at_window(rule, now.wall);
  schedule(rule, now);
  return window.point;
}

void Suppression::leave(const SuppressRole& role, Inhibition::Who who, Instant now) {
  inhibition_.leave(role, who, turned_, rules_->suppress[inhibition_.rule_of(role.point)].linger, now);
}

void Suppression::leave(Condition& alert, std::uint32_t slot, Instant now) {
  for (const SuppressRole& role : alert.roles) {
    leave(role, {alert.number, slot}, now);
    inhibition_.forget_if_empty(role.point);
  }
  alert.roles = {};
}

void Suppression::meet_deadline(Moment now) {
  if (inhibition_.next_linger_end() == now.at) return inhibition_.end_linger(now.at, turned_);
  const Deadline due = turns_.take();
  TOCSIN_CHECK(due.at == now.at, "a deadline is met at its own instant");
  Window& window = windows_[due.slot];
  if (window.scheduled_at != now.at) return;
  window.scheduled_at = kNever;
  look_at_window(due.slot, now.wall);
  if (inhibition_.has_targets(window.point)) schedule(due.slot, now);
}

void Suppression::forget_windows() {
  for (Window& window : windows_) window.until = kUnset;
}

void Suppression::look_at_windows(Moment now) {
  for (std::uint32_t rule = 0; rule < windows_.size(); ++rule) {
    if (windows_[rule].point == kNoSlot || !inhibition_.has_targets(windows_[rule].point)) continue;
    look_at_window(rule, now.wall);
    schedule(rule, now);
  }
}

std::optional<HoldReason> Suppression::reason(const Condition& alert) const {
  for (const SuppressRole& role : alert.roles) {
    if (inhibition_.holds_back(role)) return HoldReason{HoldReason::Kind::rule, inhibition_.rule_of(role.point)};
  }
  return std::nullopt;
}

Duration Suppression::settle(const Condition& alert) const {
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

void Suppression::schedule(std::uint32_t rule, Moment now) {
  Window& window = windows_[rule];
  const Instant turns_at = now.when(window.until);
  // An earlier one looks again when it is met.
  if (turns_at >= window.scheduled_at) return;
  window.scheduled_at = turns_at;
  turns_.add(turns_at, rule, rule, 0);
}

std::optional<HoldReason> Suppression::reason_named(std::string_view id) const {
  for (std::uint32_t rule = 0; rule < rules_->suppress.size(); ++rule) {
    if (rules_->suppress[rule].id == id) return HoldReason{HoldReason::Kind::rule, rule};
  }
  return std::nullopt;
}

void Suppression::write(CanonicalWriter& out) const {
  out.part("suppression 1");
  const auto lingering = inhibition_.lingering();
  out.u32(static_cast<std::uint32_t>(lingering.size()));
  for (const Inhibition::Lingering& one : lingering) {
    out.u32(one.rule);
    out.hash(one.key);
    out.instant(one.for_targets);
    out.instant(one.for_both);
  }
}

void Suppression::read(CanonicalReader& in) {
  in.part("suppression 1");
  const std::uint32_t count = in.count(36);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint32_t rule = in.u32();
    const Hash128 key = in.hash();
    const Instant for_targets = in.instant();
    const Instant for_both = in.instant();
    if (rule >= windows_.size() || windows_[rule].point != kNoSlot) return in.fail();
    inhibition_.restore({rule, key, for_targets, for_both});
  }
}

void Suppression::write_roles(CanonicalWriter& out, const Condition& alert) const {
  out.u32(static_cast<std::uint32_t>(alert.roles.size()));
  for (const SuppressRole& role : alert.roles) {
    out.u32(inhibition_.rule_of(role.point));
    out.hash(inhibition_.key_of(role.point));
    out.flag(role.is_target);
    out.flag(role.is_inhibitor);
  }
}

void Suppression::read_roles(CanonicalReader& in, Condition& alert, std::uint32_t slot, Moment now) {
  const std::uint32_t count = in.count(22);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint32_t rule = in.u32();
    const Hash128 key = in.hash();
    SuppressRole role;
    role.is_target = in.flag();
    role.is_inhibitor = in.flag();
    if (rule >= windows_.size()) return in.fail();
    Window& window = windows_[rule];
    if (window.point == kNoSlot) {
      role.point = inhibition_.point_of(rule, key);
    } else {
      role.point = window.point;
      look_at_window(rule, now.wall);
      schedule(rule, now);
    }
    // An inhibitor that is there already ends no lingering that it did not end before.
    alert.roles.push_back(role);
    inhibition_.enter(role, {alert.number, slot}, turned_);
  }
  turned_.clear();
  taken_ = 0;
}

}  // namespace tocsin
