#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/cel/type.h"
#include "rules/cel/value.h"

namespace tocsin::cel {

class Evaluation;

/// A function that the host adds. `call` gets as many values as there are parameters, none of them an error; it may use
/// the evaluation's memory for what it builds.
struct HostFunction {
  std::string name;     // may be qualified: "hours.within"
  bool member = false;  // called as `first.name(rest)`
  std::vector<Type> parameters;
  Type result;
  std::function<Value(Evaluation& evaluation, std::span<const Value> arguments)> call;
};

enum class Checking : std::uint8_t {
  strict,   // names, fields and types are checked at load
  dynamic,  // names and types that do not fit are errors when evaluated, as in an unchecked CEL program
};

/// What an expression may name. Built once, then only read; programs keep what they need of it alive.
class Environment {
 public:
  explicit Environment(Checking checking = Checking::strict) : checking_(checking) {}

  /// The namespace that names are first looked up in: "a.b" tries a.b.name, a.name, name.
  void set_container(std::string container) { container_ = std::move(container); }

  /// Declares a variable and returns its slot: 0, 1, 2 … in order of declaration. The name may be qualified ("a.b").
  std::uint32_t declare(std::string name, Type type);

  /// Declares an ordered enum; each of its names becomes a constant. Variables hide constants of the same name.
  std::shared_ptr<const EnumType> declare_enum(std::string name, std::vector<std::string> names_lowest_first);

  /// A name for a value: a text, a number, a bool, or a list of them. What it borrows lives as long as the environment
  /// and the programs that are compiled in it.
  void declare_value(std::string name, Type type, Value value);

  /// A record type that expressions may also build, as in `Name{field: value}`.
  void declare_message(std::shared_ptr<const RecordType> type);

  void declare_function(HostFunction function);

  /// Accepts messages of types that are not declared, as maps from field to value (the conformance suite has some).
  void set_open_messages(bool open) { open_messages_ = open; }

  /// Without macros, has(), all(), map() … are calls of functions that do not exist.
  void set_macros(bool macros) { macros_ = macros; }

  struct Variable {
    std::string name;
    Type type;
  };
  struct Constant {
    std::string name;
    std::uint32_t enum_index;
    std::shared_ptr<const EnumType> type;
  };

  struct NamedValue {
    std::string name;
    Type type;
    Value value;
  };

  Checking checking() const { return checking_; }
  const std::string& container() const { return container_; }
  bool open_messages() const { return open_messages_; }
  bool macros() const { return macros_; }
  const std::vector<Variable>& variables() const { return variables_; }  // indexed by slot
  const std::vector<Constant>& constants() const { return constants_; }
  const std::vector<NamedValue>& named_values() const { return named_values_; }
  const std::vector<std::shared_ptr<const RecordType>>& messages() const { return messages_; }
  const std::vector<HostFunction>& functions() const { return functions_; }
  std::optional<std::uint32_t> slot_of(std::string_view name) const;

 private:
  Checking checking_;
  bool open_messages_ = false;
  bool macros_ = true;
  std::string container_;
  std::vector<Variable> variables_;
  std::vector<Constant> constants_;
  std::vector<NamedValue> named_values_;
  std::vector<std::shared_ptr<const RecordType>> messages_;
  std::vector<HostFunction> functions_;
};

}  // namespace tocsin::cel
