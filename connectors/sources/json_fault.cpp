#include "connectors/sources/json_fault.h"

#include <cstdint>

#include "engine/model/limits.h"

namespace tocsin {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Bytes of the UTF-8 sequence at the front of `text` (RFC 3629 §4: shortest form, no surrogates, up to U+10FFFF); 0:
/// none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xe0 && byte(1) < 0xa0) return 0;
    if (first == 0xed && byte(1) > 0x9f) return 0;
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xf0 && byte(1) < 0x90) return 0;
    if (first == 0xf4 && byte(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

/// Recursive descent; depth is bounded, so the stack is. Every function returns false after it noted the fault.
class Judge {
 public:
  explicit Judge(std::string_view text) : text_(text) {}

  std::optional<JsonFault> run() {
    if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
    skip_space();
    if (at_ == text_.size()) {
      fail("no value: the document is empty");
      return fault_;
    }
    if (!value(0)) return fault_;
    skip_space();
    if (at_ != text_.size()) fail("something after the end of the document");
    return fault_;
  }

 private:
  bool fail(std::string_view what, Refusal code = Refusal::malformed) {
    const bool cut_off = at_ >= text_.size();
    fault_ = JsonFault{code, cut_off ? text_.size() : at_, what};
    return false;
  }

  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }

  bool value(std::size_t depth) {
    if (at_end()) return fail("the document is cut off where a value must be");
    switch (text_[at_]) {
      case '{':
        return depth < limits::kJsonDepthMax ? object(depth + 1) : fail("nested too deep", Refusal::too_deep);
      case '[':
        return depth < limits::kJsonDepthMax ? array(depth + 1) : fail("nested too deep", Refusal::too_deep);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool object(std::size_t depth) {
    ++at_;
    skip_space();
    if (take('}')) return true;
    while (true) {
      if (peek() != '"') return fail(at_end() ? "an object is cut off" : "the name of a field must be a string");
      if (!string()) return false;
      skip_space();
      if (!take(':')) return fail(at_end() ? "an object is cut off" : "a colon is missing after a name");
      skip_space();
      if (!value(depth)) return false;
      skip_space();
      if (take('}')) return true;
      if (!take(',')) return fail(at_end() ? "an object is cut off" : "a comma or } is missing in an object");
      skip_space();
    }
  }

  bool array(std::size_t depth) {
    ++at_;
    skip_space();
    if (take(']')) return true;
    while (true) {
      if (!value(depth)) return false;
      skip_space();
      if (take(']')) return true;
      if (!take(',')) return fail(at_end() ? "an array is cut off" : "a comma or ] is missing in an array");
      skip_space();
    }
  }

  bool word(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return fail("not a value");
    at_ += expected.size();
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return fail(at_end() ? "a number is cut off" : "a number has no digit where it must");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    if (peek() != '-' && !is_digit(peek())) return fail("not a value");
    take('-');
    if (take('0')) {
      if (is_digit(peek())) return fail("a number begins with 0");
    } else if (!digits()) {
      return false;
    }
    if (take('.') && !digits()) return false;
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    return true;
  }

  bool string() {
    ++at_;
    while (!at_end()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\') {
        if (!escape()) return false;
        continue;
      }
      if (static_cast<unsigned char>(c) < 0x20) return fail("a control character in a string that is not escaped");
      const std::size_t length = utf8_length(text_.substr(at_));
      if (length == 0) return fail("not UTF-8", Refusal::invalid_utf8);
      at_ += length;
    }
    return fail("a string is cut off");
  }

  bool escape() {
    ++at_;
    if (at_end()) return fail("a string is cut off");
    const char c = text_[at_];
    if (std::string_view{"\"\\/bfnrt"}.find(c) != std::string_view::npos) {
      ++at_;
      return true;
    }
    if (c != 'u') return fail("an unknown escape in a string");
    ++at_;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_end() || !is_hex_digit(text_[at_])) {
        return fail(at_end() ? "a string is cut off" : "an escape without its four hex digits");
      }
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<JsonFault> fault_;
};

}  // namespace

std::optional<JsonFault> find_json_fault(std::string_view text) { return Judge(text).run(); }

}  // namespace tocsin
