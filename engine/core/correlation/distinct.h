#pragma once

#include <string>
#include <vector>

#include "engine/core/correlation/temporal_kind.h"
#include "rules/set/temporal_rule.h"

namespace tocsin {

/// kind: distinct. `count` different values of a field in alerts of a key within a time. An alert without the field is
/// not counted.
///
/// A key has its values, each with its newest instants (four, so that some that come late find their neighbours), at
/// most `count` and sixteen more of them: then the value that was seen longest ago gives way. Work per alert is a walk
/// over the key's values. Invariants: each value is there once, with instants in order.
class DistinctKind final : public TemporalKind {
 public:
  explicit DistinctKind(const rules::TemporalRule& rule);

  Pattern see(const Sighting& seen, KeyBound& bound) override;
  void parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const override;
  std::size_t key_count() const override { return keys_.count(); }
  void write(CanonicalWriter& out, const ConditionNumbers& numbers) const override;
  void read(CanonicalReader& in, const ConditionNumbers& numbers) override;
  void check() const override;

 private:
  static constexpr std::size_t kSpare = 16;
  static constexpr std::size_t kInstantsMax = 4;

  struct One {
    Instant at{};
    ConditionRef who{};
  };
  struct Value {
    std::string text;
    std::vector<One> seen;  // in order of time
    Instant newest() const { return seen.back().at; }
  };
  struct Values {
    std::vector<Value> all;
    Instant newest = kUnset;
  };

  void add(Values& values, const Sighting& seen) const;
  /// The newest window of `within` with `at` in it that has enough values.
  Pattern window_with(const Values& values, Instant at) const;

  const std::size_t count_;
  const Duration within_;
  const bool remembers_members_;
  KeyTable<Values> keys_;
};

}  // namespace tocsin
