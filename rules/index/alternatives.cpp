#include "rules/index/alternatives.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "rules/cel/parser.h"
#include "rules/cel/program.h"
#include "rules/expressions/expression_impl.h"

namespace tocsin::rules {
namespace {

// What is larger is evaluated as it stands: splitting repeats the rest of a condition.
constexpr std::size_t kBytesMax = 1024;
constexpr std::size_t kPatternSizeMax = 1'000;

/// What stands between the `||` of `text`; `text` alone when it is no such chain.
std::vector<std::string_view> operands_of(std::string_view text) {
  cel::Problems problems;
  const auto ast = cel::parse(text, problems);
  if (!ast || (*ast)[ast->root()].kind != cel::NodeKind::logical_or) return {text};
  std::vector<std::string_view> operands;
  for (const cel::NodeIndex operand : ast->children(ast->root())) {
    operands.push_back(text.substr((*ast)[operand].begin, (*ast)[operand].end - (*ast)[operand].begin));
  }
  return operands;
}

/// How many operands of the top-level `&&` depend on one place alone.
std::ptrdiff_t placed(const Expression::Impl& impl) {
  return std::ranges::count_if(impl.program().conjuncts(),
                               [&](const cel::Conjunct& conjunct) { return impl.place_of(conjunct).has_value(); });
}

}  // namespace

std::vector<Expression> alternatives_of(const Expression& condition) {
  const Expression::Impl* const impl = condition.impl();
  if (impl == nullptr || impl->program().text().size() > kBytesMax) return {condition};
  if (impl->program().pattern_size() > kPatternSizeMax) return {condition};
  const std::string_view text = impl->program().text();
  std::vector<std::string> texts{""};
  for (const cel::Conjunct& conjunct : impl->program().conjuncts()) {
    const std::string_view part = text.substr(conjunct.offset, conjunct.length);
    std::vector<std::string_view> operands{part};
    if (conjunct.form == cel::Conjunct::Form::other && !impl->place_of(conjunct)) operands = operands_of(part);
    if (texts.size() * operands.size() > kAlternativesMax) operands = {part};
    std::vector<std::string> longer;
    for (const std::string& before : texts) {
      // The line end ends a comment of the operand.
      for (const std::string_view operand : operands) {
        longer.push_back(before + (before.empty() ? "(" : " && (") + std::string{operand} + "\n)");
      }
    }
    texts = std::move(longer);
  }
  if (texts.size() == 1) return {condition};
  std::vector<Expression> alternatives;
  for (const std::string& alternative : texts) {
    auto program = cel::compile(alternative, impl->schema().environment(impl->scope()));
    if (!program) return {condition};
    auto one = std::make_shared<const Expression::Impl>(impl->shared_schema(), impl->scope(), *std::move(program));
    if (placed(*one) <= placed(*impl)) return {condition};
    alternatives.emplace_back(std::move(one));
  }
  return alternatives;
}

}  // namespace tocsin::rules
