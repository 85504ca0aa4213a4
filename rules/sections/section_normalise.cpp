#include <algorithm>
#include <memory>

#include "rules/cel/host_name.h"
#include "rules/sections/draft.h"
#include "rules/yaml/suggest.h"

namespace tocsin::rules {
namespace {

std::vector<std::string_view> settable_names() {
  std::vector<std::string_view> names{"tier"};
  for (const FieldInfo& info : fields()) {
    if (info.settable) names.push_back(info.name);
  }
  return names;
}

/// What a key of `set` names; nullopt and a diagnostic when it cannot be set.
std::optional<Target> read_target(const YamlNode& key, Context& context) {
  if (key.text == "tier") return Target{};
  const auto field = field_from(key.text);
  if (field && fields()[static_cast<std::size_t>(*field)].settable) return Target{*field};
  const std::string name = "`" + std::string{key.text.substr(0, 80)} + "`";
  if (field || is_taken_name(key.text)) {
    context.report.error(key, "not_settable", name + " cannot be set by a rule",
                         key.text == "severity" ? "set `level`; the section `severity` maps it to the scale" : "");
  } else {
    const auto names = settable_names();
    context.report.error(key, "unknown_field", "alerts have no field " + name,
                         context.report.is_full() ? "" : suggestion(key.text, names));
  }
  return std::nullopt;
}

/// The keys of a map have no order, so what one assignment reads another of the same map must not write.
void check_order(const YamlNode& set, Context& context) {
  if (set.items.size() > 2 * (kFieldCount + 1)) return;  // keys are wrong or there twice, and that was said
  for (std::size_t i = 0; i < set.items.size(); i += 2) {
    for (std::size_t j = 0; j < set.items.size(); j += 2) {
      const YamlNode& written = *set.items[j];
      if (i == j || !context.compiler.reads(*set.items[i + 1], Scope::source, written.text)) continue;
      context.report.error(*set.items[i + 1], "ambiguous_order",
                           "this reads `" + std::string{written.text} + "`, which the same `set` writes",
                           "a map has no order: put this into a rule of its own, after this one");
    }
  }
}

void read_set(const YamlNode& set, NormaliseRule& rule, Context& context) {
  if (!set.is_map() || set.items.empty()) {
    context.report.error(set, "wrong_type", "`set` must be a map from field to expression");
    return;
  }
  for (std::size_t i = 0; i < set.items.size(); i += 2) {
    if (!set.items[i]->is_scalar()) continue;
    const auto target = read_target(*set.items[i], context);
    const YamlNode& value = *set.items[i + 1];
    Expression expression = target && !target->field ? context.compiler.integer(value, Scope::source, context.report)
                                                     : context.compiler.text(value, Scope::source, context.report);
    if (!target) continue;
    rule.set.push_back({*target, std::move(expression)});
    context.draft.writes.push_back(
        {set.items[i]->text, value.text, set.items[i], rule.id, rule.when, context.draft.file});
  }
  check_order(set, context);
}

/// A field that a table may give another name: no text for people, and one that rules set.
std::optional<Field> read_aliased(const YamlNode& key, Context& context) {
  const auto target = read_target(key, context);
  if (!target) return std::nullopt;
  if (target->field && !fields()[static_cast<std::size_t>(*target->field)].is_text) return *target->field;
  context.report.error(key, "not_settable", "`" + std::string{key.text} + "` is no name of anything");
  return std::nullopt;
}

/// (alias, name) of a table. Aliases of hosts are read as hosts are: without a port, in one form.
std::vector<std::pair<std::string, std::string>> pairs_of(const cel::Table& table, std::size_t column, Field field) {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::string made;
  for (const cel::Table::Row& row : table.rows()) {
    const std::string_view alias = field == Field::host ? cel::host_of(row.key, made) : std::string_view{row.key};
    pairs.emplace_back(alias, row.cells[column]);
  }
  return pairs;
}

/// An alias whose name is the alias of another: who asks for it twice gets two answers.
void warn_of_chains(const cel::Table& table, std::size_t column, const YamlNode& at, Context& context) {
  for (const cel::Table::Row& row : table.rows()) {
    const std::string& name = row.cells[column];
    const auto further = std::ranges::lower_bound(table.rows(), name, {}, &cel::Table::Row::key);
    if (further == table.rows().end() || further->key != name || name.empty()) continue;
    if (further->cells[column].empty() || further->cells[column] == name) continue;
    context.report.warning(at, "alias_of_alias",
                           "`" + row.key.substr(0, 80) + "` is called `" + name.substr(0, 80) +
                               "`, which the table calls `" + further->cells[column].substr(0, 80) + "`",
                           "one look-up counts: give both the last name");
    return;
  }
}

/// `TABLE.COLUMN`: null and a diagnostic when that is not there.
std::shared_ptr<const AliasTable> read_alias_table(const YamlNode& value, Field field, Context& context) {
  const auto text = read_text(value, "what names it", context.report);
  if (!text) return nullptr;
  const std::size_t dot = std::min(text->find('.'), text->size());
  const std::string_view name = text->substr(0, dot);
  const std::string_view column = dot == text->size() ? std::string_view{} : text->substr(dot + 1);
  const auto found = std::ranges::find(context.draft.tables, name, &Schema::Tables::value_type::first);
  if (found == context.draft.tables.end()) {
    std::vector<std::string_view> names;
    for (const auto& table : context.draft.tables) names.push_back(table.first);
    context.report.error(value, "unknown_table",
                         "there is no table with `key` named `" + std::string{name.substr(0, 80)} + "`",
                         suggestion(name, names));
    return nullptr;
  }
  const cel::Table* table = found->second.get();
  if (table == nullptr) return nullptr;  // it could not be read: that was told
  if (table->by() != cel::Table::By::key) {
    context.report.error(value, "unknown_table", "aliases are looked up by `key`, and this table has `patterns`");
    return nullptr;
  }
  const auto at = table->row_type()->index_of(column);
  if (!at) {
    std::vector<std::string_view> names;
    for (const auto& one : table->row_type()->fields()) names.push_back(one.name);
    context.report.error(value, "unknown_column",
                         column.empty() ? "say the column too: `" + std::string{name} + ".COLUMN`"
                                        : "the table has no column `" + std::string{column.substr(0, 80)} + "`",
                         "it has " + one_of(names));
    return nullptr;
  }
  context.compiler.uses(std::string{name}, std::string{column});
  warn_of_chains(*table, *at, value, context);
  return std::make_shared<const AliasTable>(pairs_of(*table, *at, field));
}

void read_aliases(const YamlNode& item, const YamlNode& aliases, Context& context) {
  const MapReader map(item, "a normalise rule", {"id", "when", "set", "drop", "final", "aliases"}, context.report);
  for (const std::string_view other : {"when", "set", "drop", "final"}) {
    if (map.find(other) == nullptr) continue;
    context.report.error(
        *map.key_node(other), "conflicting_keys",
        "`aliases` hold for all alerts, and say nothing else: `" + std::string{other} + "` belongs to another rule");
  }
  const std::string id = read_id(map, context);
  if (!aliases.is_map() || aliases.items.empty()) {
    context.report.error(aliases, "wrong_type", "`aliases` must be a map from field to `TABLE.COLUMN`");
    return;
  }
  for (std::size_t i = 0; i < aliases.items.size(); i += 2) {
    if (!aliases.items[i]->is_scalar()) continue;
    const auto field = read_aliased(*aliases.items[i], context);
    if (!field) continue;
    auto table = read_alias_table(*aliases.items[i + 1], *field, context);
    if (context.draft.rules.aliases.size() >= kAliasesMax) {
      context.report.error(*aliases.items[i], "too_many_items", "a rule set has at most 64 fields with aliases");
      return;
    }
    context.draft.rules.aliases.push_back({id, *field, std::move(table)});
  }
}

}  // namespace

void read_normalise(const YamlNode& node, Context& context) {
  for (const YamlNode* item : read_list(node, "`normalise`", context.report)) {
    if (const YamlNode* aliases = value_of(*item, "aliases")) {
      read_aliases(*item, *aliases, context);
      continue;
    }
    const MapReader map(*item, "a normalise rule", {"id", "when", "set", "drop", "final", "aliases"}, context.report);
    NormaliseRule rule;
    rule.id = read_id(map, context);
    rule.when = read_when(map, Scope::source, context);
    if (const YamlNode* drop = map.find("drop")) {
      rule.drop = read_bool(*drop, "`drop`", context.report).value_or(false);
    }
    if (const YamlNode* set = rule.drop ? map.find("set") : map.require("set")) {
      if (rule.drop) {
        context.report.error(*map.key_node("set"), "conflicting_keys", "what is dropped has no use for `set`");
      } else {
        read_set(*set, rule, context);
      }
    }
    if (const YamlNode* final = map.find("final")) {
      rule.final = read_bool(*final, "`final`", context.report).value_or(false);
    }
    rule.final |= rule.drop;
    const bool holds = always_holds(map, rule.when);
    tell_unreachable(*item, holds && rule.final, context.draft.last_normalise,
                     "a rule above it always holds and ends the list", context);
    if (holds && rule.drop) {
      context.report.warning(*map.key_node("drop"), "drops_all", "this drops every alert");
    }
    context.draft.rules.normalise.push_back(std::move(rule));
  }
}

}  // namespace tocsin::rules
