#include "rules/cel/checker.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "rules/cel/signature.h"
#include "rules/cel/suggestion.h"

namespace tocsin::cel {
namespace {

using What = Resolved::What;
constexpr std::size_t kProblemsMax = 100;

/// Names of types as values; both the name in an expression and what type() gives.
constexpr std::array<std::string_view, 14> kTypeNames = {"bool",
                                                         "int",
                                                         "uint",
                                                         "double",
                                                         "string",
                                                         "bytes",
                                                         "list",
                                                         "map",
                                                         "null_type",
                                                         "type",
                                                         "google.protobuf.Timestamp",
                                                         "google.protobuf.Duration",
                                                         "net.IP",
                                                         "net.CIDR"};

class Checker {
 public:
  Checker(Ast ast, const Environment& environment, Problems& problems, std::string_view text)
      : environment_(environment),
        problems_(problems),
        text_(text),
        strict_(environment.checking() == Checking::strict) {
    checked_.ast = std::move(ast);
    checked_.resolved.resize(checked_.ast.size());
  }

  Checked run() {
    visit(checked_.ast.root());
    return std::move(checked_);
  }

 private:
  struct Local {
    std::string_view name;
    Type type;
  };

  const Ast& ast() const { return checked_.ast; }
  Resolved& at(NodeIndex index) { return checked_.resolved[index]; }

  // ---- problems

  void problem(std::uint32_t begin, std::uint32_t end, std::string code, std::string message,
               std::string suggestion = {}) {
    if (!strict_ || problems_.size() >= kProblemsMax) return;
    problems_.push_back(
        {begin, std::max<std::uint32_t>(1, end - begin), std::move(code), std::move(message), std::move(suggestion)});
  }
  void problem(NodeIndex index, std::string code, std::string message, std::string suggestion = {}) {
    problem(ast()[index].begin, ast()[index].end, std::move(code), std::move(message), std::move(suggestion));
  }
  void problem_at_name(NodeIndex index, std::string code, std::string message, std::string suggestion = {}) {
    problem(ast()[index].name_begin, ast()[index].name_end, std::move(code), std::move(message), std::move(suggestion));
  }

  void fault(NodeIndex index, Fault kind, const char* message) {
    at(index).what = What::fault;
    at(index).constant = Value::error(kind, message);
  }

  // ---- names

  const Local* local(std::string_view name, std::uint32_t& number) const {
    for (std::size_t i = locals_.size(); i > 0; --i) {
      if (locals_[i - 1].name != name) continue;
      number = static_cast<std::uint32_t>(i - 1);
      return &locals_[i - 1];
    }
    return nullptr;
  }

  /// `try_name` for each full name that `name` may stand for, nearest container first, until one is taken.
  template <typename Try>
  bool in_containers(std::string_view name, bool absolute, Try try_name) const {
    std::string container = absolute ? std::string() : environment_.container();
    while (!container.empty()) {
      if (try_name(container + "." + std::string(name))) return true;
      const std::size_t dot = container.rfind('.');
      container.resize(dot == std::string::npos ? 0 : dot);
    }
    return try_name(std::string(name));
  }

  /// The dotted name that a chain of selections on an identifier spells; nullopt for other nodes, and when the
  /// identifier is a local variable.
  std::optional<std::string> qualified_name(NodeIndex index, bool& absolute) const {
    const Node& node = ast()[index];
    if (node.kind == NodeKind::identifier) {
      std::uint32_t number = 0;
      if (!node.absolute && local(node.name, number) != nullptr) return std::nullopt;
      absolute = node.absolute;
      return std::string(node.name);
    }
    if (node.kind != NodeKind::select) return std::nullopt;
    std::optional<std::string> operand = qualified_name(ast().child(index, 0), absolute);
    if (operand) *operand += "." + std::string(node.name);
    return operand;
  }

  bool resolve_global(NodeIndex index, const std::string& name) {
    if (const auto slot = environment_.slot_of(name)) {
      at(index).what = What::slot;
      at(index).index = *slot;
      at(index).type = environment_.variables()[*slot].type;
      return true;
    }
    for (const Environment::Constant& constant : environment_.constants()) {
      if (constant.name != name) continue;
      set_constant(index, Value::enumeration(*constant.type, constant.enum_index), Type::enumeration(constant.type));
      checked_.enums.push_back(constant.type);
      return true;
    }
    for (const Environment::NamedValue& named : environment_.named_values()) {
      if (named.name != name) continue;
      set_constant(index, named.value, named.type);
      if (std::ranges::find(checked_.named_values, name) == checked_.named_values.end()) {
        checked_.named_values.push_back(name);
      }
      return true;
    }
    for (const std::string_view type : kTypeNames) {
      if (type != name) continue;
      set_constant(index, Value::type(type), Type::Kind::type);
      return true;
    }
    if (name == "google.protobuf.NullValue.NULL_VALUE") {
      set_constant(index, Value::integer(0), Type::Kind::integer);
      return true;
    }
    return false;
  }

  void set_constant(NodeIndex index, Value value, Type type) {
    at(index).what = What::constant;
    at(index).constant = value;
    at(index).type = std::move(type);
  }

  bool resolve_qualified(NodeIndex index) {
    bool absolute = false;
    const std::optional<std::string> name = qualified_name(index, absolute);
    return name && in_containers(*name, absolute, [&](const std::string& full) { return resolve_global(index, full); });
  }

  std::string nearest_name(std::string_view name) const {
    std::vector<std::string_view> names;
    for (const Local& known : locals_) names.push_back(known.name);
    for (const auto& variable : environment_.variables()) names.emplace_back(variable.name);
    for (const auto& named : environment_.named_values()) names.emplace_back(named.name);
    std::vector<std::string_view> constants;
    for (const auto& constant : environment_.constants()) constants.emplace_back(constant.name);
    names.insert(names.end(), constants.begin(), constants.end());
    std::string found = nearest(name, names);
    return found.empty() ? only_completion(name, constants) : found;
  }

  // ---- nodes

  Type visit(NodeIndex index) {
    visit_kind(index);
    if (!strict_) at(index).type = Type();
    return at(index).type;
  }

  void visit_kind(NodeIndex index) {
    const Node& node = ast()[index];
    switch (node.kind) {
      case NodeKind::literal:
        return literal(index);
      case NodeKind::identifier:
        return identifier(index);
      case NodeKind::select:
        return select(index);
      case NodeKind::has:
        return has(index);
      case NodeKind::call:
        return call(index);
      case NodeKind::operation:
        return operation(index);
      case NodeKind::logical_and:
      case NodeKind::logical_or:
        for (const NodeIndex child : ast().children(index)) {
          expect_bool(child, visit(child), node.kind == NodeKind::logical_and ? "&&" : "||");
        }
        at(index).type = Type::Kind::boolean;
        return;
      case NodeKind::conditional:
        return conditional(index);
      case NodeKind::list:
        return list(index);
      case NodeKind::map:
        return map(index);
      case NodeKind::message:
        return message(index);
      case NodeKind::comprehension:
        return comprehension(index);
      case NodeKind::bind:
        return bind(index);
      case NodeKind::coalesce:
        return coalesce(index);
    }
  }

  void expect_bool(NodeIndex index, const Type& type, std::string_view what) {
    if (assignable(type, Type::Kind::boolean)) return;
    problem(index, "type_mismatch", fmt::format("`{}` wants a bool, this is a {}", what, type.text()));
  }

  void literal(NodeIndex index) {
    constexpr auto type_of = [](Kind kind) -> Type {
      switch (kind) {
        case Kind::null:
          return Type::Kind::null;
        case Kind::boolean:
          return Type::Kind::boolean;
        case Kind::integer:
          return Type::Kind::integer;
        case Kind::unsigned_integer:
          return Type::Kind::unsigned_integer;
        case Kind::floating:
          return Type::Kind::floating;
        case Kind::bytes:
          return Type::Kind::bytes;
        default:
          return Type::Kind::string;
      }
    };
    set_constant(index, ast()[index].literal, type_of(ast()[index].literal.kind()));
  }

  void identifier(NodeIndex index) {
    const Node& node = ast()[index];
    std::uint32_t number = 0;
    if (const Local* found = node.absolute ? nullptr : local(node.name, number); found != nullptr) {
      at(index).what = What::local;
      at(index).index = number;
      at(index).type = found->type;
      return;
    }
    if (resolve_qualified(index)) return;
    fault(index, Fault::unknown_name, "unknown name");
    std::string suggestion = did_you_mean(nearest_name(node.name));
    problem_at_name(index, "unknown_name", fmt::format("there is nothing called `{}`", node.name),
                    std::move(suggestion));
  }

  void select(NodeIndex index) {
    if (resolve_qualified(index)) return;
    const Type operand = visit(ast().child(index, 0));
    at(index).type = field_type(index, operand);
  }

  void has(NodeIndex index) {
    const Type operand = visit(ast().child(index, 0));
    field_type(index, operand);
    at(index).type = Type::Kind::boolean;
  }

  Type field_type(NodeIndex index, const Type& operand) {
    const Node& node = ast()[index];
    switch (operand.kind()) {
      case Type::Kind::dyn:
        return {};
      case Type::Kind::map:
        if (!assignable(Type::Kind::string, operand.key())) {
          problem_at_name(index, "type_mismatch", fmt::format("the keys of {} are not texts", operand.text()));
        }
        return operand.element();
      case Type::Kind::record: {
        const RecordType& record = *operand.record_type();
        if (const auto field = record.index_of(node.name)) {
          at(index).what = What::field;
          at(index).index = *field;
          return record.fields()[*field].type;
        }
        std::vector<std::string_view> names;
        for (const auto& field : record.fields()) names.emplace_back(field.name);
        std::string suggestion = did_you_mean(nearest_or_completion(node.name, names));
        if (suggestion.empty()) {
          for (const std::string_view name : names) {
            // A row has as many columns as its table; those of an incident are in the README.
            if (suggestion.size() < 80)
              suggestion += fmt::format("{}`{}`", suggestion.empty() ? "it has " : ", ", name);
          }
          if (suggestion.size() >= 80) suggestion += " …";
        }
        problem_at_name(index, "unknown_field", fmt::format("`{}` has no field `{}`", record.name(), node.name),
                        std::move(suggestion));
        return {};
      }
      default:
        problem_at_name(index, "unknown_field", fmt::format("a {} has no fields", operand.text()));
        return {};
    }
  }

  // ---- calls

  /// The function or host function of that full name that takes so many arguments.
  bool find_call(NodeIndex index, const std::string& name, bool member, std::size_t arguments) {
    for (const HostFunction& host : environment_.functions()) {
      if (host.name != name || host.member != member || host.parameters.size() != arguments) continue;
      at(index).what = What::host_function;
      at(index).host = std::make_shared<const HostFunction>(host);
      return true;
    }
    const Function* function = find_function(name, member, arguments);
    if (function == nullptr) return false;
    at(index).what = What::function;
    at(index).function = function;
    return true;
  }

  bool is_known_function(const std::string& name) const {
    return is_function_name(name) ||
           std::ranges::find(environment_.functions(), name, &HostFunction::name) != environment_.functions().end();
  }

  /// math.abs(x): the receiver spells a namespace. True also when the function is there but takes other arguments.
  bool namespaced_call(NodeIndex index, bool& wrong_count) {
    const Node& node = ast()[index];
    bool absolute = false;
    const std::optional<std::string> space = qualified_name(ast().child(index, 0), absolute);
    if (!space) return false;
    return in_containers(*space + "." + std::string(node.name), absolute, [&](const std::string& full) {
      if (find_call(index, full, false, node.child_count - 1)) return true;
      wrong_count = wrong_count || is_known_function(full);
      return wrong_count;
    });
  }

  /// math.abss(x): tells so when the receiver is a namespace that functions have, and no value.
  bool misspelt_in_namespace(NodeIndex index) {
    const Node& node = ast()[index];
    const Node& receiver = ast()[ast().child(index, 0)];
    std::uint32_t number = 0;
    if (!strict_ || receiver.kind != NodeKind::identifier || local(receiver.name, number) != nullptr) return false;
    const std::string space = std::string(receiver.name) + ".";
    std::vector<std::string_view> names;
    for (const Function* function : all_functions()) names.push_back(function->name);
    for (const HostFunction& host : environment_.functions()) names.emplace_back(host.name);
    std::erase_if(names, [&](std::string_view name) { return !name.starts_with(space); });
    const std::string full = space + std::string(node.name);
    if (names.empty() || is_known_function(full) || resolve_qualified(ast().child(index, 0))) return false;
    fault(index, Fault::no_such_overload, "no such function");
    problem_at_name(index, "unknown_function", fmt::format("there is no function `{}`", full),
                    did_you_mean(nearest(full, names)));
    for (const NodeIndex argument : ast().children(index).subspan(1)) visit(argument);
    return true;
  }

  void call(NodeIndex index) {
    const Node& node = ast()[index];
    bool wrong_count = false;
    bool found = false;
    if (node.member && misspelt_in_namespace(index)) return;
    if (node.member && namespaced_call(index, wrong_count)) {
      found = !wrong_count;
      at(index).skip_receiver = true;
    } else if (node.member) {
      found = find_call(index, std::string(node.name), true, node.child_count);
    } else {
      found = in_containers(node.name, node.absolute,
                            [&](const std::string& full) { return find_call(index, full, false, node.child_count); });
    }
    std::vector<Type> types;
    const std::span<const NodeIndex> children = ast().children(index);
    for (std::size_t i = at(index).skip_receiver ? 1 : 0; i < children.size(); ++i) types.push_back(visit(children[i]));
    if (!found) return unknown_call(index, wrong_count);
    const std::optional<Type> result = at(index).what == What::host_function ? host_result(*at(index).host, types)
                                                                             : result_of(*at(index).function, types);
    if (result) {
      at(index).type = *result;
      return;
    }
    std::string given;
    for (const Type& type : types) given += (given.empty() ? "" : ", ") + type.text();
    std::string forms = at(index).what == What::function ? describe(*at(index).function) : std::string();
    problem(index, "type_mismatch",
            fmt::format("`{}` does not take ({}){}", node.name, given, forms.empty() ? "" : "; it takes " + forms));
  }

  static std::optional<Type> host_result(const HostFunction& host, const std::vector<Type>& types) {
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (!assignable(types[i], host.parameters[i])) return std::nullopt;
    }
    return host.result;
  }

  void unknown_call(NodeIndex index, bool wrong_count) {
    const Node& node = ast()[index];
    fault(index, Fault::no_such_overload, "no such function");
    if (!strict_) return;
    if (wrong_count || is_known_function(std::string(node.name))) {
      problem_at_name(index, "unknown_function",
                      fmt::format("`{}` is not called like this: other arguments, or not on a receiver", node.name));
      return;
    }
    std::vector<std::string_view> names;
    for (const Function* function : all_functions()) names.push_back(function->name);
    for (const std::string_view macro : {"has", "all", "exists", "exists_one", "filter", "map", "coalesce"}) {
      names.push_back(macro);
    }
    for (const HostFunction& host : environment_.functions()) names.emplace_back(host.name);
    problem_at_name(index, "unknown_function", fmt::format("there is no function `{}`", node.name),
                    did_you_mean(function_meant(node.name, names)));
  }

  /// The nearest, or the only one that begins like it, or what other languages call so; "" when there is none.
  static std::string function_meant(std::string_view name, std::span<const std::string_view> names) {
    for (const std::string_view other : {"len", "length", "count"}) {
      if (name == other) return "size";
    }
    return nearest_or_completion(name, names);
  }

  // ---- operations

  void operation(NodeIndex index) {
    const Node& node = ast()[index];
    if (is_after_a_negation(index)) return comparison_after_a_negation(index);
    const Type a = visit(ast().child(index, 0));
    if (node.child_count == 1) return unary(index, a);
    binary(index, a, visit(ast().child(index, 1)));
  }

  void binary(NodeIndex index, const Type& a, const Type& b) {
    const Node& node = ast()[index];
    switch (node.op) {
      case Operator::index:
        at(index).type = index_type(index, a, b);
        return;
      case Operator::equal:
      case Operator::not_equal:
      case Operator::less:
      case Operator::less_equal:
      case Operator::greater:
      case Operator::greater_equal:
        if (!fits(node.op, a, b)) mismatch(index, a, b);
        at(index).type = Type::Kind::boolean;
        return;
      case Operator::in: {
        const bool container = b.is_dyn() || b.is(Type::Kind::list) || b.is(Type::Kind::map);
        if (!container) {
          problem(ast().child(index, 1), "type_mismatch",
                  fmt::format("`in` wants a list or a map, this is a {}", b.text()));
        } else if (!comparable(a, b.is(Type::Kind::map) ? b.key() : b.element())) {
          mismatch_in(index, a, b);
        }
        at(index).type = Type::Kind::boolean;
        return;
      }
      default:
        break;
    }
    const std::optional<Type> result = arithmetic_type(node.op, a, b);
    if (result) {
      at(index).type = *result;
    } else {
      mismatch(index, a, b);
    }
  }

  /// Whether a comparison can be made of these.
  static bool fits(Operator op, const Type& a, const Type& b) {
    if (op == Operator::in && b.is(Type::Kind::map)) return comparable(a, b.key());
    if (op == Operator::in) return b.is(Type::Kind::list) && comparable(a, b.element());
    const bool is_equality = op == Operator::equal || op == Operator::not_equal;
    return comparable(a, b) && (is_equality || (has_order(a) && has_order(b)));
  }

  /// `!a == b`, which is `(!a) == b`.
  bool is_after_a_negation(NodeIndex index) const {
    if (!strict_ || opposite(ast()[index].op).empty()) return false;
    const Node& left = ast()[ast().child(index, 0)];
    return left.kind == NodeKind::operation && left.op == Operator::logical_not;
  }

  /// One mistake is told once: where `a` is no bool but could be compared with `b`, that was meant.
  void comparison_after_a_negation(NodeIndex index) {
    const NodeIndex left = ast().child(index, 0);
    const Type negated = visit(ast().child(left, 0));
    const Type b = visit(ast().child(index, 1));
    at(left).type = Type::Kind::boolean;
    if (assignable(negated, Type::Kind::boolean) || !fits(ast()[index].op, negated, b)) {
      unary(left, negated);
      return binary(index, at(left).type, b);
    }
    problem(
        index, "type_mismatch",
        fmt::format("`!` comes before `{}`: it wants a bool, this is a {}", text_of(ast()[index].op), negated.text()),
        negation_suggestion(index));
    at(index).type = Type::Kind::boolean;
  }

  /// "did you mean `name != "a"`?"; only the operator where the whole would be long.
  std::string negation_suggestion(NodeIndex index) const {
    constexpr std::size_t kBytesMax = 60;
    const Operator op = ast()[index].op;
    const std::string_view a = written(ast().child(ast().child(index, 0), 0));
    const std::string_view b = written(ast().child(index, 1));
    const bool is_short = !a.empty() && !b.empty() && a.size() + b.size() <= kBytesMax;
    if (op == Operator::in) return did_you_mean(is_short ? fmt::format("!({} in {})", a, b) : "!(… in …)");
    return did_you_mean(is_short ? fmt::format("{} {} {}", a, opposite(op), b) : opposite(op));
  }

  /// The comparison that holds where this one does not, "" for what is no comparison.
  static std::string_view opposite(Operator op) {
    switch (op) {
      case Operator::equal:
        return "!=";
      case Operator::not_equal:
        return "==";
      case Operator::less:
        return ">=";
      case Operator::less_equal:
        return ">";
      case Operator::greater:
        return "<=";
      case Operator::greater_equal:
        return "<";
      case Operator::in:
        return "not in";
      default:
        return "";
    }
  }

  /// How an operand is written, where that can stand beside any operator; "" else.
  std::string_view written(NodeIndex index) const {
    const Node& node = ast()[index];
    const bool is_simple = node.kind == NodeKind::literal || node.kind == NodeKind::identifier ||
                           node.kind == NodeKind::select || node.kind == NodeKind::call || node.kind == NodeKind::list;
    if (!is_simple || node.end > text_.size()) return {};
    const std::string_view text = text_.substr(node.begin, node.end - node.begin);
    return text.find('\n') == std::string_view::npos ? text : std::string_view{};
  }

  void unary(NodeIndex index, const Type& a) {
    if (ast()[index].op == Operator::logical_not) {
      expect_bool(ast().child(index, 0), a, "!");
      at(index).type = Type::Kind::boolean;
      return;
    }
    if (!a.is_dyn() && !a.is(Type::Kind::integer) && !a.is(Type::Kind::floating)) {
      problem(ast().child(index, 0), "type_mismatch",
              fmt::format("`-` wants an int or a double, this is a {}", a.text()));
    }
    at(index).type = a;
  }

  static bool comparable(const Type& a, const Type& b) {
    return (a.is_number() && b.is_number()) || assignable(a, b) || assignable(b, a);
  }

  static bool has_order(const Type& type) {
    switch (type.kind()) {
      case Type::Kind::null:
      case Type::Kind::list:
      case Type::Kind::map:
      case Type::Kind::record:
      case Type::Kind::type:
      case Type::Kind::ip:
      case Type::Kind::cidr:
        return false;
      default:
        return true;
    }
  }

  Type index_type(NodeIndex index, const Type& a, const Type& b) {
    if (a.is_dyn()) return {};
    const NodeIndex key = ast().child(index, 1);
    if (a.is(Type::Kind::list)) {
      if (!b.is_dyn() && !b.is_number()) {
        problem(key, "type_mismatch", fmt::format("a list is indexed by an int, this is a {}", b.text()));
      }
      return a.element();
    }
    if (a.is(Type::Kind::map)) {
      if (!comparable(b, a.key())) {
        problem(key, "type_mismatch",
                fmt::format("the keys of this map are of type {}, this is a {}", a.key().text(), b.text()));
      }
      return a.element();
    }
    problem(ast().child(index, 0), "type_mismatch", fmt::format("a {} cannot be indexed", a.text()));
    return {};
  }

  void mismatch(NodeIndex index, const Type& a, const Type& b) {
    const Node& node = ast()[index];
    std::string suggestion = enum_suggestion(ast().child(index, 1), a);
    if (suggestion.empty()) suggestion = enum_suggestion(ast().child(index, 0), b);
    if (suggestion.empty()) suggestion = text_suggestion(ast().child(index, 1), a);
    if (suggestion.empty()) suggestion = priority_suggestion(index, node.op, a, b);
    if (suggestion.empty()) suggestion = number_suggestion(ast().child(index, 1), a, b);
    if (suggestion.empty()) suggestion = number_suggestion(ast().child(index, 0), b, a);
    problem(index, "type_mismatch", fmt::format("`{}` does not fit {} and {}", text_of(node.op), a.text(), b.text()),
            std::move(suggestion));
  }

  void mismatch_in(NodeIndex index, const Type& a, const Type& b) {
    const NodeIndex container = ast().child(index, 1);
    std::string suggestion;
    if (ast()[container].kind == NodeKind::list && ast()[container].child_count > 0) {
      suggestion = enum_suggestion(ast().child(container, 0), a);
      if (suggestion.empty()) suggestion = text_suggestion(ast().child(container, 0), a);
      if (suggestion.empty()) suggestion = number_suggestion(ast().child(container, 0), a, b.element());
    }
    problem(index, "type_mismatch", fmt::format("a {} is never in a {}", a.text(), b.text()), std::move(suggestion));
  }

  /// For a text where a constant of an enum is wanted: "did you mean `critical`?".
  std::string enum_suggestion(NodeIndex index, const Type& wanted) const {
    const Node& node = ast()[index];
    if (!wanted.is(Type::Kind::enumeration) || node.kind != NodeKind::literal || !node.literal.is(Kind::string)) {
      return {};
    }
    const EnumType& type = *wanted.enum_type();
    if (type.index_of(node.literal.as_text())) {
      return fmt::format("did you mean `{}`, without quotes?", node.literal.as_text());
    }
    const std::vector<std::string_view> names(type.names().begin(), type.names().end());
    return did_you_mean(nearest_or_completion(node.literal.as_text(), names));
  }

  /// For a constant of an enum where a text is wanted.
  std::string text_suggestion(NodeIndex index, const Type& wanted) {
    if (!wanted.is(Type::Kind::string) || at(index).what != What::constant ||
        !at(index).constant.is(Kind::enumeration)) {
      return {};
    }
    return fmt::format("did you mean `\"{}\"`?", ast()[index].name);
  }

  /// For `priority <= 2`: they are names, `P1` is the highest.
  std::string priority_suggestion(NodeIndex index, Operator op, const Type& a, const Type& b) const {
    const Node& left = ast()[ast().child(index, 0)];
    const Node& right = ast()[ast().child(index, 1)];
    if (!a.is(Type::Kind::string) || !b.is(Type::Kind::integer) || left.name != "priority") return {};
    if (right.kind != NodeKind::literal || !right.literal.is(Kind::integer)) return {};
    const std::int64_t number = right.literal.as_integer();
    const auto holds = [&](std::int64_t one) {
      switch (op) {
        case Operator::less:
          return one < number;
        case Operator::less_equal:
          return one <= number;
        case Operator::greater:
          return one > number;
        case Operator::greater_equal:
          return one >= number;
        case Operator::not_equal:
          return one != number;
        default:
          return one == number;
      }
    };
    std::string names;
    std::size_t count = 0;
    for (std::int64_t one = 1; one <= 5; ++one) {
      if (!holds(one)) continue;
      ++count;
      names += fmt::format("{}\"P{}\"", names.empty() ? "" : ", ", one);
    }
    const std::string_view read = text_.substr(left.begin, left.end - left.begin);
    if (count == 0) return "priorities are `\"P1\"`, the highest, to `\"P5\"`";
    return did_you_mean(count == 1 ? fmt::format("{} == {}", read, names) : fmt::format("{} in [{}]", read, names));
  }

  /// For a text where a number is wanted.
  std::string number_suggestion(NodeIndex index, const Type& wanted, const Type& given) const {
    if (!given.is(Type::Kind::string) || !wanted.is(Type::Kind::integer)) return {};
    const Node& node = ast()[index];
    if (node.kind != NodeKind::literal) return "a text becomes a number in `int(…)`";
    const std::string_view text = node.literal.as_text();
    const bool is_number = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    return is_number ? fmt::format("did you mean `{}`, without quotes?", text) : std::string();
  }

  // ---- the rest

  void conditional(NodeIndex index) {
    expect_bool(ast().child(index, 0), visit(ast().child(index, 0)), "?:");
    const Type then = visit(ast().child(index, 1));
    const Type otherwise = visit(ast().child(index, 2));
    if (!assignable(then, otherwise) && !assignable(otherwise, then) && !then.is(Type::Kind::null) &&
        !otherwise.is(Type::Kind::null)) {
      problem(index, "type_mismatch",
              fmt::format("the two results have different types, {} and {}", then.text(), otherwise.text()));
    }
    at(index).type = join(then, otherwise);
  }

  void list(NodeIndex index) {
    std::optional<Type> element;
    for (const NodeIndex child : ast().children(index)) {
      const Type type = visit(child);
      element = element ? join(*element, type) : type;
    }
    at(index).type = Type::list(element.value_or(Type()));
  }

  void map(NodeIndex index) {
    std::optional<Type> key;
    std::optional<Type> value;
    const std::span<const NodeIndex> children = ast().children(index);
    for (std::size_t i = 0; i < children.size(); i += 2) {
      const Type key_type = visit(children[i]);
      const bool fits = key_type.is_dyn() || key_type.is(Type::Kind::integer) || key_type.is(Type::Kind::string) ||
                        key_type.is(Type::Kind::unsigned_integer) || key_type.is(Type::Kind::boolean);
      if (!fits) {
        problem(children[i], "type_mismatch",
                fmt::format("a map key is an int, uint, bool or string, this is a {}", key_type.text()));
      }
      const Type value_type = visit(children[i + 1]);
      key = key ? join(*key, key_type) : key_type;
      value = value ? join(*value, value_type) : value_type;
    }
    at(index).type = Type::map(key.value_or(Type()), value.value_or(Type()));
  }

  bool resolve_message(NodeIndex index, const std::string& name) {
    if (const auto kind = well_known_message(name)) {
      at(index).what = What::message;
      at(index).message_kind = *kind;
      return true;
    }
    for (const auto& record : environment_.messages()) {
      if (record->name() != name) continue;
      at(index).what = What::message;
      at(index).message_kind = MessageKind::declared;
      at(index).record = record;
      at(index).type = Type::record(record);
      return true;
    }
    return false;
  }

  void message(NodeIndex index) {
    const std::span<const NodeIndex> children = ast().children(index);
    bool absolute = false;
    const std::string name = qualified_name(children[0], absolute).value_or(std::string());
    const bool found =
        in_containers(name, absolute, [&](const std::string& full) { return resolve_message(index, full); });
    if (!found && environment_.open_messages()) {
      at(index).what = What::message;
      at(index).message_kind = MessageKind::open;
    } else if (!found) {
      fault(index, Fault::unknown_name, "unknown message type");
      problem(children[0], "unknown_name", fmt::format("there is no message type `{}`", name));
    }
    for (std::size_t i = 1; i < children.size(); i += 2) {
      visit(children[i]);
      const Type type = visit(children[i + 1]);
      if (at(index).record != nullptr) message_field(*at(index).record, children[i], children[i + 1], type);
    }
  }

  void message_field(const RecordType& record, NodeIndex name, NodeIndex value, const Type& type) {
    const auto field = record.index_of(ast()[name].literal.as_text());
    if (!field) {
      problem(name, "unknown_field",
              fmt::format("`{}` has no field `{}`", record.name(), ast()[name].literal.as_text()));
    } else if (!assignable(type, record.fields()[*field].type)) {
      problem(value, "type_mismatch",
              fmt::format("this field is a {}, not a {}", record.fields()[*field].type.text(), type.text()));
    }
  }

  std::uint32_t declare_local(std::string_view name, Type type) {
    locals_.push_back({name, std::move(type)});
    checked_.locals = std::max(checked_.locals, static_cast<std::uint32_t>(locals_.size()));
    return static_cast<std::uint32_t>(locals_.size() - 1);
  }

  void comprehension(NodeIndex index) {
    const Node& node = ast()[index];
    const std::span<const NodeIndex> children = ast().children(index);
    const Type range = visit(children[0]);
    if (!range.is_dyn() && !range.is(Type::Kind::list) && !range.is(Type::Kind::map)) {
      problem(children[0], "type_mismatch", fmt::format("this macro wants a list or a map, not a {}", range.text()));
    }
    const bool over_map = range.is(Type::Kind::map);
    const Type key = over_map ? range.key() : (range.is(Type::Kind::list) ? Type(Type::Kind::integer) : Type());
    const Type single = over_map ? range.key() : range.element();
    const bool two = !node.second_name.empty();
    const std::size_t before = locals_.size();
    at(index).index = declare_local(node.name, two ? key : single);
    if (two) declare_local(node.second_name, range.element());
    if (children.size() == 3) expect_bool(children[1], visit(children[1]), "a filter");
    const Type body = visit(children.back());
    locals_.resize(before);
    switch (node.macro) {
      case Macro::all:
      case Macro::exists:
      case Macro::exists_one:
        expect_bool(children.back(), body, "this macro");
        at(index).type = Type::Kind::boolean;
        return;
      case Macro::filter:
        expect_bool(children.back(), body, "this macro");
        at(index).type = Type::list(single);
        return;
      case Macro::map:
      case Macro::transform_list:
        at(index).type = Type::list(body);
        return;
      case Macro::transform_map:
        at(index).type = Type::map(key, body);
        return;
      case Macro::transform_map_entry:
        if (!body.is_dyn() && !body.is(Type::Kind::map)) {
          problem(children.back(), "type_mismatch", fmt::format("an entry is a map, this is a {}", body.text()));
        }
        at(index).type = Type::map(body.key(), body.element());
        return;
    }
  }

  void bind(NodeIndex index) {
    const Type value = visit(ast().child(index, 0));
    const std::size_t before = locals_.size();
    at(index).index = declare_local(ast()[index].name, value);
    at(index).type = visit(ast().child(index, 1));
    locals_.resize(before);
  }

  void coalesce(NodeIndex index) {
    std::optional<Type> type;
    for (const NodeIndex child : ast().children(index)) {
      const Type next = visit(child);
      if (next.is(Type::Kind::null)) continue;
      if (type && !assignable(*type, next) && !assignable(next, *type)) {
        problem(child, "type_mismatch",
                fmt::format("the arguments of coalesce have different types, {} and {}", type->text(), next.text()));
      }
      type = type ? join(*type, next) : next;
    }
    at(index).type = type.value_or(Type());
  }

  const Environment& environment_;
  Problems& problems_;
  std::string_view text_;
  bool strict_;
  Checked checked_;
  std::vector<Local> locals_;
};

}  // namespace

Checked check(Ast ast, const Environment& environment, Problems& problems, std::string_view text) {
  return Checker(std::move(ast), environment, problems, text).run();
}

}  // namespace tocsin::cel
