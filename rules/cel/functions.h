#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "rules/cel/evaluation.h"
#include "rules/cel/value.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace tocsin::cel {

using re2::RE2;

/// A function of the language. `call` gets arguments that are no errors and checks their kinds itself, since unchecked
/// programs call it with anything.
struct Function {
  std::string_view name;  // with its namespace: "math.greatest"
  bool member;            // called on a receiver, which is the first argument
  /// What it takes and gives, for the checker: forms separated by a blank, each "arguments:result", a letter a type:
  ///   b bool  i int  u uint  d double  s string  y bytes  n null  t timestamp  r duration  T type
  ///   p ip  c cidr  e enum  L list  S list(string)  M map  N any number  a anything; "*" repeats what is before it.
  std::string_view forms;
  Value (*call)(Evaluation& evaluation, std::span<const Value> arguments);
  std::uint32_t cost = 5;  // steps, for arguments of nominal size
};

// One table for each library.
std::span<const Function> core_functions();
std::span<const Function> conversion_functions();
std::span<const Function> time_functions();
std::span<const Function> string_functions();
std::span<const Function> pattern_functions();
std::span<const Function> math_functions();
std::span<const Function> encoder_functions();
std::span<const Function> network_functions();
std::span<const Function> alert_functions();

/// True when one of the forms of `function` takes so many arguments.
bool takes(const Function& function, std::size_t arguments);

/// The function of that name, nullptr when there is none; with its style, or in any style when no such style is there.
/// `arguments` counts the receiver.
const Function* find_function(std::string_view name, bool member, std::size_t arguments);
/// True when any function, of whatever style and arguments, is called so.
bool is_function_name(std::string_view name);
/// All functions of all libraries, in a fixed order.
std::span<const Function* const> all_functions();

// Shared by several libraries.

/// RE2 semantics: is there a match anywhere in the text. An error for a pattern that is none.
Value matches_pattern(std::string_view text, std::string_view pattern);
/// Group `group` of the first place that the pattern matches; "" where it matches nowhere.
Value extract_group(std::string_view text, const RE2& pattern, std::int64_t group);
/// All that the pattern matches written as `with` says, in which `\1` is its first group.
Value rewrite_all(Evaluation& evaluation, std::string_view text, const RE2& pattern, std::string_view with);
/// "%s" and "%d" … with the values of `arguments`.
Value format_string(Evaluation& evaluation, std::string_view format, std::span<const Value> arguments);

inline Value bad_argument(const char* what) { return Value::error(Fault::bad_argument, what); }

}  // namespace tocsin::cel
