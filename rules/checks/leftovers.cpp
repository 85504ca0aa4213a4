#include "rules/checks/leftovers.h"

#include <algorithm>
#include <array>

#include "rules/expressions/expression_impl.h"
#include "rules/yaml/suggest.h"

namespace tocsin::rules {
namespace {

using Form = cel::Conjunct::Form;
constexpr std::size_t kTellersMax = 200;

/// The values of a closed set that one place must have for one of the conditions to hold; all of them: one always does.
bool cover_all(const std::vector<Expression>& conditions, FactPlace::OfIncident field,
               std::span<const std::string_view> all) {
  std::vector<bool> covered(all.size());
  for (const Expression& condition : conditions) {
    if (condition.empty()) return true;  // it could not be read: that was told
    const Expression::Impl& impl = *condition.impl();
    const auto conjuncts = impl.program().conjuncts();
    if (conjuncts.size() != 1 || (conjuncts[0].form != Form::equals && conjuncts[0].form != Form::one_of)) continue;
    const auto place = impl.schema().place(impl.scope(), conjuncts[0].read);
    if (!place || place->kind != FactPlace::Kind::incident ||
        static_cast<FactPlace::OfIncident>(place->index) != field) {
      continue;
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool is_named = std::ranges::any_of(conjuncts[0].constants, [&](const cel::Value& value) {
        return value.is(cel::Kind::string) && value.as_text() == all[i];
      });
      if (is_named != conjuncts[0].negated) covered[i] = true;
    }
  }
  return std::ranges::all_of(covered, std::identity{});
}

/// `a` and `!a`, `x == "y"` and `x != "y"`, `severity >= error` and `severity < error`: one of two always holds.
bool are_opposite(const Expression& a, const Expression& b) {
  if (a.empty() || b.empty()) return true;
  const auto of_a = a.impl()->program().conjuncts();
  const auto of_b = b.impl()->program().conjuncts();
  if (of_a.size() != 1 || of_b.size() != 1) return false;
  const cel::Conjunct& one = of_a[0];
  const cel::Conjunct& other = of_b[0];
  const auto same = [](const cel::Value& x, const cel::Value& y) {
    if (x.kind() != y.kind()) return false;
    if (x.is(cel::Kind::string)) return x.as_text() == y.as_text();
    if (x.is(cel::Kind::boolean)) return x.as_bool() == y.as_bool();
    if (x.is(cel::Kind::integer)) return x.as_integer() == y.as_integer();
    return x.is(cel::Kind::enumeration) && x.enum_index() == y.enum_index();
  };
  if (one.bound && other.bound) {
    using enum cel::Operator;
    const auto rest_of = [](cel::Operator op) {
      return op == less ? greater_equal : op == less_equal ? greater : op == greater ? less_equal : less;
    };
    return one.bound->read == other.bound->read && other.bound->op == rest_of(one.bound->op) &&
           same(one.bound->constant, other.bound->constant);
  }
  return one.form != Form::other && one.form == other.form && one.negated != other.negated && one.read == other.read &&
         std::ranges::equal(one.constants, other.constants, same);
}

}  // namespace

void warn_of_leftovers(const Draft& draft, const std::set<std::string, std::less<>>& used, Report& any) {
  for (const auto& [name, node] : draft.table_nodes) {
    if (!used.contains(name) && !draft.graphs.contains(name)) {
      any.warning(*node, "unused", "no rule uses the table `" + name + "`");
    }
  }
  for (const auto& [name, node] : draft.column_nodes) {
    const std::string table = name.substr(0, name.find('.'));
    if (!used.contains(table) || used.contains(name) || used.contains(table + ".*")) continue;
    any.warning(*node, "unused", "no rule uses the column `" + name.substr(table.size() + 1) + "` of this table");
  }
  for (const auto& [name, node] : draft.constant_nodes) {
    if (!used.contains(name)) any.warning(*node, "unused", "no rule uses the constant `" + name + "`");
  }
  for (const auto& [name, node] : draft.plan_nodes) {
    if (draft.plans_used.contains(name)) continue;
    any.warning(*node, "unused", "no route names the plan `" + name + "`, and it has no `when`",
                "`plan: " + name + "` in a route, or `when` here");
  }
}

void warn_of_unset_fields(const std::map<std::string, const YamlNode*, std::less<>>& read, const Draft& base,
                          const Draft& own, Report& any) {
  std::vector<std::string_view> set;
  for (const Draft* draft : {&base, &own}) set.insert(set.end(), draft->own_fields.begin(), draft->own_fields.end());
  for (const auto& [name, node] : read) {
    if (std::ranges::find(set, name) != set.end()) continue;
    std::string hint = suggestion(name, set);
    if (hint.empty()) hint = "`incident: {fields: {" + name + ": …}}` in a group or route rule sets it";
    any.of(*node).warning(*node, "unset_field", "no rule sets `incident.fields." + name + "`: it is always \"\"",
                          std::move(hint));
  }
}

void warn_of_no_catch_all(const Draft& draft, RuleBook& book) {
  constexpr std::array<std::string_view, 5> kPriorities{"P1", "P2", "P3", "P4", "P5"};
  if (draft.route_node == nullptr || draft.has_catch_all) return;
  for (std::size_t file = 0; file < book.file_count(); ++file) {
    if (book.scope(file).is_confined()) return;
  }
  if (cover_all(draft.tellers, FactPlace::OfIncident::priority, kPriorities)) return;
  // Of very many routes nothing is said: no pair of them is looked for.
  if (draft.tellers.size() > kTellersMax) return;
  for (std::size_t i = 0; i < draft.tellers.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (are_opposite(draft.tellers[i], draft.tellers[j])) return;
    }
  }
  book.file(0).report.warning(*draft.route_node, "no_catch_all",
                              "an incident for which none of these routes holds is told to nobody",
                              "a last route without `when`: `{id: rest, topic: incidents.queue}`, or `nobody: true`");
}

}  // namespace tocsin::rules
