#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/agenda.h"
#include "engine/core/canonical.h"
#include "engine/core/conditions/condition.h"
#include "engine/model/field.h"
#include "engine/model/ids.h"
#include "engine/model/label.h"
#include "engine/model/severity.h"

namespace tocsin {

/// An alert that a rule makes of others. It enters where alerts from outside do, at the phase severity.
struct DerivedAlert {
  Hash128 identity{};  // of (rule, scope, values of `by`)
  std::array<std::string, kFieldCount> texts{};
  LabelSet labels{};
  std::int64_t tier = 0;
  bool ends = false;       // what it stands for holds no more
  std::uint8_t depth = 0;  // 1: of alerts from outside
};

/// What makes alerts of others over time: a value for each kind of rule, which owns its keys, windows and deadlines.
class Correlator {
 public:
  virtual ~Correlator() = default;
  /// A condition opened, changed or ended at `now`; `derived`: what follows, in order.
  virtual void see(Fact::Kind kind, const Condition& condition, Instant now, std::vector<DerivedAlert>& derived) = 0;
  /// kNever: nothing is due.
  virtual Instant next_deadline() const = 0;
  virtual void meet_deadline(Instant now, std::vector<DerivedAlert>& derived) = 0;
  virtual void write(CanonicalWriter& out) const = 0;
  virtual void check() const = 0;
};

}  // namespace tocsin
