#pragma once

#include <vector>

#include "engine/core/shard.h"
#include "engine/core/telling/query.h"
#include "engine/model/effect.h"
#include "engine/model/input.h"

namespace tocsin {

/// What the runtime needs of the pure machine: core_shard.h has the real one, tests have small ones whose every effect
/// is known.
class ShardPort {
 public:
  virtual ~ShardPort() = default;
  virtual void apply(const Input& input, std::vector<EffectPtr>& effects) = 0;
  /// See Shard::write_records. Those that always write may ignore it.
  virtual void write_records(bool) {}
  virtual Instant next_deadline() const = 0;
  virtual const ShardCounts& counts() const = 0;
  virtual QueryAnswer answer(const Query& query) const = 0;
  /// What became of the alerts of the input that was applied last; null: it does not say.
  virtual const HeardCounts* heard() const { return nullptr; }
  /// Null: it looks for no severities.
  virtual const WordTally* unknown_severities() const { return nullptr; }
  /// Null: it measures no times.
  virtual const TimesBook* times() const { return nullptr; }
  /// See Shard::take_rule_counts.
  virtual std::size_t take_rule_counts(std::vector<RuleCounts>& changed) {
    changed.clear();
    return 0;
  }
};

}  // namespace tocsin
