#include "rules/cel/lexer.h"

#include <algorithm>
#include <array>
#include <string>

#include "rules/cel/unicode.h"

namespace tocsin::cel {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || is_digit(c); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

constexpr std::array<std::string_view, 6> kTwoCharacters = {"&&", "||", "==", "!=", "<=", ">="};
constexpr std::string_view kOneCharacter = "()[]{}.,:?+-*/%!<>";

class Lexer {
 public:
  Lexer(std::string_view text, Problems& problems) : text_(text), problems_(problems) {}

  std::vector<Token> run() {
    while (skip_blank()) {
      if (!next()) break;
    }
    tokens_.push_back({TokenKind::end, position(), position(), {}});
    return std::move(tokens_);
  }

 private:
  std::uint32_t position() const { return static_cast<std::uint32_t>(std::min(at_, text_.size())); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  /// False at the end of the text.
  bool skip_blank() {
    while (at_ < text_.size()) {
      if (is_space(text_[at_])) {
        ++at_;
      } else if (text_.substr(at_).starts_with("//")) {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else {
        return true;
      }
    }
    return false;
  }

  bool next() {
    const char c = peek();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (const std::size_t prefix = string_prefix(); prefix != std::string_view::npos) return string(prefix);
    if (is_letter(c)) return word();
    if (c == '`') return quoted_identifier();
    return punctuation();
  }

  bool take(TokenKind kind, std::size_t end) {
    tokens_.push_back({kind, position(), static_cast<std::uint32_t>(end), text_.substr(at_, end - at_)});
    at_ = end;
    return true;
  }

  bool fail(std::size_t length, std::string code, std::string message) {
    length = std::clamp<std::size_t>(length, 1, std::max<std::size_t>(text_.size() - at_, 1));
    problems_.push_back({position(), static_cast<std::uint32_t>(length), std::move(code), std::move(message), ""});
    return false;
  }

  bool number() {
    std::size_t end = at_;
    const auto at = [&](std::size_t i) { return i < text_.size() ? text_[i] : '\0'; };
    if (at(end) == '0' && at(end + 1) == 'x') {
      end += 2;
      const std::size_t digits = end;
      while (is_hex(at(end))) ++end;
      if (end == digits) return fail(2, "bad_literal", "a hexadecimal number has no digits");
      return integer(end);
    }
    while (is_digit(at(end))) ++end;
    bool floating = false;
    if (at(end) == '.' && is_digit(at(end + 1))) {
      floating = true;
      ++end;
      while (is_digit(at(end))) ++end;
    }
    if (at(end) == 'e' || at(end) == 'E') {
      std::size_t exponent = end + 1;
      if (at(exponent) == '+' || at(exponent) == '-') ++exponent;
      if (is_digit(at(exponent))) {
        floating = true;
        end = exponent;
        while (is_digit(at(end))) ++end;
      }
    }
    return floating ? take(TokenKind::floating, end) : integer(end);
  }

  bool integer(std::size_t end) {
    if (end < text_.size() && (text_[end] == 'u' || text_[end] == 'U'))
      return take(TokenKind::unsigned_integer, end + 1);
    return take(TokenKind::integer, end);
  }

  bool word() {
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    TokenKind kind = TokenKind::identifier;
    if (name == "in") kind = TokenKind::keyword_in;
    if (name == "true") kind = TokenKind::keyword_true;
    if (name == "false") kind = TokenKind::keyword_false;
    if (name == "null") kind = TokenKind::keyword_null;
    return take(kind, end);
  }

  bool quoted_identifier() {
    std::size_t end = at_ + 1;
    const auto allowed = [](char c) { return is_word(c) || c == '.' || c == '-' || c == '/' || c == ' '; };
    while (end < text_.size() && allowed(text_[end])) ++end;
    if (end >= text_.size() || text_[end] != '`') {
      return fail(end - at_, "syntax",
                  "a quoted name has letters, digits, `_ . - /`, spaces, and ends with a backtick");
    }
    if (end == at_ + 1) return fail(2, "syntax", "a quoted name is empty");
    return take(TokenKind::quoted_identifier, end + 1);
  }

  /// How many letters stand before the quote of a string that starts here; npos when none does.
  std::size_t string_prefix() const {
    std::size_t prefix = 0;
    if (peek() == 'b' || peek() == 'B') ++prefix;
    if (peek(prefix) == 'r' || peek(prefix) == 'R') ++prefix;
    // `rb"…"` is not a prefix of the language, `br"…"` is.
    const char quote = peek(prefix);
    return quote == '"' || quote == '\'' ? prefix : std::string_view::npos;
  }

  bool string(std::size_t prefix) {
    const bool is_bytes = peek() == 'b' || peek() == 'B';
    const bool raw = prefix > 0 && (peek(prefix - 1) == 'r' || peek(prefix - 1) == 'R');
    const char quote = peek(prefix);
    const bool triple = peek(prefix + 1) == quote && peek(prefix + 2) == quote;
    std::size_t end = at_ + prefix + (triple ? 3 : 1);
    while (true) {
      if (end >= text_.size()) return fail(text_.size() - at_, "syntax", "a string does not end");
      const char c = text_[end];
      if (c == '\\' && !raw) {
        end += 2;
      } else if (triple && text_.substr(end, 3) == std::string(3, quote)) {
        end += 3;
        break;
      } else if (!triple && c == quote) {
        end += 1;
        break;
      } else if (!triple && (c == '\n' || c == '\r')) {
        return fail(end - at_, "syntax", "a string does not end on its line");
      } else {
        ++end;
      }
    }
    return take(is_bytes ? TokenKind::bytes : TokenKind::string, end);
  }

  bool punctuation() {
    for (const std::string_view two : kTwoCharacters) {
      if (text_.substr(at_, 2) == two) return take(TokenKind::punctuation, at_ + 2);
    }
    if (kOneCharacter.find(peek()) != std::string_view::npos && peek() != '\0') {
      return take(TokenKind::punctuation, at_ + 1);
    }
    const std::string found(text_.substr(at_, utf8_length_at(text_, at_)));
    std::string hint;
    if (found == "=") hint = "did you mean `==`?";
    if (found == "=" && at_ + 1 < text_.size() && text_[at_ + 1] == '~') hint = "did you mean `.matches(\"…\")`?";
    if (found == "&") hint = "did you mean `&&`?";
    if (found == "|") hint = "did you mean `||`?";
    fail(found.size(), "syntax", "a character that no expression has: `" + found + "`");
    problems_.back().suggestion = std::move(hint);
    return false;
  }

  std::string_view text_;
  Problems& problems_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> lex(std::string_view text, Problems& problems) { return Lexer(text, problems).run(); }

}  // namespace tocsin::cel
