#include "rules/cel/conjuncts.h"

#include <algorithm>

namespace tocsin::cel {
namespace {

using Form = Conjunct::Form;

/// A text that is a literal, for labels["x"].
std::optional<std::string_view> literal_text(const Ast& ast, NodeIndex node) {
  if (ast[node].kind != NodeKind::literal || !ast[node].literal.is(Kind::string)) return std::nullopt;
  return ast[node].literal.as_text();
}

class Classifier {
 public:
  Classifier(const Checked& checked, const Environment& environment, Folder& folder)
      : checked_(checked), environment_(environment), folder_(folder) {}

  Conjunct run(NodeIndex node) {
    Conjunct result = form_of(node);
    result.offset = checked_.ast[node].begin;
    result.length = checked_.ast[node].end - checked_.ast[node].begin;
    return result;
  }

 private:
  Conjunct form_of(NodeIndex node) {
    const Node& at = checked_.ast[node];
    if (at.kind == NodeKind::operation && at.op == Operator::logical_not) return negated(form_of(child(node, 0)));
    if (at.kind == NodeKind::operation && at.child_count == 2) return comparison(node);
    if (at.kind == NodeKind::logical_or) return any_of(node);
    if (at.kind == NodeKind::call) return text_test(node);
    if (checked_[node].type.is(Type::Kind::boolean)) {
      if (const auto place = read_of(node))
        return {.form = Form::equals, .read = *place, .constants = {Value::boolean(true)}};
    }
    return {};
  }

  NodeIndex child(NodeIndex node, std::uint32_t which) const { return checked_.ast.child(node, which); }

  static Conjunct negated(Conjunct conjunct) {
    conjunct.negated = !conjunct.negated;
    return conjunct;
  }

  std::optional<Read> read_of(NodeIndex node) const {
    const auto place = read_place(checked_, node, environment_);
    if (!place) return std::nullopt;
    if (place->kind == ReadPlace::Kind::slot) return Read{place->slot, std::nullopt};
    return Read{place->slot, std::string(place->key)};
  }

  Conjunct comparison(NodeIndex node) {
    const Operator op = checked_.ast[node].op;
    NodeIndex read = child(node, 0);
    NodeIndex other = child(node, 1);
    if ((op == Operator::equal || op == Operator::not_equal) && !read_of(read)) std::swap(read, other);
    const std::optional<Read> place = read_of(read);
    const std::optional<Value> constant = place ? folder_.value(other) : std::nullopt;
    if (!constant) return bound(node);
    if (op == Operator::in && constant->is(Kind::list)) {
      const auto items = constant->as_list();
      return {.form = Form::one_of, .read = *place, .constants = {items.begin(), items.end()}};
    }
    if (op != Operator::equal && op != Operator::not_equal) return bound(node);
    return {.form = Form::equals, .negated = op == Operator::not_equal, .read = *place, .constants = {*constant}};
  }

  /// `tier < 3`, `3 > tier`.
  Conjunct bound(NodeIndex node) {
    Operator op = checked_.ast[node].op;
    if (op != Operator::less && op != Operator::less_equal && op != Operator::greater &&
        op != Operator::greater_equal) {
      return {};
    }
    NodeIndex read = child(node, 0);
    NodeIndex other = child(node, 1);
    if (!read_of(read)) {
      std::swap(read, other);
      op = op == Operator::less         ? Operator::greater
           : op == Operator::less_equal ? Operator::greater_equal
           : op == Operator::greater    ? Operator::less
                                        : Operator::less_equal;
    }
    const std::optional<Read> place = read_of(read);
    const std::optional<Value> constant = place ? folder_.value(other) : std::nullopt;
    Conjunct result;
    if (constant) result.bound = Conjunct::Bound{op, *place, *constant};
    return result;
  }

  /// a == x || a == y || a in [z] is a in [x, y, z].
  Conjunct any_of(NodeIndex node) {
    Conjunct result;
    for (const NodeIndex operand : checked_.ast.children(node)) {
      Conjunct part = form_of(operand);
      if (part.negated || (part.form != Form::equals && part.form != Form::one_of)) return {};
      if (result.form == Form::other) {
        result = std::move(part);
        result.form = Form::one_of;
        continue;
      }
      if (part.read != result.read) return {};
      result.constants.insert(result.constants.end(), part.constants.begin(), part.constants.end());
    }
    return result;
  }

  Conjunct text_test(NodeIndex node) {
    const Resolved& resolved = checked_[node];
    if (resolved.what != Resolved::What::function || checked_.ast[node].child_count != 2) return {};
    const bool prefix = resolved.function->name == "startsWith";
    if (!prefix && resolved.function->name != "matches") return {};
    const std::optional<Read> place = read_of(child(node, 0));
    const std::optional<Value> constant = place ? folder_.value(child(node, 1)) : std::nullopt;
    if (!constant || !constant->is(Kind::string)) return {};
    return {.form = prefix ? Form::starts_with : Form::matches, .read = *place, .constants = {*constant}};
  }

  const Checked& checked_;
  const Environment& environment_;
  Folder& folder_;
};

}  // namespace

std::optional<ReadPlace> read_place(const Checked& checked, NodeIndex node, const Environment& environment) {
  using What = Resolved::What;
  const Resolved& resolved = checked[node];
  if (resolved.what == What::slot) return ReadPlace{.kind = ReadPlace::Kind::slot, .slot = resolved.index, .key = {}};
  const Node& at = checked.ast[node];
  const bool selects =
      at.kind == NodeKind::select && (resolved.what == What::as_written || resolved.what == What::field);
  const bool indexes = at.kind == NodeKind::operation && at.op == Operator::index;
  if (!selects && !indexes) return std::nullopt;
  const Resolved& operand = checked[checked.ast.child(node, 0)];
  if (operand.what != What::slot) return std::nullopt;
  if (resolved.what == What::field) {
    return ReadPlace{.kind = ReadPlace::Kind::field, .slot = operand.index, .field = resolved.index, .key = at.name};
  }
  if (!environment.variables()[operand.index].type.missing_is_empty()) return std::nullopt;
  const std::optional<std::string_view> key =
      selects ? std::optional(at.name) : literal_text(checked.ast, checked.ast.child(node, 1));
  if (!key) return std::nullopt;
  return ReadPlace{.kind = ReadPlace::Kind::label, .slot = operand.index, .key = *key};
}

Conjunct classify(const Checked& checked, NodeIndex node, const Environment& environment, Folder& folder) {
  return Classifier(checked, environment, folder).run(node);
}

}  // namespace tocsin::cel
