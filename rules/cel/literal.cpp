#include "rules/cel/literal.h"

#include <charconv>
#include <cmath>
#include <system_error>

#include "absl/strings/charconv.h"

#include "rules/cel/unicode.h"

namespace tocsin::cel {
namespace {

class Unescaper {
 public:
  Unescaper(std::string_view body, std::size_t start, bool is_bytes)
      : body_(body), start_(start), is_bytes_(is_bytes) {}

  std::expected<std::string, LiteralError> run() {
    while (at_ < body_.size()) {
      if (body_[at_] != '\\') {
        out_.push_back(body_[at_++]);
        continue;
      }
      if (const char* wrong = escape(); wrong != nullptr) {
        return std::unexpected(LiteralError{static_cast<std::uint32_t>(start_ + at_), 2, wrong});
      }
    }
    return std::move(out_);
  }

 private:
  /// Takes the escape at the cursor; says what is wrong with it, or nullptr.
  const char* escape() {
    const char kind = at_ + 1 < body_.size() ? body_[at_ + 1] : '\0';
    if (const std::size_t plain = std::string_view("\\?\"'`").find(kind);
        kind != '\0' && plain != std::string_view::npos) {
      return one(kind);
    }
    switch (kind) {
      case 'a':
        return one('\a');
      case 'b':
        return one('\b');
      case 'f':
        return one('\f');
      case 'n':
        return one('\n');
      case 'r':
        return one('\r');
      case 't':
        return one('\t');
      case 'v':
        return one('\v');
      case 'x':
      case 'X':
        return number(2, 2, 16);
      case 'u':
        return is_bytes_ ? "\\u is not for bytes" : number(2, 4, 16);
      case 'U':
        return is_bytes_ ? "\\U is not for bytes" : number(2, 8, 16);
      case '0':
      case '1':
      case '2':
      case '3':
        return number(1, 3, 8);
      default:
        return "an unknown escape";
    }
  }

  const char* one(char c) {
    out_.push_back(c);
    at_ += 2;
    return nullptr;
  }

  bool digits(std::size_t from, std::size_t count, int base, std::uint32_t& value) const {
    if (body_.size() < from + count) return false;
    const char* first = body_.data() + from;
    const auto [end, error] = std::from_chars(first, first + count, value, base);
    return error == std::errc{} && end == first + count && *first != '-';
  }

  const char* number(std::size_t skip, std::size_t count, int base) {
    std::uint32_t value = 0;
    if (!digits(at_ + skip, count, base, value)) return "an escape without all of its digits";
    std::size_t taken = skip + count;
    if (is_bytes_) {
      out_.push_back(static_cast<char>(static_cast<std::uint8_t>(value)));
      at_ += taken;
      return nullptr;
    }
    if (value >= 0xD800 && value < 0xDC00) {  // the first half of a pair
      std::uint32_t low = 0;
      if (body_.substr(at_ + taken, 2) != "\\u" || !digits(at_ + taken + 2, 4, 16, low) || low < 0xDC00 ||
          low > 0xDFFF) {
        return "half of a surrogate pair";
      }
      value = 0x10000 + ((value - 0xD800) << 10U) + (low - 0xDC00);
      taken += 6;
    }
    if (value > 0x10FFFF || (value >= 0xDC00 && value <= 0xDFFF)) return "not a Unicode code point";
    append_utf8(out_, value);
    at_ += taken;
    return nullptr;
  }

  std::string_view body_;
  std::size_t start_;
  bool is_bytes_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::expected<std::string, LiteralError> decode_string(std::string_view token) {
  bool is_bytes = false;
  bool raw = false;
  std::size_t start = 0;
  for (; token[start] != '"' && token[start] != '\''; ++start) {
    is_bytes = is_bytes || token[start] == 'b' || token[start] == 'B';
    raw = raw || token[start] == 'r' || token[start] == 'R';
  }
  const char quote = token[start];
  const bool triple = token.size() - start >= 6 && token[start + 1] == quote && token[start + 2] == quote;
  const std::size_t quotes = triple ? 3 : 1;
  start += quotes;
  const std::string_view body = token.substr(start, token.size() - start - quotes);
  if (raw) return std::string(body);
  return Unescaper(body, start, is_bytes).run();
}

std::expected<std::uint64_t, LiteralError> decode_integer(std::string_view token, std::uint64_t max) {
  const auto whole = static_cast<std::uint32_t>(token.size());
  int base = 10;
  if (token.starts_with("0x")) {
    base = 16;
    token.remove_prefix(2);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value, base);
  if (error != std::errc{} || value > max) return std::unexpected(LiteralError{0, whole, "a number out of range"});
  return value;
}

std::expected<double, LiteralError> decode_floating(std::string_view token) {
  double value = 0;
  const auto [end, error] = absl::from_chars(token.data(), token.data() + token.size(), value);
  // Too large is refused; too small is 0.
  if (error == std::errc::result_out_of_range && std::fabs(value) > 1) {
    return std::unexpected(LiteralError{0, static_cast<std::uint32_t>(token.size()), "a number out of range"});
  }
  return value;
}

}  // namespace tocsin::cel
