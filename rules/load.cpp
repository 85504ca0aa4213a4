#include "rules/load.h"

#include <algorithm>
#include <deque>
#include <numeric>
#include <set>

#include "engine/model/hash.h"
#include "rules/base_rules.h"
#include "rules/checks/ambiguity.h"
#include "rules/checks/derivation_cycles.h"
#include "rules/checks/escalation_goals.h"
#include "rules/checks/leftovers.h"
#include "rules/checks/templates.h"
#include "rules/expressions/watch.h"
#include "rules/layers/layering.h"
#include "rules/layers/rule_file.h"
#include "rules/sections/draft.h"
#include "rules/set/rule_index.h"

namespace tocsin::rules {
namespace {

/// The sections with expressions, plans first: routes name them.
void read_sections(RuleFile& file, Compiler& compiler, Draft& draft) {
  using Reader = void (*)(const YamlNode&, Context&);
  constexpr std::pair<std::string_view, Reader> kSections[]{
      {"defaults", read_defaults},   {"calendars", read_calendars}, {"plans", read_plans},
      {"normalise", read_normalise}, {"dedup", read_dedup},         {"severity", read_severity_section},
      {"priority", read_priority},   {"suppress", read_suppress},   {"correlate", read_correlate},
      {"route", read_route},         {"storm", read_storm},         {"blind", read_blind},
      {"tests", read_stories}};
  Context context{file.report, compiler, draft};
  for (const auto& [key, read] : kSections) {
    if (const YamlNode* node = file.section(key)) read(*node, context);
  }
}

/// Scale and tables of a file: what expressions may name.
void read_names(RuleFile& file, TableReader& tables, Draft& draft, Draft* base) {
  Compiler none(nullptr);
  Context context{file.report, none, draft};
  if (const YamlNode* severity = file.section("severity")) read_scale(*severity, context);
  if (const YamlNode* node = file.section("tables")) {
    read_tables(*node, tables, file.report, draft, base, file.tables);
  }
  if (const YamlNode* node = file.section("let")) read_constants(*node, context);
}

/// What rules of the base may name after files have changed them.
Schema::Tables all_tables(const Draft& base, const Draft& own) {
  Schema::Tables tables = base.tables;
  for (const auto& table : own.tables) {
    if (!base.table_names.contains(table.first)) tables.push_back(table);
  }
  return tables;
}

Schema::Constants all_constants(const Draft& base, const Draft& own) {
  Schema::Constants constants = base.constants;
  for (const Schema::Constant& constant : own.constants) {
    if (std::ranges::find(base.constants, constant.name, &Schema::Constant::name) == base.constants.end()) {
      constants.push_back(constant);
    }
  }
  return constants;
}

std::vector<std::uint32_t> order_by_id(const std::vector<Definition>& definitions) {
  std::vector<std::uint32_t> places(definitions.size());
  std::iota(places.begin(), places.end(), 0U);
  std::ranges::sort(places, {}, [&](std::uint32_t at) { return std::string_view{definitions[at].id}; });
  return places;
}

void check_derivations(const Draft& base, const Draft& own, Report& report) {
  std::vector<const Draft::Derivation*> all;
  for (const Draft* draft : {&base, &own}) {
    for (const Draft::Derivation& derivation : draft->derivations) all.push_back(&derivation);
  }
  check_derivation_cycles(all, own.rules.severity, report);
}

void append_sized(std::string& bytes, std::string_view text) {
  bytes += std::to_string(text.size());
  bytes += ':';
  bytes += text;
}

/// Of all that decides: files in their order, tables as they were read. Names of files do not count.
Hash128 digest_of(const std::deque<RuleFile>& files) {
  std::string bytes;
  for (const RuleFile& file : files) {
    append_sized(bytes, file.source.bytes());
    for (const TableFile& table : file.tables) append_sized(bytes, table.bytes);
  }
  return published_key().hash(bytes);
}

/// What the files call themselves: the first name, and how many more there are.
std::string name_of_set(const std::vector<RuleFile*>& own) {
  std::set<std::string_view> names;
  std::string_view first;
  for (const RuleFile* file : own) {
    if (file->name().empty()) continue;
    if (names.empty()) first = file->name();
    names.insert(file->name());
  }
  if (names.empty()) return std::string{own.empty() ? kBaseName : "rules"};
  if (names.size() == 1) return std::string{first};
  return std::string{first} + " and " + std::to_string(names.size() - 1) + " more";
}

void append(Diagnostics& to, Diagnostics&& more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// A compiler whose expressions tell `watch`, when there is one.
Compiler make_compiler(const std::vector<std::string>& scale, const Schema::Tables& tables,
                       const Schema::Aliases& aliases, const Schema::Constants& constants, Watch* watch) {
  auto schema = std::make_shared<Schema>(scale, tables, aliases, constants);
  if (watch != nullptr) schema->add_functions(watch->functions());
  return Compiler(std::move(schema), watch);
}

Loaded load(const std::vector<SourceFile>& files, TableReader& tables, Watch* watch) {
  std::deque<RuleFile> read;
  for (const SourceFile& file : files) read.emplace_back(file);
  RuleFile* base = nullptr;
  std::vector<RuleFile*> own;
  for (RuleFile& file : read) {
    if (base == nullptr && file.name() == kBaseName) {
      base = &file;
    } else {
      own.push_back(&file);
    }
  }
  const bool base_is_given = base != nullptr;
  const SourceFile compiled_in = base == nullptr ? builtin_rules() : SourceFile{};
  if (base == nullptr) base = &read.emplace_back(compiled_in);

  std::vector<RuleFile*> in_order{base};
  in_order.insert(in_order.end(), own.begin(), own.end());
  RuleBook book(in_order);
  apply_layers(book, base_is_given);

  Draft base_draft;
  read_names(*base, tables, base_draft, nullptr);
  Draft draft;
  for (RuleFile* file : own) read_names(*file, tables, draft, &base_draft);
  auto& base_scale = base_draft.rules.severity.scale;
  auto& scale = draft.rules.severity.scale;
  if (base_scale.empty()) base_scale = {"ok", "info", "warning", "error", "critical"};
  if (scale.empty()) scale = base_scale;
  base_draft.aliases = aliases_for(base_scale, scale);
  base_scale = scale;
  for (Draft* one : {&base_draft, &draft}) set_storm_defaults(one->rules, scale);

  Compiler base_compiler =
      make_compiler(scale, all_tables(base_draft, draft), base_draft.aliases, all_constants(base_draft, draft), watch);
  read_sections(*base, base_compiler, base_draft);
  draft.ids = base_draft.ids;
  draft.own_fields = base_draft.own_fields;
  Compiler compiler = make_compiler(scale, draft.tables, {}, draft.constants, watch);
  for (RuleFile* file : own) {
    ++draft.file;
    read_sections(*file, compiler, draft);
  }
  check_ambiguous_writes(draft.writes, book);
  // What is watched was read before; conditions do not show what they ask for then.
  if (watch == nullptr) check_derivations(base_draft, draft, base->report);
  std::set<std::string, std::less<>> used = base_compiler.used();
  used.insert(compiler.used().begin(), compiler.used().end());
  for (const Compiler* one : {&base_compiler, &compiler})
    warn_of_unset_fields(one->own_fields_read(), base_draft, draft, base->report);
  draft.plans_used.insert(base_draft.plans_used.begin(), base_draft.plans_used.end());
  for (const Draft* one : {&base_draft, &draft}) {
    warn_of_leftovers(*one, used, base->report);
    warn_of_no_catch_all(*one, book);
    warn_of_escalation_goals(*one, base_draft, base->report);
  }
  for (RuleFile& file : read) warn_of_templates(file);

  Loaded loaded;
  for (RuleFile& file : read) {
    append(loaded.diagnostics, file.report.take());
    for (TableFile& table : file.tables) {
      if (table.report != nullptr) append(loaded.diagnostics, table.report->take());
    }
  }
  // What would have used it may be what was refused.
  if (has_errors(loaded.diagnostics)) {
    std::erase_if(loaded.diagnostics, [](const Diagnostic& one) { return one.code == "unused"; });
  }
  loaded.is_on_builtin = !base_is_given;
  if (base_is_given) loaded.stories = std::move(base_draft.stories);
  loaded.stories.insert(loaded.stories.end(), std::make_move_iterator(draft.stories.begin()),
                        std::make_move_iterator(draft.stories.end()));
  if (has_errors(loaded.diagnostics)) return loaded;
  fill_from_base(draft, std::move(base_draft));
  draft.rules.name = name_of_set(own);
  draft.rules.definitions_by_id = order_by_id(draft.rules.definitions);
  draft.rules.digest = digest_of(read);
  draft.rules.has_hold =
      std::ranges::any_of(draft.rules.groups, [](const GroupRule& rule) { return rule.hold > Duration{0}; });
  find_what_is_read(draft.rules);
  draft.rules.storm_group = own_group_rule(kStormRule, draft.rules.storm.by_fields, draft.rules.storm.by_labels);
  draft.rules.index = std::make_shared<const RuleIndex>(draft.rules);
  loaded.rules = std::make_shared<const RuleSet>(std::move(draft.rules));
  return loaded;
}

}  // namespace

Loaded load(const std::vector<SourceFile>& files, TableReader& tables) { return load(files, tables, nullptr); }

Loaded load_watched(const std::vector<SourceFile>& files, TableReader& tables, Watch& watch) {
  return load(files, tables, &watch);
}

}  // namespace tocsin::rules
