#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/arena.h"
#include "rules/cel/ast.h"
#include "rules/cel/environment.h"
#include "rules/cel/problem.h"
#include "rules/cel/type.h"
#include "rules/cel/value.h"

namespace tocsin::cel {

class Code;

/// The longest expression that is looked at, in bytes, and the deepest nesting.
inline constexpr std::size_t kExpressionBytesMax = 16 * 1024;
inline constexpr std::uint32_t kExpressionDepthMax = 200;
/// What an expression that is checked may cost at most (Program::cost): about 5 ms.
inline constexpr std::uint64_t kCostMax = 1'000'000;

/// What an evaluation reads: a value for each declared variable, in the order of declaration. Fill it once for an alert
/// and evaluate all programs of the environment on it. Labels and tables are read through their map, when asked for.
struct Activation {
  std::span<const Value> slots;
};

/// Something of the activation that a program reads.
struct Read {
  std::uint32_t slot = 0;
  /// The key or field when only that part is read (`labels.severity`, `incident.priority`); nullopt: the whole
  /// variable.
  std::optional<std::string> key;
  friend bool operator==(const Read&, const Read&) = default;
};

/// One operand of the top-level `&&` (or the whole expression when there is none), in the form that an index can use.
struct Conjunct {
  enum class Form : std::uint8_t {
    equals,       // read == constants[0]; also a bare bool variable
    one_of,       // read in constants
    starts_with,  // read.startsWith(constants[0])
    matches,      // read.matches(constants[0])
    other,        // anything else: evaluate it
  };
  Form form = Form::other;
  bool negated = false;  // `!=`, `!(…)`: the rest describes what must not hold
  Read read;             // not for other
  std::vector<Value> constants;
  /// `read < constant` and its like, turned so that the read stands first; nullopt for anything else. Such a conjunct
  /// is of the form `other`.
  struct Bound {
    Operator op;
    Read read;
    Value constant;
  };
  std::optional<Bound> bound{};
  std::vector<Read> reads{};  // all that it may read, of whatever form; in order of slot and key
  bool calls_host = false;    // a function of the host: what it reads besides is not known
  std::uint32_t offset = 0;   // its place in the expression
  std::uint32_t length = 0;
};

/// What an expression takes from outside besides the activation's values: for what is told of a rule set as a whole.
struct Use {
  enum class Kind : std::uint8_t {
    row,      // of the table in `slot` the row `text`
    column,   // of the table in `slot` the column `text`
    value,    // the column `column` is compared with `text`
    number,   // a cell of the column `text` is turned into a number; with `column` not empty only those with a text
    whole,    // the table in `slot`, of which anything may be read
    named,    // the constant `text` of the environment
    pattern,  // a regular expression stands here
  };
  Kind kind = Kind::whole;
  std::uint32_t slot = 0;
  std::string text;
  std::string column{};      // of value and number
  std::uint32_t offset = 0;  // its place in the expression
  std::uint32_t length = 0;
};

/// A compiled expression: immutable, cheap to copy, safe to share between threads.
class Program {
 public:
  explicit Program(std::shared_ptr<const Code> code) : code_(std::move(code)) {}

  /// The value of the expression, an error value when it has none. `arena` holds what had to be built; the result
  /// borrows from it, from the activation and from this program. Predicates over texts, labels, numbers, enums,
  /// constant lists and constant patterns build nothing. Never throws; steps and bytes of one evaluation are bounded.
  /// Requires: `activation` has a value for each variable of the environment.
  Value evaluate(const Activation& activation, Arena& arena) const;

  /// True when the value is `true`. An error counts as false.
  bool holds(const Activation& activation, Arena& arena) const { return evaluate(activation, arena).is_true(); }

  /// Evaluating it costs no more than looking up what it gave before.
  bool is_light() const;
  /// Where it is a `coalesce` of things that are there already, or one of them: these, in order; the first counts that
  /// is neither "", null nor an error, or the last. Empty where it is something else, or reads anything else.
  struct Option {
    std::optional<Read> read;  // nullopt: the value
    Value value;               // borrows from this program
  };
  std::vector<Option> choice() const;
  const Type& result_type() const;
  /// The value when it does not depend on the activation. Borrows from this program.
  std::optional<Value> constant() const;
  /// All that may be read, each once, in order of slot and key.
  std::span<const Read> reads() const;
  /// The operands of the top-level `&&`, in order; all of them hold exactly when the expression does.
  std::span<const Conjunct> conjuncts() const;
  /// One of them alone. Errors are not absorbed by the others.
  Value evaluate_conjunct(std::size_t index, const Activation& activation, Arena& arena) const;
  std::span<const Use> uses() const;
  /// An upper bound of the work of an evaluation in steps of roughly 5 ns, for inputs at their bounds; saturates.
  std::uint64_t cost() const;
  /// How large its compiled patterns are together, in instructions of 8 bytes; a pattern may take twice that.
  std::size_t pattern_size() const;
  const std::string& text() const;
  const Code& code() const { return *code_; }

 private:
  std::shared_ptr<const Code> code_;
};

/// Parses, checks, folds constants and compiles. All problems at once, in order of place. With `expected`, the result
/// must fit that type.
std::expected<Program, Problems> compile(std::string_view text, const Environment& environment,
                                         const std::optional<Type>& expected = std::nullopt);

}  // namespace tocsin::cel
