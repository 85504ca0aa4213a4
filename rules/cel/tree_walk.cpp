#include "rules/cel/tree_walk.h"

#include <vector>

#include "rules/cel/operations.h"

namespace tocsin::cel {
namespace {

class Walker {
 public:
  Walker(const Checked& checked, const Activation& activation, Evaluation& evaluation)
      : checked_(checked), activation_(activation), evaluation_(evaluation), locals_(checked.locals) {}

  Value value(NodeIndex index) {
    if (!evaluation_.spend(1)) return Evaluation::exhausted_error();
    const Node& node = checked_.ast[index];
    const Resolved& resolved = checked_[index];
    switch (resolved.what) {
      case Resolved::What::slot:
        return activation_.slots[resolved.index];
      case Resolved::What::local:
        return locals_[resolved.index];
      case Resolved::What::constant:
      case Resolved::What::fault:
        return resolved.constant;
      case Resolved::What::function:
      case Resolved::What::host_function:
        return call(index);
      case Resolved::What::message:
        return message(index);
      case Resolved::What::field:
      case Resolved::What::as_written:
        break;
    }
    switch (node.kind) {
      case NodeKind::select:
        return select(value(child(index, 0)), node.name);
      case NodeKind::has: {
        const Value operand = value(child(index, 0));
        return operand.is_error() ? operand : has_field(operand, node.name);
      }
      case NodeKind::operation:
        return operation(index);
      case NodeKind::logical_and:
        return logical(index, false);
      case NodeKind::logical_or:
        return logical(index, true);
      case NodeKind::conditional:
        return conditional(index);
      case NodeKind::list:
        return list(index);
      case NodeKind::map:
        return map(index);
      case NodeKind::comprehension:
        return comprehension(index);
      case NodeKind::bind:
        locals_[resolved.index] = value(child(index, 0));
        return value(child(index, 1));
      case NodeKind::coalesce:
        return coalesce(index);
      default:
        return no_overload();
    }
  }

 private:
  NodeIndex child(NodeIndex index, std::uint32_t which) const { return checked_.ast.child(index, which); }

  Value operation(NodeIndex index) {
    const Node& node = checked_.ast[index];
    const Value a = value(child(index, 0));
    if (node.child_count == 1) return apply(node.op, a);
    return apply(evaluation_, node.op, a, value(child(index, 1)));
  }

  /// The deciding value (false for &&, true for ||) wins over errors, wherever it stands.
  Value logical(NodeIndex index, bool deciding) {
    Value result = Value::boolean(!deciding);
    for (const NodeIndex operand : checked_.ast.children(index)) {
      Value next = value(operand);
      if (!next.is(Kind::boolean) && !next.is_error()) next = no_overload();
      if (!next.is_error() && next.as_bool() == deciding) return next;
      if (!result.is_error()) result = next;
    }
    return result;
  }

  Value conditional(NodeIndex index) {
    const Value condition = value(child(index, 0));
    if (condition.is_error()) return condition;
    if (!condition.is(Kind::boolean)) return no_overload();
    return value(child(index, condition.as_bool() ? 1 : 2));
  }

  Value coalesce(NodeIndex index) {
    Value result;
    for (const NodeIndex operand : checked_.ast.children(index)) {
      result = value(operand);
      const bool empty =
          result.is_error() || result.is(Kind::null) || (result.is(Kind::string) && result.as_text().empty());
      if (!empty) return result;
    }
    return result;
  }

  Value list(NodeIndex index) {
    std::vector<Value> items;
    for (const NodeIndex operand : checked_.ast.children(index)) {
      items.push_back(value(operand));
      if (items.back().is_error()) return items.back();
    }
    return kept(items);
  }

  Value kept(std::span<const Value> items) {
    Value* to = evaluation_.allocate<Value>(items.size());
    if (to == nullptr) return Evaluation::exhausted_error();
    std::uninitialized_copy(items.begin(), items.end(), to);
    return Value::list({to, items.size()});
  }

  Value kept(std::span<const MapEntry> entries) {
    MapEntry* to = evaluation_.allocate<MapEntry>(entries.size());
    if (to == nullptr) return Evaluation::exhausted_error();
    std::uninitialized_copy(entries.begin(), entries.end(), to);
    return make_map(evaluation_, {to, entries.size()});
  }

  /// Keys and values in turn from `first`; the first error among them, or nothing.
  std::optional<Value> entries(NodeIndex index, std::uint32_t first, std::vector<MapEntry>& to) {
    for (std::uint32_t i = first; i < checked_.ast[index].child_count; i += 2) {
      const Value key = value(child(index, i));
      if (key.is_error()) return key;
      const Value item = value(child(index, i + 1));
      if (item.is_error()) return item;
      to.push_back({key, item});
    }
    return std::nullopt;
  }

  Value map(NodeIndex index) {
    std::vector<MapEntry> built;
    if (const auto error = entries(index, 0, built)) return *error;
    return kept(built);
  }

  Value message(NodeIndex index) {
    std::vector<MapEntry> fields;
    if (const auto error = entries(index, 1, fields)) return *error;
    MapEntry* to = evaluation_.allocate<MapEntry>(fields.size());
    if (to == nullptr) return Evaluation::exhausted_error();
    std::uninitialized_copy(fields.begin(), fields.end(), to);
    return make_message(evaluation_, checked_[index].message_kind, checked_[index].record.get(), {to, fields.size()});
  }

  Value call(NodeIndex index) {
    const Resolved& resolved = checked_[index];
    std::vector<Value> arguments;
    for (std::uint32_t i = resolved.skip_receiver ? 1 : 0; i < checked_.ast[index].child_count; ++i) {
      arguments.push_back(value(child(index, i)));
      if (arguments.back().is_error()) return arguments.back();
    }
    return resolved.host != nullptr ? resolved.host->call(evaluation_, arguments)
                                    : resolved.function->call(evaluation_, arguments);
  }

  // ---- macros

  struct Step {
    Value first;
    Value second;
  };

  static std::uint32_t steps(const Value& range) {
    return range.is(Kind::list) ? static_cast<std::uint32_t>(range.as_list().size()) : range.map_size();
  }

  static Step step(const Value& range, std::uint32_t i, bool two) {
    if (range.is(Kind::map)) {
      const MapEntry entry = range.map_entry(i);
      return {entry.key, entry.value};
    }
    const Value& item = range.as_list()[i];
    return two ? Step{Value::integer(i), item} : Step{item, item};
  }

  Value comprehension(NodeIndex index) {
    const Node& node = checked_.ast[index];
    const Value range = value(child(index, 0));
    if (range.is_error()) return range;
    if (!range.is(Kind::list) && !range.is(Kind::map)) return no_overload();
    const bool two = !node.second_name.empty();
    const bool filtered = node.child_count == 3;
    Value error;
    bool failed = false;
    std::uint32_t count = 0;
    std::vector<Value> items;
    std::vector<MapEntry> built;
    for (std::uint32_t i = 0; i < steps(range); ++i) {
      if (!evaluation_.spend(1)) return Evaluation::exhausted_error();
      const Step at = step(range, i, two);
      locals_[checked_[index].index] = at.first;
      if (two) locals_[checked_[index].index + 1] = at.second;
      if (filtered) {
        const Value wanted = value(child(index, 1));
        if (wanted.is_error()) return wanted;
        if (!wanted.is(Kind::boolean)) return no_overload();
        if (!wanted.as_bool()) continue;
      }
      Value body = value(child(index, node.child_count - 1));
      const bool predicate = node.macro <= Macro::exists_one || node.macro == Macro::filter;
      if (predicate && !body.is(Kind::boolean) && !body.is_error()) body = no_overload();
      if (node.macro == Macro::all || node.macro == Macro::exists) {
        if (!body.is_error() && body.as_bool() == (node.macro == Macro::exists)) return body;
        if (body.is_error() && !failed) failed = true, error = body;
        continue;
      }
      if (body.is_error()) return body;
      switch (node.macro) {
        case Macro::exists_one:
          count += body.as_bool() ? 1U : 0U;
          break;
        case Macro::filter:
          if (body.as_bool()) items.push_back(at.first);
          break;
        case Macro::map:
        case Macro::transform_list:
          items.push_back(body);
          break;
        case Macro::transform_map:
          built.push_back({at.first, body});
          break;
        default:
          if (!body.is(Kind::map)) return no_overload();
          for (std::uint32_t k = 0; k < body.map_size(); ++k) built.push_back(body.map_entry(k));
          break;
      }
    }
    if (failed) return error;
    switch (node.macro) {
      case Macro::all:
        return Value::boolean(true);
      case Macro::exists:
        return Value::boolean(false);
      case Macro::exists_one:
        return Value::boolean(count == 1);
      case Macro::filter:
      case Macro::map:
      case Macro::transform_list:
        return kept(items);
      default:
        return kept(built);
    }
  }

  const Checked& checked_;
  const Activation& activation_;
  Evaluation& evaluation_;
  std::vector<Value> locals_;
};

}  // namespace

Value walk(const Checked& checked, NodeIndex node, const Activation& activation, Evaluation& evaluation) {
  const Value result = Walker(checked, activation, evaluation).value(node);
  return evaluation.exhausted() ? Evaluation::exhausted_error() : result;
}

Value walk(const Checked& checked, const Activation& activation, Arena& arena) {
  Evaluation evaluation(arena);
  return walk(checked, checked.ast.root(), activation, evaluation);
}

}  // namespace tocsin::cel
