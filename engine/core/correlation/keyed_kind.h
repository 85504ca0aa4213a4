#pragma once

#include <algorithm>
#include <cstddef>

#include "engine/core/correlation/key_table.h"
#include "engine/core/correlation/temporal_kind.h"
#include "engine/model/check.h"
#include "rules/set/temporal_rule.h"

namespace tocsin {

/// A kind that looks for patterns among what it remembers of a key.
///
/// `State` has `is_over(Instant)` (nothing in it is as new as that), `drop_before(Instant)`, `write`, `read` and
/// `check`. Invariants: what is remembered of a key fits the rule; what is too old to matter goes when the key is seen
/// again.
template <typename State>
class KeyedKind : public TemporalKind {
 public:
  std::size_t key_count() const final { return keys_.count(); }

  void write(CanonicalWriter& out, const ConditionNumbers& numbers) const final {
    keys_.write(out, [&](const State& state) { state.write(out, numbers); });
  }

  void read(CanonicalReader& in, const ConditionNumbers& numbers) final {
    keys_.read(in, [&](State& state) {
      state.read(in, numbers);
      if (!in.failed() && !fits(state)) in.fail();
    });
  }

  void check() const final {
    keys_.check();
    keys_.for_each([this](Hash128, const State& state) {
      state.check();
      TOCSIN_CHECK(fits(state), "what is remembered of a key is what its rule may know");
    });
  }

 protected:
  explicit KeyedKind(const rules::TemporalRule& rule)
      : within_(rule.within), remembers_members_(rule.annotate.has_value()) {
    TOCSIN_CHECK(within_ > Duration{0}, "a pattern takes a time");
  }

  virtual bool fits(const State& state) const = 0;

  /// What is remembered of the key of a sighting, without what is too old; null: there is no room for another.
  State* enter(const Sighting& seen, KeyBound& bound) {
    const Instant horizon = forgotten_before(seen.now, within_);
    State* const state =
        keys_.enter(seen.key, bound, [&](const State& of) { return of.is_over(horizon); }, [](const State&) {});
    if (state != nullptr) state->drop_before(horizon);
    return state;
  }
  const State* find(Hash128 key) const { return keys_.find(key); }

  /// The newest window holds for one `within`, and one that is found late still counts as held now.
  Instant held_until(const Pattern& pattern, Instant now) const { return std::max(pattern.first_at + within_, now); }

  const Duration within_;
  const bool remembers_members_;

 private:
  KeyTable<State> keys_;
};

}  // namespace tocsin
