#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "rules/expression.h"
#include "rules/report.h"
#include "rules/schema.h"

namespace tocsin::rules {

/// Turns scalars of rule files into expressions. What is wrong with one goes to the report, at its place in the file;
/// the result is then empty.
class Compiler {
 public:
  explicit Compiler(std::shared_ptr<const Schema> schema) : schema_(std::move(schema)) {}

  /// For `when`: must be a bool.
  Expression predicate(const YamlNode& node, Scope scope, Report& report);
  /// For `set`: a string, or what has a natural form as text.
  Expression text(const YamlNode& node, Scope scope, Report& report);
  /// For `set: {tier}`.
  Expression integer(const YamlNode& node, Scope scope, Report& report);

  /// True when the expression compiled and reads the variable `name`.
  bool reads(const YamlNode& node, Scope scope, std::string_view name) const;

 private:
  bool parts_are_sound(const YamlNode& node, Scope scope, Report& report);
  std::shared_ptr<const Expression::Impl> compile(const YamlNode& node, Scope scope, Report& report);

  std::shared_ptr<const Schema> schema_;
  /// Equal texts share one program: rules repeat their conditions.
  std::map<std::pair<Scope, std::string>, std::shared_ptr<const Expression::Impl>, std::less<>> compiled_;
};

}  // namespace tocsin::rules
