#include "connectors/sources/json_mend.h"

#include <charconv>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace tocsin {
namespace {

constexpr std::size_t kEscapeBytes = 6;  // \uXXXX

bool starts_number(char c) { return c == '-' || (c >= '0' && c <= '9'); }
bool continues_number(char c) { return starts_number(c) || c == '+' || c == '.' || c == 'e' || c == 'E'; }

template <typename Number>
bool fits(std::string_view text) {
  Number number{};
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{};
}

/// Whether the value is in the range of the types that the fast reader has for it. Numbers below the smallest double
/// do not, here: to mend one needlessly costs nothing, since nobody reads its value.
bool fits_64_bits(std::string_view text) {
  if (text.find_first_of(".eE") != std::string_view::npos) return fits<double>(text);
  return text.front() == '-' ? fits<std::int64_t>(text) : fits<std::uint64_t>(text);
}

/// Walks a document that is known to be one: no check, no recursion.
class Mender {
 public:
  Mender(std::string& document, std::vector<JsonMend>& mends) : text_(document), mends_(mends) {}

  void run() {
    while (at_ < text_.size()) step();
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '"') return string();
    if (starts_number(c)) return number();
    if (c == '[' || c == '{') {
      ++depth_;
      const bool is_list = c == '[' && (depth_ == 1 || (depth_ == 2 && is_value_of_alerts_));
      if (is_list && list_depth_ == 0) {
        list_depth_ = depth_;
        index_ = 0;
      }
    } else if (c == ']' || c == '}') {
      if (depth_ == list_depth_) {
        list_depth_ = 0;
        index_ = JsonMend::kAllAlerts;
      }
      --depth_;
    } else if (c == ',') {
      if (depth_ == list_depth_ && list_depth_ != 0) ++index_;
      is_value_of_alerts_ = false;
    }
    ++at_;
  }

  void string() {
    const std::size_t first = ++at_;
    while (text_[at_] != '"') {
      if (text_[at_] != '\\') {
        ++at_;
      } else if (text_[at_ + 1] != 'u') {
        at_ += 2;
      } else {
        escape();
      }
    }
    // Of a field's name or of a text that a colon cannot follow: only what stands right before `[` is looked at.
    if (depth_ == 1) is_value_of_alerts_ = std::string_view{text_}.substr(first, at_ - first) == "alerts";
    ++at_;
  }

  unsigned code_unit(std::size_t at) const {
    unsigned unit = 0;
    std::from_chars(text_.data() + at + 2, text_.data() + at + kEscapeBytes, unit, 16);
    return unit;
  }

  void escape() {
    const unsigned unit = code_unit(at_);
    const std::size_t next = at_ + kEscapeBytes;
    const bool is_first_half = unit >= 0xd800 && unit < 0xdc00;
    if (is_first_half && text_[next] == '\\' && text_[next + 1] == 'u') {
      const unsigned second = code_unit(next);
      if (second >= 0xdc00 && second <= 0xdfff) {
        at_ = next + kEscapeBytes;
        return;
      }
    }
    if (is_first_half || (unit >= 0xdc00 && unit <= 0xdfff)) {
      text_.replace(at_, kEscapeBytes, "\\ufffd");
      note(Mending::surrogate);
    }
    at_ = next;
  }

  void number() {
    const std::size_t first = at_;
    while (at_ < text_.size() && continues_number(text_[at_])) ++at_;
    const std::size_t bytes = at_ - first;
    if (fits_64_bits(std::string_view{text_}.substr(first, bytes))) return;
    text_.replace(first, bytes, bytes, ' ');
    text_[first] = '0';
    note(Mending::number);
  }

  void note(Mending mending) {
    if (mends_.empty() || mends_.back().index != index_) mends_.push_back({index_, {}});
    mends_.back().mended.add(mending);
  }

  std::string& text_;
  std::vector<JsonMend>& mends_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t list_depth_ = 0;  // of the array of alerts while we are in it
  bool is_value_of_alerts_ = false;
  std::int32_t index_ = JsonMend::kAllAlerts;
};

}  // namespace

void mend_json(std::string& document, std::vector<JsonMend>& mends) { Mender(document, mends).run(); }

}  // namespace tocsin
