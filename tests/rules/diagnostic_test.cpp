#include "rules/yaml/diagnostic.h"

#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

const Diagnostic kUnknownField{.file = "payments.yaml",
                               .line = 14,
                               .column = 9,
                               .length = 4,
                               .level = DiagnosticLevel::error,
                               .code = "unknown_field",
                               .message = "there is no `nmae`",
                               .hint = "did you mean `name`?",
                               .snippet = "  when: nmae == \"x\""};

TEST(Diagnostic, IsTextWithPlaceCodeSnippetCaretAndHint) {
  EXPECT_EQ(to_text(kUnknownField, false),
            "payments.yaml:14:9: error[unknown_field]: there is no `nmae`\n"
            "  14 |   when: nmae == \"x\"\n"
            "     |         ^~~~\n"
            "  hint: did you mean `name`?\n");
}

TEST(Diagnostic, HasColoursOnlyWhenAsked) {
  EXPECT_EQ(to_text(kUnknownField, false).find('\x1b'), std::string::npos);
  EXPECT_NE(to_text(kUnknownField, true).find("\x1b[1;31merror[unknown_field]\x1b[0m"), std::string::npos);
}

TEST(Diagnostic, PutsTheCaretBelowTheCharacterAfterTabsAndWideLetters) {
  Diagnostic d = kUnknownField;
  d.snippet = "\t\xC3\xA9: x";
  d.column = 6;
  d.length = 1;
  d.hint.clear();
  d.level = DiagnosticLevel::warning;
  EXPECT_EQ(to_text(d, false),
            "payments.yaml:14:6: warning[unknown_field]: there is no `nmae`\n"
            "  14 | \t\xC3\xA9: x\n"
            "     | \t   ^\n");
}

TEST(Diagnostic, WithoutSnippetIsOneLine) {
  Diagnostic d = kUnknownField;
  d.snippet.clear();
  d.hint.clear();
  EXPECT_EQ(to_text(d, false), "payments.yaml:14:9: error[unknown_field]: there is no `nmae`\n");
}

TEST(Diagnostic, IsOneJsonObject) {
  EXPECT_EQ(to_json(kUnknownField),
            R"({"file":"payments.yaml","line":14,"column":9,"length":4,"level":"error","code":"unknown_field",)"
            R"("message":"there is no `nmae`","hint":"did you mean `name`?","snippet":"  when: nmae == \"x\""})");
}

}  // namespace
}  // namespace tocsin::rules
