#include "rules/tools/trial.h"

#include <charconv>
#include <cmath>

#include "engine/model/json_writer.h"
#include "rules/expressions/expression_impl.h"
#include "rules/expressions/name_hint.h"
#include "rules/sections/draft.h"
#include "rules/sections/section_tables.h"

namespace tocsin::rules {
namespace {

std::string_view without_mark(std::string_view bytes) {
  return bytes.starts_with("\xEF\xBB\xBF") ? bytes.substr(3) : bytes;
}

const YamlNode* section_of(const YamlTree& tree, std::string_view name) {
  if (tree.root() == nullptr || !tree.root()->is_map()) return nullptr;
  const auto& items = tree.root()->items;
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (items[i]->text == name) return items[i + 1];
  }
  return nullptr;
}

/// Adds a file's scale, when there is none yet, and its tables.
void add_names(const SourceFile& file, TableReader& tables, Draft& draft, Draft* base) {
  const SourceText source(file.name, without_mark(file.bytes));
  Report report(source);
  const YamlTree tree = parse_yaml(source, report);
  Compiler none(nullptr);
  Context context{report, none, draft};
  TableFiles table_files;
  if (const YamlNode* severity = section_of(tree, "severity"); severity != nullptr && !draft.has_scale) {
    read_scale(*severity, context);
  }
  if (const YamlNode* node = section_of(tree, "tables")) {
    read_tables(*node, tables, report, draft, base, table_files);
  }
  if (const YamlNode* node = section_of(tree, "let")) read_constants(*node, context);
}

bool is_builtin(const SourceFile& file) {
  const SourceText source(file.name, without_mark(file.bytes));
  Report report(source);
  const YamlTree tree = parse_yaml(source, report);
  const YamlNode* name = section_of(tree, "ruleset");
  return name != nullptr && name->text == "builtin";
}

/// The names that the loader gives to the expressions of these files.
std::shared_ptr<const Schema> schema_of(const std::vector<SourceFile>& files, TableReader& tables) {
  const auto given = std::ranges::find_if(files, is_builtin);
  Draft base;
  add_names(given != files.end() ? *given : builtin_rules(), tables, base, nullptr);
  Draft draft;
  for (auto file = files.begin(); file != files.end(); ++file) {
    if (file != given) add_names(*file, tables, draft, &base);
  }
  for (const auto& table : base.tables) {
    if (!draft.table_names.contains(table.first)) draft.tables.push_back(table);
  }
  for (const Schema::Constant& constant : base.constants) {
    if (std::ranges::find(draft.constants, constant.name, &Schema::Constant::name) == draft.constants.end())
      draft.constants.push_back(constant);
  }
  const auto& scale = draft.has_scale ? draft.rules.severity.scale : base.rules.severity.scale;
  return std::make_shared<const Schema>(scale, draft.tables, Schema::Aliases{}, draft.constants);
}

void append_json(std::string& out, const cel::Value& value);

void append_key(std::string& out, const cel::Value& key) {
  append_json_string(out, key.is(cel::Kind::string) ? std::string{key.as_text()} : cel::to_text(key));
}

void append_map(std::string& out, const cel::Value& map) {
  out += '{';
  for (std::uint32_t i = 0; i < map.map_size(); ++i) {
    const cel::MapEntry entry = map.map_entry(i);
    if (i > 0) out += ',';
    append_key(out, entry.key);
    out += ':';
    append_json(out, entry.value);
  }
  out += '}';
}

void append_record(std::string& out, const cel::Record& record) {
  out += '{';
  const auto& fields = record.type->fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, fields[i].name);
    out += ':';
    append_json(out, record.fields[i]);
  }
  out += '}';
}

void append_number(std::string& out, double number) {
  // JSON has no infinities.
  if (!std::isfinite(number)) return append_json_string(out, std::isnan(number) ? "NaN" : number > 0 ? "inf" : "-inf");
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}

void append_json(std::string& out, const cel::Value& value) {
  switch (value.kind()) {
    case cel::Kind::null:
      out += "null";
      break;
    case cel::Kind::boolean:
      out += value.as_bool() ? "true" : "false";
      break;
    case cel::Kind::integer:
      out += std::to_string(value.as_integer());
      break;
    case cel::Kind::unsigned_integer:
      out += std::to_string(value.as_unsigned());
      break;
    case cel::Kind::floating:
      append_number(out, value.as_floating());
      break;
    case cel::Kind::string:
    case cel::Kind::type:
      append_json_string(out, value.as_text());
      break;
    case cel::Kind::enumeration:
      append_json_string(out, value.enum_type().names()[value.enum_index()]);
      break;
    case cel::Kind::list: {
      out += '[';
      const char* separator = "";
      for (const cel::Value& item : value.as_list()) {
        out += separator;
        append_json(out, item);
        separator = ",";
      }
      out += ']';
      break;
    }
    case cel::Kind::map:
      append_map(out, value);
      break;
    case cel::Kind::record:
      append_record(out, value.as_record());
      break;
    default:
      append_json_string(out, cel::to_text(value));
  }
}

}  // namespace

struct Trial::Parts {
  cel::Program program;
  Expression::Impl expression;
};

Trial::Trial(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Trial::Trial(Trial&&) noexcept = default;
Trial& Trial::operator=(Trial&&) noexcept = default;
Trial::~Trial() = default;

std::expected<Trial, Diagnostics> Trial::compile(std::string_view expression, const std::vector<SourceFile>& files,
                                                 TableReader& tables) {
  const SourceText source("expression", expression);
  Report report(source);
  if (const std::size_t at = first_bad_utf8(expression); at != std::string_view::npos) {
    report.at(at, 1, DiagnosticLevel::error, "invalid_utf8", "this byte is not UTF-8");
    return std::unexpected(report.take());
  }
  const auto schema = schema_of(files, tables);
  auto program = cel::compile(expression, schema->environment(Scope::alert));
  if (!program) {
    for (const cel::Problem& problem : program.error()) {
      report.at(problem.offset, problem.length, DiagnosticLevel::error, problem.code, problem.message,
                hint_for(problem, expression, Scope::alert));
    }
    return std::unexpected(report.take());
  }
  Expression::Impl impl(schema, Scope::alert, *program);
  return Trial(std::make_unique<Parts>(Parts{*std::move(program), std::move(impl)}));
}

std::string Trial::type() const { return parts_->program.result_type().text(); }

TrialValue Trial::evaluate(const Facts& facts) const {
  Arena scratch;
  Schema::Borrowed borrowed;
  const cel::Value value = parts_->expression.evaluate(facts, scratch, borrowed);
  TrialValue out;
  if (value.is_error()) {
    out.fault = value.message();
    return out;
  }
  out.text = cel::to_text(value);
  append_json(out.json, value);
  return out;
}

}  // namespace tocsin::rules
