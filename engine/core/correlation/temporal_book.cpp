#include "engine/core/correlation/temporal_book.h"

#include <algorithm>
#include <numeric>

#include "engine/core/correlation/all_steps.h"
#include "engine/core/correlation/distinct.h"
#include "engine/core/correlation/sequence.h"
#include "engine/core/correlation/threshold.h"
#include "engine/model/check.h"
#include "rules/set/rule_changes.h"

namespace tocsin {

using Kind = rules::TemporalRule::Kind;

TemporalBook::TemporalBook(rules::RuleSetPtr rules) : rules_(std::move(rules)) {
  entries_.reserve(rules_->temporal.size());
  for (const rules::TemporalRule& rule : rules_->temporal) entries_.push_back(make_entry(rule));
  add_all_changed();
  add_absences();
}

TemporalBook::Entry TemporalBook::make_entry(const rules::TemporalRule& rule) {
  Entry entry;
  entry.serial = ++serial_;
  set_bound(rule, entry.bound);
  switch (rule.kind) {
    case Kind::threshold:
      entry.kind = std::make_unique<ThresholdKind>(rule);
      break;
    case Kind::distinct:
      entry.kind = std::make_unique<DistinctKind>(rule);
      break;
    case Kind::sequence:
      entry.kind = std::make_unique<SequenceKind>(rule);
      break;
    case Kind::all:
      entry.kind = std::make_unique<AllStepsKind>(rule);
      break;
    case Kind::absence: {
      auto absence = std::make_unique<AbsenceKind>(rule);
      entry.absence = absence.get();
      entry.kind = std::move(absence);
      break;
    }
  }
  return entry;
}

void TemporalBook::set_bound(const rules::TemporalRule& rule, KeyBound& bound) const {
  bound.max = rule.max_keys.value_or(rules_->defaults.max_keys);
  bound.refuses_new = rules_->defaults.on_overflow == rules::Overflow::refuse_new;
}

void TemporalBook::add_all_changed() {
  changed_.resize(entries_.size());
  std::iota(changed_.begin(), changed_.end(), std::uint32_t{0});
  for (Entry& entry : entries_) entry.has_changed = true;
}

void TemporalBook::take_changed(std::vector<std::uint32_t>& places) {
  for (const std::uint32_t place : changed_) entries_[place].has_changed = false;
  places.clear();
  places.swap(changed_);
}

void TemporalBook::add_absences() {
  absences_.clear();
  due_.clear();
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].absence == nullptr) continue;
    absences_.push_back(i);
    entries_[i].due = kNever;
    take_due(i);
  }
}

/// Its next deadline may be another one now.
void TemporalBook::take_due(std::uint32_t place) {
  Entry& entry = entries_[place];
  const Instant due = entry.absence->next_deadline();
  if (due == entry.due) return;
  if (entry.due != kNever) due_.erase({entry.due, place});
  entry.due = due;
  if (due != kNever) due_.emplace(due, place);
}

void TemporalBook::see(std::uint32_t rule, const Sighting& seen, const Origin& of, std::vector<Outcome>& outcomes) {
  Entry& entry = entries_[rule];
  changed(rule);
  const KeyBound before = entry.bound;
  Outcome outcome;
  outcome.rule = rule;
  outcome.key = seen.key;
  outcome.pattern = entry.kind->see(seen, entry.bound);
  evicted_ += entry.bound.evicted - before.evicted;
  refused_ += entry.bound.refused - before.refused;
  if (entry.absence != nullptr) {
    take_due(rule);
    for (const Hash128 key : entry.absence->take_given_up()) end(key, outcomes);
    const bool is_expected = seen.step + 1 == this->rule(rule).steps.size();
    if (!is_expected || this->rule(rule).is_heartbeat()) {
      entry.absence->remember({seen.key, std::string{of.by}, {}, of.tier, of.severity, of.depth});
    }
    if (outcome.pattern.holds) end(seen.key, outcomes);
    return;
  }
  if (!outcome.pattern.holds) {
    outcomes.push_back(std::move(outcome));
    return;
  }
  const rules::TemporalRule& said = this->rule(rule);
  if (!said.emit) {
    outcome.kind = Outcome::Kind::found;
    ++entry.fired;
    outcomes.push_back(std::move(outcome));
    return;
  }
  const Pattern& pattern = outcome.pattern;
  const bool is_new = !standing_of_.contains(seen.key);
  StandingAlert& alert = begin(rule, seen.key);
  outcome.kind = is_new ? Outcome::Kind::began : Outcome::Kind::grew;
  alert.count = is_new ? pattern.count : alert.count + 1;
  alert.first_at = is_new ? pattern.first_at : std::min(alert.first_at, pattern.first_at);
  alert.last_at = is_new ? pattern.last_at : std::max(alert.last_at, pattern.last_at);
  alert.severity = is_new ? of.severity : std::max(alert.severity, of.severity);
  if (alert.tier == 0 || (of.tier != 0 && of.tier < alert.tier)) alert.tier = of.tier;
  alert.depth = std::max<std::uint8_t>(alert.depth, static_cast<std::uint8_t>(of.depth + 1));
  end_at(alert, is_new ? pattern.held_until + said.within : std::max(alert.ends_at, pattern.held_until + said.within));
  outcome.alert = alert;
  outcomes.push_back(std::move(outcome));
}

void TemporalBook::parts(const Outcome& outcome, WindowParts& parts) const {
  entries_[outcome.rule].kind->parts(outcome.key, outcome.pattern, parts);
}

StandingAlert& TemporalBook::begin(std::uint32_t rule, Hash128 key) {
  const auto [known, is_new] = standing_of_.try_emplace(key, number_ + 1);
  StandingAlert& alert = standing_[known->second];
  if (!is_new) return alert;
  ++entries_[rule].fired;
  alert.key = key;
  alert.number = ++number_;
  alert.rule = rule;
  return alert;
}

void TemporalBook::end_at(StandingAlert& alert, Instant at) {
  if (alert.ends_at == at) return;
  if (alert.ends_at != kNever) {
    const std::size_t erased = ends_.erase({alert.ends_at, alert.number});
    TOCSIN_CHECK(erased == 1, "who has an end has a deadline");
  }
  alert.ends_at = at;
  if (at != kNever) ends_.emplace(std::pair{at, alert.number}, alert.number);
}

/// Nothing happens when it does not fire.
void TemporalBook::end(Hash128 key, std::vector<Outcome>& outcomes) {
  const auto known = standing_of_.find(key);
  if (known == standing_of_.end()) return;
  const auto alert = standing_.find(known->second);
  TOCSIN_CHECK(alert != standing_.end(), "what is found by its key is there");
  end_at(alert->second, kNever);
  Outcome outcome;
  outcome.kind = Outcome::Kind::ended;
  outcome.rule = alert->second.rule;
  outcome.key = key;
  outcome.alert = alert->second;
  outcomes.push_back(std::move(outcome));
  standing_.erase(alert);
  standing_of_.erase(known);
}

Instant TemporalBook::next_deadline() const {
  const Instant end = ends_.empty() ? kNever : ends_.begin()->first.first;
  return due_.empty() ? end : std::min(end, due_.begin()->first);
}

void TemporalBook::go_on(std::uint32_t speaker, Instant now) {
  for (const std::uint32_t at : absences_) {
    entries_[at].absence->go_on(speaker, now);
    take_due(at);
  }
}

void TemporalBook::meet(Instant now, ConditionBook& conditions, const AbsenceKind::Doubt& doubt,
                        std::vector<Outcome>& outcomes) {
  while (!ends_.empty() && ends_.begin()->first.first == now) {
    end(standing_.find(ends_.begin()->second)->second.key, outcomes);
  }
  while (!due_.empty() && due_.begin()->first == now) {
    const std::uint32_t at = due_.begin()->second;
    AbsenceKind& absence = *entries_[at].absence;
    changed(at);
    while (absence.next_deadline() == now) {
      Awaited awaited;
      if (!absence.meet(now, conditions, doubt, awaited)) continue;
      StandingAlert& alert = begin(at, awaited.key);
      alert.first_at = alert.last_at = awaited.since;
      alert.tier = awaited.tier;
      alert.severity = awaited.severity;
      alert.depth = static_cast<std::uint8_t>(awaited.depth + 1);
      Outcome outcome;
      outcome.kind = Outcome::Kind::began;
      outcome.rule = at;
      outcome.key = awaited.key;
      outcome.alert = alert;
      outcome.pattern.first_at = outcome.pattern.last_at = awaited.since;
      outcome.by = std::move(awaited.by);
      outcomes.push_back(std::move(outcome));
    }
    take_due(at);
  }
}

void TemporalBook::give_grace(Instant now, Duration gap) {
  for (const std::uint32_t at : absences_) {
    entries_[at].absence->give_grace(now, gap);
    take_due(at);
  }
}

void TemporalBook::adopt(rules::RuleSetPtr next, std::vector<Outcome>& ended) {
  const rules::RuleSetPtr before = std::exchange(rules_, std::move(next));
  std::vector<Entry> old = std::exchange(entries_, {});
  absl::flat_hash_map<std::string_view, std::uint32_t> places;
  for (std::uint32_t i = 0; i < old.size(); ++i) places.emplace(before->temporal[i].id, i);
  std::vector<std::uint32_t> now_at(old.size(), kNoSlot);
  for (const rules::TemporalRule& rule : rules_->temporal) {
    const auto place = places.find(rule.id);
    const bool stays = place != places.end() && rules::is_kept(*before, *rules_, rule.id) &&
                       before->temporal[place->second].kind == rule.kind;
    if (stays) {
      now_at[place->second] = static_cast<std::uint32_t>(entries_.size());
      entries_.push_back(std::move(old[place->second]));
      set_bound(rule, entries_.back().bound);
    } else {
      entries_.push_back(make_entry(rule));
    }
  }
  add_all_changed();
  add_absences();
  std::vector<Hash128> gone;
  for (auto& [number, alert] : standing_) {
    if (now_at[alert.rule] == kNoSlot) {
      gone.push_back(alert.key);
    } else {
      alert.rule = now_at[alert.rule];
    }
  }
  for (const Hash128 key : gone) end(key, ended);
}

const StandingAlert* TemporalBook::standing(Hash128 key) const {
  const auto known = standing_of_.find(key);
  return known == standing_of_.end() ? nullptr : &standing_.find(known->second)->second;
}

RuleCounts TemporalBook::counts(std::uint32_t at) const {
  const Entry& entry = entries_[at];
  return {at,
          rules_->temporal[at].id,
          entry.kind->key_count(),
          entry.bound.max,
          entry.bound.evicted,
          entry.bound.refused,
          entry.fired};
}

std::size_t TemporalBook::key_count() const {
  std::size_t count = 0;
  for (const Entry& entry : entries_) count += entry.kind->key_count();
  return count;
}

void TemporalBook::write(CanonicalWriter& out, const ConditionNumbers& numbers) const {
  out.part("temporal 1");
  for (const std::uint64_t number : {serial_, number_, evicted_, refused_}) out.u64(number);
  out.u32(static_cast<std::uint32_t>(entries_.size()));
  for (const Entry& entry : entries_) {
    out.u64(entry.serial);
    out.u64(entry.bound.evicted);
    out.u64(entry.bound.refused);
    out.u64(entry.fired);
    entry.kind->write(out, numbers);
  }
  out.u32(static_cast<std::uint32_t>(standing_.size()));
  for (const auto& [number, alert] : standing_) {
    out.hash(alert.key);
    out.u64(number);
    out.u32(alert.rule);
    for (const Instant at : {alert.ends_at, alert.first_at, alert.last_at}) out.instant(at);
    out.u64(alert.count);
    out.u64(static_cast<std::uint64_t>(alert.tier));
    out.u8(alert.severity.level);
    out.u8(alert.depth);
  }
}

void TemporalBook::read(CanonicalReader& in, const ConditionNumbers& numbers) {
  in.part("temporal 1");
  for (std::uint64_t* number : {&serial_, &number_, &evicted_, &refused_}) *number = in.u64();
  if (in.u32() != entries_.size()) return in.fail();
  for (Entry& entry : entries_) {
    entry.serial = in.u64();
    entry.bound.evicted = in.u64();
    entry.bound.refused = in.u64();
    entry.fired = in.u64();
    entry.kind->read(in, numbers);
    if (in.failed()) return;
  }
  add_absences();
  const std::uint32_t count = in.count(60);
  for (std::uint32_t i = 0; i < count; ++i) {
    StandingAlert alert;
    alert.key = in.hash();
    alert.number = in.u64();
    alert.rule = in.u32();
    const Instant ends_at = in.instant();
    alert.first_at = in.instant();
    alert.last_at = in.instant();
    alert.count = in.u64();
    alert.tier = static_cast<std::int64_t>(in.u64());
    alert.severity.level = in.u8_below(kSeverityLevelsMax);
    alert.depth = in.u8();
    if (in.failed() || alert.rule >= entries_.size() || !standing_of_.emplace(alert.key, alert.number).second)
      return in.fail();
    end_at(standing_[alert.number] = alert, ends_at);
  }
}

void TemporalBook::check() const {
  TOCSIN_CHECK(entries_.size() == rules_->temporal.size(), "each rule has its value");
  for (const Entry& entry : entries_) {
    TOCSIN_CHECK(entry.serial > 0 && entry.serial <= serial_, "serials are given out in order");
    entry.kind->check();
    TOCSIN_CHECK(entry.bound.max > 0, "keys are bounded");
    TOCSIN_CHECK(entry.absence == nullptr || entry.due == entry.absence->next_deadline(), "what is due is known");
  }
  TOCSIN_CHECK(standing_.size() == standing_of_.size(), "what fires is found by its key");
  std::size_t with_end = 0;
  for (const auto& [number, alert] : standing_) {
    TOCSIN_CHECK(alert.number == number && number <= number_, "what fires knows its number");
    TOCSIN_CHECK(alert.rule < entries_.size(), "what fires is of a rule");
    TOCSIN_CHECK(standing(alert.key) == &alert, "a key has one alert");
    TOCSIN_CHECK((alert.ends_at == kNever) == (entries_[alert.rule].absence != nullptr),
                 "what fires ends, or waits for what is expected");
    if (alert.ends_at == kNever) continue;
    ++with_end;
    TOCSIN_CHECK(ends_.contains({alert.ends_at, number}), "an end is a deadline");
  }
  TOCSIN_CHECK(with_end == ends_.size(), "each deadline is of what fires");
}

}  // namespace tocsin
