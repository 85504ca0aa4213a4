#include "rules/cel/machine.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "rules/cel/operations.h"

namespace tocsin::cel {
namespace {

// What most programs need is on the C++ stack; larger ones take it from the arena.
constexpr std::uint32_t kInlineValues = 24;
constexpr std::uint32_t kInlineLoops = 2;

/// A comprehension under way.
struct Loop {
  Value range;
  Value error;  // the first of all() and exists(), kept until the end shows that nothing decides
  Value first;  // the variable of this round, for filter()
  std::uint32_t size = 0;
  std::uint32_t at = 0;
  std::uint32_t count = 0;
  std::uint32_t capacity = 0;
  bool failed = false;
  Value* items = nullptr;
  MapEntry* entries = nullptr;
};

template <typename T>
bool append(Evaluation& evaluation, T*& items, Loop& loop, const T& item) {
  if (loop.count == loop.capacity) {
    const std::uint32_t capacity = std::max<std::uint32_t>({4, loop.size, loop.capacity * 2});
    T* grown = evaluation.allocate<T>(capacity);
    if (grown == nullptr) return false;
    if (loop.count > 0) std::memcpy(static_cast<void*>(grown), items, loop.count * sizeof(T));
    items = grown;
    loop.capacity = capacity;
  }
  std::construct_at(items + loop.count++, item);
  return true;
}

class Machine {
 public:
  Machine(const Code& code, const Activation& activation, Evaluation& evaluation, Value* values, Loop* loops)
      : code_(code),
        slots_(activation.slots.data()),
        evaluation_(evaluation),
        locals_(values),
        stack_(values + code.locals),
        loops_(loops) {}

  Value run(std::uint32_t begin, std::uint32_t end) {
    const Instruction* const instructions = code_.instructions.data();
    std::uint32_t at = begin;
    while (at < end) at = execute(instructions[at], at + 1);
    return *(stack_ - 1);
  }

  /// Requires: the code is a choice.
  Value choose() {
    const std::vector<Instruction>& steps = code_.instructions;
    for (std::size_t i = 0; i + 1 < steps.size(); i += 2) {
      if (const Value value = fetch(steps[i]); !is_nothing(value)) return value;
    }
    return fetch(steps.back());
  }

 private:
  static bool is_nothing(const Value& value) {
    return value.is_error() || value.is(Kind::null) || (value.is(Kind::string) && value.as_text().empty());
  }
  Value pop() { return *--stack_; }
  void push(const Value& value) { std::construct_at(stack_++, value); }
  Value& top() { return *(stack_ - 1); }
  std::string_view text(std::uint32_t constant) const { return code_.constants[constant].as_text(); }

  Value fetch(const Instruction& in) {
    switch (in.source) {
      case Source::stack:
        return pop();
      case Source::constant:
        return code_.constants[in.b];
      case Source::slot:
        return slots_[in.a];
      case Source::label: {
        const Value& labels = slots_[in.a];
        if (labels.is_labels()) return Value::string(labels.label(text(in.b)));
        return select(labels, text(in.b));
      }
      case Source::field:
        return field_of(slots_[in.a], in.b);
    }
    return {};
  }

  static Value field_of(const Value& record, std::uint32_t field) {
    if (record.is(Kind::record)) return record.as_record().fields[field];
    return record.is_error() ? record : no_overload();
  }

  template <typename Test>
  void text_test(const Instruction& in, Test test) {
    const Value operand = fetch(in);
    if (operand.is(Kind::string)) {
      push(Value::boolean(test(operand.as_text())));
    } else {
      push(operand.is_error() ? operand : no_overload());
    }
  }

  void test_text(const Instruction& in) {
    const Value operand = fetch(in);
    if (operand.is_error()) return push(operand);
    const bool same = operand.is(Kind::string) && operand.as_text() == text(in.c);
    push(Value::boolean(same == (in.op == Operator::equal)));
  }

  void test_one_of(const Instruction& in) {
    const Value operand = fetch(in);
    if (operand.is_error()) return push(operand);
    const std::vector<std::string_view>& texts = code_.text_sets[in.c];
    push(Value::boolean(operand.is(Kind::string) && std::ranges::binary_search(texts, operand.as_text())));
  }

  /// Does one instruction; returns where to go on.
  std::uint32_t execute(const Instruction& in, std::uint32_t next) {
    switch (in.step) {
      case Step::push:
        push(fetch(in));
        return next;
      case Step::push_local:
        push(locals_[in.a]);
        return next;
      case Step::store_local:
        std::construct_at(locals_ + in.a, pop());
        return next;
      case Step::unary:
        top() = apply(in.op, top());
        return next;
      case Step::binary: {
        const Value b = pop();
        top() = apply(evaluation_, in.op, top(), b);
        return next;
      }
      case Step::test:
        push(apply(evaluation_, in.op, fetch(in), code_.constants[in.c]));
        return next;
      case Step::test_text:
        test_text(in);
        return next;
      case Step::test_one_of:
        test_one_of(in);
        return next;
      case Step::starts_with:
        text_test(in, [&](std::string_view of) { return of.starts_with(text(in.c)); });
        return next;
      case Step::ends_with:
        text_test(in, [&](std::string_view of) { return of.ends_with(text(in.c)); });
        return next;
      case Step::contains:
        text_test(in, [&](std::string_view of) { return of.find(text(in.c)) != std::string_view::npos; });
        return next;
      case Step::matches:
        text_test(in, [&](std::string_view of) {
          return evaluation_.spend(of.size() / 8) && RE2::PartialMatch({of.data(), of.size()}, *code_.patterns[in.c]);
        });
        return next;
      case Step::extract:
        on_text([&](std::string_view of) { return extract_group(of, *code_.patterns[in.c], in.b); });
        return next;
      case Step::rewrite:
        on_text([&](std::string_view of) { return rewrite_all(evaluation_, of, *code_.patterns[in.c], text(in.b)); });
        return next;
      case Step::has:
        top() = top().is_error() ? top() : has_field(top(), text(in.c));
        return next;
      case Step::has_label: {
        const Value& labels = slots_[in.a];
        push(labels.is_error() ? labels : has_field(labels, text(in.b)));
        return next;
      }
      case Step::select:
        top() = select(top(), text(in.c));
        return next;
      case Step::field:
        top() = field_of(top(), in.b);
        return next;
      case Step::has_field: {
        const Value field = field_of(top(), in.b);
        const bool empty = field.is(Kind::null) || (field.is(Kind::string) && field.as_text().empty());
        top() = field.is_error() ? field : Value::boolean(!empty);
        return next;
      }
      case Step::time_part:
        return time_part(in, next);
      case Step::call:
        return call(code_.functions[in.a]->call, in.b, next);
      case Step::call_host:
        return call(code_.hosts[in.a]->call, in.b, next);
      case Step::make_list:
        return make_list(in.a, next);
      case Step::make_map:
      case Step::make_message:
        return make_entries(in, next);
      case Step::jump:
        return in.a;
      case Step::branch:
        return branch(in, next);
      case Step::decide_first:
        if (!top().is(Kind::boolean) && !top().is_error()) top() = no_overload();
        return decides(top(), in.b) ? in.a : next;
      case Step::decide_next:
        return decide_next(in, next);
      case Step::coalesce: {
        if (!is_nothing(top())) return in.a;
        --stack_;
        return next;
      }
      case Step::loop_begin:
        return loop_begin(in, next);
      case Step::loop_next:
        return loop_next(in, next);
      case Step::loop_filter:
        return loop_filter(in, next);
      case Step::loop_step:
        return loop_step(in);
    }
    return next;
  }

  /// The text at the top becomes what `make` makes of it.
  void on_text(auto make) {
    if (top().is_error()) return;
    top() = !top().is(Kind::string)                             ? no_overload()
            : evaluation_.spend(top().as_text().size() / 8 + 1) ? make(top().as_text())
                                                                : Evaluation::exhausted_error();
  }

  static bool decides(const Value& value, std::uint32_t deciding) {
    return value.is(Kind::boolean) && value.as_bool() == (deciding != 0);
  }

  std::uint32_t decide_next(const Instruction& in, std::uint32_t next) {
    Value operand = pop();
    if (!operand.is(Kind::boolean) && !operand.is_error()) operand = no_overload();
    if (decides(operand, in.b)) {
      top() = operand;
      return in.a;
    }
    if (!top().is_error()) top() = operand;
    return next;
  }

  std::uint32_t branch(const Instruction& in, std::uint32_t next) {
    const Value condition = pop();
    if (condition.is(Kind::boolean)) return condition.as_bool() ? next : in.a;
    push(condition.is_error() ? condition : no_overload());
    return in.b;
  }

  std::uint32_t time_part(const Instruction& in, std::uint32_t next) {
    const Value of = top();
    if (of.is(Kind::timestamp)) {
      top() = Value::integer(code_.zones[in.c]->part(static_cast<TimePart>(in.a), of));
    } else if (!of.is_error()) {
      top() = no_overload();
    }
    return next;
  }

  /// Pops `count` values and gives them, with the first error among them.
  std::span<const Value> take(std::uint32_t count, const Value*& error) {
    stack_ -= count;
    error = nullptr;
    for (std::uint32_t i = 0; i < count && error == nullptr; ++i) {
      if (stack_[i].is_error()) error = stack_ + i;
    }
    return {stack_, count};
  }

  std::uint32_t call(const auto& function, std::uint32_t count, std::uint32_t next) {
    const Value* error = nullptr;
    const std::span<const Value> arguments = take(count, error);
    const Value result = error != nullptr ? *error : function(evaluation_, arguments);
    push(result);
    return next;
  }

  std::uint32_t make_list(std::uint32_t count, std::uint32_t next) {
    const Value* error = nullptr;
    const std::span<const Value> items = take(count, error);
    Value result = error != nullptr ? *error : Value::list({});
    if (error == nullptr) {
      Value* to = evaluation_.allocate<Value>(count);
      if (to == nullptr) return push(Evaluation::exhausted_error()), next;
      std::uninitialized_copy(items.begin(), items.end(), to);
      result = Value::list({to, count});
    }
    push(result);
    return next;
  }

  std::uint32_t make_entries(const Instruction& in, std::uint32_t next) {
    const Value* error = nullptr;
    const std::span<const Value> items = take(in.a, error);
    if (error != nullptr) {
      push(Value(*error));
      return next;
    }
    MapEntry* to = evaluation_.allocate<MapEntry>(in.a / 2);
    if (to == nullptr) return push(Evaluation::exhausted_error()), next;
    for (std::uint32_t i = 0; i < in.a / 2; ++i) std::construct_at(to + i, MapEntry{items[2 * i], items[2 * i + 1]});
    const std::span<const MapEntry> entries(to, in.a / 2);
    if (in.step == Step::make_map) {
      push(cel::make_map(evaluation_, entries));
    } else {
      const RecordType* record = in.c == 0 ? nullptr : code_.records[in.c - 1].get();
      push(cel::make_message(evaluation_, static_cast<MessageKind>(in.b), record, entries));
    }
    return next;
  }

  // ---- loops

  std::uint32_t loop_begin(const Instruction& in, std::uint32_t next) {
    const Value range = pop();
    if (!range.is(Kind::list) && !range.is(Kind::map)) {
      push(range.is_error() ? range : no_overload());
      return in.a;
    }
    Loop& loop = *std::construct_at(loops_ + in.b);
    loop.range = range;
    loop.size = range.size_hint();
    return next;
  }

  std::uint32_t loop_next(const Instruction& in, std::uint32_t next) {
    Loop& loop = loops_[in.b];
    if (loop.at == loop.size || !evaluation_.spend(2)) {
      push(evaluation_.exhausted() ? Evaluation::exhausted_error() : result_of(loop, in.macro));
      return in.a;
    }
    const bool two = in.op == Operator::subtract;
    if (loop.range.is(Kind::map)) {
      const MapEntry entry = loop.range.map_entry(loop.at);
      loop.first = entry.key;
      if (two) std::construct_at(locals_ + in.c + 1, entry.value);
    } else {
      const Value& item = loop.range.as_list()[loop.at];
      loop.first = two ? Value::integer(loop.at) : item;
      if (two) std::construct_at(locals_ + in.c + 1, item);
    }
    std::construct_at(locals_ + in.c, loop.first);
    ++loop.at;
    return next;
  }

  Value result_of(const Loop& loop, Macro macro) {
    if (loop.failed) return loop.error;
    switch (macro) {
      case Macro::all:
        return Value::boolean(true);
      case Macro::exists:
        return Value::boolean(false);
      case Macro::exists_one:
        return Value::boolean(loop.count == 1);
      case Macro::map:
      case Macro::filter:
      case Macro::transform_list:
        return Value::list({loop.items, loop.count});
      default:
        return cel::make_map(evaluation_, {loop.entries, loop.count});
    }
  }

  std::uint32_t loop_filter(const Instruction& in, std::uint32_t next) {
    const Value wanted = pop();
    if (wanted.is(Kind::boolean)) return wanted.as_bool() ? next : in.c;
    push(wanted.is_error() ? wanted : no_overload());
    return in.a;
  }

  std::uint32_t loop_step(const Instruction& in) {
    Value body = pop();
    Loop& loop = loops_[in.b];
    const bool predicate = in.macro <= Macro::exists_one || in.macro == Macro::filter;
    if (predicate && !body.is(Kind::boolean) && !body.is_error()) body = no_overload();
    if (in.macro == Macro::all || in.macro == Macro::exists) {
      if (decides(body, in.macro == Macro::exists ? 1 : 0)) return push(body), in.a;
      if (body.is_error() && !loop.failed) loop.failed = true, loop.error = body;
      return in.c;
    }
    if (body.is_error()) return push(body), in.a;
    if (!collect(loop, in.macro, body)) {
      push(evaluation_.exhausted() ? Evaluation::exhausted_error() : no_overload());
      return in.a;
    }
    return in.c;
  }

  /// Takes the value of one round; false when it does not fit or the memory is used up.
  bool collect(Loop& loop, Macro macro, const Value& body) {
    switch (macro) {
      case Macro::exists_one:
        loop.count += body.as_bool() ? 1U : 0U;
        return true;
      case Macro::filter:
        return !body.as_bool() || append(evaluation_, loop.items, loop, loop.first);
      case Macro::map:
      case Macro::transform_list:
        return append(evaluation_, loop.items, loop, body);
      case Macro::transform_map:
        return append(evaluation_, loop.entries, loop, MapEntry{loop.first, body});
      default:
        break;
    }
    if (!body.is(Kind::map)) return false;
    for (std::uint32_t i = 0; i < body.map_size(); ++i) {
      if (!append(evaluation_, loop.entries, loop, body.map_entry(i))) return false;
    }
    return true;
  }

  const Code& code_;
  const Value* slots_;
  Evaluation& evaluation_;
  Value* locals_;
  Value* stack_;  // one past the top
  Loop* loops_;
};

}  // namespace

Value run(const Code& code, std::uint32_t begin, std::uint32_t end, const Activation& activation, Arena& arena) {
  Evaluation evaluation(arena);
  alignas(Value) std::byte inline_values[kInlineValues * sizeof(Value)];
  alignas(Loop) std::byte inline_loops[kInlineLoops * sizeof(Loop)];
  auto* values = reinterpret_cast<Value*>(inline_values);
  auto* loops = reinterpret_cast<Loop*>(inline_loops);
  if (code.stack_size + code.locals > kInlineValues) values = evaluation.allocate<Value>(code.stack_size + code.locals);
  if (code.loops > kInlineLoops) loops = evaluation.allocate<Loop>(code.loops);
  const Value result = Machine(code, activation, evaluation, values, loops).run(begin, end);
  return evaluation.exhausted() ? Evaluation::exhausted_error() : result;
}

Value choose(const Code& code, const Activation& activation, Arena& arena) {
  Evaluation evaluation(arena);
  return Machine(code, activation, evaluation, nullptr, nullptr).choose();
}

}  // namespace tocsin::cel
