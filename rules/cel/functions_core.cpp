// size, contains, startsWith, endsWith, matches: what the language itself defines on texts and containers.

#include <array>

#include <re2/re2.h>

#include "rules/cel/functions.h"
#include "rules/cel/unicode.h"

namespace tocsin::cel {
namespace {

using Arguments = std::span<const Value>;

Value size(Evaluation& evaluation, Arguments arguments) {
  const Value& of = arguments[0];
  switch (of.kind()) {
    case Kind::string:
      if (!evaluation.spend(of.as_text().size() / 16)) return Evaluation::exhausted_error();
      return Value::integer(static_cast<std::int64_t>(code_points(of.as_text())));
    case Kind::bytes:
    case Kind::list:
    case Kind::map:
      return Value::integer(of.size_hint());
    default:
      return no_overload();
  }
}

template <typename Test>
Value text_test(Evaluation& evaluation, Arguments arguments, Test test) {
  if (!arguments[0].is(Kind::string) || !arguments[1].is(Kind::string)) return no_overload();
  if (!evaluation.spend(arguments[0].as_text().size() / 32)) return Evaluation::exhausted_error();
  return Value::boolean(test(arguments[0].as_text(), arguments[1].as_text()));
}

Value contains(Evaluation& evaluation, Arguments arguments) {
  return text_test(evaluation, arguments,
                   [](std::string_view text, std::string_view part) { return text.find(part) != text.npos; });
}
Value starts_with(Evaluation& evaluation, Arguments arguments) {
  return text_test(evaluation, arguments,
                   [](std::string_view text, std::string_view part) { return text.starts_with(part); });
}
Value ends_with(Evaluation& evaluation, Arguments arguments) {
  return text_test(evaluation, arguments,
                   [](std::string_view text, std::string_view part) { return text.ends_with(part); });
}

Value matches(Evaluation& evaluation, Arguments arguments) {
  if (!arguments[0].is(Kind::string) || !arguments[1].is(Kind::string)) return no_overload();
  // Compiling a pattern is dear: a program whose pattern is a constant does it once, see compiler.cpp.
  if (!evaluation.spend(1000 + arguments[1].as_text().size() * 16 + arguments[0].as_text().size() / 4)) {
    return Evaluation::exhausted_error();
  }
  return matches_pattern(arguments[0].as_text(), arguments[1].as_text());
}

Value same(Evaluation&, Arguments arguments) { return arguments[0]; }

constexpr std::array<Function, 8> kFunctions = {{
    {"size", false, "s:i y:i L:i M:i", size},
    {"size", true, "s:i y:i L:i M:i", size},
    {"contains", true, "ss:b", contains},
    {"startsWith", true, "ss:b", starts_with},
    {"endsWith", true, "ss:b", ends_with},
    {"matches", true, "ss:b", matches, 1000},
    {"matches", false, "ss:b", matches, 1000},
    {"dyn", false, "a:a", same},
}};

}  // namespace

Value matches_pattern(std::string_view text, std::string_view pattern) {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(1 << 20);
  const RE2 re({pattern.data(), pattern.size()}, options);
  if (!re.ok()) return bad_argument("not a pattern");
  return Value::boolean(RE2::PartialMatch({text.data(), text.size()}, re));
}

std::span<const Function> core_functions() { return kFunctions; }

}  // namespace tocsin::cel
