#include "rules/tools/expression_mutation.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "engine/model/time_text.h"
#include "rules/cel/parser.h"
#include "rules/tools/expression_keys.h"

namespace tocsin::rules {
namespace {

using cel::Ast;
using cel::Node;
using cel::NodeIndex;
using cel::NodeKind;
using cel::Operator;

bool is_order(Operator op) {
  return op == Operator::less || op == Operator::less_equal || op == Operator::greater || op == Operator::greater_equal;
}

/// The operator that differs at the boundary only, or says the opposite.
std::optional<Operator> counterpart(Operator op) {
  switch (op) {
    case Operator::less:
      return Operator::less_equal;
    case Operator::less_equal:
      return Operator::less;
    case Operator::greater:
      return Operator::greater_equal;
    case Operator::greater_equal:
      return Operator::greater;
    case Operator::equal:
      return Operator::not_equal;
    case Operator::not_equal:
      return Operator::equal;
    default:
      return std::nullopt;
  }
}

class Walk {
 public:
  Walk(std::string_view text, const Ast& ast, const std::vector<std::string>& scale)
      : text_(text), ast_(ast), scale_(scale) {}

  std::vector<ExpressionMutant> run(bool is_condition) {
    if (is_condition) decide();
    visit(ast_.root());
    return std::move(found_);
  }

 private:
  std::string_view text_of(const Node& node) const { return text_.substr(node.begin, node.end - node.begin); }

  void add(std::uint32_t begin, std::uint32_t end, std::string text, std::string_view from, std::string_view to) {
    found_.push_back({begin, end, std::move(text), shortened(from) + " -> " + shortened(to)});
  }
  void replace(const Node& node, const std::string& by) { add(node.begin, node.end, by, text_of(node), by); }

  /// Never; and always, unless leaving out one operand says more.
  void decide() {
    const Node& root = ast_[ast_.root()];
    if (root.kind == NodeKind::literal) return;
    const auto whole = static_cast<std::uint32_t>(text_.size());
    if (root.kind != NodeKind::logical_or) add(0, whole, "false", text_, "false");
    if (root.kind != NodeKind::logical_and) add(0, whole, "true", text_, "true");
  }

  void visit(NodeIndex index) {
    const Node& node = ast_[index];
    switch (node.kind) {
      case NodeKind::logical_and:
      case NodeKind::logical_or:
        for (const NodeIndex child : ast_.children(index)) {
          replace(ast_[child], node.kind == NodeKind::logical_and ? "true" : "false");
        }
        break;
      case NodeKind::conditional:
        replace(node, std::string{text_of(ast_[ast_.child(index, 1)])});
        replace(node, std::string{text_of(ast_[ast_.child(index, 2)])});
        break;
      case NodeKind::operation:
        return operation(index);
      case NodeKind::literal:
        if (const auto more = next(node, 1)) replace(node, *more);
        break;
      case NodeKind::call:
        if (node.name == "duration" && node.child_count == 1) return duration(ast_[ast_.child(index, 0)]);
        break;
      default:
        break;
    }
    for (const NodeIndex child : ast_.children(index)) visit(child);
  }

  void operation(NodeIndex index) {
    const Node& node = ast_[index];
    if (node.op == Operator::logical_not) {
      const std::string_view rest = text_.substr(node.name_end, node.end - node.name_end);
      add(node.name_begin, node.name_end, "", text_of(node), rest);
    } else if (const auto other = counterpart(node.op)) {
      swap_operator(node, cel::text_of(*other));
      if (is_order(node.op)) return order(index);
      for (const NodeIndex child : ast_.children(index)) {
        if (ast_[child].kind != NodeKind::literal) visit(child);  // `!=` says more than another number
      }
      return;
    } else if (node.op == Operator::in) {
      items(ast_.child(index, 1));
    }
    for (const NodeIndex child : ast_.children(index)) visit(child);
  }

  void swap_operator(const Node& node, std::string_view by) {
    std::string after{text_of(node)};
    after.replace(node.name_begin - node.begin, node.name_end - node.name_begin, by);
    add(node.name_begin, node.name_end, std::string{by}, text_of(node), after);
  }

  /// `x >= 3` has become `x > 3`, which is `x >= 4`; what is left to try is `x >= 2`.
  void order(NodeIndex index) {
    const Node& node = ast_[index];
    for (std::uint32_t which = 0; which < 2; ++which) {
      const NodeIndex child = ast_.child(index, which);
      const bool constant_is_right = which == 1;
      const bool wants_more = node.op == Operator::greater || node.op == Operator::less_equal;
      const auto other = next(ast_[child], wants_more == constant_is_right ? 1 : -1);
      if (!other) {
        if (ast_[child].kind != NodeKind::literal) visit(child);
        continue;
      }
      std::string after{text_of(node)};
      after.replace(ast_[child].begin - node.begin, ast_[child].end - ast_[child].begin, *other);
      add(ast_[child].begin, ast_[child].end, *other, text_of(node), after);
    }
  }

  /// The whole number or severity beside this one; nullopt when the node is none, or the last.
  std::optional<std::string> next(const Node& node, int step) const {
    if (node.kind == NodeKind::literal && node.literal.is(cel::Kind::integer)) {
      const std::int64_t number = node.literal.as_integer();
      if (number == std::numeric_limits<std::int64_t>::max() || number == std::numeric_limits<std::int64_t>::min()) {
        return std::nullopt;
      }
      return std::to_string(number + step);
    }
    if (node.kind != NodeKind::identifier) return std::nullopt;
    const auto level = std::ranges::find(scale_, node.name);
    if (level == scale_.end() || (step < 0 ? level == scale_.begin() : level + 1 == scale_.end())) return std::nullopt;
    return *(level + step);
  }

  /// A list of constants without each of them.
  void items(NodeIndex list) {
    const auto children = ast_.children(list);
    if (ast_[list].kind != NodeKind::list || children.size() < 2) return;
    for (std::size_t i = 0; i < children.size(); ++i) {
      std::string fewer = "[";
      for (std::size_t other = 0; other < children.size(); ++other) {
        if (other != i) (fewer += fewer.size() > 1 ? ", " : "") += text_of(ast_[children[other]]);
      }
      add(ast_[list].begin, ast_[list].end, fewer + "]", text_of(ast_[children[i]]), "nothing");
    }
  }

  void duration(const Node& literal) {
    if (literal.kind != NodeKind::literal || !literal.literal.is(cel::Kind::string)) return;
    for (const std::string& other : other_durations(literal.literal.as_text())) replace(literal, '"' + other + '"');
  }

  std::string_view text_;
  const Ast& ast_;
  const std::vector<std::string>& scale_;
  std::vector<ExpressionMutant> found_;
};

/// What a condition wants of one thing: numbers within bounds, or texts of a set.
struct Wish {
  std::string_view of;  // the text of the thing
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
  std::vector<std::string_view> words{};  // names of severities, literals as they are written; none: any
};

/// A constant as it can be compared: a literal, or where a severity stands its name.
std::optional<std::string_view> constant(std::string_view text, const Node& node, std::string_view of) {
  if (node.kind == NodeKind::literal && node.literal.is(cel::Kind::string)) return node.literal.as_text();
  const bool names_severity = node.kind == NodeKind::identifier && (of == "severity" || of == "incident.severity");
  if (node.kind != NodeKind::literal && !names_severity) return std::nullopt;
  return text.substr(node.begin, node.end - node.begin);
}

std::optional<Wish> wish_of(std::string_view text, const Ast& ast, NodeIndex index) {
  const Node& node = ast[index];
  if (node.kind != NodeKind::operation || node.child_count != 2) return std::nullopt;
  const auto text_of = [&](const Node& part) { return text.substr(part.begin, part.end - part.begin); };
  const Node& right = ast[ast.child(index, 1)];
  Wish wish{.of = text_of(ast[ast.child(index, 0)])};
  if (node.op == Operator::in && right.kind == NodeKind::list) {
    for (const NodeIndex item : ast.children(ast.child(index, 1))) {
      const auto word = constant(text, ast[item], wish.of);
      if (!word) return std::nullopt;
      wish.words.push_back(*word);
    }
    return wish;
  }
  const auto word = constant(text, right, wish.of);
  if (!word) return std::nullopt;
  if (node.op == Operator::equal) wish.words.push_back(*word);
  const bool is_number = right.kind == NodeKind::literal && right.literal.is(cel::Kind::integer);
  if (!is_number) return node.op == Operator::equal ? std::optional{wish} : std::nullopt;
  const std::int64_t number = right.literal.as_integer();
  if (number == wish.low || number == wish.high) return std::nullopt;
  if (node.op == Operator::equal || node.op == Operator::greater_equal) wish.low = number;
  if (node.op == Operator::greater) wish.low = number + 1;
  if (node.op == Operator::equal || node.op == Operator::less_equal) wish.high = number;
  if (node.op == Operator::less) wish.high = number - 1;
  return wish;
}

std::vector<Wish> wishes_of(std::string_view text, const Ast& ast) {
  std::vector<Wish> wishes;
  const auto add = [&](NodeIndex index) {
    if (auto wish = wish_of(text, ast, index)) wishes.push_back(*std::move(wish));
  };
  if (ast[ast.root()].kind != NodeKind::logical_and) {
    add(ast.root());
  } else {
    for (const NodeIndex child : ast.children(ast.root())) add(child);
  }
  return wishes;
}

bool exclude_each_other(const Wish& a, const Wish& b) {
  if (a.of != b.of) return false;
  if (a.high < b.low || b.high < a.low) return true;
  if (a.words.empty() || b.words.empty()) return false;
  return std::ranges::none_of(a.words,
                              [&](std::string_view word) { return std::ranges::find(b.words, word) != b.words.end(); });
}

}  // namespace

std::vector<ExpressionMutant> mutants_of_expression(std::string_view text, bool is_condition,
                                                    const std::vector<std::string>& scale) {
  cel::Problems problems;
  const auto ast = cel::parse(text, problems);
  if (!ast) return {};
  return Walk(text, *ast, scale).run(is_condition);
}

std::vector<std::string> other_durations(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration || *duration == Duration{0}) return {};
  const std::size_t unit = text.find_last_of("0123456789") + 1;
  const auto step = parse_duration("1" + std::string{text.substr(unit)});
  if (!step) return {};
  const Duration less = *duration > *step ? *duration - *step : *duration / 2;
  // Written in the unit that was chosen: 60m becomes 61m, not 1h1m.
  const auto written = [&](Duration value) {
    const bool is_simple = text.find_first_not_of("0123456789") == unit && value.count() % step->count() == 0;
    return is_simple ? std::to_string(value / *step) + std::string{text.substr(unit)} : tocsin::to_text(value);
  };
  std::vector<std::string> others;
  if (less > Duration{0} && less < *duration) others.push_back(written(less));
  if (*duration < Duration::max() - *step) others.push_back(written(*duration + *step));
  return others;
}

bool exclude_each_other(std::string_view a, std::string_view b) {
  cel::Problems problems;
  const auto ast_a = cel::parse(a, problems);
  const auto ast_b = cel::parse(b, problems);
  if (!ast_a || !ast_b) return false;
  const std::vector<Wish> wishes = wishes_of(b, *ast_b);
  return std::ranges::any_of(wishes_of(a, *ast_a), [&](const Wish& wish) {
    return std::ranges::any_of(wishes, [&](const Wish& other) { return exclude_each_other(wish, other); });
  });
}

bool wants_one(std::string_view condition, std::string_view of) {
  cel::Problems problems;
  const auto ast = cel::parse(condition, problems);
  if (!ast) return false;
  return std::ranges::any_of(wishes_of(condition, *ast),
                             [&](const Wish& wish) { return wish.of == of && wish.words.size() == 1; });
}

}  // namespace tocsin::rules
