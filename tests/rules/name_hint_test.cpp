#include <gtest/gtest.h>

#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

struct HintCase {
  const char* name;
  const char* expression;
  const char* hint;
};

class Hint : public testing::TestWithParam<HintCase> {};

/// In a severity rule: it knows all that alerts have.
TEST_P(Hint, SaysWhatWasMeant) {
  const Loaded loaded =
      load_text("severity: {rules: [{id: a, is: error, when: '" + std::string{GetParam().expression} + "'}]}\n");
  ASSERT_EQ(loaded.diagnostics.size(), 1U) << told(loaded);
  EXPECT_EQ(loaded.diagnostics.front().hint, GetParam().hint) << told(loaded);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Hint,
    testing::Values(HintCase{"near_field", "serivce == \"a\"", "did you mean `service`?"},
                    HintCase{"label", "alertname == \"A\"",
                             "did you mean `name`? A label is written `labels.alertname`"},
                    HintCase{"text_without_quotes", "name == DiskFull",
                             "a label is written `labels.DiskFull`, a text `\"DiskFull\"`"},
                    HintCase{"field_of_incidents", "priority == \"P1\"",
                             "only `route`, `raise` and `plans` know the incident, as `incident.priority`"},
                    HintCase{"incident", "incident.acked",
                             "only `route`, `raise` and `plans` know the incident, as `incident.priority`"},
                    HintCase{"now", "now > starts_at",
                             "no time passes in an expression: say it with a key such as `within` or `after`"},
                    HintCase{"severity_in_quotes", "severity == \"error\"", "did you mean `error`, without quotes?"},
                    HintCase{"severity_of_a_label", "labels.severity == error", "did you mean `\"error\"`?"},
                    HintCase{"number_in_quotes", "tier == \"1\"", "did you mean `1`, without quotes?"},
                    HintCase{"label_as_a_number", "labels.code >= 500", "a text becomes a number in `int(…)`"},
                    HintCase{"equals_once", "service = \"a\"", "did you mean `==`?"},
                    HintCase{"equals_tilde", "service =~ \"a.*\"", "did you mean `.matches(\"…\")`?"},
                    HintCase{"and", "tier == 1 and tier == 2", "did you mean `&&`?"},
                    HintCase{"or", "tier == 1 or tier == 2", "did you mean `||`?"},
                    HintCase{"half_a_function", "name.match(\"a\")", "did you mean `matches`?"},
                    HintCase{"function_of_another_language", "name.lower() == \"a\"", "did you mean `lowerAscii`?"},
                    HintCase{"function_with_underscore", "name.starts_with(\"a\")", "did you mean `startsWith`?"},
                    HintCase{"length", "len(name) > 3", "did you mean `size`?"}),
    [](const auto& test) { return std::string{test.param.name}; });

}  // namespace
}  // namespace tocsin::rules
