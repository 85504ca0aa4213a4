#include <algorithm>

#include "rules/yaml/yaml_tree.h"

namespace tocsin::rules {
namespace {

/// Walks the text of a scalar and its source side by side.
class ScalarWalk {
 public:
  ScalarWalk(std::string_view bytes, const YamlNode& scalar) : bytes_(bytes), text_(scalar.text), at_(scalar.offset) {
    const char first = scalar.plain ? '\0' : peek();
    if (first == '\'' || first == '"') {
      quote_ = first;
      ++at_;
    } else if (first == '|' || first == '>') {
      block_ = true;
      folded_ = first == '>';
      begin_block();
    }
  }

  /// Offset of the source of byte `index` of the text.
  std::size_t seek(std::size_t index) {
    while (index_ < index && at_ < bytes_.size()) step();
    skip_what_has_no_text();
    return std::min(at_, bytes_.size());
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < bytes_.size() ? bytes_[at_ + ahead] : '\0'; }
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

  /// To the first line of content, whose indentation is that of the block.
  void begin_block() {
    skip_line();
    std::size_t line = at_;
    while (line < bytes_.size()) {
      std::size_t content = line;
      while (content < bytes_.size() && bytes_[content] == ' ') ++content;
      if (content >= bytes_.size() || (bytes_[content] != '\n' && bytes_[content] != '\r')) {
        indent_ = content - line;
        break;
      }
      line = bytes_.find('\n', content);
      if (line == std::string_view::npos) break;
      ++line;
    }
    skip_indent();
  }

  void skip_line() {
    const std::size_t end = bytes_.find('\n', at_);
    at_ = end == std::string_view::npos ? bytes_.size() : end + 1;
  }

  void skip_indent() {
    for (std::size_t i = 0; i < indent_ && peek() == ' '; ++i) ++at_;
  }

  /// A `\` before a line's end joins lines in double quotes.
  void skip_what_has_no_text() {
    while (quote_ == '"' && peek() == '\\' && (peek(1) == '\n' || peek(1) == '\r')) {
      skip_line();
      while (is_blank(peek())) ++at_;
    }
  }

  void step() {
    skip_what_has_no_text();
    const char wanted = text_[index_];
    if (quote_ == '"' && peek() == '\\') {
      step_escape();
    } else if (block_ && (peek() == '\n' || peek() == '\r')) {
      step_block_break();
    } else if (!block_ && (wanted == ' ' || wanted == '\n') && breaks_here()) {
      while (is_blank(peek()) || peek() == '\n') ++at_;
      step_folded();
    } else {
      at_ += quote_ == '\'' && wanted == '\'' ? 2 : 1;
      ++index_;
    }
  }

  void step_escape() {
    const char kind = peek(1);
    at_ += kind == 'x' ? 4 : kind == 'u' ? 6 : kind == 'U' ? 10 : 2;
    do {
      ++index_;  // all bytes of one character come from one escape
    } while (index_ < text_.size() && (static_cast<unsigned char>(text_[index_]) & 0xC0U) == 0x80U);
  }

  /// Line feeds of a literal block are its own; those of a folded one are a space, or as many as there were empty
  /// lines.
  void step_block_break() {
    if (!folded_) {
      ++index_;
      skip_line();
      skip_indent();
      return;
    }
    while (peek() == '\n' || peek() == '\r') {
      skip_line();
      skip_indent();
    }
    step_folded();
  }

  /// True when only white space stands between here and the end of the line.
  bool breaks_here() const {
    std::size_t ahead = 0;
    while (is_blank(peek(ahead))) ++ahead;
    return peek(ahead) == '\n';
  }

  /// One space, or as many line feeds as there were empty lines.
  void step_folded() {
    if (text_[index_] == ' ') {
      ++index_;
      return;
    }
    while (index_ < text_.size() && text_[index_] == '\n') ++index_;
  }

  std::string_view bytes_;
  std::string_view text_;
  std::size_t at_;
  std::size_t index_ = 0;
  std::size_t indent_ = 0;
  char quote_ = '\0';
  bool block_ = false;
  bool folded_ = false;
};

}  // namespace

std::size_t source_offset(const SourceText& source, const YamlNode& scalar, std::size_t index) {
  return ScalarWalk(source.bytes(), scalar).seek(std::min(index, scalar.text.size()));
}

}  // namespace tocsin::rules
