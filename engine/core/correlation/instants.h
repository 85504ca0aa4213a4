#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/core/correlation/temporal_kind.h"

namespace tocsin {

/// Instants in order, 16 bytes while there is one: a ring that grows up to a bound, then the oldest gives way. What
/// comes in order costs the same however many there are.
///
/// Invariants: sorted, equal ones in order of arrival; never more than the bound.
class Instants {
 public:
  std::size_t size() const { return more_ != nullptr ? more_->size : one_ != kUnset ? 1 : 0; }
  Instant operator[](std::size_t i) const { return more_ != nullptr ? more_->at(i).at : one_; }
  /// kNoSlot where they are not remembered.
  ConditionRef who(std::size_t i) const { return more_ != nullptr ? more_->at(i).who : ConditionRef{}; }
  Instant newest() const { return (*this)[size() - 1]; }

  /// The place that it has now; nothing: there are `max` newer ones. `who` with a slot is remembered.
  std::optional<std::size_t> insert(Instant at, ConditionRef who, std::size_t max);
  void drop_before(Instant at);
  bool is_over(Instant horizon) const { return size() == 0 || newest() < horizon; }

  void write(CanonicalWriter& out, const ConditionNumbers& numbers) const;
  void read(CanonicalReader& in, const ConditionNumbers& numbers);
  void check() const;

 private:
  struct One {
    Instant at{};
    ConditionRef who{};
  };
  struct Ring {
    std::vector<One> items;
    std::size_t head = 0;
    std::size_t size = 0;
    One& at(std::size_t i) { return items[(head + i) % items.size()]; }
  };
  void make_ring();

  Instant one_ = kUnset;
  std::unique_ptr<Ring> more_;
};

}  // namespace tocsin
