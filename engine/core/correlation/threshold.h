#pragma once

#include <memory>

#include "engine/core/correlation/instants.h"
#include "engine/core/correlation/temporal_kind.h"
#include "rules/set/temporal_rule.h"

namespace tocsin {

/// kind: threshold. `count` alerts of a key within a time.
///
/// A key has the instants of what was counted: at most `count` and sixteen more, so that some that come late still find
/// their neighbours. Invariants: they are in order; none is older than what may still be in a window with an arrival.
class ThresholdKind final : public TemporalKind {
 public:
  explicit ThresholdKind(const rules::TemporalRule& rule);

  Pattern see(const Sighting& seen, KeyBound& bound) override;
  void parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const override;
  std::size_t key_count() const override { return keys_.count(); }
  void write(CanonicalWriter& out, const ConditionNumbers& numbers) const override;
  void read(CanonicalReader& in, const ConditionNumbers& numbers) override;
  void check() const override;

 private:
  static constexpr std::size_t kSpare = 16;

  const std::size_t count_;
  const Duration within_;
  const bool remembers_members_;
  KeyTable<Instants> keys_;
};

}  // namespace tocsin
