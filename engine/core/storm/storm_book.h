#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/container/btree_set.h>

#include "engine/core/canonical.h"
#include "engine/core/correlation/key_table.h"
#include "engine/core/storm/storm_rate.h"
#include "engine/model/hash.h"
#include "engine/model/instant.h"
#include "rules/set/storm_policy.h"

namespace tocsin {

/// Why an alert that was folded is not any more.
enum class StormExit : std::uint8_t {
  ended,      // it fires no more
  risen,      // it is too severe to be folded
  released,   // the storm is over, and it fires still
  again,      // it is looked at again, and was not folded for this account
  dismissed,  // people were done with the storm's incident, and it was closed
};
inline constexpr std::size_t kStormExitCount = 5;

/// What a storm did with what came. What was folded is folded still, or has left in one of the ways of StormExit:
/// nothing else may become of it, and `lost` says how many it is.
struct StormAccount {
  std::uint64_t opened = 0;  // conditions that began to fire in its scope since it began
  std::uint64_t folded = 0;  // alerts that fired as members of its incident, each time that they began to
  std::array<std::uint64_t, kStormExitCount> left{};
  std::uint64_t incidents = 0;        // that opened in its scope on their own while it lasted
  std::uint64_t incidents_after = 0;  // that opened of what fired still when it was over
  std::uint64_t would_fold = 0;       // shadow: incidents that would not have opened
  std::uint64_t peak = 0;             // the most that came in a minute

  std::uint64_t left_by(StormExit exit) const { return left[static_cast<std::size_t>(exit)]; }
  std::uint64_t gone() const;
  /// `folded_now`: by a count of its own.
  std::uint64_t lost(std::uint64_t folded_now) const { return folded - gone() - folded_now; }
};

/// One that lasts, or did.
struct Storm {
  std::uint64_t number = 0;  // in order of beginning
  Hash128 alert{};           // identity of its own alert
  bool is_shadow = false;
  bool by_queue = false;   // it began because what was received waited
  bool is_ending = false;  // nothing is folded into it any more
  Instant began_at{};
  Instant ended_at = kUnset;
  std::uint64_t level = 0;          // how many a minute it took
  std::uint64_t usual = 0;          // how many a minute were usual
  std::uint64_t usual_minutes = 0;  // of so many minutes that is known
  Instant quiet_from = kNever;      // since when less than half of that comes; kNever: it does not
  Instant due = kNever;             // when this is looked at next
  std::uint64_t incident = 0;       // number of the newest that takes in what is folded; 0: there was none
  StormAccount account{};
};

inline bool is_over(const Storm& storm) { return storm.ended_at != kUnset; }

/// The scopes whose new conditions are counted, and the storms in them. See rules::StormPolicy.
///
/// Invariants: a storm that lasts has a deadline at which it is looked at, and its alert's identity is known; of each
/// storm what was folded is what has left and what is folded still; scopes are bounded: at the bound one that is not
/// known has no storms; past storms are few.
class StormBook {
 public:
  struct Scope {
    Hash128 key{};
    std::uint64_t number = 0;  // in order of the first sighting
    std::string tenant{};
    std::string words{};  // "team=payments"; "" where there is nothing but the tenant
    bool is_drill = false;
    StormRate rate{};
    std::unique_ptr<Storm> storm{};
  };
  /// One that is over.
  struct Past {
    std::string tenant{};
    std::string words{};
    Storm storm{};
  };
  static constexpr std::size_t kPastMax = 100;

  explicit StormBook(const rules::StormPolicy& policy) { use(policy); }

  /// A condition began to fire. Gives the storm that begins with it, else null. `describe(scope)` fills in tenant and
  /// words of one that was not known.
  template <typename F>
  Scope* hear(Hash128 key, Instant now, F&& describe);
  /// The scope, if a storm lasts in it; else null.
  Scope* on(Hash128 key);
  std::size_t on_count() const { return alerts_.size(); }
  bool has_any() const { return !alerts_.empty(); }
  /// The scope of the storm whose own alert this is; null: it is none's.
  Scope* of_alert(Hash128 identity);
  bool is_alert(Hash128 identity) const { return alerts_.contains(identity); }
  /// What was received waits so long.
  void hear_queue_age(Duration age, Instant now);
  Duration queue_age() const { return queue_age_; }

  Instant next_deadline() const { return due_.empty() ? kNever : due_.begin()->first; }
  /// Looks at the storm that is due at `now`: its scope, if it is over; null: it goes on.
  Scope* meet(Instant now);
  /// The storm of `scope` is over at `now`, and what it did is kept.
  void end(Scope& scope, Instant now);
  /// Nothing could be heard until `now`.
  void resume(Instant now);

  /// Another policy. Gives the scopes whose storms it ends; the caller ends them, and then calls `settle_in`.
  std::vector<Hash128> use(const rules::StormPolicy& policy);
  /// Where scopes are others now, those of before are forgotten.
  void settle_in();
  Scope* find(Hash128 key) { return scopes_.find(key); }

  /// In order of beginning. `f(Scope, Storm)`.
  template <typename F>
  void for_each_on(F&& f) const;
  const std::deque<Past>& past() const { return past_; }
  std::size_t scope_count() const { return scopes_.count(); }
  std::uint64_t refused() const { return bound_.refused; }
  std::uint64_t begun() const { return number_; }
  /// Whether there was no storm only because of `after`, because of `factor`: ever. No part of the state.
  bool kept_back() const { return kept_back_; }
  bool asked_for_more() const { return asked_for_more_; }

  void write(CanonicalWriter& out) const;
  void read(CanonicalReader& in);
  void check() const;

 private:
  /// How many in a minute are a storm now.
  std::uint64_t level_of(const StormRate& rate) const;
  bool queue_is_old() const { return queue_age_ > policy_.queue_age; }
  void advance(Scope& scope, Instant now);
  void begin(Scope& scope, Instant now);
  void look_at(Scope& scope, Instant at);
  static std::uint64_t half_of(std::uint64_t level) { return (level + 1) / 2; }

  rules::StormPolicy policy_{};
  bool forgets_ = false;
  KeyBound bound_;
  KeyTable<Scope> scopes_;
  std::map<Hash128, Hash128> alerts_;  // identity of a storm's alert → key of its scope
  absl::btree_set<std::pair<Instant, std::pair<std::uint64_t, Hash128>>> due_;  // (at, (number of the storm, key))
  std::deque<Past> past_;                                                       // in order of ending
  std::uint64_t number_ = 0;                                                    // storms
  std::uint64_t scope_number_ = 0;
  Duration queue_age_{};
  Instant first_at_ = kUnset;  // when the first condition of all was heard
  bool kept_back_ = false;
  bool asked_for_more_ = false;
};

template <typename F>
StormBook::Scope* StormBook::hear(Hash128 key, Instant now, F&& describe) {
  if (first_at_ == kUnset) first_at_ = now;
  Scope* scope = scopes_.enter(
      key, bound_, [&](const Scope& one) { return one.storm == nullptr && one.rate.is_idle(now); },
      [](const Scope&) {});
  if (scope == nullptr) return nullptr;
  if (scope->number == 0) {
    scope->number = ++scope_number_;
    scope->key = key;
    describe(*scope);
  }
  advance(*scope, now);
  scope->rate.add();
  if (scope->storm == nullptr) {
    if (scope->rate.in_last_minute() < level_of(scope->rate)) {
      asked_for_more_ |= scope->rate.in_last_minute() >= policy_.at_least;
      return nullptr;
    }
    if (now - first_at_ < policy_.after) {
      kept_back_ = true;
      return nullptr;
    }
    begin(*scope, now);
  }
  Storm& storm = *scope->storm;
  ++storm.account.opened;
  storm.account.peak = std::max(storm.account.peak, scope->rate.in_last_minute());
  if (scope->rate.in_last_minute() >= half_of(storm.level)) storm.quiet_from = kNever;
  return storm.account.opened == 1 ? scope : nullptr;
}

template <typename F>
void StormBook::for_each_on(F&& f) const {
  std::vector<const Scope*> all;
  scopes_.for_each([&](Hash128, const Scope& scope) {
    if (scope.storm != nullptr) all.push_back(&scope);
  });
  std::ranges::sort(all, {}, [](const Scope* one) { return one->storm->number; });
  for (const Scope* scope : all) f(*scope, *scope->storm);
}

}  // namespace tocsin
