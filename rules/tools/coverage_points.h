#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/tools/coverage.h"

namespace tocsin::rules {

/// The functions that watched texts call: of the number of a point and a condition; of the source's word.
inline constexpr std::string_view kSawCondition = "__saw";
inline constexpr std::string_view kSawWord = "__saw_word";

/// Finds the points of a file and writes what watches them.
class CoveragePoints {
 public:
  CoveragePoints(const RuleText& file, Coverage& coverage) : file_(file), coverage_(coverage) {}

  void make();

 private:
  void visit(const Spot& at);
  void visit_rule(const Spot& at);
  void visit_expression(const Spot& at);
  void word(const Spot& at);
  std::size_t add(const Spot& at, std::size_t offset, std::string text, const std::vector<std::string_view>& outcomes);
  std::size_t add_named(const Spot& at, const std::vector<std::string_view>& outcomes);
  std::string watched(const Spot& at, bool is_condition);

  const RuleText& file_;
  Coverage& coverage_;
};

}  // namespace tocsin::rules
