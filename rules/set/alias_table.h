#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/field.h"

namespace tocsin::rules {

/// What people call a thing, by whatever else it is called: a column of a table by its key. Immutable.
class AliasTable {
 public:
  /// (alias, name). White space around an alias and the case of ASCII letters do not count; of equal aliases the first
  /// counts. A pair without an alias or a name is left out. A name is found as itself, unless it is the alias of
  /// another.
  explicit AliasTable(std::vector<std::pair<std::string, std::string>> pairs);

  /// The name of what is called so, as the table writes it; "" when the table knows nothing of it. As long as this.
  std::string_view find(std::string_view called) const;
  std::size_t size() const { return pairs_.size(); }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;  // in the order of aliases, without regard to case
};

/// A field of alerts that becomes what the table calls its value, whichever rule of the phase normalise sets it.
struct AliasRule {
  std::string id;
  Field field{};
  std::shared_ptr<const AliasTable> table;
};

}  // namespace tocsin::rules
