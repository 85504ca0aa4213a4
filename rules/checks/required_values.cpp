#include "rules/checks/required_values.h"

#include <algorithm>

#include "rules/expressions/expression_impl.h"

namespace tocsin::rules {
namespace {

using Form = cel::Conjunct::Form;

bool have_common(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  auto in_a = a.begin();
  auto in_b = b.begin();
  while (in_a != a.end() && in_b != b.end()) {
    if (*in_a == *in_b) return true;
    *in_a < *in_b ? ++in_a : ++in_b;
  }
  return false;
}

}  // namespace

std::vector<RequiredValue> required_values(const Expression& condition) {
  std::vector<RequiredValue> required;
  if (condition.empty()) return required;
  const Expression::Impl& impl = *condition.impl();
  for (const cel::Conjunct& conjunct : impl.program().conjuncts()) {
    if (conjunct.negated || (conjunct.form != Form::equals && conjunct.form != Form::one_of)) continue;
    const auto place = impl.schema().place(impl.scope(), conjunct.read);
    if (!place || !place->is_text()) continue;
    RequiredValue& value = required.emplace_back(RequiredValue{*place, {}});
    for (const cel::Value& constant : conjunct.constants) {
      if (constant.is(cel::Kind::string)) value.values.emplace_back(constant.as_text());
    }
    std::ranges::sort(value.values);
  }
  std::ranges::stable_sort(required, {}, &RequiredValue::place);
  return required;
}

bool exclude_each_other(const std::vector<RequiredValue>& a, const std::vector<RequiredValue>& b) {
  auto in_a = a.begin();
  auto in_b = b.begin();
  while (in_a != a.end() && in_b != b.end()) {
    if (in_a->place < in_b->place) {
      ++in_a;
    } else if (in_b->place < in_a->place) {
      ++in_b;
    } else {
      // Of several for one place it is enough to look at the first: less is told, never more.
      if (!have_common(in_a->values, in_b->values)) return true;
      ++in_a;
      ++in_b;
    }
  }
  return false;
}

}  // namespace tocsin::rules
