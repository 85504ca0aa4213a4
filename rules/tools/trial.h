#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/load.h"
#include "rules/yaml/diagnostic.h"

namespace tocsin::rules {

struct Facts;

/// What an expression gave: `fault` is empty when it has a value.
struct TrialValue {
  std::string text;   // in CEL's notation, as people would write it
  std::string json;   // one JSON value; times and durations as texts
  std::string fault;  // why there is no value
};

/// An expression that stands in no rule file, to see what it says about an alert. It may name what conditions of rules
/// may: the alert, its severity, the scale and tables of the files.
class Trial {
 public:
  /// Checks and compiles. Requires: `files` load without errors. Places of diagnostics count in the expression, which
  /// is the file `expression`.
  static std::expected<Trial, Diagnostics> compile(std::string_view expression, const std::vector<SourceFile>& files,
                                                   TableReader& tables);

  Trial(Trial&&) noexcept;
  Trial& operator=(Trial&&) noexcept;
  ~Trial();

  /// "bool", "map(string, string)".
  std::string type() const;
  TrialValue evaluate(const Facts& facts) const;

 private:
  struct Parts;
  explicit Trial(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tocsin::rules
