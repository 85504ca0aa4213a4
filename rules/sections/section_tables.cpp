#include "rules/sections/section_tables.h"

#include <algorithm>

#include "rules/sections/draft.h"
#include "rules/yaml/definition.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kTablesMax = 64;
constexpr std::size_t kTableBytesMax = 16 * 1024 * 1024;

/// Tables lie beside the rule file or below it: a rule file of a team must not read what else is on the machine.
bool is_local_path(std::string_view path) {
  if (path.empty() || path.size() > 255 || path.front() == '/') return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (path.substr(at, end - at) == "..") return false;
    at = end + 1;
  }
  return path.find('\0') == std::string_view::npos;
}

/// Of the two columns that `edges` names; null when they are not there.
TopologyGraphPtr read_graph(const YamlNode& edges, const TableCells& cells, Report& report) {
  const auto columns = read_list(edges, "`edges`", report);
  if (edges.is_sequence() && columns.size() != 2) {
    report.error(edges, "wrong_type", "`edges` has two columns: who depends, and on what");
    return nullptr;
  }
  std::vector<std::size_t> places;
  for (const YamlNode* column : columns) {
    const auto name = read_text(*column, "a column", report);
    if (!name || !has_column(cells, *name, *column, report)) continue;
    places.push_back(static_cast<std::size_t>(std::ranges::find(cells.columns, *name) - cells.columns.begin()));
  }
  if (places.size() != 2) return nullptr;
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(cells.rows.size());
  for (const TableCells::Row& row : cells.rows) pairs.emplace_back(row.cells[places[0]], row.cells[places[1]]);
  return std::make_shared<const TopologyGraph>(pairs);
}

/// A column of links or sentences: nobody expects a rule to ask for it.
bool is_for_people(const cel::Table& table, std::size_t column) {
  return std::ranges::any_of(table.rows(), [&](const cel::Table::Row& row) {
    return row.cells[column].find(' ') != std::string::npos || row.cells[column].find("://") != std::string::npos;
  });
}

class TablesSection {
 public:
  TablesSection(TableReader& reader, Report& report, Draft& draft, TableFiles& files)
      : reader_(reader), report_(report), draft_(draft), files_(files) {}

  void read(const YamlNode& key, const YamlNode& value) {
    const std::string name{key.text};
    if (!is_identifier(name) || is_taken_name(name) || name.size() > 100) {
      report_.error(key, "bad_name", "`" + name.substr(0, 80) + "` cannot be the name of a table",
                    "letters, digits and `_`, and no field of alerts");
      return;
    }
    if (!draft_.table_names.insert(name).second) {
      report_.error(key, "duplicate_table", "there is a table `" + name + "` already");
      return;
    }
    if (draft_.table_names.size() > kTablesMax) {
      report_.error(key, "too_many_tables", "a rule set has at most 64 tables");
      return;
    }
    const MapReader map(value, "a table", {"file", "key", "edges"}, report_);
    const YamlNode* file = map.require("file");
    const YamlNode* column = map.find("key");
    const YamlNode* edges = map.find("edges");
    if (value.is_map() && (column == nullptr) == (edges == nullptr)) {
      report_.error(value, column == nullptr ? "missing_key" : "conflicting_keys",
                    "a table has either `key` or `edges`");
    }
    // Known by name even when it cannot be read, so that one mistake is told once.
    if (edges != nullptr) draft_.graphs.emplace(name, nullptr);
    draft_.table_nodes.emplace_back(name, &key);
    std::shared_ptr<const cel::Table> table;
    if (file != nullptr) table = load(name, *file, column, edges);
    if (table != nullptr) {
      const auto& fields = table->row_type()->fields();
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (column->text != fields[i].name && !is_for_people(*table, i)) {
          draft_.column_nodes.emplace_back(name + "." + fields[i].name, file);
        }
      }
    }
    if (column != nullptr) draft_.tables.emplace_back(name, std::move(table));
    // Where it could not be read there is an error, and no rule set.
    if (!files_.empty()) draft_.rules.sections.push_back({"tables." + name, definition_of(value, files_.back().bytes)});
  }

 private:
  std::shared_ptr<const cel::Table> load(const std::string& name, const YamlNode& file, const YamlNode* column,
                                         const YamlNode* edges) {
    const auto path = read_text(file, "`file`", report_);
    if (!path) return nullptr;
    if (!is_local_path(*path)) {
      report_.error(file, "bad_path", "a table's file is named relative to the rule file, without `..`");
      return nullptr;
    }
    TableFile& loaded = files_.emplace_back();
    loaded.name = *path;
    if (!reader_.read(report_.source().file(), *path, loaded.bytes)) {
      report_.error(file, "table_not_found", "there is no file `" + loaded.name + "` beside this rule file");
      files_.pop_back();
      return nullptr;
    }
    if (loaded.bytes.size() > kTableBytesMax) {
      report_.error(file, "table_too_large", "a table file has at most 16 MiB");
      loaded.bytes.clear();
      return nullptr;
    }
    std::string_view bytes = loaded.bytes;
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    loaded.source = std::make_unique<SourceText>(loaded.name, bytes);
    loaded.report = std::make_unique<Report>(*loaded.source);
    const bool is_yaml = path->ends_with(".yaml") || path->ends_with(".yml");
    const std::size_t rows_max = edges == nullptr ? kTableRowsMax : kEdgeRowsMax;
    TableCells cells = is_yaml ? parse_yaml_table(*loaded.source, *loaded.report, rows_max)
                               : parse_csv(bytes, *loaded.report, rows_max);
    if (cells.columns.empty()) return nullptr;  // said already
    if (edges != nullptr) draft_.graphs[name] = read_graph(*edges, cells, report_);
    if (column == nullptr) return nullptr;
    const auto key = read_text(*column, "`key`", report_);
    return key ? index_table(name, std::move(cells), *key, *column, report_, *loaded.report) : nullptr;
  }

  TableReader& reader_;
  Report& report_;
  Draft& draft_;
  TableFiles& files_;
};

}  // namespace

void read_tables(const YamlNode& node, TableReader& reader, Report& report, Draft& draft, TableFiles& files) {
  if (!node.is_map()) {
    report.error(node, "wrong_type", "`tables` must be a map from name to `{file, key}` or `{file, edges}`");
    return;
  }
  TablesSection section(reader, report, draft, files);
  for (std::size_t i = 0; i < node.items.size(); i += 2) {
    if (node.items[i]->is_scalar()) section.read(*node.items[i], *node.items[i + 1]);
  }
}

}  // namespace tocsin::rules
