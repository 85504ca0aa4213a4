#include "rules/expressions/table_warnings.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "rules/expressions/contradictions.h"
#include "rules/yaml/suggest.h"

namespace tocsin::rules {
namespace {

using Kind = cel::Use::Kind;
constexpr std::size_t kCandidatesMax = 10'000;  // for a suggestion: more are not compared

std::string quoted(std::string_view text) { return "`" + std::string{text.substr(0, 80)} + "`"; }

std::size_t index_of(const cel::Table& table, std::string_view column) {
  return table.row_type()->index_of(column).value_or(0);
}

bool is_number(std::string_view text) {
  double number = 0;
  const auto [rest, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc{} && rest == text.data() + text.size();
}

void look_at_row(const cel::Table& table, const std::string& name, const cel::Use& use, const YamlNode& node,
                 Report& report) {
  const auto& rows = table.rows();
  if (!table.find(cel::Value::string(use.text)).is_error()) return;
  std::vector<std::string_view> keys;
  for (std::size_t i = 0; i < std::min(rows.size(), kCandidatesMax); ++i) keys.emplace_back(rows[i].key);
  std::string hint = suggestion(use.text, keys);
  if (table.row_type()->index_of(use.text)) hint = quoted(name + "[…]." + use.text) + " is a column of a row";
  warn_in_expression(node, use.offset, use.length, "unknown_row", quoted(name) + " has no row " + quoted(use.text),
                     std::move(hint), report);
}

void look_at_value(const cel::Table& table, const std::string& name, const cel::Use& use, const YamlNode& node,
                   Report& report) {
  const std::size_t column = index_of(table, use.column);
  std::set<std::string_view> values;
  for (const cel::Table::Row& row : table.rows()) {
    if (row.cells[column] == use.text) return;
    if (values.size() < kCandidatesMax) values.insert(row.cells[column]);
  }
  const std::vector<std::string_view> words(values.begin(), values.end());
  std::string hint = suggestion(use.text, words);
  if (hint.empty() && !words.empty() && words.size() <= 8) hint = "its values are " + one_of(words);
  warn_in_expression(
      node, use.offset, use.length, "impossible_value",
      "the column " + quoted(use.column) + " of " + quoted(name) + " never has the value " + quoted(use.text),
      std::move(hint), report);
}

void look_at_numbers(const cel::Table& table, const cel::Use& use, const YamlNode& node, Report& report) {
  const std::size_t column = index_of(table, use.text);
  const bool empty_is_fine = !use.column.empty();
  const auto wrong = std::ranges::find_if(table.rows(), [&](const cel::Table::Row& row) {
    return row.cells[column].empty() ? !empty_is_fine : !is_number(row.cells[column]);
  });
  if (wrong == table.rows().end()) return;
  warn_in_expression(node, use.offset, use.length, "not_a_number",
                     "in the row " + quoted(wrong->key) + " the column " + quoted(use.text) + " is " +
                         (wrong->cells[column].empty() ? "empty" : quoted(wrong->cells[column])) +
                         ": there this has no value",
                     empty_is_fine ? "" : "`coalesce(…, \"3\")` inside of it is for empty cells", report);
}

}  // namespace

void warn_of_tables(const Expression::Impl& expression, const YamlNode& node, Report& report) {
  const auto& variables = expression.schema().environment(expression.scope()).variables();
  for (const cel::Use& use : expression.program().uses()) {
    if (use.kind != Kind::row && use.kind != Kind::value && use.kind != Kind::number) continue;
    const std::string& name = variables[use.slot].name;
    const cel::Table* table = expression.schema().table(name);
    if (table == nullptr) continue;
    if (use.kind == Kind::row) look_at_row(*table, name, use, node, report);
    if (use.kind == Kind::value) look_at_value(*table, name, use, node, report);
    if (use.kind == Kind::number) look_at_numbers(*table, use, node, report);
  }
}

void warn_of_folded_patterns(const Expression::Impl& expression, const YamlNode& node, Report& report) {
  if (node.stands_for != nullptr) return;
  const SourceText& source = report.of(node).source();
  for (const cel::Use& use : expression.program().uses()) {
    if (use.kind != Kind::pattern || use.length == 0) continue;
    const std::size_t begin = source_offset(source, node, use.offset);
    const std::size_t end = source_offset(source, node, use.offset + use.length - 1);
    if (end <= begin || source.bytes().substr(begin, end - begin).find('\n') == std::string_view::npos) continue;
    warn_in_expression(node, use.offset, use.length, "folded_pattern",
                       "this pattern goes over the end of a line, of which YAML makes a blank",
                       "keep a pattern on one line, or join parts: `r\"^(Disk|\" + r\"Memory)\"`", report);
  }
}

}  // namespace tocsin::rules
