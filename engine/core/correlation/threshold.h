#pragma once

#include "engine/core/correlation/instants.h"
#include "engine/core/correlation/keyed_kind.h"

namespace tocsin {

/// kind: threshold. `count` alerts of a key within a time.
///
/// A key has the instants of what was counted: at most `count` and sixteen more, so that some that come late still find
/// their neighbours. Invariants: they are in order; none is older than what may still be in a window with an arrival.
class ThresholdKind final : public KeyedKind<Instants> {
 public:
  explicit ThresholdKind(const rules::TemporalRule& rule);

  Pattern see(const Sighting& seen, KeyBound& bound) override;
  void parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const override;

 private:
  static constexpr std::size_t kSpare = 16;
  bool fits(const Instants& instants) const override { return instants.size() <= count_ + kSpare; }

  const std::size_t count_;
};

}  // namespace tocsin
