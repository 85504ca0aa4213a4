#include "rules/cel/uses.h"

#include <algorithm>
#include <optional>

namespace tocsin::cel {
namespace {

class Uses {
 public:
  Uses(const Checked& checked, const Environment& environment)
      : checked_(checked), ast_(checked.ast), environment_(environment), spoken_for_(checked.ast.size()) {}

  /// Children stand before their parents; what a parent has made use of is spoken for.
  std::vector<Use> run() {
    for (NodeIndex node = 0; node < ast_.size(); ++node) look(node);
    for (NodeIndex node = 0; node < ast_.size(); ++node) {
      if (spoken_for_[node]) continue;
      if (const auto slot = table_at(node)) add(Use::Kind::whole, node, *slot, {});
      if (const auto slot = row_at(node)) add(Use::Kind::whole, node, *slot, {});
    }
    for (const std::string& name : checked_.named_values) found_.push_back({.kind = Use::Kind::named, .text = name});
    return std::move(found_);
  }

 private:
  struct Column {
    std::uint32_t slot;
    std::string_view name;
  };

  NodeIndex child(NodeIndex node, std::uint32_t which) const { return ast_.child(node, which); }

  void add(Use::Kind kind, NodeIndex at, std::uint32_t slot, std::string_view text, std::string_view column = {}) {
    found_.push_back(
        {kind, slot, std::string{text}, std::string{column}, ast_[at].begin, ast_[at].end - ast_[at].begin});
  }

  std::optional<std::uint32_t> table_at(NodeIndex node) const {
    if (checked_[node].what != Resolved::What::slot) return std::nullopt;
    const Type& type = environment_.variables()[checked_[node].index].type;
    if (!type.is(Type::Kind::map) || !type.element().is(Type::Kind::record)) return std::nullopt;
    return checked_[node].index;
  }

  /// `svc[…]`, `svc.name`.
  std::optional<std::uint32_t> row_at(NodeIndex node) const {
    const Node& at = ast_[node];
    const bool indexes = at.kind == NodeKind::operation && at.op == Operator::index && at.child_count == 2;
    const bool selects = at.kind == NodeKind::select && checked_[node].what == Resolved::What::as_written;
    return indexes || selects ? table_at(child(node, 0)) : std::nullopt;
  }

  /// `svc[…].tier`.
  std::optional<Column> column_at(NodeIndex node) const {
    const Node& at = ast_[node];
    if ((at.kind != NodeKind::select && at.kind != NodeKind::has) || checked_[node].what != Resolved::What::field) {
      return std::nullopt;
    }
    const auto slot = row_at(child(node, 0));
    return slot ? std::optional{Column{*slot, at.name}} : std::nullopt;
  }

  std::optional<std::string_view> text_at(NodeIndex node) const {
    const Node& at = ast_[node];
    if (at.kind != NodeKind::literal || !at.literal.is(Kind::string)) return std::nullopt;
    return at.literal.as_text();
  }

  /// The column whose cells this is, also with `coalesce(svc[…].tier, "3")`; `others` are the texts beside it.
  std::optional<Column> cells_at(NodeIndex node, std::vector<std::string_view>& others) const {
    if (auto column = column_at(node)) return ast_[node].kind == NodeKind::select ? column : std::nullopt;
    if (ast_[node].kind != NodeKind::coalesce) return std::nullopt;
    std::optional<Column> found;
    for (const NodeIndex part : ast_.children(node)) {
      if (const auto text = text_at(part)) {
        others.push_back(*text);
      } else if (const auto column = column_at(part); column && !found) {
        found = column;
      } else {
        return std::nullopt;
      }
    }
    return found;
  }

  void look(NodeIndex node) {
    const Node& at = ast_[node];
    if (const auto slot = row_at(node)) {
      spoken_for_[child(node, 0)] = true;
      const auto key = at.kind == NodeKind::select ? std::optional{at.name} : text_at(child(node, 1));
      if (key) add(Use::Kind::row, at.kind == NodeKind::select ? node : child(node, 1), *slot, *key);
    }
    if (const auto column = column_at(node)) {
      spoken_for_[child(node, 0)] = true;
      add(Use::Kind::column, node, column->slot, column->name);
    }
    if (at.kind == NodeKind::operation && at.child_count == 2) operation(node);
    if (at.kind == NodeKind::call && checked_[node].what == Resolved::What::function) call(node);
  }

  void operation(NodeIndex node) {
    const Operator op = ast_[node].op;
    if (op == Operator::in) {
      if (const auto slot = table_at(child(node, 1))) {
        spoken_for_[child(node, 1)] = true;
        if (const auto key = text_at(child(node, 0))) add(Use::Kind::row, child(node, 0), *slot, *key);
      } else if (ast_[child(node, 1)].kind == NodeKind::list) {
        for (const NodeIndex item : ast_.children(child(node, 1))) compare(child(node, 0), item);
      }
    }
    if (op != Operator::equal && op != Operator::not_equal) return;
    compare(child(node, 0), child(node, 1));
    compare(child(node, 1), child(node, 0));
  }

  void compare(NodeIndex cells, NodeIndex with) {
    const auto text = text_at(with);
    std::vector<std::string_view> others;
    const auto column = text ? cells_at(cells, others) : std::nullopt;
    if (!column || std::ranges::find(others, *text) != others.end()) return;
    add(Use::Kind::value, with, column->slot, *text, column->name);
  }

  void call(NodeIndex node) {
    const std::string_view name = checked_[node].function->name;
    const std::uint32_t first = checked_[node].skip_receiver ? 1 : 0;
    if (ast_[node].child_count <= first) return;
    if (name == "int" || name == "uint" || name == "double") {
      std::vector<std::string_view> others;
      const NodeIndex of = child(node, first);
      if (const auto column = cells_at(of, others)) {
        add(Use::Kind::number, node, column->slot, column->name, ast_[of].kind == NodeKind::coalesce ? "?" : "");
      }
    }
    const bool has_pattern = name == "matches" || name == "extract" || (name == "replace" && !ast_[node].member);
    if (has_pattern && ast_[node].child_count > first + 1 && text_at(child(node, first + 1))) {
      add(Use::Kind::pattern, child(node, first + 1), 0, {});
    }
  }

  const Checked& checked_;
  const Ast& ast_;
  const Environment& environment_;
  std::vector<bool> spoken_for_;
  std::vector<Use> found_;
};

}  // namespace

std::vector<Use> uses_of(const Checked& checked, const Environment& environment) {
  return Uses(checked, environment).run();
}

}  // namespace tocsin::cel
