#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <re2/re2.h>

#include "engine/model/arena.h"
#include "rules/cel/ast.h"
#include "rules/cel/environment.h"
#include "rules/cel/functions.h"
#include "rules/cel/message.h"
#include "rules/cel/program.h"
#include "rules/cel/time_zone.h"

namespace tocsin::cel {

/// What an instruction does. The machine has a stack of values; "pops" and "pushes" are about it. Instructions with an
/// operand take it from where Source says. `a`, `b`, `c` are the fields of the instruction.
enum class Step : std::uint8_t {
  push,          // pushes the operand
  push_local,    // pushes local a
  store_local,   // pops into local a
  unary,         // pops; pushes op of it
  binary,        // pops two; pushes op of them
  test,          // pushes: operand op constant c, for a comparison or `in`
  test_text,     // the same for == and != with a text
  test_one_of,   // pushes: operand is in text set c
  starts_with,   // pushes: operand starts with constant c; likewise the next two
  ends_with,     //
  contains,      //
  matches,       // pushes: pattern c matches the operand
  extract,       // pops a text; pushes group b of the first place in it that pattern c matches, "" without one
  rewrite,       // pops a text; pushes it with all that pattern c matches written as constant b says
  has,           // pushes: has(operand.key c), for an operand from the stack
  has_label,     // pushes: has(slot a . key b)
  select,        // pops; pushes its field of key c
  field,         // pops a record; pushes its field b
  has_field,     // pops a record; pushes whether its field b is neither null nor ""
  time_part,     // pops a timestamp; pushes its part a in zone c
  call,          // pops b arguments; pushes the result of function a
  call_host,     // the same for host function a
  make_list,     // pops a items
  make_map,      // pops a keys and values
  make_message,  // pops a names and values; b is the kind, c the record type + 1
  jump,          // to a
  branch,        // pops a condition; to a when false; when no bool pushes the error and goes to b
  decide_first,  // top is the first operand of && (b = 0) or || (b = 1); to a when it decides
  decide_next,   // pops the next operand and merges it into the top; to a when it decides
  coalesce,      // to a when the top is neither an error, null nor ""; pops otherwise
  loop_begin,    // pops a range into loop b; pushes the error and goes to a when it is none
  loop_next,     // the next element into local c (and c + 1); when there is none pushes the result, to a
  loop_filter,   // pops a bool; to c (loop_next) when false; an error ends the loop, to a
  loop_step,     // pops the body's value; to c (loop_next), or when the loop is decided pushes the result, to a
};

/// Where an operand is.
enum class Source : std::uint8_t {
  stack,     // popped
  constant,  // constant b
  slot,      // slot a
  label,     // entry of the map in slot a under the text of constant b, "" when it is not there
  field,     // field b of the record in slot a
};

struct Instruction {
  Step step = Step::push;
  Source source = Source::stack;
  Operator op = Operator::add;
  Macro macro = Macro::all;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t c = 0;
};
static_assert(sizeof(Instruction) == 16);

/// A compiled expression: instructions in a row and what they refer to by number. Built by the compiler, then constant.
class Code {
 public:
  struct Range {
    std::uint32_t begin;
    std::uint32_t end;
  };

  std::string text;
  Type result_type;
  std::vector<Instruction> instructions;
  std::vector<Value> constants;                          // their content is in `arena`
  std::vector<std::vector<std::string_view>> text_sets;  // sorted
  std::vector<std::unique_ptr<const RE2>> patterns;
  std::vector<std::unique_ptr<const TimeZone>> zones;
  std::vector<const Function*> functions;
  std::vector<std::shared_ptr<const HostFunction>> hosts;
  std::vector<std::shared_ptr<const RecordType>> records;
  std::vector<std::shared_ptr<const EnumType>> enums;
  std::uint32_t stack_size = 0;  // values
  std::uint32_t locals = 0;
  std::uint32_t loops = 0;
  std::uint64_t cost = 0;
  std::size_t pattern_size = 0;
  std::vector<Read> reads;
  std::vector<Conjunct> conjuncts;
  std::vector<Use> uses;
  /// It is `coalesce` of operands that are there already (or one of them): the machine needs no stack for it.
  bool is_choice = false;
  std::vector<Range> conjunct_code;  // for each conjunct; it starts and ends with an empty stack but for its value
  Arena arena{256};
};

}  // namespace tocsin::cel
