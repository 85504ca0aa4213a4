#include "engine/core/storm/storm_book.h"

#include <numeric>
#include <utility>

#include "engine/model/check.h"

namespace tocsin {
namespace {

/// Of what a storm takes, while what was received waits too long.
constexpr std::uint64_t kQueueShare = 10;

Hash128 alert_of(Hash128 scope, std::uint64_t number) {
  std::string text{rules::kStormRule};
  for (const std::uint64_t part : {scope.high, scope.low, number}) (text += '\xff') += std::to_string(part);
  return published_key().hash(text);
}

void write_storm(CanonicalWriter& out, const Storm& storm) {
  out.u64(storm.number);
  out.hash(storm.alert);
  for (const bool flag : {storm.is_shadow, storm.by_queue, storm.is_ending}) out.flag(flag);
  for (const Instant at : {storm.began_at, storm.ended_at, storm.quiet_from, storm.due}) out.instant(at);
  for (const std::uint64_t count : {storm.level, storm.usual, storm.usual_minutes, storm.incident}) out.u64(count);
  const StormAccount& account = storm.account;
  for (const std::uint64_t count :
       {account.opened, account.folded, account.incidents, account.incidents_after, account.would_fold, account.peak}) {
    out.u64(count);
  }
  for (const std::uint64_t count : account.left) out.u64(count);
}

Storm read_storm(CanonicalReader& in) {
  Storm storm;
  storm.number = in.u64();
  storm.alert = in.hash();
  for (bool* flag : {&storm.is_shadow, &storm.by_queue, &storm.is_ending}) *flag = in.flag();
  for (Instant* at : {&storm.began_at, &storm.ended_at, &storm.quiet_from, &storm.due}) *at = in.instant();
  for (std::uint64_t* count : {&storm.level, &storm.usual, &storm.usual_minutes, &storm.incident}) *count = in.u64();
  StormAccount& account = storm.account;
  for (std::uint64_t* count : {&account.opened, &account.folded, &account.incidents, &account.incidents_after,
                               &account.would_fold, &account.peak}) {
    *count = in.u64();
  }
  for (std::uint64_t& count : account.left) count = in.u64();
  return storm;
}

}  // namespace

std::uint64_t StormAccount::gone() const { return std::accumulate(left.begin(), left.end(), std::uint64_t{0}); }

std::uint64_t StormBook::level_of(const StormRate& rate) const {
  const std::uint64_t level = std::max<std::uint64_t>(policy_.at_least, policy_.factor * rate.usual());
  return queue_is_old() ? (level + kQueueShare - 1) / kQueueShare : level;
}

/// Where the last minute falls below half of what it took, it is quiet from there on.
void StormBook::advance(Scope& scope, Instant now) {
  Storm* const storm = scope.storm.get();
  scope.rate.advance(now, [storm](Instant at, std::uint64_t in_last_minute) {
    if (storm == nullptr || storm->quiet_from != kNever || in_last_minute >= half_of(storm->level)) return;
    storm->quiet_from = at;
  });
}

void StormBook::begin(Scope& scope, Instant now) {
  TOCSIN_CHECK(scope.storm == nullptr, "a scope has one storm at a time");
  scope.storm = std::make_unique<Storm>();
  Storm& storm = *scope.storm;
  storm.number = ++number_;
  storm.alert = alert_of(scope.key, storm.number);
  storm.is_shadow = policy_.mode == rules::StormPolicy::Mode::shadow;
  storm.by_queue = queue_is_old();
  storm.began_at = now;
  storm.level = level_of(scope.rate);
  storm.usual = scope.rate.usual();
  storm.usual_minutes = scope.rate.usual_minutes();
  scope.rate.learn(false);
  const bool is_new = alerts_.emplace(storm.alert, scope.key).second;
  TOCSIN_CHECK(is_new, "no two storms have one alert");
  look_at(scope, scope.rate.falls_below(half_of(storm.level)) + policy_.calm);
}

void StormBook::look_at(Scope& scope, Instant at) {
  Storm& storm = *scope.storm;
  if (storm.due != kNever) {
    const std::size_t erased = due_.erase({storm.due, {storm.number, scope.key}});
    TOCSIN_CHECK(erased == 1, "a storm that lasts has a deadline");
  }
  storm.due = at;
  if (at != kNever) due_.insert({at, {storm.number, scope.key}});
}

StormBook::Scope* StormBook::on(Hash128 key) {
  Scope* const scope = scopes_.find(key);
  return scope == nullptr || scope->storm == nullptr ? nullptr : scope;
}

StormBook::Scope* StormBook::of_alert(Hash128 identity) {
  const auto found = alerts_.find(identity);
  if (found == alerts_.end()) return nullptr;
  Scope* const scope = scopes_.find(found->second);
  TOCSIN_CHECK(scope != nullptr && scope->storm != nullptr, "a storm that lasts has a scope");
  return scope;
}

void StormBook::hear_queue_age(Duration age, Instant now) {
  const bool was_old = queue_is_old();
  queue_age_ = age;
  if (!was_old || queue_is_old()) return;
  for (const auto& [identity, key] : alerts_) {
    Scope& scope = *scopes_.find(key);
    advance(scope, now);
    if (scope.storm->quiet_from != kNever) scope.storm->quiet_from = std::max(scope.storm->quiet_from, now);
  }
}

StormBook::Scope* StormBook::meet(Instant now) {
  TOCSIN_CHECK(next_deadline() == now, "a deadline is met at its own instant");
  Scope& scope = *scopes_.find(due_.begin()->second.second);
  const Storm& storm = *scope.storm;
  advance(scope, now);
  if (queue_is_old()) {
    look_at(scope, now + policy_.calm);
    return nullptr;
  }
  const Instant quiet_from =
      storm.quiet_from != kNever ? storm.quiet_from : scope.rate.falls_below(half_of(storm.level));
  if (quiet_from + policy_.calm <= now) return &scope;
  look_at(scope, quiet_from + policy_.calm);
  return nullptr;
}

void StormBook::end(Scope& scope, Instant now) {
  TOCSIN_CHECK(scope.storm != nullptr && !is_over(*scope.storm), "what ends lasted");
  look_at(scope, kNever);
  advance(scope, now);
  scope.storm->ended_at = now;
  alerts_.erase(scope.storm->alert);
  past_.push_back({scope.tenant, scope.words, *scope.storm});
  if (past_.size() > kPastMax) past_.pop_front();
  scope.storm.reset();
  scope.rate.learn(true);
}

void StormBook::resume(Instant now) {
  scopes_.for_each([&](Hash128, Scope& scope) {
    scope.rate.resume(now);
    if (scope.storm == nullptr) return;
    scope.storm->quiet_from = now;
    look_at(scope, now + policy_.calm);
  });
}

std::vector<Hash128> StormBook::use(const rules::StormPolicy& policy) {
  const bool has_same_scopes = policy.by_fields == policy_.by_fields && policy.by_labels == policy_.by_labels;
  const bool has_same_mode = policy.mode == policy_.mode;
  policy_ = policy;
  bound_.max = policy.max_keys;
  bound_.refuses_new = true;  // one that may be in a storm never gives way
  forgets_ = !has_same_scopes || policy.mode == rules::StormPolicy::Mode::off;
  std::vector<Hash128> ended;
  if (forgets_ || !has_same_mode) {
    for_each_on([&](const Scope& scope, const Storm&) { ended.push_back(scope.key); });
  }
  return ended;
}

void StormBook::settle_in() {
  if (!std::exchange(forgets_, false)) return;
  TOCSIN_CHECK(alerts_.empty() && due_.empty(), "who forgets has no storms");
  scopes_ = {};
}

void StormBook::write(CanonicalWriter& out) const {
  out.part("storms 1");
  for (const std::uint64_t number : {number_, scope_number_, bound_.refused}) out.u64(number);
  out.duration(queue_age_);
  out.instant(first_at_);
  scopes_.write(out, [&](const Scope& scope) {
    out.u64(scope.number);
    out.text(scope.tenant);
    out.text(scope.words);
    out.flag(scope.is_drill);
    scope.rate.write(out);
    out.flag(scope.storm != nullptr);
    if (scope.storm != nullptr) write_storm(out, *scope.storm);
  });
  out.u32(static_cast<std::uint32_t>(past_.size()));
  for (const Past& past : past_) {
    out.text(past.tenant);
    out.text(past.words);
    write_storm(out, past.storm);
  }
}

void StormBook::read(CanonicalReader& in) {
  in.part("storms 1");
  for (std::uint64_t* number : {&number_, &scope_number_, &bound_.refused}) *number = in.u64();
  queue_age_ = in.duration();
  first_at_ = in.instant();
  scopes_.read(in, [&](Scope& scope) {
    scope.number = in.u64();
    scope.tenant = in.text();
    scope.words = in.text();
    scope.is_drill = in.flag();
    scope.rate.read(in);
    if (in.flag()) scope.storm = std::make_unique<Storm>(read_storm(in));
  });
  scopes_.for_each([&](Hash128 key, Scope& scope) {
    scope.key = key;
    if (scope.storm == nullptr) return;
    const bool is_sound =
        scope.storm->due != kNever && scope.storm->level > 0 && alerts_.emplace(scope.storm->alert, key).second;
    if (!is_sound) return in.fail();
    due_.insert({scope.storm->due, {scope.storm->number, key}});
  });
  const std::uint32_t count = in.count(100);
  if (count > kPastMax) return in.fail();
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    Past& past = past_.emplace_back();
    past.tenant = in.text();
    past.words = in.text();
    past.storm = read_storm(in);
  }
}

void StormBook::check() const {
  scopes_.check();
  TOCSIN_CHECK(past_.size() <= kPastMax, "few past storms are kept");
  TOCSIN_CHECK(first_at_ != kUnset || scope_number_ == 0, "who has scopes has heard something");
  std::size_t on = 0;
  scopes_.for_each([&](Hash128 key, const Scope& scope) {
    TOCSIN_CHECK(scope.key == key && scope.number > 0 && scope.number <= scope_number_, "a scope knows itself");
    scope.rate.check();
    if (scope.storm == nullptr) return;
    ++on;
    const Storm& storm = *scope.storm;
    TOCSIN_CHECK(storm.number > 0 && storm.number <= number_ && !is_over(storm), "a storm that lasts is not over");
    TOCSIN_CHECK(storm.account.opened > 0 && storm.account.peak >= storm.level, "what it took came");
    TOCSIN_CHECK(storm.quiet_from == kNever || storm.quiet_from <= storm.due, "who is quiet is looked at later");
    TOCSIN_CHECK(due_.contains({storm.due, {storm.number, key}}), "a storm that lasts has a deadline");
    const auto alert = alerts_.find(storm.alert);
    TOCSIN_CHECK(alert != alerts_.end() && alert->second == key, "its alert is known");
    TOCSIN_CHECK(!storm.is_shadow || (storm.account.folded == 0 && storm.incident == 0), "a shadow folds nothing");
    TOCSIN_CHECK(storm.account.gone() <= storm.account.folded, "who leaves was folded");
  });
  TOCSIN_CHECK(on == alerts_.size() && on == due_.size(), "each storm that lasts is counted once");
}

}  // namespace tocsin
