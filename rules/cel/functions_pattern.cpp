// extract() and replace() with regular expressions: RE2, as `matches` has it.

#include <array>
#include <string>
#include <vector>

#include <re2/re2.h>

#include "rules/cel/functions.h"

namespace tocsin::cel {
namespace {

using Arguments = std::span<const Value>;

constexpr std::size_t kTextBytesMax = 1 << 20;  // of what replace() builds

/// Compiling a pattern is dear: a program whose pattern is a constant does it once, see compiler.cpp.
bool spend_for(Evaluation& evaluation, Arguments arguments) {
  return evaluation.spend(1000 + arguments[1].as_text().size() * 16 + arguments[0].as_text().size() / 4);
}

RE2::Options options() {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(1 << 20);
  return options;
}

Value extract(Evaluation& evaluation, Arguments arguments) {
  if (!arguments[0].is(Kind::string) || !arguments[1].is(Kind::string)) return no_overload();
  if (arguments.size() == 3 && !arguments[2].is(Kind::integer)) return no_overload();
  if (!spend_for(evaluation, arguments)) return Evaluation::exhausted_error();
  const RE2 pattern({arguments[1].as_text().data(), arguments[1].as_text().size()}, options());
  if (!pattern.ok()) return bad_argument("not a pattern");
  return extract_group(arguments[0].as_text(), pattern, arguments.size() == 3 ? arguments[2].as_integer() : 1);
}

Value replace(Evaluation& evaluation, Arguments arguments) {
  for (const Value& argument : arguments) {
    if (!argument.is(Kind::string)) return no_overload();
  }
  if (!spend_for(evaluation, arguments)) return Evaluation::exhausted_error();
  const RE2 pattern({arguments[1].as_text().data(), arguments[1].as_text().size()}, options());
  if (!pattern.ok()) return bad_argument("not a pattern");
  return rewrite_all(evaluation, arguments[0].as_text(), pattern, arguments[2].as_text());
}

constexpr std::array<Function, 3> kFunctions = {{
    {"extract", false, "ss:s ssi:s", extract, 1000},
    {"extract", true, "ss:s ssi:s", extract, 1000},
    {"replace", false, "sss:s", replace, 1000},
}};

}  // namespace

Value extract_group(std::string_view text, const RE2& pattern, std::int64_t group) {
  if (group < 0 || group > pattern.NumberOfCapturingGroups()) return bad_argument("the pattern has no such group");
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(group) + 1);
  const re2::StringPiece whole(text.data(), text.size());
  if (!pattern.Match(whole, 0, text.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) {
    return Value::string("");
  }
  const re2::StringPiece found = groups.back();  // of a group that took no part it is empty
  return Value::string({found.data() == nullptr ? text.data() : found.data(), found.size()});
}

Value rewrite_all(Evaluation& evaluation, std::string_view text, const RE2& pattern, std::string_view with) {
  std::string error;
  const re2::StringPiece rewrite(with.data(), with.size());
  if (!pattern.CheckRewriteString(rewrite, &error))
    return bad_argument("the replacement names a group that is not there");
  if (!evaluation.spend(text.size() / 4 + 10)) return Evaluation::exhausted_error();
  std::string out{text};
  if (RE2::GlobalReplace(&out, pattern, rewrite) == 0) return Value::string(text);
  if (out.size() > kTextBytesMax || !evaluation.spend(out.size() / 4)) return Evaluation::exhausted_error();
  return evaluation.string(out);
}

std::span<const Function> pattern_functions() { return kFunctions; }

}  // namespace tocsin::cel
