// What alerts call things: workloadOf(), productOf(), headline(). Not of the language that Kubernetes has.

#include <array>
#include <string_view>

#include "rules/cel/alert_names.h"
#include "rules/cel/functions.h"

namespace tocsin::cel {
namespace {

using Arguments = std::span<const Value>;

template <std::string_view (*part)(std::string_view)>
Value part_of_text(Evaluation& evaluation, Arguments arguments) {
  if (!arguments[0].is(Kind::string)) return no_overload();
  const std::string_view text = arguments[0].as_text();
  if (!evaluation.spend(text.size() / 8)) return Evaluation::exhausted_error();
  return Value::string(part(text));
}

Value headline_of(Evaluation& evaluation, Arguments arguments) {
  std::array<std::string_view, 8> objects;
  if (arguments.size() > objects.size() + 1) return no_overload();
  for (const Value& argument : arguments) {
    if (!argument.is(Kind::string)) return no_overload();
  }
  for (std::size_t i = 1; i < arguments.size(); ++i) objects[i - 1] = arguments[i].as_text();
  const std::string_view text = arguments[0].as_text();
  if (!evaluation.spend(text.size() * arguments.size() / 2)) return Evaluation::exhausted_error();
  const auto those = std::span(objects).first(arguments.size() - 1);
  const std::size_t most = headline_bytes_max(text, those);
  char* memory = evaluation.allocate<char>(most);
  return memory == nullptr ? Evaluation::exhausted_error() : Value::string(headline(text, those, {memory, most}));
}

constexpr std::array<Function, 3> kFunctions = {{
    {"workloadOf", false, "s:s", part_of_text<workload_of>, 20},
    {"productOf", false, "s:s", part_of_text<product_of>, 20},
    {"headline", false, "ss*:s", headline_of, 50},
}};

}  // namespace

std::span<const Function> alert_functions() { return kFunctions; }

}  // namespace tocsin::cel
