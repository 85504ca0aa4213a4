#include "rules/tools/coverage_points.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "rules/cel/parser.h"
#include "rules/tools/expression_keys.h"

namespace tocsin::rules {
namespace {

using cel::Ast;
using cel::NodeIndex;
using cel::NodeKind;

constexpr std::array<std::string_view, 6> kSectionsOfRules{"normalise", "severity",  "priority",
                                                           "suppress",  "correlate", "route"};

/// What stories do that stands in no condition: the path of its point, `*` for one key or rule, and what can come of
/// it. The story runner tells these.
struct NamedPoint {
  std::string_view path;
  std::vector<std::string_view> outcomes;
};

const std::vector<NamedPoint>& named_points() {
  static const std::vector<NamedPoint> kPoints{
      {"priority.matrix.*.*", {"reached"}},
      {"correlate.*.window.idle", {"exceeded"}},
      {"correlate.*.window.max", {"exceeded"}},
      {"correlate.*.hold", {"waited", "ended before"}},
      {"correlate.*.continue", {"went on"}},
      {"storm.at_least", {"reached"}},
      {"storm.factor", {"asked for more"}},
      {"storm.after", {"kept back"}},
      {"storm.queue_age", {"began"}},
      {"storm.fold_below", {"folded", "opened"}},
      {"storm.calm", {"over"}},
      {"blind.learn", {"silent"}},
      {"blind.expect.*.every", {"silent"}},
      {"dedup.resolve.expire", {"expired"}},
      {"dedup.reopen.within", {"reopened", "closed"}},
      {"suppress.*", {"held back"}},
      {"priority.raise.*", {"raised"}},
  };
  return kPoints;
}

/// The keys on the way to a value fit the pattern. Ids have dots of their own, so texts are not compared.
bool fits(const Spot& at, std::string_view pattern) {
  const std::size_t dot = pattern.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? pattern : pattern.substr(dot + 1);
  if (last != "*" && last != at.name()) return false;
  if (dot == std::string_view::npos || at.parent == nullptr)
    return dot == std::string_view::npos && at.parent == nullptr;
  return fits(*at.parent, pattern.substr(0, dot));
}

/// A switch that is off does nothing that could be seen.
bool is_off(const Spot& at) {
  return (at.name() == "continue" && at.node.text != "true") || (at.path == "blind.learn" && at.node.text != "on") ||
         (at.path == "storm.queue_age" && at.node.text == "none");
}

/// What stories do with a rule besides its condition; to come to it they must have reached it.
std::vector<std::string_view> outcomes_of(const Spot& rule) {
  const YamlNode* kind = RuleText::value_of(rule.node, "kind");
  if (rule.section() == "correlate" && kind != nullptr && kind->is_scalar()) {
    if (kind->text == "group") return {"opened", "joined"};
    if (kind->text == "topology") return {"found"};
    return RuleText::value_of(rule.node, "annotate") != nullptr ? std::vector<std::string_view>{"marked"}
                                                                : std::vector<std::string_view>{"fired"};
  }
  if (RuleText::value_of(rule.node, "aliases") != nullptr) return {"found"};
  for (const NamedPoint& point : named_points()) {
    if (fits(rule, point.path)) return point.outcomes;
  }
  return {};
}

/// What is written into an expression, in order of place; at one place what closes comes before what opens.
struct Insertion {
  std::uint32_t offset;
  bool closes;
  std::size_t number;  // opens later: outer before inner; closes: inner before outer
  std::string text;
};

}  // namespace

void CoveragePoints::make() {
  file_.walk([this](const Spot& at) { visit(at); });
}

void CoveragePoints::visit(const Spot& at) {
  for (const NamedPoint& point : named_points()) {
    if (!at.node.is_scalar() || !fits(at, point.path) || is_off(at)) continue;
    coverage_.by_path_.emplace(at.path, coverage_.points_.size());
    add(at, at.node.offset, std::string{at.nearest_name()} + " " + std::string{at.node.text}, point.outcomes);
  }
  if (at.path == "severity.map") return word(at);
  if (at.parent != nullptr && at.parent->path == "severity.map" && at.node.is_scalar() && at.name() != "from") {
    add_named(at, {"reached"});
  }
  if (is_condition(at) || is_value_expression(at)) return visit_expression(at);
  if (at.key == nullptr && at.node.is_map()) visit_rule(at);
}

std::size_t CoveragePoints::add(const Spot& at, std::size_t offset, std::string text,
                                const std::vector<std::string_view>& outcomes) {
  CoveragePoint& point = coverage_.points_.emplace_back();
  point.place = file_.place(offset);
  point.rule = at.rule;
  point.text = std::move(text);
  for (const std::string_view outcome : outcomes) point.outcomes.push_back({outcome});
  return coverage_.points_.size() - 1;
}

std::size_t CoveragePoints::add_named(const Spot& at, const std::vector<std::string_view>& outcomes) {
  const std::size_t offset = at.key != nullptr ? at.key->offset : at.node.offset;
  const std::string text = at.key != nullptr ? std::string{at.name()} + " " + std::string{at.node.text} : at.rule;
  coverage_.by_path_.emplace(at.path, coverage_.points_.size());
  return add(at, offset, text, outcomes);
}

/// Without `from`, the word is the field `level`.
void CoveragePoints::word(const Spot& at) {
  if (RuleText::value_of(at.node, "from") != nullptr) return;
  coverage_.watched_absences_.emplace(at.node.offset, std::string{kSawWord} + "(level)");
}

void CoveragePoints::visit_rule(const Spot& at) {
  if (std::ranges::find(kSectionsOfRules, at.section()) == kSectionsOfRules.end()) return;
  if (const auto outcomes = outcomes_of(at); !outcomes.empty()) {
    add_named(at, outcomes);
    return;
  }
  const bool is_rule = RuleText::value_of(at.node, "id") != nullptr || RuleText::value_of(at.node, "is") != nullptr;
  if (!is_rule || RuleText::value_of(at.node, "when") != nullptr) return;
  const std::size_t point = add(at, at.node.offset, at.rule, {"reached"});
  coverage_.watched_absences_.emplace(at.node.offset,
                                      std::string{kSawCondition} + "(" + std::to_string(point) + ", true)");
}

void CoveragePoints::visit_expression(const Spot& at) {
  std::string text = watched(at, is_condition(at));
  if (at.path == "severity.map.from") text = std::string{kSawWord} + "(" + text + ")";
  if (text != at.node.text) coverage_.watched_.emplace(at.node.offset, std::move(text));
}

/// The expression with a call around each part that is a point.
std::string CoveragePoints::watched(const Spot& at, bool is_condition) {
  const std::string_view text = at.node.text;
  cel::Problems problems;
  const auto ast = cel::parse(text, problems);
  if (!ast) return std::string{text};
  std::vector<Insertion> insertions;
  const auto insert = [&](std::uint32_t begin, std::uint32_t end, std::string before, std::string after) {
    const std::size_t number = insertions.size();
    insertions.push_back({begin, false, number, std::move(before)});
    insertions.push_back({end, true, number, std::move(after)});
  };
  const auto watch = [&](std::uint32_t begin, std::uint32_t end, std::size_t point) {
    insert(begin, end, std::string{kSawCondition} + "(" + std::to_string(point) + ", ", ")");
  };
  const std::string name{at.nearest_name()};
  if (is_condition) {
    const std::size_t point = add(at, at.node.offset, name + " " + shortened(text), {"held", "not held"});
    const cel::Node& root = (*ast)[ast->root()];
    watch(root.begin, root.end, point);
    // What comes to no value does not hold.
    insert(root.begin, root.end, "coalesce(", ", false)");
  }
  // From the outside in, operands in order of place.
  std::vector<NodeIndex> todo{ast->root()};
  while (!todo.empty()) {
    const NodeIndex index = todo.back();
    todo.pop_back();
    const cel::Node& node = (*ast)[index];
    const auto children = ast->children(index);
    const bool is_logical = node.kind == NodeKind::logical_and || node.kind == NodeKind::logical_or;
    for (std::size_t i = 0; i < children.size(); ++i) {
      if (!is_logical && !(node.kind == NodeKind::conditional && i == 0)) continue;
      const cel::Node& part = (*ast)[children[i]];
      const std::string_view written = text.substr(part.begin, part.end - part.begin);
      const std::size_t offset = source_offset(file_.source(), at.node, part.begin);
      watch(part.begin, part.end, add(at, offset, name + " " + shortened(written), {"true", "false"}));
    }
    todo.insert(todo.end(), children.rbegin(), children.rend());
  }
  std::ranges::stable_sort(insertions, [](const Insertion& a, const Insertion& b) {
    if (a.offset != b.offset) return a.offset < b.offset;
    if (a.closes != b.closes) return a.closes;
    return a.closes ? a.number > b.number : a.number < b.number;
  });
  std::string out;
  std::size_t done = 0;
  for (const Insertion& insertion : insertions) {
    out += text.substr(done, insertion.offset - done);
    out += insertion.text;
    done = insertion.offset;
  }
  return out += text.substr(done);
}

}  // namespace tocsin::rules
