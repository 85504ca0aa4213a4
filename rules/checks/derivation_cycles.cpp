#include "rules/checks/derivation_cycles.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "engine/model/arena.h"
#include "rules/checks/required_values.h"
#include "rules/expressions/expression_impl.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kDepthMax = 3;
/// Conditions that are looked at. Rules that name the alerts which they count need one look for each pair that fits.
constexpr std::size_t kLooksMax = 1'000'000;

using Derivation = Draft::Derivation;

/// What is known of the alert that a rule emits.
class DerivedAlert {
 public:
  explicit DerivedAlert(const Derivation& of, bool knows_name = true) : of_(of), knows_name_(knows_name) {
    facts_[Field::name] = of.id;
  }

  /// Nothing: any.
  void set_severities(std::vector<Severity> severities) { severities_ = std::move(severities); }

  /// False when it has none of the fields whose values the rule counts.
  bool may_count_for(const Derivation& rule) const {
    const auto may_have_field = [&](Field field) {
      return field == Field::name || !is_known({FactPlace::Kind::field, static_cast<std::uint32_t>(field), {}});
    };
    const auto may_have_label = [&](const std::string& label) { return !is_known({FactPlace::Kind::label, 0, label}); };
    return std::ranges::all_of(rule.counted.fields, may_have_field) &&
           std::ranges::all_of(rule.counted.labels, may_have_label);
  }

  bool may_fulfil(const Expression& condition, std::size_t& looks) {
    if (condition.empty()) return true;
    const Expression::Impl& impl = *condition.impl();
    for (std::size_t i = 0; i < impl.program().conjuncts().size(); ++i) {
      ++looks;
      if (cannot_fulfil(impl, i)) return false;
    }
    return true;
  }

 private:
  bool is_known(const FactPlace& place) const {
    using enum FactPlace::Kind;
    switch (place.kind) {
      case field: {
        const auto which = static_cast<Field>(place.index);
        if (which == Field::name) return knows_name_;  // also where `by` has it: the alert is called after its rule
        constexpr Field kOpen[]{Field::source, Field::tenant, Field::title, Field::description};
        return std::ranges::find(kOpen, which) == std::end(kOpen) &&
               std::ranges::find(of_.open.fields, which) == of_.open.fields.end();
      }
      case label:
        return std::ranges::find(of_.open.labels, place.key) == of_.open.labels.end();
      case severity:
        return !severities_.empty();
      default:
        return false;
    }
  }

  /// True when an operand of the condition's && depends on what is known only, and is false.
  bool cannot_fulfil(const Expression::Impl& impl, std::size_t index) {
    const cel::Conjunct& conjunct = impl.program().conjuncts()[index];
    if (conjunct.calls_host) return false;
    bool reads_severity = false;
    for (const cel::Read& read : conjunct.reads) {
      if (impl.schema().is_fixed(impl.scope(), read.slot)) continue;
      const auto place = impl.schema().place(impl.scope(), read);
      if (!place || !is_known(*place)) return false;
      reads_severity |= place->kind == FactPlace::Kind::severity;
    }
    if (!reads_severity) return !holds(impl, index);
    return std::ranges::none_of(severities_, [&](Severity severity) {
      facts_.severity = severity;
      return holds(impl, index);
    });
  }

  bool holds(const Expression::Impl& impl, std::size_t index) {
    scratch_.clear();
    return impl.conjunct_holds(index, facts_, scratch_);
  }

  const Derivation& of_;
  const bool knows_name_;
  Facts facts_;
  std::vector<Severity> severities_;
  Arena scratch_{1024};
};

/// Rules that emit, and an edge from each to those that its alert may set off.
class Graph {
 public:
  explicit Graph(const std::vector<const Derivation*>& rules) : rules_(rules), next_(rules.size()) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const auto names = names_of(*rules[i]);
      if (!names) rest_.push_back(i);
      for (const std::string& name : names.value_or(std::set<std::string>{})) by_name_[name].push_back(i);
    }
  }

  /// False when there was too much to look at.
  bool find_edges(const SeverityPolicy& severity) {
    std::size_t looks = 0;
    std::size_t severity_looks = 0;  // with too many of them a severity is not known, which is no mistake
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      DerivedAlert alert(*rules_[i]);
      std::vector<Severity> severities = severities_of(*rules_[i], alert, severity, severity_looks);
      const Candidates& rest = rest_of(*rules_[i], severities, looks);
      alert.set_severities(std::move(severities));
      if (const auto named = by_name_.find(rules_[i]->id); named != by_name_.end())
        add_edges(i, alert, named->second, looks);
      const std::string_view id = rules_[i]->id;
      for (std::size_t size = 0; size <= id.size() && !rest.by_prefix.empty(); ++size) {
        if (const auto some = rest.by_prefix.find(id.substr(0, size)); some != rest.by_prefix.end())
          add_edges(i, alert, some->second, looks);
      }
      add_edges(i, alert, rest.others, looks);
      if (looks > kLooksMax) return false;
    }
    return true;
  }

  void tell_cycles(Report& report) {
    state_.assign(rules_.size(), State::fresh);
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (state_[i] == State::fresh) walk(i, report);
    }
    if (found_cycle_) return;
    count_depths();
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      if (depth_[i] != kDepthMax + 1) continue;
      report.error(*rules_[i]->at, "derived_too_deep",
                   "the alert of `" + rules_[i]->id + "` would be derived from alerts that are derived: " +
                       std::to_string(depth_[i]) + " deep, at most 3 are allowed");
    }
  }

 private:
  enum class State : std::uint8_t { fresh, open, done };

  /// Rules that count alerts of any name, as far as an alert of some form may set them off whatever its name is.
  struct Candidates {
    std::map<std::string, std::vector<std::size_t>, std::less<>> by_prefix;  // of names that they ask for
    std::vector<std::size_t> others;
  };

  /// What all alerts of one form (the same parts are open, the same severities possible) have in common is looked at
  /// once: there are few forms where there are many rules.
  const Candidates& rest_of(const Derivation& rule, const std::vector<Severity>& severities, std::size_t& looks) {
    std::string form;
    std::set<Field> fields(rule.open.fields.begin(), rule.open.fields.end());
    for (const Field field : fields) form += static_cast<char>(field);
    form += '\xff';
    for (const std::string& label : std::set<std::string>(rule.open.labels.begin(), rule.open.labels.end()))
      (form += label) += '\xff';
    for (const Severity severity : severities) form += static_cast<char>(severity.level);
    const auto [known, is_new] = forms_.try_emplace(std::move(form));
    if (!is_new) return known->second;
    DerivedAlert alert(rule, false);
    alert.set_severities(severities);
    for (const std::size_t to : rest_) {
      if (looks > kLooksMax) break;
      if (!may_set_off(alert, *rules_[to], looks)) continue;
      const auto prefixes = prefixes_of(*rules_[to]);
      if (!prefixes) known->second.others.push_back(to);
      for (const std::string& prefix : prefixes.value_or(std::set<std::string>{}))
        known->second.by_prefix[prefix].push_back(to);
    }
    return known->second;
  }

  static bool may_set_off(DerivedAlert& alert, const Derivation& rule, std::size_t& looks) {
    ++looks;
    if (!alert.may_count_for(rule) || !alert.may_fulfil(rule.when, looks)) return false;
    const auto fits = [&](const Expression& condition) { return alert.may_fulfil(condition, looks); };
    return rule.any_of.empty() || std::ranges::any_of(rule.any_of, fits);
  }

  /// What the names of alerts that the rule counts begin with; nullopt when it may be anything.
  static std::optional<std::set<std::string>> prefixes_of(const Derivation& rule) {
    const auto of_condition = [](const Expression& condition) -> std::optional<std::string> {
      if (condition.empty()) return std::nullopt;
      const Expression::Impl& impl = *condition.impl();
      for (const cel::Conjunct& conjunct : impl.program().conjuncts()) {
        if (conjunct.negated || conjunct.form != cel::Conjunct::Form::starts_with) continue;
        const auto place = impl.schema().place(impl.scope(), conjunct.read);
        if (place && place->kind == FactPlace::Kind::field && static_cast<Field>(place->index) == Field::name)
          return std::string{conjunct.constants.front().as_text()};
      }
      return std::nullopt;
    };
    if (auto prefix = of_condition(rule.when)) return std::set<std::string>{*prefix};
    if (rule.any_of.empty()) return std::nullopt;
    std::set<std::string> all;
    for (const Expression& condition : rule.any_of) {
      auto prefix = of_condition(condition);
      if (!prefix) return std::nullopt;
      all.insert(*std::move(prefix));
    }
    return all;
  }

  /// The names of alerts that the rule counts; nullopt when it may be any.
  static std::optional<std::set<std::string>> names_of(const Derivation& rule) {
    const auto of_condition = [](const Expression& condition) -> std::optional<std::set<std::string>> {
      for (const RequiredValue& required : required_values(condition)) {
        if (required.place.kind == FactPlace::Kind::field && static_cast<Field>(required.place.index) == Field::name) {
          return std::set<std::string>(required.values.begin(), required.values.end());
        }
      }
      return std::nullopt;
    };
    if (auto names = of_condition(rule.when)) return names;
    if (rule.any_of.empty()) return std::nullopt;
    std::set<std::string> all;
    for (const Expression& condition : rule.any_of) {
      auto names = of_condition(condition);
      if (!names) return std::nullopt;
      all.merge(*names);
    }
    return all;
  }

  /// What the rule says, and what severity rules may make of it.
  static std::vector<Severity> severities_of(const Derivation& rule, DerivedAlert& alert,
                                             const SeverityPolicy& severity, std::size_t& looks) {
    if (!rule.severity) return {};
    std::set<std::uint8_t> levels{rule.severity->level};
    for (const SeverityPolicy::Rule& change : severity.rules) {
      if (levels.contains(change.is.level)) continue;
      if (looks > kLooksMax / 2) return {};
      if (alert.may_fulfil(change.when, looks)) levels.insert(change.is.level);
    }
    std::vector<Severity> severities;
    for (const std::uint8_t level : levels) severities.push_back(Severity{level});
    return severities;
  }

  void add_edges(std::size_t from, DerivedAlert& alert, const std::vector<std::size_t>& candidates,
                 std::size_t& looks) {
    for (const std::size_t to : candidates) {
      if (looks > kLooksMax) return;
      if (may_set_off(alert, *rules_[to], looks)) next_[from].push_back(to);
    }
  }

  /// Depth first, without recursion: files are made by strangers.
  void walk(std::size_t start, Report& report) {
    std::vector<std::pair<std::size_t, std::size_t>> path{{start, 0}};  // rule, next edge
    state_[start] = State::open;
    while (!path.empty()) {
      auto& [rule, edge] = path.back();
      if (edge == next_[rule].size()) {
        state_[rule] = State::done;
        order_.push_back(rule);
        path.pop_back();
        continue;
      }
      const std::size_t to = next_[rule][edge++];
      if (state_[to] == State::open) {
        tell_cycle(path, to, report);
      } else if (state_[to] == State::fresh) {
        state_[to] = State::open;
        path.emplace_back(to, 0);
      }
    }
  }

  /// How deep the alert of each rule is derived; in an order where causes come first.
  void count_depths() {
    depth_.assign(rules_.size(), 1);
    for (auto rule = order_.rbegin(); rule != order_.rend(); ++rule) {
      for (const std::size_t to : next_[*rule]) depth_[to] = std::max(depth_[to], depth_[*rule] + 1);
    }
  }

  void tell_cycle(const std::vector<std::pair<std::size_t, std::size_t>>& path, std::size_t to, Report& report) {
    found_cycle_ = true;
    std::string way;
    const auto begin = std::ranges::find(path, to, [](const auto& step) { return step.first; });
    for (auto step = begin; step != path.end(); ++step) way += "`" + rules_[step->first]->id.substr(0, 80) + "` → ";
    way += "`" + rules_[to]->id.substr(0, 80) + "`";
    const bool alone = begin + 1 == path.end();
    report.error(*rules_[to]->at, "derivation_cycle",
                 alone ? "the alert that this rule emits sets the rule off again: it would never end"
                       : "the alerts that these rules emit set each other off, it would never end: " + way,
                 "leave it out of the condition: `&& name != \"" + rules_[path.back().first]->id + "\"`");
  }

  const std::vector<const Derivation*>& rules_;
  std::vector<std::vector<std::size_t>> next_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> by_name_;
  std::vector<std::size_t> rest_;
  std::map<std::string, Candidates, std::less<>> forms_;
  std::vector<State> state_;
  std::vector<std::size_t> order_;  // rules, each after those that its alert leads to
  std::vector<std::size_t> depth_;
  bool found_cycle_ = false;
};

}  // namespace

void check_derivation_cycles(const std::vector<const Derivation*>& derivations, const SeverityPolicy& severity,
                             Report& report) {
  if (derivations.empty()) return;
  Graph graph(derivations);
  if (graph.find_edges(severity)) return graph.tell_cycles(report);
  report.error(*derivations.back()->at, "derivation_cycle",
               "too many rules emit alerts whatever the name of what they count: whether they end cannot be checked",
               "begin their conditions with the names of the alerts: `name == \"…\" && …`");
}

}  // namespace tocsin::rules
