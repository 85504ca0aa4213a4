#include "rules/load.h"

#include <algorithm>
#include <deque>

#include "engine/model/hash.h"
#include "rules/draft.h"
#include "rules/rule_index.h"
#include "rules/section_tables.h"

namespace tocsin::rules {
namespace {

constexpr std::string_view kBaseName = "builtin";

/// One rule file while it is read.
struct File {
  explicit File(const SourceFile& file) : source(file.name, without_mark(file.bytes)), report(source) {}

  static std::string_view without_mark(std::string_view bytes) {
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
    return bytes;
  }

  const YamlNode* section(std::string_view key) const {
    if (tree.root() == nullptr || !tree.root()->is_map()) return nullptr;
    const auto& items = tree.root()->items;
    for (std::size_t i = 0; i < items.size(); i += 2) {
      if (items[i]->is_scalar() && items[i]->text == key) return items[i + 1];
    }
    return nullptr;
  }

  SourceText source;
  Report report;
  YamlTree tree;
  TableFiles tables;
};

void check_file_keys(File& file) {
  const YamlNode* root = file.tree.root();
  if (root == nullptr) return;
  const MapReader map(*root, "a rule file",
                      {"tocsin", "ruleset", "scope", "defaults", "tables", "normalise", "dedup", "severity", "priority",
                       "suppress", "correlate", "route", "plans", "override", "exceptions", "tests"},
                      file.report);
  if (const YamlNode* version = map.require("tocsin")) {
    if (!version->is_scalar() || version->text != "1") {
      file.report.error(*version, "bad_version", "this version reads rule files of version 1: `tocsin: 1`");
    }
  }
  if (const YamlNode* name = map.find("ruleset")) read_name(*name, "`ruleset`", file.report);
  map.warn_not_yet_effective({"scope", "override", "exceptions"});
}

File& parse_file(std::deque<File>& files, const SourceFile& text) {
  File& file = files.emplace_back(text);
  file.tree = parse_yaml(file.source, file.report);
  // Nothing found and nothing there: only then is emptiness the mistake.
  if (file.tree.root() == nullptr && !file.report.has_findings()) {
    file.report.at(0, 1, DiagnosticLevel::error, "empty_file", "a rule file begins with `tocsin: 1`");
  }
  check_file_keys(file);
  return file;
}

bool is_base(const File& file) {
  const YamlNode* name = file.section("ruleset");
  return name != nullptr && name->is_scalar() && name->text == kBaseName;
}

/// The sections with expressions, plans first: routes name them.
void read_sections(File& file, Compiler& compiler, Draft& draft) {
  using Reader = void (*)(const YamlNode&, Context&);
  constexpr std::pair<std::string_view, Reader> kSections[]{{"defaults", read_defaults},
                                                            {"plans", read_plans},
                                                            {"normalise", read_normalise},
                                                            {"dedup", read_dedup},
                                                            {"severity", read_severity_section},
                                                            {"priority", read_priority},
                                                            {"suppress", read_suppress},
                                                            {"correlate", read_correlate},
                                                            {"route", read_route},
                                                            {"tests", read_stories}};
  Context context{file.report, compiler, draft};
  for (const auto& [key, read] : kSections) {
    if (const YamlNode* node = file.section(key)) read(*node, context);
  }
}

/// Scale and tables of a file: what expressions may name.
void read_names(File& file, TableReader& tables, Draft& draft) {
  Compiler none(nullptr);
  Context context{file.report, none, draft};
  if (const YamlNode* severity = file.section("severity")) read_scale(*severity, context);
  if (const YamlNode* node = file.section("tables")) read_tables(*node, tables, file.report, draft, file.tables);
}

/// Names of the base's scale that the operator's own does not have, at the same distance from the top; what asks for
/// attention in the base does not fall to the lowest.
Schema::Aliases aliases_for(const std::vector<std::string>& base, const std::vector<std::string>& own) {
  Schema::Aliases aliases;
  const std::size_t top = own.size() - 1;
  for (std::size_t i = 0; i < base.size(); ++i) {
    if (std::ranges::find(own, base[i]) != own.end()) continue;
    const std::size_t distance = base.size() - 1 - i;
    const std::size_t lowest = distance <= 2 ? std::min<std::size_t>(1, top) : 0;
    aliases.emplace_back(base[i], static_cast<std::uint32_t>(std::max(distance <= top ? top - distance : 0, lowest)));
  }
  return aliases;
}

void add_own_names(SeverityPolicy& policy) {
  for (std::size_t i = 0; i < policy.scale.size(); ++i) {
    std::erase_if(policy.words, [&](const SeverityPolicy::Word& word) { return word.word == policy.scale[i]; });
    policy.words.push_back({policy.scale[i], Severity{static_cast<std::uint8_t>(i)}});
  }
  std::ranges::sort(policy.words, {}, &SeverityPolicy::Word::word);
}

/// What the files did not say comes from the base.
void fill_from_base(Draft& draft, Draft&& base) {
  RuleSet& rules = draft.rules;
  RuleSet& from = base.rules;
  rules.normalise.insert(rules.normalise.begin(), std::make_move_iterator(from.normalise.begin()),
                         std::make_move_iterator(from.normalise.end()));
  if (!draft.has_key) {
    rules.dedup.fields = std::move(from.dedup.fields);
    rules.dedup.label_names = std::move(from.dedup.label_names);
  }
  if (!draft.has_resolve) {
    rules.dedup.resolve_when = std::move(from.dedup.resolve_when);
    rules.dedup.expire = from.dedup.expire;
  }
  if (!draft.has_reopen) rules.dedup.reopen_within = from.dedup.reopen_within;
  if (!draft.has_map) {
    rules.severity.from = std::move(from.severity.from);
    rules.severity.words = std::move(from.severity.words);
    rules.severity.otherwise = from.severity.otherwise;
    add_own_names(rules.severity);
  }
  rules.severity.rules.insert(rules.severity.rules.begin(), std::make_move_iterator(from.severity.rules.begin()),
                              std::make_move_iterator(from.severity.rules.end()));
  if (!draft.has_impact) rules.priority.impact = std::move(from.priority.impact);
  if (!draft.has_urgency) rules.priority.urgency = std::move(from.priority.urgency);
  if (!draft.has_matrix)
    std::ranges::copy(&from.priority.matrix[0][0], &from.priority.matrix[0][0] + 9, &rules.priority.matrix[0][0]);
  if (rules.groups.empty()) rules.groups = std::move(from.groups);
  if (rules.routes.empty()) rules.routes = std::move(from.routes);
}

void append_sized(std::string& bytes, std::string_view text) {
  bytes += std::to_string(text.size());
  bytes += ':';
  bytes += text;
}

/// Of all that decides: files in their order, tables as they were read. Names of files do not count.
Hash128 digest_of(const std::deque<File>& files) {
  std::string bytes;
  for (const File& file : files) {
    append_sized(bytes, file.source.bytes());
    for (const TableFile& table : file.tables) append_sized(bytes, table.bytes);
  }
  return published_key().hash(bytes);
}

std::string name_of_set(const std::vector<File*>& own) {
  for (const File* file : own) {
    const YamlNode* name = file->section("ruleset");
    if (name != nullptr && name->is_scalar()) return std::string{name->text};
  }
  return std::string{own.empty() ? kBaseName : "rules"};
}

void append(Diagnostics& to, Diagnostics&& more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Loaded load(const std::vector<SourceFile>& files, TableReader& tables) {
  std::deque<File> read;
  for (const SourceFile& file : files) parse_file(read, file);
  File* base = nullptr;
  std::vector<File*> own;
  for (File& file : read) {
    if (base == nullptr && is_base(file)) {
      base = &file;
    } else {
      own.push_back(&file);
    }
  }
  const bool base_is_given = base != nullptr;
  const SourceFile compiled_in = base == nullptr ? builtin_rules() : SourceFile{};
  if (base == nullptr) base = &parse_file(read, compiled_in);

  Draft base_draft;
  read_names(*base, tables, base_draft);
  Draft draft;
  for (File* file : own) read_names(*file, tables, draft);
  auto& base_scale = base_draft.rules.severity.scale;
  auto& scale = draft.rules.severity.scale;
  if (base_scale.empty()) base_scale = {"ok", "info", "warning", "error", "critical"};
  if (scale.empty()) scale = base_scale;
  base_draft.aliases = aliases_for(base_scale, scale);
  base_scale = scale;

  Compiler base_compiler(std::make_shared<const Schema>(scale, base_draft.tables, base_draft.aliases));
  read_sections(*base, base_compiler, base_draft);
  draft.ids = base_draft.ids;
  Compiler compiler(std::make_shared<const Schema>(scale, draft.tables));
  for (File* file : own) read_sections(*file, compiler, draft);

  Loaded loaded;
  for (File& file : read) {
    append(loaded.diagnostics, file.report.take());
    for (TableFile& table : file.tables) {
      if (table.report != nullptr) append(loaded.diagnostics, table.report->take());
    }
  }
  if (base_is_given) loaded.stories = std::move(base_draft.stories);
  loaded.stories.insert(loaded.stories.end(), std::make_move_iterator(draft.stories.begin()),
                        std::make_move_iterator(draft.stories.end()));
  if (has_errors(loaded.diagnostics)) return loaded;
  fill_from_base(draft, std::move(base_draft));
  draft.rules.name = name_of_set(own);
  draft.rules.digest = digest_of(read);
  draft.rules.index = std::make_shared<const RuleIndex>(draft.rules);
  loaded.rules = std::make_shared<const RuleSet>(std::move(draft.rules));
  return loaded;
}

}  // namespace tocsin::rules
