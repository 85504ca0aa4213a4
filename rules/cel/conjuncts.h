#pragma once

#include <optional>

#include "rules/cel/checker.h"
#include "rules/cel/fold.h"
#include "rules/cel/program.h"

namespace tocsin::cel {

/// What a node reads when it is a variable, a key of a text map (`labels.x`, `labels["x"]`) or a field of a record
/// variable.
struct ReadPlace {
  enum class Kind : std::uint8_t { slot, label, field };
  Kind kind = Kind::slot;
  std::uint32_t slot = 0;
  std::uint32_t field = 0;
  std::string_view key;  // of a label or field
};
std::optional<ReadPlace> read_place(const Checked& checked, NodeIndex node, const Environment& environment);

/// The index form of one operand of a top-level `&&`.
Conjunct classify(const Checked& checked, NodeIndex node, const Environment& environment, Folder& folder);

}  // namespace tocsin::cel
