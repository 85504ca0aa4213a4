#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "rules/cel/problem.h"

namespace tocsin::cel {

enum class TokenKind : std::uint8_t {
  end,
  identifier,         // reserved words too, except the four below
  quoted_identifier,  // `content-type`, with its backticks
  integer,
  unsigned_integer,
  floating,
  string,
  bytes,
  keyword_in,
  keyword_true,
  keyword_false,
  keyword_null,
  punctuation,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::string_view text;  // of the expression; a string with prefix and quotes
};

/// Cuts an expression into tokens, without white space and comments; the last is TokenKind::end. On a mistake one
/// problem is added and what was read so far is returned, closed by an end.
std::vector<Token> lex(std::string_view text, Problems& problems);

}  // namespace tocsin::cel
