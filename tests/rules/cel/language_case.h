#pragma once

#include <string>

#include <gtest/gtest.h>

namespace tocsin::cel {

/// An expression without checking, and what it gives as to_text() writes it: `"a"`, `2u`, `1.0`; "error" for an error
/// of whatever kind, also one of syntax. It may read `x` (5), `text` ("abc") and `items` ([3, 1, 2]).
struct LanguageCase {
  std::string expression;
  std::string gives;
};

/// Tables of them are instances of this suite; each case is walked and compiled.
class Language : public testing::TestWithParam<LanguageCase> {};

}  // namespace tocsin::cel
