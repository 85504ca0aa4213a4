#include "rules/yaml/syntax_place.h"

#include <algorithm>
#include <vector>

namespace tocsin::rules {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The first tab that stands where a line is indented, up to the end of the line of `to`.
std::optional<std::size_t> tab_in_indentation(std::string_view bytes, std::size_t to) {
  for (std::size_t line = 0; line < bytes.size() && line <= to;) {
    const std::size_t end = std::min(bytes.find('\n', line), bytes.size());
    const std::size_t text = std::min(bytes.find_first_not_of(" \t", line), end);
    const std::size_t tab = bytes.substr(line, text - line).find('\t');
    // Blank lines and comments may have them.
    if (tab != std::string_view::npos && text < end && bytes[text] != '#' && bytes[text] != '\r') return line + tab;
    line = end + 1;
  }
  return std::nullopt;
}

/// Brackets that are open, with quotes and comments left out: near enough to YAML for saying where a mistake is.
class Brackets {
 public:
  Brackets(std::string_view bytes, std::size_t stopped_at)
      : bytes_(bytes), end_(std::min(stopped_at + 1, bytes.size())) {}

  std::optional<SyntaxPlace> find() {
    for (std::size_t at = 0; at < end_; ++at) {
      const char c = bytes_[at];
      if (c == '#' && begins_token(at)) {
        at = std::min(bytes_.find('\n', at), end_);
      } else if ((c == '"' || c == '\'') && begins_token(at)) {
        at = end_of_quoted(at);
        last_quote_ = at;
      } else if ((c == '{' || c == '[') && (!open_.empty() || begins_token(at))) {
        open_.push_back(at);
      } else if ((c == '}' || c == ']') && !open_.empty()) {
        if ((bytes_[open_.back()] == '{') != (c == '}')) {
          return SyntaxPlace{open_.back(), said("this ", bytes_[open_.back()], " is closed by ", c),
                             said("", bytes_[open_.back()] == '{' ? '}' : ']', " is missing before that ", c)};
        }
        open_.pop_back();
      }
    }
    if (const auto early = quote_that_ends_early()) return early;
    if (open_.empty()) return std::nullopt;
    // The innermost that was left open in a line above; what is open in the line itself may be fine.
    const std::size_t line = bytes_.rfind('\n', end_ - 1);
    const auto left = std::ranges::find_if(open_.rbegin(), open_.rend(),
                                           [&](std::size_t at) { return line != std::string_view::npos && at < line; });
    if (left == open_.rend()) return std::nullopt;
    const char close = bytes_[*left] == '{' ? '}' : ']';
    return SyntaxPlace{*left, said("this ", bytes_[*left], " is never closed: there is no ", close), ""};
  }

 private:
  static std::string said(std::string_view a, char one, std::string_view b, char other) {
    std::string text{a};
    ((text += '`') += one) += '`';
    text += b;
    return ((text += '`') += other) += '`';
  }

  /// A quote or bracket means something at the beginning of a value only.
  bool begins_token(std::size_t at) const {
    if (at == 0) return true;
    const char before = bytes_[at - 1];
    return is_blank(before) || before == '[' || before == '{' || before == ',' || (before == ':' && !open_.empty());
  }

  std::size_t end_of_quoted(std::size_t at) const {
    const char quote = bytes_[at];
    for (++at; at < bytes_.size(); ++at) {
      if (bytes_[at] == '\\' && quote == '"') {
        ++at;
      } else if (bytes_[at] == quote) {
        if (quote == '"' || at + 1 >= bytes_.size() || bytes_[at + 1] != '\'') return at;
        ++at;
      }
    }
    return at;
  }

  /// `"name == "a""`: behind the quote that closes stands a letter.
  std::optional<SyntaxPlace> quote_that_ends_early() const {
    if (last_quote_ == std::string_view::npos || last_quote_ + 1 >= bytes_.size()) return std::nullopt;
    const char next = bytes_[last_quote_ + 1];
    const bool goes_on = !is_blank(next) && next != ',' && next != '}' && next != ']' && next != ':';
    if (!goes_on || last_quote_ + 2 < end_ - std::min<std::size_t>(end_, 80)) return std::nullopt;
    return SyntaxPlace{last_quote_, "this quote ends the text that began before it",
                       "quotes in quotes of the same kind: write '…\"x\"…' in single ones"};
  }

  std::string_view bytes_;
  std::size_t end_;
  std::vector<std::size_t> open_;
  std::size_t last_quote_ = std::string_view::npos;
};

}  // namespace

std::optional<SyntaxPlace> find_syntax_mistake(std::string_view bytes, std::size_t stopped_at) {
  if (const auto tab = tab_in_indentation(bytes, stopped_at)) {
    return SyntaxPlace{*tab, "this is a tab: YAML is indented with spaces", "two spaces for each level"};
  }
  return Brackets(bytes, stopped_at).find();
}

}  // namespace tocsin::rules
