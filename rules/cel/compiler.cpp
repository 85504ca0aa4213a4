// From a checked tree to instructions: constants folded, reads fused into the tests on them, jumps for what is decided.

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "engine/model/limits.h"
#include "rules/cel/checker.h"
#include "rules/cel/code.h"
#include "rules/cel/conjuncts.h"
#include "rules/cel/fold.h"
#include "rules/cel/parser.h"
#include "rules/cel/uses.h"

namespace tocsin::cel {
namespace {

/// Elements that a loop is costed for when its range is not constant.
constexpr std::uint64_t kNominalElements = 256;
constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t kPatternBytesMax = 256 * 1024;
constexpr std::uint64_t kPatternCost = 40;

bool is_comparison(Operator op) {
  return op == Operator::equal || op == Operator::not_equal || op == Operator::less || op == Operator::less_equal ||
         op == Operator::greater || op == Operator::greater_equal;
}

/// The operator for exchanged operands: a < b is b > a.
Operator mirrored(Operator op) {
  switch (op) {
    case Operator::less:
      return Operator::greater;
    case Operator::less_equal:
      return Operator::greater_equal;
    case Operator::greater:
      return Operator::less;
    case Operator::greater_equal:
      return Operator::less_equal;
    default:
      return op;
  }
}

class Compiler {
 public:
  Compiler(const Checked& checked, const Environment& environment, Problems& problems, Code& code)
      : checked_(checked),
        ast_(checked.ast),
        environment_(environment),
        problems_(problems),
        code_(code),
        folder_(checked, code.arena),
        strict_(environment.checking() == Checking::strict) {}

  void run() {
    const NodeIndex root = ast_.root();
    code_.result_type = checked_.type();
    code_.locals = checked_.locals;
    code_.enums = checked_.enums;
    const std::optional<Value> folded = folder_.value(root);
    if (!folded && ast_[root].kind == NodeKind::logical_and && !decided(root)) {
      logical(root, true);
    } else {
      conjunct(root);
    }
    code_.is_choice = is_choice();
    code_.reads.assign(reads_.begin(), reads_.end());
    code_.cost = std::min<std::uint64_t>(cost_, Evaluation::kStepsMax);
    if (code_.cost > kCostMax) {
      problem(costliest_ == kNoNode ? root : costliest_, "too_costly",
              fmt::format("this may take {}{} steps, {} are allowed", code_.cost < cost_ ? "more than " : "",
                          code_.cost, kCostMax));
    }
  }

 private:
  /// Operands that need no work, with a step between them that ends with the first that is something.
  bool is_choice() const {
    const auto& steps = code_.instructions;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const bool fits = i % 2 == 0 ? steps[i].step == Step::push && steps[i].source != Source::stack
                                   : steps[i].step == Step::coalesce && steps[i].a == steps.size();
      if (!fits) return false;
    }
    return steps.size() % 2 == 1;
  }

  // ---- emitting

  std::uint32_t here() const { return static_cast<std::uint32_t>(code_.instructions.size()); }

  /// Adds an instruction; `pushes` is how the height of the stack changes.
  std::uint32_t emit(Instruction instruction, int pushes, std::uint64_t cost = 1) {
    code_.instructions.push_back(instruction);
    height_ += pushes;
    code_.stack_size = std::max(code_.stack_size, static_cast<std::uint32_t>(height_));
    if (__builtin_mul_overflow(cost, scale_, &cost) || __builtin_add_overflow(cost_, cost, &cost_)) {
      cost_ = kEndless;
    }
    return here() - 1;
  }

  Instruction& at(std::uint32_t position) { return code_.instructions[position]; }

  template <typename T, typename U>
  static std::uint32_t add(std::vector<T>& to, U&& item) {
    to.push_back(std::forward<U>(item));
    return static_cast<std::uint32_t>(to.size() - 1);
  }

  std::uint32_t constant(const Value& value) { return add(code_.constants, value); }
  std::uint32_t text_constant(std::string_view text) { return constant(Value::string(code_.arena.keep(text))); }

  void push_constant(const Value& value) {
    emit({.step = Step::push, .source = Source::constant, .b = constant(value)}, 1);
  }

  void problem(NodeIndex node, std::string code, std::string message) {
    const auto overlaps = [&](const Problem& known) {
      return known.offset < ast_[node].end && ast_[node].begin < known.offset + known.length;
    };
    // What the checker has told is not told twice.
    if (!strict_ || std::ranges::any_of(problems_, overlaps)) return;
    problems_.push_back({ast_[node].begin, std::max<std::uint32_t>(1, ast_[node].end - ast_[node].begin),
                         std::move(code), std::move(message), ""});
  }

  // ---- operands

  NodeIndex child(NodeIndex node, std::uint32_t which) const { return ast_.child(node, which); }

  /// Where the value of `node` can be had without evaluating: nothing is emitted then. Otherwise it is evaluated onto
  /// the stack.
  Instruction operand(NodeIndex node) {
    const std::optional<ReadPlace> place = read_place(checked_, node, environment_);
    if (!place) {
      value(node);
      return {.source = Source::stack};
    }
    switch (place->kind) {
      case ReadPlace::Kind::slot:
        reads_.insert({place->slot, std::nullopt});
        return {.source = Source::slot, .a = place->slot};
      case ReadPlace::Kind::label:
        reads_.insert({place->slot, std::string(place->key)});
        return {.source = Source::label, .a = place->slot, .b = text_constant(place->key)};
      case ReadPlace::Kind::field:
        reads_.insert({place->slot, std::string(place->key)});
        return {.source = Source::field, .a = place->slot, .b = place->field};
    }
    return {};
  }

  /// A test on an operand: it pops the operand when that is on the stack, and pushes a bool.
  void emit_test(Instruction from, Step step, std::uint32_t c, Operator op = Operator::equal, std::uint64_t cost = 2) {
    from.step = step;
    from.op = op;
    from.c = c;
    emit(from, from.source == Source::stack ? 0 : 1, cost);
  }

  // ---- nodes

  /// Emits what pushes the value of `node`.
  void value(NodeIndex node) {
    if (const std::optional<Value> folded = folder_.value(node)) return push_constant(*folded);
    if (strict_) {
      if (const auto failure = folder_.failure(node)) {
        problem(failure->node, code_of(failure->node),
                fmt::format("this is always an error: {}", failure->error.message()));
        return push_constant(failure->error);
      }
    }
    using What = Resolved::What;
    const Resolved& resolved = checked_[node];
    switch (resolved.what) {
      case What::slot:
        return push_read(node);
      case What::local:
        emit({.step = Step::push_local, .a = resolved.index}, 1);
        return;
      case What::constant:
      case What::fault:
        return push_constant(resolved.constant);
      case What::function:
        return call(node);
      case What::host_function:
        return host_call(node);
      case What::message:
        return message(node);
      case What::field:
      case What::as_written:
        break;
    }
    switch (ast_[node].kind) {
      case NodeKind::select:
        return select(node);
      case NodeKind::has:
        return has(node);
      case NodeKind::operation:
        return operation(node);
      case NodeKind::logical_and:
      case NodeKind::logical_or:
        return logical(node, false);
      case NodeKind::conditional:
        return conditional(node);
      case NodeKind::list:
        return list(node);
      case NodeKind::map:
        return map(node);
      case NodeKind::comprehension:
        return comprehension(node);
      case NodeKind::bind:
        return bind(node);
      case NodeKind::coalesce:
        return coalesce(node);
      default:
        return push_constant(no_overload());
    }
  }

  std::string code_of(NodeIndex node) const {
    const Function* function = checked_[node].function;
    if (function != nullptr && function->name == "matches") return "bad_pattern";
    if (function != nullptr && time_part_of(function->name)) return "bad_time_zone";
    return "bad_constant";
  }

  void push_read(NodeIndex node) {
    Instruction from = operand(node);
    from.step = Step::push;
    emit(from, 1);
  }

  void select(NodeIndex node) {
    if (read_place(checked_, node, environment_)) return push_read(node);
    value(child(node, 0));
    if (checked_[node].what == Resolved::What::field) {
      emit({.step = Step::field, .b = checked_[node].index}, 0);
    } else {
      emit({.step = Step::select, .c = text_constant(ast_[node].name)}, 0, 5);
    }
  }

  void has(NodeIndex node) {
    const Resolved& operand = checked_[child(node, 0)];
    if (operand.what == Resolved::What::slot && environment_.variables()[operand.index].type.missing_is_empty()) {
      reads_.insert({operand.index, std::string(ast_[node].name)});
      emit({.step = Step::has_label, .a = operand.index, .b = text_constant(ast_[node].name)}, 1, 3);
      return;
    }
    value(child(node, 0));
    if (checked_[node].what == Resolved::What::field) {
      emit({.step = Step::has_field, .b = checked_[node].index}, 0);
    } else {
      emit({.step = Step::has, .c = text_constant(ast_[node].name)}, 0, 5);
    }
  }

  void operation(NodeIndex node) {
    const Node& at_node = ast_[node];
    if (at_node.child_count == 1) {
      value(child(node, 0));
      emit({.step = Step::unary, .op = at_node.op}, 0);
      return;
    }
    if (at_node.op == Operator::index && read_place(checked_, node, environment_)) return push_read(node);
    if ((is_comparison(at_node.op) || at_node.op == Operator::in) && constant_test(node)) return;
    value(child(node, 0));
    value(child(node, 1));
    emit({.step = Step::binary, .op = at_node.op}, -1, binary_cost(node));
  }

  /// Lists and maps are gone through.
  std::uint64_t binary_cost(NodeIndex node) const {
    if (ast_[node].op == Operator::in) return kNominalElements / 4;
    const Type& type = checked_[child(node, 0)].type;
    const bool whole = type.is(Type::Kind::list) || type.is(Type::Kind::map);
    return whole && ast_[node].op != Operator::index ? kNominalElements / 4 : 2;
  }

  /// A comparison with a constant, or `in` a constant.
  bool constant_test(NodeIndex node) {
    Operator op = ast_[node].op;
    NodeIndex tested = child(node, 0);
    std::optional<Value> with = folder_.value(child(node, 1));
    if (!with && is_comparison(op)) {
      with = folder_.value(child(node, 0));
      tested = child(node, 1);
      op = mirrored(op);
    }
    if (!with) return false;
    const Instruction from = operand(tested);
    const bool equality = op == Operator::equal || op == Operator::not_equal;
    if (equality && with->is(Kind::string)) {
      emit_test(from, Step::test_text, constant(*with), op);
    } else if (op == Operator::in && is_text_list(*with)) {
      emit_test(from, Step::test_one_of, text_set(*with), op, 4);
    } else {
      emit_test(from, Step::test, constant(*with), op, 2 + with->size_hint());
    }
    return true;
  }

  static bool is_text_list(const Value& value) {
    return value.is(Kind::list) &&
           std::ranges::all_of(value.as_list(), [](const Value& item) { return item.is(Kind::string); });
  }

  std::uint32_t text_set(const Value& list) {
    std::vector<std::string_view> texts;
    for (const Value& item : list.as_list()) texts.push_back(item.as_text());
    std::ranges::sort(texts);
    return add(code_.text_sets, std::move(texts));
  }

  /// True for && with an operand that is always false, and || with one that is always true: nothing else matters.
  bool decided(NodeIndex node) {
    const bool deciding = ast_[node].kind == NodeKind::logical_or;
    return std::ranges::any_of(ast_.children(node), [&](NodeIndex operand) {
      const std::optional<Value> folded = folder_.value(operand);
      return folded && folded->is(Kind::boolean) && folded->as_bool() == deciding;
    });
  }

  /// The operands of && and ||; of `(a && b) && c` in one row.
  void operands_of(NodeIndex node, std::vector<NodeIndex>& operands) const {
    for (const NodeIndex operand : ast_.children(node)) {
      if (ast_[operand].kind == ast_[node].kind) {
        operands_of(operand, operands);
      } else {
        operands.push_back(operand);
      }
    }
  }

  /// && and ||. With `conjuncts`, each operand becomes one of the program's.
  void logical(NodeIndex node, bool conjuncts) {
    if (decided(node)) return push_constant(Value::boolean(ast_[node].kind == NodeKind::logical_or));
    const std::uint32_t deciding = ast_[node].kind == NodeKind::logical_or ? 1 : 0;
    std::vector<std::uint32_t> jumps;
    bool first = true;
    std::vector<NodeIndex> operands;
    operands_of(node, operands);
    for (const NodeIndex operand : operands) {
      const int height = height_;
      if (conjuncts) {
        conjunct(operand);
      } else {
        value(operand);
      }
      jumps.push_back(emit({.step = first ? Step::decide_first : Step::decide_next, .b = deciding}, 0));
      height_ = first ? height + 1 : height;
      first = false;
    }
    for (const std::uint32_t jump : jumps) at(jump).a = here();
  }

  void conjunct(NodeIndex node) {
    const std::uint32_t begin = here();
    std::set<Read, ReadOrder> earlier;
    earlier.swap(reads_);
    value(node);
    Conjunct& conjunct = code_.conjuncts.emplace_back(classify(checked_, node, environment_, folder_));
    conjunct.reads.assign(reads_.begin(), reads_.end());
    conjunct.calls_host = std::any_of(code_.instructions.begin() + begin, code_.instructions.end(),
                                      [](const Instruction& in) { return in.step == Step::call_host; });
    reads_.merge(earlier);
    code_.conjunct_code.push_back({begin, here()});
  }

  void conditional(NodeIndex node) {
    if (const auto condition = folder_.value(child(node, 0)); condition && condition->is(Kind::boolean)) {
      return value(child(node, condition->as_bool() ? 1 : 2));
    }
    value(child(node, 0));
    const std::uint32_t branch = emit({.step = Step::branch}, -1);
    value(child(node, 1));
    const std::uint32_t leave = emit({.step = Step::jump}, -1);
    at(branch).a = here();
    value(child(node, 2));
    at(branch).b = here();
    at(leave).a = here();
  }

  void coalesce(NodeIndex node) {
    std::vector<std::uint32_t> jumps;
    const std::span<const NodeIndex> children = ast_.children(node);
    for (std::size_t i = 0; i < children.size(); ++i) {
      value(children[i]);
      if (i + 1 < children.size()) jumps.push_back(emit({.step = Step::coalesce}, -1));
    }
    for (const std::uint32_t jump : jumps) at(jump).a = here();
  }

  void list(NodeIndex node) {
    for (const NodeIndex item : ast_.children(node)) value(item);
    const std::uint32_t count = ast_[node].child_count;
    emit({.step = Step::make_list, .a = count}, 1 - static_cast<int>(count), 5 + count);
  }

  void map(NodeIndex node) {
    for (const NodeIndex item : ast_.children(node)) value(item);
    const std::uint32_t count = ast_[node].child_count;
    emit({.step = Step::make_map, .a = count}, 1 - static_cast<int>(count), 5 + count * std::uint64_t{count});
  }

  void message(NodeIndex node) {
    const Resolved& resolved = checked_[node];
    const std::uint32_t count = ast_[node].child_count - 1;
    for (std::uint32_t i = 1; i <= count; ++i) value(child(node, i));
    const std::uint32_t record = resolved.record == nullptr ? 0 : add(code_.records, resolved.record) + 1;
    emit({.step = Step::make_message, .a = count, .b = static_cast<std::uint32_t>(resolved.message_kind), .c = record},
         1 - static_cast<int>(count), 10 + count);
  }

  // ---- calls

  std::optional<Value> text_argument(NodeIndex node, std::uint32_t which) {
    std::optional<Value> argument = folder_.value(child(node, which));
    return argument && argument->is(Kind::string) ? argument : std::nullopt;
  }

  /// Tests of a text against a constant one, with patterns compiled now.
  bool text_test(NodeIndex node) {
    const Function& function = *checked_[node].function;
    if (ast_[node].child_count != 2 || checked_[node].skip_receiver) return false;
    const bool pattern = function.name == "matches";
    const Step step = function.name == "startsWith" ? Step::starts_with
                      : function.name == "endsWith" ? Step::ends_with
                      : function.name == "contains" ? Step::contains
                                                    : Step::matches;
    if (step == Step::matches && !pattern) return false;
    const std::optional<Value> with = text_argument(node, 1);
    if (!with) return false;
    if (!pattern) {
      emit_test(operand(child(node, 0)), step, constant(*with), Operator::equal, step == Step::contains ? 20 : 3);
      return true;
    }
    auto compiled = compiled_pattern(*with, child(node, 1));
    if (compiled == nullptr) return false;
    emit_test(operand(child(node, 0)), step, add(code_.patterns, std::move(compiled)), Operator::equal, kPatternCost);
    return true;
  }

  /// A constant pattern, compiled now; null, and a problem at `at`, when it is none.
  std::unique_ptr<RE2> compiled_pattern(const Value& text, NodeIndex at) {
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(kPatternBytesMax);
    auto compiled = std::make_unique<RE2>(re2::StringPiece(text.as_text().data(), text.as_text().size()), options);
    if (compiled->ok()) {
      code_.pattern_size += static_cast<std::size_t>(compiled->ProgramSize());
      return compiled;
    }
    if (compiled->error_code() == RE2::ErrorPatternTooLarge) {
      problem(at, "pattern_too_large", "the pattern is too large: RE2 would need more than 256 KiB for it");
    } else {
      problem(at, "bad_pattern", fmt::format("not a pattern: {}", compiled->error()));
    }
    return nullptr;
  }

  /// extract(text, pattern, group) and replace(text, pattern, with) of constants but for the text.
  bool pattern_call(NodeIndex node) {
    const Function& function = *checked_[node].function;
    const bool extracts = function.name == "extract";
    if (!extracts && (function.name != "replace" || function.member)) return false;
    const std::optional<Value> text = text_argument(node, 1);
    const bool has_third = ast_[node].child_count == 3;
    const Value third = has_third ? folder_.value(child(node, 2)).value_or(Value{}) : Value{};
    if (checked_[node].skip_receiver || !text) return false;
    if (has_third && !third.is(extracts ? Kind::integer : Kind::string)) return false;
    auto pattern = compiled_pattern(*text, child(node, 1));
    if (pattern == nullptr) return false;
    Instruction step{.step = extracts ? Step::extract : Step::rewrite};
    if (extracts) {
      const std::int64_t group = has_third ? third.as_integer() : 1;
      if (group < 0 || group > pattern->NumberOfCapturingGroups()) {
        problem(has_third ? child(node, 2) : child(node, 1), "bad_constant",
                fmt::format("the pattern has {} groups `(…)`", pattern->NumberOfCapturingGroups()));
        return false;
      }
      step.b = static_cast<std::uint32_t>(group);
    } else {
      std::string error;
      const std::string_view with = has_third ? third.as_text() : std::string_view{};
      if (!pattern->CheckRewriteString({with.data(), with.size()}, &error)) {
        problem(child(node, 2), "bad_constant",
                fmt::format("the pattern has {} groups `(…)`; `\\1` is the first of them",
                            pattern->NumberOfCapturingGroups()));
        return false;
      }
      step.b = text_constant(with);
    }
    step.c = add(code_.patterns, std::move(pattern));
    value(child(node, 0));
    emit(step, 0, extracts ? kPatternCost * 2 : kPatternCost * 4);
    return true;
  }

  /// A part of a time in a constant zone.
  bool zoned_part(NodeIndex node) {
    const std::optional<TimePart> part = time_part_of(checked_[node].function->name);
    if (!part || ast_[node].child_count != 2) return false;
    const std::optional<Value> name = text_argument(node, 1);
    if (!name) return false;
    auto zone = TimeZone::find(name->as_text());
    if (zone == nullptr) {
      problem(child(node, 1), "bad_time_zone", fmt::format("there is no time zone `{}`", name->as_text()));
      return false;
    }
    value(child(node, 0));
    emit({.step = Step::time_part, .a = static_cast<std::uint32_t>(*part), .c = add(code_.zones, std::move(zone))}, 0,
         20);
    return true;
  }

  std::uint32_t arguments(NodeIndex node) {
    const std::uint32_t first = checked_[node].skip_receiver ? 1 : 0;
    for (std::uint32_t i = first; i < ast_[node].child_count; ++i) value(child(node, i));
    return ast_[node].child_count - first;
  }

  void call(NodeIndex node) {
    if (text_test(node) || zoned_part(node) || pattern_call(node)) return;
    const std::uint32_t count = arguments(node);
    const std::uint32_t function = add(code_.functions, checked_[node].function);
    emit({.step = Step::call, .a = function, .b = count}, 1 - static_cast<int>(count), checked_[node].function->cost);
  }

  void host_call(NodeIndex node) {
    const std::uint32_t count = arguments(node);
    const std::uint32_t host = add(code_.hosts, checked_[node].host);
    emit({.step = Step::call_host, .a = host, .b = count}, 1 - static_cast<int>(count), 20);
  }

  // ---- macros

  void bind(NodeIndex node) {
    value(child(node, 0));
    emit({.step = Step::store_local, .a = checked_[node].index}, -1);
    value(child(node, 1));
  }

  void comprehension(NodeIndex node) {
    const Node& at_node = ast_[node];
    const std::optional<Value> range = folder_.value(child(node, 0));
    value(child(node, 0));
    const std::uint32_t loop = loops_++;
    code_.loops = std::max(code_.loops, loops_);
    const int height = height_ - 1;
    const std::uint64_t before = scale_;
    const std::uint64_t cost_before = cost_;
    const std::uint64_t elements = range ? range->size_hint() : elements_of(child(node, 0));
    if (__builtin_mul_overflow(scale_, std::max<std::uint64_t>(1, elements), &scale_)) scale_ = kEndless;
    // Keys are compared with all before them.
    const bool builds_map = at_node.macro == Macro::transform_map || at_node.macro == Macro::transform_map_entry;
    const std::uint64_t keys_cost = builds_map ? elements / 8 : 0;
    const std::uint32_t begin = emit({.step = Step::loop_begin, .macro = at_node.macro, .b = loop}, -1, 5 + keys_cost);
    // Whether there are two variables stands in `op`, which loops do not use otherwise.
    const Operator variables = at_node.second_name.empty() ? Operator::add : Operator::subtract;
    const std::uint32_t next = emit(
        {.step = Step::loop_next, .op = variables, .macro = at_node.macro, .b = loop, .c = checked_[node].index}, 0, 2);
    std::optional<std::uint32_t> filter;
    if (at_node.child_count == 3) {
      value(child(node, 1));
      filter = emit({.step = Step::loop_filter, .macro = at_node.macro, .b = loop, .c = next}, -1);
    }
    value(child(node, at_node.child_count - 1));
    const std::uint32_t step = emit({.step = Step::loop_step, .macro = at_node.macro, .b = loop, .c = next}, -1, 2);
    for (const std::uint32_t position : {begin, next, step}) at(position).a = here();
    if (filter) at(*filter).a = here();
    scale_ = before;
    if (before == 1 && cost_ - cost_before > costliest_cost_) {
      costliest_ = node;
      costliest_cost_ = cost_ - cost_before;
    }
    --loops_;
    height_ = height;
    emit_result();
  }

  /// How many elements a range has at most whose value is not known: what is written has as many as it has, labels are
  /// bounded, for others it is a guess.
  std::uint64_t elements_of(NodeIndex range) const {
    if (ast_[range].kind == NodeKind::list) return ast_[range].child_count;
    if (ast_[range].kind == NodeKind::map) return ast_[range].child_count / 2;
    return checked_[range].type.missing_is_empty() ? limits::kLabelsMax : kNominalElements;
  }

  /// The result that a loop leaves is on the stack when its end is reached.
  void emit_result() {
    ++height_;
    code_.stack_size = std::max(code_.stack_size, static_cast<std::uint32_t>(height_));
  }

  struct ReadOrder {
    bool operator()(const Read& a, const Read& b) const { return a.slot != b.slot ? a.slot < b.slot : a.key < b.key; }
  };

  const Checked& checked_;
  const Ast& ast_;
  const Environment& environment_;
  Problems& problems_;
  Code& code_;
  Folder folder_;
  bool strict_;
  std::set<Read, ReadOrder> reads_;
  int height_ = 0;
  std::uint32_t loops_ = 0;
  std::uint64_t scale_ = 1;
  std::uint64_t cost_ = 0;
  NodeIndex costliest_ = kNoNode;  // of the macros that stand in no other
  std::uint64_t costliest_cost_ = 0;
};

void in_order(Problems& problems) {
  std::ranges::sort(problems, {}, [](const Problem& problem) {
    return std::tuple<std::uint32_t, std::uint32_t, std::string_view>(problem.offset, problem.length, problem.code);
  });
}

}  // namespace

std::expected<Program, Problems> compile(std::string_view text, const Environment& environment,
                                         const std::optional<Type>& expected) {
  Problems problems;
  std::optional<Ast> ast = parse(text, problems, environment.macros());
  if (!ast) return std::unexpected(std::move(problems));
  const Checked checked = check(std::move(*ast), environment, problems, text);
  if (expected && problems.empty() && !assignable(checked.type(), *expected)) {
    problems.push_back({0, static_cast<std::uint32_t>(text.size()), "type_mismatch",
                        fmt::format("a {} is wanted here, this is a {}", expected->text(), checked.type().text()), ""});
  }
  auto code = std::make_shared<Code>();
  code->text = text;
  // Also with problems, for those that only constants show.
  Compiler(checked, environment, problems, *code).run();
  code->uses = uses_of(checked, environment);
  if (!problems.empty()) {
    in_order(problems);
    return std::unexpected(std::move(problems));
  }
  return Program(std::move(code));
}

}  // namespace tocsin::cel
