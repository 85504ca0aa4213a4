#include "rules/sections/section_tables.h"

#include <algorithm>
#include <array>

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
  TablesSection(TableReader& reader, Report& report, Draft& draft, Draft* base, TableFiles& files)
      : reader_(reader), report_(report), draft_(draft), base_(base), files_(files) {}

  void read(const YamlNode& key, const YamlNode& value) {
    const std::string name{key.text};
    if (!is_identifier(name) || is_taken_name(name) || name.size() > 100) {
      report_.error(key, "bad_name", "`" + name.substr(0, 80) + "` cannot be the name of a table",
                    "letters, digits and `_`, and no field of alerts");
      return;
    }
    const YamlNode* add = value_of(value, "add");
    if (add != nullptr && read_bool(*add, "`add`", report_).value_or(false)) return add_to(name, key, value);
    if (!draft_.table_names.insert(name).second) {
      report_.error(key, "duplicate_table", "there is a table `" + name + "` already",
                    "`add: true` adds rows to a table of a file before");
      return;
    }
    if (draft_.table_names.size() > kTablesMax) {
      report_.error(key, "too_many_tables", "a rule set has at most 64 tables");
      return;
    }
    const MapReader map(value, "a table", {"file", "rows", "key", "patterns", "edges", "add"}, report_);
    const YamlNode* column = map.find("key");
    const YamlNode* patterns = map.find("patterns");
    const YamlNode* edges = map.find("edges");
    const int ways = (column != nullptr ? 1 : 0) + (patterns != nullptr ? 1 : 0) + (edges != nullptr ? 1 : 0);
    if (value.is_map() && ways != 1) {
      report_.error(value, ways == 0 ? "missing_key" : "conflicting_keys",
                    "a table has either `key`, `patterns` or `edges`");
    }
    const auto by = column != nullptr ? cel::Table::By::key : cel::Table::By::pattern;
    if (column == nullptr) column = patterns;
    // Known by name even when it cannot be read, so that one mistake is told once.
    if (edges != nullptr) draft_.graphs.emplace(name, nullptr);
    draft_.table_nodes.emplace_back(name, &key);
    std::shared_ptr<const cel::Table> table;
    const YamlNode* at = map.find("file") != nullptr ? map.find("file") : map.find("rows");
    if (auto cells = read_cells(map, edges != nullptr)) {
      if (edges != nullptr) draft_.graphs[name] = read_graph(*edges, *cells, report_);
      const auto key_name = column != nullptr ? read_text(*column, "the column", report_) : std::nullopt;
      if (key_name) {
        table = index_table(name, std::move(*cells), *key_name, by, *column, report_, *report_of_rows_);
        draft_.table_keys[name] = *key_name;
      }
    }
    if (table != nullptr) {
      const auto& fields = table->row_type()->fields();
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (column->text != fields[i].name && !is_for_people(*table, i)) {
          draft_.column_nodes.emplace_back(name + "." + fields[i].name, at);
        }
      }
    }
    if (column != nullptr) draft_.tables.emplace_back(name, std::move(table));
    // Where it could not be read there is an error, and no rule set.
    draft_.rules.sections.push_back({"tables." + name, definition_of(value, bytes_)});
  }

 private:
  /// Rows for a table of a layer before; that of the built-in rules may then be named by the file too.
  void add_to(const std::string& name, const YamlNode& key, const YamlNode& value) {
    const MapReader map(value, "what is added to a table", {"file", "rows", "add"}, report_);
    auto cells = read_cells(map, true);
    Draft* of = draft_.table_names.contains(name) ? &draft_ : base_;
    if (of == nullptr || !of->table_names.contains(name)) {
      report_.error(key, "unknown_table", "no file before this one has a table `" + name.substr(0, 80) + "`",
                    "without `add` this is the table");
      return;
    }
    if (!cells) return;
    const auto table = std::ranges::find(of->tables, name, &Schema::Tables::value_type::first);
    const auto graph = of->graphs.find(name);
    if (table != of->tables.end() && table->second != nullptr) {
      table->second = add_rows(*table->second, of->table_keys[name], std::move(*cells), key, report_, *report_of_rows_);
      if (of != &draft_ &&
          std::ranges::find(draft_.tables, name, &Schema::Tables::value_type::first) == draft_.tables.end()) {
        draft_.tables.emplace_back(name, table->second);
      }
    } else if (graph != of->graphs.end() && graph->second != nullptr) {
      graph->second = add_edges(*graph->second, *cells, key);
      if (of != &draft_) draft_.graphs[name] = graph->second;
    }
    if (of != &draft_) {
      draft_.table_names.insert(name);
      draft_.table_keys[name] = of->table_keys[name];
    }
    const std::string section = "tables." + name;
    const auto said = std::ranges::find(draft_.rules.sections, section, &Definition::id);
    const Hash128 digest = definition_of(value, bytes_);
    if (said == draft_.rules.sections.end()) {
      draft_.rules.sections.push_back({section, digest});
    } else {
      const std::array<std::uint64_t, 4> both{said->digest.high, said->digest.low, digest.high, digest.low};
      said->digest = published_key().hash({reinterpret_cast<const char*>(both.data()), sizeof both});
    }
  }

  /// The two columns that the rows have, in their order: who depends, and on what.
  TopologyGraphPtr add_edges(const TopologyGraph& graph, const TableCells& cells, const YamlNode& at) {
    if (cells.columns.size() != 2) {
      report_.error(at, "wrong_type", "edges have two columns: who depends, and on what");
      return nullptr;
    }
    std::vector<std::pair<std::string, std::string>> pairs;
    for (TopologyGraph::Node node = 0; node < graph.size(); ++node) {
      for (const TopologyGraph::Node on : graph.upstream(node)) {
        pairs.emplace_back(graph.name_of(node), graph.name_of(on));
      }
    }
    for (const TableCells::Row& row : cells.rows) pairs.emplace_back(row.cells[0], row.cells[1]);
    return std::make_shared<const TopologyGraph>(pairs);
  }

  /// Of `file` or `rows`, one of which there must be. Nullopt when they cannot be read, which was told.
  std::optional<TableCells> read_cells(const MapReader& map, bool may_be_edges) {
    bytes_ = {};
    report_of_rows_ = &report_;
    const YamlNode* file = map.find("file");
    const YamlNode* rows = map.find("rows");
    const std::size_t rows_max = may_be_edges ? kEdgeRowsMax : kTableRowsMax;
    if (rows == nullptr) {
      file = map.require("file");
      return file == nullptr ? std::nullopt : load(*file, rows_max);
    }
    if (file != nullptr) {
      report_.error(*map.key_node("rows"), "conflicting_keys", "the rows stand either in `file` or here");
      return std::nullopt;
    }
    TableCells cells = read_rows(*rows, report_, rows_max);
    if (cells.columns.empty()) return std::nullopt;
    return cells;
  }

  std::optional<TableCells> load(const YamlNode& file, std::size_t rows_max) {
    const auto path = read_text(file, "`file`", report_);
    if (!path) return std::nullopt;
    if (!is_local_path(*path)) {
      report_.error(file, "bad_path", "a table's file is named relative to the rule file, without `..`");
      return std::nullopt;
    }
    TableFile& loaded = files_.emplace_back();
    loaded.name = *path;
    if (!reader_.read(report_.source().file(), *path, loaded.bytes)) {
      report_.error(file, "table_not_found", "there is no file `" + loaded.name + "` beside this rule file");
      files_.pop_back();
      return std::nullopt;
    }
    if (loaded.bytes.size() > kTableBytesMax) {
      report_.error(file, "table_too_large", "a table file has at most 16 MiB");
      loaded.bytes.clear();
      return std::nullopt;
    }
    bytes_ = loaded.bytes;
    std::string_view bytes = loaded.bytes;
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    loaded.source = std::make_unique<SourceText>(loaded.name, bytes);
    loaded.report = std::make_unique<Report>(*loaded.source);
    report_of_rows_ = loaded.report.get();
    const bool is_yaml = path->ends_with(".yaml") || path->ends_with(".yml");
    TableCells cells = is_yaml ? parse_yaml_table(*loaded.source, *loaded.report, rows_max)
                               : parse_csv(bytes, *loaded.report, rows_max);
    if (cells.columns.empty()) return std::nullopt;  // said already
    return cells;
  }

  TableReader& reader_;
  Report& report_;
  Draft& draft_;
  Draft* base_;
  TableFiles& files_;
  std::string_view bytes_;            // of the file of the table that is read
  Report* report_of_rows_ = nullptr;  // where findings in its rows go
};

}  // namespace

void read_tables(const YamlNode& node, TableReader& reader, Report& report, Draft& draft, Draft* base,
                 TableFiles& files) {
  if (!node.is_map()) {
    report.error(node, "wrong_type", "`tables` must be a map from name to `{file, key}` or `{file, edges}`");
    return;
  }
  TablesSection section(reader, report, draft, base, files);
  for (std::size_t i = 0; i < node.items.size(); i += 2) {
    if (node.items[i]->is_scalar()) section.read(*node.items[i], *node.items[i + 1]);
  }
}

}  // namespace tocsin::rules
