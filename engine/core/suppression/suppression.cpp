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
  if (windows_.empty() && silences_.live() == 0) return;
  if (!columns_.is_empty()) note(alert, slot);
  wanted_.clear();
  if (!windows_.empty()) find_wanted(facts, memo, scratch);
  silences_wanted_.clear();
  if (silences_.live() > 0)
    silences_.find_for({&alert.texts, rules::name_of(*rules_, alert.severity)}, silences_wanted_);
  const SuppressRoles old = std::exchange(alert.roles, {});
  for (const std::uint32_t silence : silences_wanted_)
    alert.roles.push_back(SuppressRole{silences_[silence].point, true, false});
  for (const Wanted& wanted : wanted_)
    alert.roles.push_back({point_for(wanted.rule, facts, key, now), wanted.is_target, wanted.is_inhibitor});
  // What becomes a P1 while it is held back keeps the rank that people know of, and nobody sees that it did.
  const auto note_p1 = [&] {
    if (alert.priority != Priority::p1) return;
    if (const auto held = reason(alert); held && held->kind == HoldReason::Kind::silence)
      silences_[held->index].hid_p1 = true;
  };
  if (alert.roles == old) return note_p1();
  const Inhibition::Who who{alert.number, slot};
  // What it stays in it is not left for a moment: that would let go of others, or make them linger.
  const auto has = [](const SuppressRoles& roles, const SuppressRole& role) {
    return std::ranges::find(roles, role) != roles.end();
  };
  for (const SuppressRole& role : old) {
    if (!has(alert.roles, role)) leave(role, who, now.at);
  }
  for (const SuppressRole& role : alert.roles) {
    if (has(old, role)) continue;
    inhibition_.enter(role, who, turned_);
    const std::uint32_t rule = inhibition_.rule_of(role.point);
    if (is_silence(rule) && counts_matches_) ++silences_[rule & ~kSilence].matched;
  }
  for (const SuppressRole& role : old) inhibition_.forget_if_empty(role.point);
  note_p1();
}

std::uint32_t Suppression::point_for(std::uint32_t rule, const rules::Facts& facts, const HashKey& key, Moment now) {
  const Window& window = windows_[rule];
  if (window.point == kNoSlot) return inhibition_.point_of(rule, key_of(rule, facts, key));
  look_at_window(rule, now.wall);
  schedule(rule, now);
  return window.point;
}

void Suppression::leave(const SuppressRole& role, Inhibition::Who who, Instant now) {
  const std::uint32_t rule = inhibition_.rule_of(role.point);
  inhibition_.leave(role, who, turned_, is_silence(rule) ? Duration{0} : rules_->suppress[rule].linger, now);
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
    if (!inhibition_.holds_back(role)) continue;
    const std::uint32_t rule = inhibition_.rule_of(role.point);
    return is_silence(rule) ? HoldReason{HoldReason::Kind::silence, rule & ~kSilence}
                            : HoldReason{HoldReason::Kind::rule, rule};
  }
  return std::nullopt;
}

Duration Suppression::settle(const Condition& alert) const {
  Duration longest{};
  for (const SuppressRole& role : alert.roles) {
    const std::uint32_t rule = inhibition_.rule_of(role.point);
    if (role.is_target && !is_silence(rule)) longest = std::max(longest, rules_->suppress[rule].settle);
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

namespace {

std::string_view label_of(const rules::Facts& facts, std::string_view name) {
  return facts.label_directory != nullptr ? facts.label_directory->find(name) : value_of(facts.labels, name);
}

}  // namespace

Hash128 Suppression::key_of(std::uint32_t rule_index, const rules::Facts& facts, const HashKey& key) {
  // bytes: [tenant][0xff][rule id][0xff]([value][0xff])…; a label that is not there is ""
  const rules::SuppressRule& rule = rules_->suppress[rule_index];
  key_text_.assign(facts[Field::tenant]);
  key_text_ += '\xff';
  (key_text_ += rule.id) += '\xff';
  for (const Field field : rule.equal_fields) (key_text_ += facts[field]) += '\xff';
  for (const std::string& name : rule.equal_labels) (key_text_ += label_of(facts, name)) += '\xff';
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

std::uint32_t Suppression::add_silence(Silence silence, Instant now) {
  // While there was none nobody was noted.
  if (silences_.live() == 0) columns_.clear();
  const std::uint32_t slot = silences_.add(std::move(silence), now);
  give_point(slot, kUnset);  // shut until it is turned
  return slot;
}

void Suppression::give_point(std::uint32_t silence, Instant now) {
  silences_[silence].point = inhibition_.add_window_point(kSilence | silence);
  if (silences_[silence].holds_at(now)) inhibition_.set_window(silences_[silence].point, true, turned_);
}

bool Suppression::prepare(std::uint32_t silence) {
  bool is_new = false;
  for (const Matcher& matcher : silences_[silence].matchers) {
    if (!matcher.values().empty()) columns_.find_or_add(matcher, is_new);
  }
  return is_new;
}

std::vector<std::uint32_t> Suppression::candidates(std::uint32_t silence, std::uint32_t end) {
  struct Asked {
    std::size_t column;
    std::vector<std::uint32_t> hashes;
  };
  std::vector<Asked> asked;
  for (const Matcher& matcher : silences_[silence].matchers) {
    if (matcher.values().empty()) continue;
    bool is_new = false;
    const auto column = columns_.find_or_add(matcher, is_new);
    TOCSIN_CHECK(!is_new, "what is asked was prepared");
    if (!column) continue;
    Asked& one = asked.emplace_back(*column);
    for (const std::string& value : matcher.values()) one.hashes.push_back(ValueColumns::hash_of(value));
  }
  std::vector<std::uint32_t> slots;
  for (std::uint32_t slot = 0; slot < end; ++slot) {
    const bool may_match =
        std::ranges::all_of(asked, [&](const Asked& one) { return columns_.may_have(one.column, slot, one.hashes); });
    if (may_match) slots.push_back(slot);
  }
  return slots;
}

void Suppression::offer(std::uint32_t silence, Condition& alert, std::uint32_t slot) {
  if (!silences_[silence].holds_for({&alert.texts, rules::name_of(*rules_, alert.severity)})) return;
  const SuppressRole role{silences_[silence].point, true, false};
  // Behind the older silences, before the rules.
  const auto place = std::ranges::find_if(
      alert.roles, [&](const SuppressRole& one) { return !is_silence(inhibition_.rule_of(one.point)); });
  alert.roles.insert(place, role);
  inhibition_.enter(role, {alert.number, slot}, turned_);
  ++silences_[silence].matched;
}

void Suppression::turn(std::uint32_t silence, Instant now) {
  inhibition_.set_window(silences_[silence].point, silences_[silence].holds_at(now), turned_);
}

std::vector<std::uint32_t> Suppression::under(std::uint32_t silence) const {
  return inhibition_.targets_of(silences_[silence].point);
}

void Suppression::let_go(std::uint32_t silence, Condition& alert, std::uint32_t slot) {
  const SuppressRole role{silences_[silence].point, true, false};
  const std::size_t erased = alert.roles.remove(role);
  TOCSIN_CHECK(erased == 1, "who is under a silence has it among its roles");
  inhibition_.leave(role, {alert.number, slot}, turned_);
}

void Suppression::end_silence(std::uint32_t silence, Instant now) {
  inhibition_.drop_window_point(silences_[silence].point);
  silences_.end(silence, now);
}

void Suppression::count_held(HoldReason reason, Priority priority) {
  if (reason.kind != HoldReason::Kind::silence) return;
  Silence& silence = silences_[reason.index];
  ++silence.held;
  silence.hid_p1 |= priority == Priority::p1;
}

void Suppression::take_silences(Suppression& before, Instant now) {
  TOCSIN_CHECK(silences_.by_number().empty(), "silences are taken over by who has none");
  silences_ = std::move(before.silences_);
  counts_matches_ = false;
  for (const auto& [number, slot] : silences_.by_number()) {
    if (!silences_[slot].is_over()) give_point(slot, now);
  }
}

void Suppression::read_silences(CanonicalReader& in, Instant now) {
  silences_.read(in, now);
  for (const auto& [number, slot] : silences_.by_number()) {
    if (!silences_[slot].is_over()) give_point(slot, now);
  }
}

void Suppression::write_reason(CanonicalWriter& out, HoldReason reason) const {
  out.u8(static_cast<std::uint8_t>(reason.kind));
  if (reason) out.text(name_of(reason));
}

HoldReason Suppression::read_reason(CanonicalReader& in) const {
  const auto kind = static_cast<HoldReason::Kind>(in.u8_below(3));
  if (kind == HoldReason::Kind::none) return {};
  const std::string_view id = in.text();
  if (kind == HoldReason::Kind::silence) {
    const std::uint32_t slot = silences_.find(id);
    if (slot != kNoSlot && !silences_[slot].is_over()) return {kind, slot};
  } else {
    for (std::uint32_t rule = 0; rule < rules_->suppress.size(); ++rule) {
      if (rules_->suppress[rule].id == id) return {kind, rule};
    }
  }
  in.fail();
  return {};
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
    const std::uint32_t rule = inhibition_.rule_of(role.point);
    out.u32(is_silence(rule) ? kSilence : rule);
    // Of a silence its number: slots are of this process.
    out.hash(is_silence(rule) ? Hash128{0, silences_[rule & ~kSilence].number} : inhibition_.key_of(role.point));
    out.flag(role.is_target);
    out.flag(role.is_inhibitor);
  }
}

void Suppression::read_roles(CanonicalReader& in, Condition& alert, std::uint32_t slot, Moment now) {
  const std::uint32_t count = in.count(22);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint32_t rule = in.u32();
    const Hash128 key = in.hash();
    const bool is_target = in.flag();
    const bool is_inhibitor = in.flag();
    if (is_silence(rule)) {
      const auto silence = silences_.by_number().find(key.low);
      if (silence == silences_.by_number().end() || silences_[silence->second].is_over()) return in.fail();
      const SuppressRole role{silences_[silence->second].point, is_target, is_inhibitor};
      alert.roles.push_back(role);
      inhibition_.enter(role, {alert.number, slot}, turned_);
      continue;
    }
    if (rule >= windows_.size()) return in.fail();
    Window& window = windows_[rule];
    if (window.point != kNoSlot) {
      look_at_window(rule, now.wall);
      schedule(rule, now);
    }
    const std::uint32_t point = window.point == kNoSlot ? inhibition_.point_of(rule, key) : window.point;
    const SuppressRole role{point, is_target, is_inhibitor};
    // An inhibitor that is there already ends no lingering that it did not end before.
    alert.roles.push_back(role);
    inhibition_.enter(role, {alert.number, slot}, turned_);
  }
  turned_.clear();
  taken_ = 0;
}

}  // namespace tocsin
