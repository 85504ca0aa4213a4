#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

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
  Severity severity{};
  bool ends = false;       // what it stands for holds no more
  std::uint8_t depth = 0;  // 1: of alerts from outside
};

/// What derived alerts have as `source`.
inline constexpr std::string_view kDerivedSource = "tocsin";

}  // namespace tocsin
