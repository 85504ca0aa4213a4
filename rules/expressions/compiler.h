#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "rules/expressions/expression.h"
#include "rules/expressions/schema.h"
#include "rules/yaml/report.h"

namespace tocsin::rules {

class Watch;

/// Turns scalars of rule files into expressions. What is wrong with one goes to the report, at its place in the file;
/// the result is then empty.
class Compiler {
 public:
  /// With `watch`, which outlives what is compiled, expressions tell it what they gave.
  explicit Compiler(std::shared_ptr<const Schema> schema, const Watch* watch = nullptr)
      : schema_(std::move(schema)), watch_(watch) {}

  /// For `when`: must be a bool.
  Expression predicate(const YamlNode& node, Scope scope, Report& report);
  /// For `set`: a string, or what has a natural form as text.
  Expression text(const YamlNode& node, Scope scope, Report& report);
  /// For `set: {tier}`.
  Expression integer(const YamlNode& node, Scope scope, Report& report);

  /// What stands for a condition or word that is not written at `around`: empty, unless it is watched.
  Expression absent(const YamlNode& around, Scope scope);

  /// What expressions so far took from tables and constants. Names of tables; `TABLE.COLUMN`; names of constants.
  const std::set<std::string, std::less<>>& used() const { return used_; }

  /// A rule takes this from a table without an expression.
  void uses(const std::string& table, const std::string& column) {
    used_.insert(table);
    used_.insert(table + "." + column);
  }
  /// Own fields of incidents that expressions ask for (`incident.fields.NAME`), and where first.
  const std::map<std::string, const YamlNode*, std::less<>>& own_fields_read() const { return own_fields_read_; }

  /// True when the expression compiled and reads the variable `name`.
  bool reads(const YamlNode& node, Scope scope, std::string_view name) const;

 private:
  void note_own_fields(const YamlNode& node);
  void look_at(const Expression::Impl& impl, const YamlNode& node, Report& report);
  std::string watched_text(const YamlNode& node, Report& report) const;
  bool parts_are_sound(const YamlNode& node, Scope scope, Report& report);
  std::shared_ptr<const Expression::Impl> compile(const YamlNode& node, Scope scope, Report& report);

  std::shared_ptr<const Expression::Impl> watched(std::string_view text, Scope scope) const;

  std::shared_ptr<const Schema> schema_;
  const Watch* watch_;
  /// Equal texts share one program: rules repeat their conditions.
  std::map<std::pair<Scope, std::string>, std::shared_ptr<const Expression::Impl>, std::less<>> compiled_;
  std::set<std::string, std::less<>> used_;
  std::map<std::string, const YamlNode*, std::less<>> own_fields_read_;
  std::size_t pattern_size_ = 0;  // of all programs; nothing more is compiled when it is over its bound
};

}  // namespace tocsin::rules
