#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "rules/cel/environment.h"

namespace tocsin::rules {

/// What has expressions compiled in another form, so that they tell it what they gave: the door of coverage into the
/// compiler, which knows nothing else of it.
class Watch {
 public:
  virtual ~Watch() = default;

  /// The functions that the texts below call; valid as long as this.
  virtual std::vector<cel::HostFunction> functions() = 0;
  /// What is compiled in place of the expression at `offset` of `file`; empty: the expression itself.
  virtual std::string_view watched_text(std::string_view file, std::uint32_t offset) const = 0;
  /// What is compiled where a rule that begins at `offset` has no condition; empty: nothing.
  virtual std::string_view watched_absence(std::string_view file, std::uint32_t offset) const = 0;
};

}  // namespace tocsin::rules
