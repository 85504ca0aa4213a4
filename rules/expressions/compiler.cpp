#include "rules/expressions/compiler.h"

#include <algorithm>
#include <cctype>

#include "rules/cel/program.h"
#include "rules/expressions/contradictions.h"
#include "rules/expressions/expression_impl.h"
#include "rules/expressions/impossible_values.h"
#include "rules/expressions/name_hint.h"
#include "rules/expressions/table_warnings.h"
#include "rules/expressions/watch.h"

namespace tocsin::rules {
namespace {

using Kind = cel::Type::Kind;

/// Of all patterns of a rule set together, in instructions of RE2: about 32 MiB, and as much again for their sets.
constexpr std::size_t kPatternSizeMax = 2'000'000;
/// What a pattern counts for that is refused as too large: RE2 worked on it up to its bound.
constexpr std::size_t kTooLargePatternSize = 16'000;

const char* const kTogetherTooLarge = "the patterns of the rules up to here are too large together";
const char* const kTogetherHint = "shorter patterns, fewer repetitions `{n}`, or a table with the names";

void report_problem(const cel::Problem& problem, const YamlNode& node, Scope scope, Report& any) {
  Report& report = any.of(node);
  // The names of an alert are its fields.
  const std::string_view code = problem.code == "unknown_name" ? "unknown_field" : std::string_view{problem.code};
  if (report.is_full() || node.stands_for != nullptr) {
    return report.error(node, code, problem.message, problem.suggestion);
  }
  const SourceText& source = report.source();
  const std::size_t begin = source_offset(source, node, problem.offset);
  const std::size_t last =
      problem.length > 1 ? source_offset(source, node, problem.offset + problem.length - 1) : begin;
  const std::size_t line_end = std::max<std::size_t>(source.rest_of_line(begin).size(), 1);
  const std::size_t length = std::clamp<std::size_t>(last + 1 - std::min(begin, last), 1, line_end);
  report.at(begin, length, DiagnosticLevel::error, code, problem.message, hint_for(problem, node.text, scope));
}

void report_type(const cel::Type& type, std::string_view wanted, const YamlNode& node, Report& report,
                 std::string hint = {}) {
  report.error(node, "type_mismatch",
               "the expression must give " + std::string{wanted} + ", this one gives " + type.text(), std::move(hint));
}

}  // namespace

/// False when a part of a joined condition is wrong by itself: that is told at its own place.
bool Compiler::parts_are_sound(const YamlNode& node, Scope scope, Report& report) {
  bool sound = true;
  for (const YamlNode* part : node.items) sound &= !predicate(*part, scope, report).empty();
  return sound;
}

std::shared_ptr<const Expression::Impl> Compiler::compile(const YamlNode& node, Scope scope, Report& report) {
  if (!node.is_scalar() || node.text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    report.error(node, "wrong_type", "here must be an expression");
    return nullptr;
  }
  if (watch_ != nullptr) {
    if (auto impl = watched(watched_text(node, report), scope)) return impl;
  }
  const auto known = compiled_.find(std::pair{scope, std::string{node.text}});
  if (known != compiled_.end()) return known->second;
  if (pattern_size_ > kPatternSizeMax) return nullptr;
  auto program = cel::compile(node.text, schema_->environment(scope));
  if (!program) {
    if (parts_are_sound(node, scope, report)) {
      for (const cel::Problem& problem : program.error()) report_problem(problem, node, scope, report);
    }
    pattern_size_ += kTooLargePatternSize * static_cast<std::size_t>(std::ranges::count(
                                                program.error(), "pattern_too_large", &cel::Problem::code));
    if (pattern_size_ > kPatternSizeMax) report.error(node, "too_costly", kTogetherTooLarge, kTogetherHint);
    return nullptr;
  }
  pattern_size_ += program->pattern_size();
  if (pattern_size_ > kPatternSizeMax) {
    report.error(node, "too_costly", kTogetherTooLarge, kTogetherHint);
    return nullptr;
  }
  auto impl = std::make_shared<const Expression::Impl>(schema_, scope, *std::move(program));
  compiled_.emplace(std::pair{scope, std::string{node.text}}, impl);
  return impl;
}

/// What is compiled in place of the node's text; of a joined condition, in place of the parts that stand in the file.
std::string Compiler::watched_text(const YamlNode& node, Report& report) const {
  if (node.stands_for == nullptr) {
    return std::string{watch_->watched_text(report.of(node).source().file(), node.offset)};
  }
  std::string text;
  for (const YamlNode* part : node.items) {
    const std::string watched = part->stands_for == nullptr ? watched_text(*part, report) : "";
    if (watched.empty()) continue;
    if (text.empty()) text = node.text;
    if (const std::size_t at = text.find(part->text); at != std::string::npos) {
      text.replace(at, part->text.size(), watched);
    }
  }
  return text;
}

/// Null when there is no text, or when it has become too long.
std::shared_ptr<const Expression::Impl> Compiler::watched(std::string_view text, Scope scope) const {
  if (text.empty()) return nullptr;
  auto program = cel::compile(text, schema_->environment(scope));
  return program ? std::make_shared<const Expression::Impl>(schema_, scope, *std::move(program)) : nullptr;
}

Expression Compiler::absent(const YamlNode& around, Scope scope) {
  if (watch_ == nullptr || around.home == nullptr) return {};
  return Expression{watched(watch_->watched_absence(around.home->source().file(), around.offset), scope)};
}

Expression Compiler::predicate(const YamlNode& node, Scope scope, Report& report) {
  auto impl = compile(node, scope, report);
  if (impl == nullptr) return {};
  const cel::Type& type = impl->program().result_type();
  if (!type.is(Kind::boolean) && !type.is_dyn()) {
    report_type(type, "true or false", node, report);
    return {};
  }
  const auto constant = impl->program().constant();
  if (constant && !constant->is_true()) {
    report.warning(node, "never_holds", "this never holds");
  }
  warn_of_impossible_values(*impl, node, report);
  if (!constant && watch_ == nullptr) warn_of_contradiction(*impl, node, report);
  look_at(*impl, node, report);
  return Expression{std::move(impl)};
}

Expression Compiler::text(const YamlNode& node, Scope scope, Report& report) {
  auto impl = compile(node, scope, report);
  if (impl == nullptr) return {};
  const cel::Type& type = impl->program().result_type();
  for (const Kind kind :
       {Kind::string, Kind::integer, Kind::unsigned_integer, Kind::boolean, Kind::enumeration, Kind::dyn}) {
    if (!type.is(kind)) continue;
    look_at(*impl, node, report);
    return Expression{std::move(impl)};
  }
  report_type(type, "a text", node, report, "`string(…)` makes one");
  return {};
}

Expression Compiler::integer(const YamlNode& node, Scope scope, Report& report) {
  auto impl = compile(node, scope, report);
  if (impl == nullptr) return {};
  const cel::Type& type = impl->program().result_type();
  if (type.is(Kind::integer) || type.is_dyn()) {
    look_at(*impl, node, report);
    return Expression{std::move(impl)};
  }
  report_type(type, "an int", node, report, type.is(Kind::string) ? "`int(…)` makes one of a text" : "");
  return {};
}

/// `incident.fields.NAME`, as it is written. A text that looks so is taken for one: at worst a warning too many.
void Compiler::note_own_fields(const YamlNode& node) {
  constexpr std::string_view kBefore = "incident.fields.";
  for (std::size_t at = node.text.find(kBefore); at != std::string_view::npos; at = node.text.find(kBefore, at)) {
    at += kBefore.size();
    std::size_t end = at;
    while (end < node.text.size() &&
           (std::isalnum(static_cast<unsigned char>(node.text[end])) != 0 || node.text[end] == '_'))
      ++end;
    own_fields_read_.emplace(std::string{node.text.substr(at, end - at)}, &node);
  }
}

/// What it takes from tables and constants: noted, and told where that cannot be.
void Compiler::look_at(const Expression::Impl& impl, const YamlNode& node, Report& report) {
  if (impl.scope() == Scope::incident) note_own_fields(node);
  const auto& variables = schema_->environment(impl.scope()).variables();
  for (const cel::Use& use : impl.program().uses()) {
    using Kind = cel::Use::Kind;
    if (use.kind == Kind::named) {
      used_.insert(use.text);
    } else if (use.kind != Kind::pattern) {
      const std::string& table = variables[use.slot].name;
      used_.insert(table);
      if (use.kind == Kind::column) used_.insert(table + "." + use.text);
      if (use.kind == Kind::whole) used_.insert(table + ".*");
    }
  }
  // What is watched is another text, whose places are not those of the file.
  if (watch_ != nullptr) return;
  warn_of_tables(impl, node, report);
  warn_of_folded_patterns(impl, node, report);
}

bool Compiler::reads(const YamlNode& node, Scope scope, std::string_view name) const {
  const auto known = compiled_.find(std::pair{scope, std::string{node.text}});
  const auto slot = schema_->environment(scope).slot_of(name);
  return known != compiled_.end() && slot &&
         std::ranges::find(known->second->program().reads(), *slot, &cel::Read::slot) !=
             known->second->program().reads().end();
}

}  // namespace tocsin::rules
