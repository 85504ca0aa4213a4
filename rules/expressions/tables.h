#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/cel/table.h"
#include "rules/yaml/report.h"

namespace tocsin::rules {

/// The cells of a table file, all texts.
struct TableCells {
  struct Row {
    std::vector<std::string> cells;
    std::size_t offset = 0;  // of its first byte in the file
  };
  std::vector<std::string> columns;
  std::vector<Row> rows;
};

inline constexpr std::size_t kTableRowsMax = 100'000;
inline constexpr std::size_t kEdgeRowsMax = 1'000'000;  // of a table with `edges`

/// Reads RFC 4180 (a header line, quotes, LF or CRLF; empty lines and lines that begin with `#` are left out). What is
/// wrong goes to `report`, whose file is the table's.
TableCells parse_csv(std::string_view bytes, Report& report, std::size_t rows_max = kTableRowsMax);

/// Reads a YAML list of maps from column to text. Columns that a row does not have are empty.
TableCells parse_yaml_table(const SourceText& source, Report& report, std::size_t rows_max = kTableRowsMax);

/// The same of a list that stands in a rule file.
TableCells read_rows(const YamlNode& list, Report& report, std::size_t rows_max = kTableRowsMax);

inline constexpr std::size_t kPatternRowsMax = 1'000;

/// The table by the values of `key`, whole or as patterns; null and a diagnostic at `at` when it has no such column or
/// its patterns are none. Of rows with the same key the first counts, with a warning at the others.
std::shared_ptr<const cel::Table> index_table(std::string name, TableCells cells, std::string_view key,
                                              cel::Table::By by, const YamlNode& at, Report& rule_file,
                                              Report& table_file);

/// `table` with the rows of a later layer: those count before its own, and columns that they do not have are empty
/// there. Null and a diagnostic at `at` when they have a column that the table has not, or not its key.
std::shared_ptr<const cel::Table> add_rows(const cel::Table& table, std::string_view key, TableCells cells,
                                           const YamlNode& at, Report& rule_file, Report& table_file);

/// A diagnostic at `at` when the table has no column `name`.
bool has_column(const TableCells& cells, std::string_view name, const YamlNode& at, Report& report);

}  // namespace tocsin::rules
