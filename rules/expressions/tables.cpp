#include "rules/expressions/tables.h"

#include <algorithm>
#include <set>

#include <re2/re2.h>

#include "rules/expressions/schema.h"
#include "rules/yaml/suggest.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kColumnsMax = 64;

// file   = header *record           ; lines end with LF or CRLF
// record = cell *("," cell)
// cell   = '"' *(any but '"' / '""') '"' / *(any but ",", LF)
class CsvReader {
 public:
  CsvReader(std::string_view bytes, Report& report) : bytes_(bytes), report_(report) {}

  bool at_end() const { return at_ >= bytes_.size(); }
  /// Something was wrong with the record that next() gave last, and that was told.
  bool is_broken() const { return is_broken_; }

  /// The next record that is no comment and not empty; false at the end.
  bool next(TableCells::Row& row) {
    while (!at_end() && (bytes_[at_] == '#' || bytes_[at_] == '\n' || bytes_[at_] == '\r')) skip_line();
    if (at_end()) return false;
    row.cells.clear();
    row.offset = at_;
    is_broken_ = false;
    do {
      row.cells.push_back(cell());
    } while (take(','));
    take('\r');
    if (!at_end() && !take('\n')) {
      report_.at(at_, 1, DiagnosticLevel::error, "bad_csv", "after a closing quote comes `,` or the end of the line");
      is_broken_ = true;
      skip_line();
    }
    return true;
  }

 private:
  bool take(char c) {
    if (at_end() || bytes_[at_] != c) return false;
    ++at_;
    return true;
  }

  void skip_line() {
    const std::size_t end = bytes_.find('\n', at_);
    at_ = end == std::string_view::npos ? bytes_.size() : end + 1;
  }

  std::string cell() {
    if (take('"')) return quoted_cell();
    const std::size_t end = std::min(bytes_.find_first_of(",\r\n", at_), bytes_.size());
    std::string text{bytes_.substr(at_, end - at_)};
    at_ = end;
    return text;
  }

  std::string quoted_cell() {
    const std::size_t begin = at_ - 1;
    std::string text;
    while (!at_end()) {
      const char c = bytes_[at_++];
      if (c == '"' && !take('"')) return text;
      text += c;
    }
    report_.at(begin, 1, DiagnosticLevel::error, "bad_csv", "this quote is never closed");
    is_broken_ = true;
    return text;
  }

  std::string_view bytes_;
  Report& report_;
  std::size_t at_ = 0;
  bool is_broken_ = false;
};

bool check_columns(const std::vector<std::string>& columns, Report& report) {
  std::set<std::string_view> seen;
  for (const std::string& column : columns) {
    if (!is_identifier(column) || !seen.insert(column).second || seen.size() > kColumnsMax) {
      report.at(
          0, 1, DiagnosticLevel::error, "bad_column",
          "columns are at most 64 different names of letters, digits and `_`, here is `" + column.substr(0, 80) + "`");
      return false;
    }
  }
  return true;
}

void too_many_rows(std::size_t offset, std::size_t rows_max, Report& report) {
  report.at(offset, 1, DiagnosticLevel::error, "table_too_large",
            "a table has at most " + std::to_string(rows_max) + " rows");
}

}  // namespace

TableCells parse_csv(std::string_view bytes, Report& report, std::size_t rows_max) {
  TableCells table;
  if (const std::size_t bad = first_bad_utf8(bytes); bad != std::string_view::npos) {
    report.at(bad, 1, DiagnosticLevel::error, "invalid_utf8", "this byte is not UTF-8");
    return table;
  }
  CsvReader reader(bytes, report);
  TableCells::Row row;
  if (!reader.next(row)) {
    report.at(0, 1, DiagnosticLevel::error, "bad_csv", "a table needs a first line with the names of its columns");
    return table;
  }
  table.columns = row.cells;
  if (!check_columns(table.columns, report)) return table;
  while (reader.next(row)) {
    if (reader.is_broken()) continue;
    if (row.cells.size() != table.columns.size()) {
      report.at(row.offset, 1, DiagnosticLevel::error, "bad_csv",
                "this row has " + std::to_string(row.cells.size()) + " cells, the table has " +
                    std::to_string(table.columns.size()) + " columns");
      continue;
    }
    if (table.rows.size() >= rows_max) {
      too_many_rows(row.offset, rows_max, report);
      break;
    }
    table.rows.push_back(row);
  }
  return table;
}

TableCells parse_yaml_table(const SourceText& source, Report& report, std::size_t rows_max) {
  const YamlTree tree = parse_yaml(source, report);
  return tree.root() == nullptr ? TableCells{} : read_rows(*tree.root(), report, rows_max);
}

TableCells read_rows(const YamlNode& list, Report& report, std::size_t rows_max) {
  TableCells table;
  if (!list.is_sequence()) {
    report.error(list, "wrong_type", "a table is a list of maps from column to text");
    return table;
  }
  std::set<std::string_view> columns;
  for (const YamlNode* item : list.items) {
    for (std::size_t i = 0; item->is_map() && i < item->items.size(); i += 2) {
      if (columns.size() <= kColumnsMax) columns.insert(item->items[i]->text);
    }
  }
  table.columns.assign(columns.begin(), columns.end());
  if (!check_columns(table.columns, report)) return table;
  for (const YamlNode* item : list.items) {
    if (!item->is_map()) {
      report.error(*item, "wrong_type", "a row is a map from column to text");
      continue;
    }
    if (table.rows.size() >= rows_max) {
      too_many_rows(item->offset, rows_max, report);
      break;
    }
    TableCells::Row row{std::vector<std::string>(table.columns.size()), item->offset};
    for (std::size_t i = 0; i < item->items.size(); i += 2) {
      const YamlNode& cell = *item->items[i + 1];
      if (!cell.is_scalar()) {
        report.error(cell, "wrong_type", "a cell is a text");
        continue;
      }
      const auto column = std::ranges::lower_bound(table.columns, item->items[i]->text);
      row.cells[static_cast<std::size_t>(column - table.columns.begin())] = cell.text;
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

bool has_column(const TableCells& cells, std::string_view name, const YamlNode& at, Report& report) {
  const std::vector<std::string_view> names(cells.columns.begin(), cells.columns.end());
  if (std::ranges::find(names, name) != names.end()) return true;
  std::string hint = suggestion(name, names);
  if (hint.empty() && !names.empty()) hint = "it has " + one_of(names);
  report.error(at, "unknown_column", "the table has no column `" + std::string{name.substr(0, 80)} + "`",
               std::move(hint));
  return false;
}

namespace {

/// Rows of one file by their keys; those whose key stands above are left out, and patterns that are none are told.
std::vector<cel::Table::Row> rows_by_key(std::vector<TableCells::Row>& from, std::size_t column, cel::Table::By by,
                                         Report& file) {
  std::set<std::string> seen;
  std::vector<cel::Table::Row> rows;
  for (TableCells::Row& row : from) {
    std::string value = row.cells[column];
    if (!seen.insert(value).second) {
      file.at(row.offset, 1, DiagnosticLevel::warning, "duplicate_row",
              "a row with the key `" + value.substr(0, 80) + "` stands above; that one counts");
      continue;
    }
    if (by == cel::Table::By::pattern) {
      const RE2 pattern(value, RE2::Quiet);
      if (!pattern.ok() || value.empty()) {
        file.at(row.offset, 1, DiagnosticLevel::error, "bad_pattern",
                value.empty() ? "a pattern that is empty is found in everything"
                              : "`" + value.substr(0, 80) + "` is no pattern: " + pattern.error());
        continue;
      }
      if (rows.size() >= kPatternRowsMax) {
        too_many_rows(row.offset, kPatternRowsMax, file);
        break;
      }
    }
    rows.push_back({std::move(value), std::move(row.cells)});
  }
  return rows;
}

std::shared_ptr<const cel::Table> make_table(std::string name, std::vector<std::string> columns,
                                             std::vector<cel::Table::Row> rows, cel::Table::By by, const YamlNode& at,
                                             Report& report) {
  auto table = std::make_shared<const cel::Table>(std::move(name), std::move(columns), std::move(rows), by);
  if (table->is_sound()) return table;
  report.error(at, "pattern_too_large", "the patterns of this table are too large together");
  return nullptr;
}

}  // namespace

std::shared_ptr<const cel::Table> index_table(std::string name, TableCells cells, std::string_view key,
                                              cel::Table::By by, const YamlNode& at, Report& rule_file,
                                              Report& table_file) {
  if (!has_column(cells, key, at, rule_file)) return nullptr;
  const auto column = static_cast<std::size_t>(std::ranges::find(cells.columns, key) - cells.columns.begin());
  std::vector<cel::Table::Row> rows = rows_by_key(cells.rows, column, by, table_file);
  return make_table(std::move(name), std::move(cells.columns), std::move(rows), by, at, rule_file);
}

std::shared_ptr<const cel::Table> add_rows(const cel::Table& table, std::string_view key, TableCells cells,
                                           const YamlNode& at, Report& rule_file, Report& table_file) {
  if (!has_column(cells, key, at, rule_file)) return nullptr;
  std::vector<std::string> columns;
  for (const auto& field : table.row_type()->fields()) columns.push_back(field.name);
  for (const std::string& column : cells.columns) {
    if (std::ranges::find(columns, column) != columns.end()) continue;
    const std::vector<std::string_view> names(columns.begin(), columns.end());
    rule_file.error(at, "unknown_column",
                    "the table that these rows are added to has no column `" + column.substr(0, 80) + "`",
                    "it has " + one_of(names));
    return nullptr;
  }
  const auto key_column = static_cast<std::size_t>(std::ranges::find(cells.columns, key) - cells.columns.begin());
  std::vector<cel::Table::Row> added = rows_by_key(cells.rows, key_column, table.by(), table_file);
  for (cel::Table::Row& row : added) {
    std::vector<std::string> in_order(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto from = std::ranges::find(cells.columns, columns[i]);
      if (from == cells.columns.end()) continue;
      in_order[i] = std::move(row.cells[static_cast<std::size_t>(from - cells.columns.begin())]);
    }
    row.cells = std::move(in_order);
  }
  // Whole keys: the first counts. Patterns: the last.
  std::vector<cel::Table::Row> rows = table.rows();
  rows.insert(table.by() == cel::Table::By::key ? rows.begin() : rows.end(), std::make_move_iterator(added.begin()),
              std::make_move_iterator(added.end()));
  return make_table(std::string{table.row_type()->name()}, std::move(columns), std::move(rows), table.by(), at,
                    rule_file);
}

}  // namespace tocsin::rules
