#pragma once

#include <string>
#include <vector>

#include "engine/core/correlation/keyed_kind.h"

namespace tocsin {

/// The values of a key, each with its newest instants (four, so that some that come late find their neighbours).
///
/// Invariants: each value is there once, with instants in order.
class DistinctValues {
 public:
  struct One {
    Instant at{};
    ConditionRef who{};
  };
  struct Value {
    std::string text;
    std::vector<One> seen;  // in order of time
    Instant newest() const { return seen.back().at; }
  };

  /// At most `values_max` of them: then the value that was seen longest ago gives way.
  void add(const Sighting& seen, bool remembers_who, std::size_t values_max);
  void drop_before(Instant at);
  bool is_over(Instant horizon) const { return newest_ < horizon; }
  const std::vector<Value>& all() const { return all_; }

  void write(CanonicalWriter& out, const ConditionNumbers& numbers) const;
  void read(CanonicalReader& in, const ConditionNumbers& numbers);
  void check() const;

 private:
  static constexpr std::size_t kInstantsMax = 4;

  std::vector<Value> all_;
  Instant newest_ = kUnset;
};

/// kind: distinct. `count` different values of a field in alerts of a key within a time. An alert without the field is
/// not counted.
///
/// A key has at most `count` and sixteen more values. Work per alert is a walk over the key's values.
class DistinctKind final : public KeyedKind<DistinctValues> {
 public:
  explicit DistinctKind(const rules::TemporalRule& rule);

  Pattern see(const Sighting& seen, KeyBound& bound) override;
  void parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const override;

 private:
  static constexpr std::size_t kSpare = 16;
  bool fits(const DistinctValues& values) const override { return values.all().size() <= count_ + kSpare; }
  /// The newest window of `within` with `at` in it that has enough values.
  Pattern window_with(const DistinctValues& values, Instant at) const;

  const std::size_t count_;
};

}  // namespace tocsin
