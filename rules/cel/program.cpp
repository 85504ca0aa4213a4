#include "rules/cel/program.h"

#include <algorithm>

#include "engine/model/check.h"
#include "rules/cel/code.h"
#include "rules/cel/machine.h"

namespace tocsin::cel {

Value Program::evaluate(const Activation& activation, Arena& arena) const {
  if (code_->is_choice) return choose(*code_, activation, arena);
  return run(*code_, 0, static_cast<std::uint32_t>(code_->instructions.size()), activation, arena);
}

Value Program::evaluate_conjunct(std::size_t index, const Activation& activation, Arena& arena) const {
  TOCSIN_CHECK(index < code_->conjunct_code.size(), "a conjunct of the program");
  const Code::Range range = code_->conjunct_code[index];
  return run(*code_, range.begin, range.end, activation, arena);
}

bool Program::is_light() const {
  const auto is_cheap = [](const Instruction& one) {
    return one.step == Step::push || one.step == Step::test || one.step == Step::test_text ||
           one.step == Step::test_one_of || one.step == Step::decide_first || one.step == Step::decide_next;
  };
  return code_->is_choice || (code_->instructions.size() <= 3 && std::ranges::all_of(code_->instructions, is_cheap));
}

std::vector<Program::Option> Program::choice() const {
  if (!code_->is_choice) return {};
  std::vector<Option> options;
  for (const Instruction& step : code_->instructions) {
    if (step.step != Step::push) continue;
    switch (step.source) {
      case Source::constant:
        options.push_back({std::nullopt, code_->constants[step.b]});
        break;
      case Source::slot:
        options.push_back({Read{step.a, std::nullopt}, {}});
        break;
      case Source::label:
        options.push_back({Read{step.a, std::string{code_->constants[step.b].as_text()}}, {}});
        break;
      case Source::field:
      case Source::stack:
        return {};
    }
  }
  return options;
}

const Type& Program::result_type() const { return code_->result_type; }

std::optional<Value> Program::constant() const {
  const auto& instructions = code_->instructions;
  if (instructions.size() != 1 || instructions[0].step != Step::push || instructions[0].source != Source::constant) {
    return std::nullopt;
  }
  return code_->constants[instructions[0].b];
}

std::span<const Read> Program::reads() const { return code_->reads; }
std::span<const Conjunct> Program::conjuncts() const { return code_->conjuncts; }
std::span<const Use> Program::uses() const { return code_->uses; }
std::uint64_t Program::cost() const { return code_->cost; }
std::size_t Program::pattern_size() const { return code_->pattern_size; }
const std::string& Program::text() const { return code_->text; }

}  // namespace tocsin::cel
