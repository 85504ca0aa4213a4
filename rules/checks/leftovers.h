#pragma once

#include <map>
#include <set>
#include <string>

#include "rules/layers/rule_book.h"
#include "rules/sections/draft.h"

namespace tocsin::rules {

/// Warnings of what the files name and no rule uses: tables, columns, constants, plans. `used`: see Compiler::used.
void warn_of_leftovers(const Draft& draft, const std::set<std::string, std::less<>>& used, Report& any);

/// A warning when an incident may be one for which no route holds: then nobody is told, and the built-in routes are not
/// used where there are others. Files that are confined to a scope have routes of a platform before them.
/// A warning at each own field of incidents that rules ask for and none sets.
void warn_of_unset_fields(const std::map<std::string, const YamlNode*, std::less<>>& read, const Draft& base,
                          const Draft& own, Report& any);
void warn_of_no_catch_all(const Draft& draft, RuleBook& book);

}  // namespace tocsin::rules
