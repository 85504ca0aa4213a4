#include "rules/tools/format.h"

#include <algorithm>
#include <map>
#include <span>

#include "rules/tools/format_lexemes.h"
#include "rules/yaml/report.h"

namespace tocsin::rules {
namespace {

using Kind = Lexeme::Kind;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r"), text.size());
  text.remove_prefix(begin);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    // In double quotes `\ ` is a space that was meant.
    if (text.back() != '\r' && text.size() > 1 && text[text.size() - 2] == '\\') break;
    text.remove_suffix(1);
  }
  return text;
}

/// Writes the lexemes of a file anew.
class Writer {
 public:
  explicit Writer(std::string_view bytes) : bytes_(bytes) {}

  std::string write(std::span<const Lexeme> lexemes) {
    while (!lexemes.empty()) {
      const auto end = std::ranges::find(lexemes, Kind::end_of_line, &Lexeme::kind);
      const auto length = static_cast<std::size_t>(end - lexemes.begin());
      see_line(lexemes.first(length));
      lexemes = lexemes.subspan(std::min(length + 1, lexemes.size()));
    }
    write_comments(nullptr);
    return std::move(out_);
  }

 private:
  struct Comment {
    const Lexeme* lexeme;
    bool after_blank;
  };

  void see_line(std::span<const Lexeme> line) {
    if (line.empty()) {
      blank_ = true;
      return;
    }
    if (line.front().kind == Kind::comment && !line.front().column) {
      waiting_.push_back({&line.front(), blank_});
      blank_ = false;
      return;
    }
    const bool after_blank = blank_;
    blank_ = false;
    write_comments(&line.front());
    begin_line(after_blank, line.front().column.value_or(0));
    columns_[column_of(bytes_, line.front().begin)] = line.front().column.value_or(0);
    const Lexeme* previous = nullptr;
    for (const Lexeme& lexeme : line) {
      if (previous != nullptr) out_.append(space_between(*previous, lexeme), ' ');
      write_lexeme(lexeme);
      previous = &lexeme;
    }
    out_ += '\n';
  }

  void begin_line(bool after_blank, std::size_t column) {
    if (after_blank && !out_.empty()) out_ += '\n';
    out_.append(column, ' ');
  }

  /// Comments stand with what follows them when they did so before, else with the line above that they stood with.
  void write_comments(const Lexeme* next) {
    for (const Comment& comment : waiting_) {
      const std::size_t old_column = column_of(bytes_, comment.lexeme->begin);
      const auto above = columns_.find(old_column);
      std::size_t column = 0;
      if (next != nullptr && (above == columns_.end() || old_column == column_of(bytes_, next->begin))) {
        column = next->column.value_or(0);
      } else if (above != columns_.end()) {
        column = above->second;
      }
      begin_line(comment.after_blank, column);
      write_lexeme(*comment.lexeme);
      out_ += '\n';
    }
    waiting_.clear();
  }

  std::size_t space_between(const Lexeme& a, const Lexeme& b) const {
    if (b.kind == Kind::comment) return std::max<std::size_t>(b.begin - a.end, 1);  // often aligned with others
    if (a.kind == Kind::colon || a.kind == Kind::dash || a.kind == Kind::document || a.kind == Kind::comma) return 1;
    return 0;
  }

  void write_lexeme(const Lexeme& lexeme) {
    std::string_view text = bytes_.substr(lexeme.begin, lexeme.end - lexeme.begin);
    const std::size_t first_end = text.find('\n');
    if (first_end == std::string_view::npos) {
      out_ += lexeme.kind == Kind::block_scalar ? trimmed(text) : text;
      return;
    }
    out_ += trimmed(text.substr(0, first_end));
    for (text.remove_prefix(first_end); !text.empty();) {
      text.remove_prefix(1);
      const std::size_t end = std::min(text.find('\n'), text.size());
      write_further_line(lexeme, text.substr(0, end));
      text.remove_prefix(end);
    }
  }

  void write_further_line(const Lexeme& lexeme, std::string_view line) {
    out_ += '\n';
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (lexeme.kind == Kind::block_scalar) {
      line.remove_prefix(std::min(lexeme.text_column, line.size()));
    } else {
      line = trimmed(line);
    }
    if (line.empty()) return;
    out_.append(lexeme.column.value_or(0), ' ');
    out_ += line;
  }

  std::string_view bytes_;
  std::string out_;
  std::vector<Comment> waiting_;
  bool blank_ = false;
  std::map<std::size_t, std::size_t> columns_;  // where lines that began at a column of the file begin now
};

bool is_same(const YamlNode* a, const YamlNode* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a->kind == b->kind && a->text == b->text && a->plain == b->plain &&
         std::ranges::equal(a->items, b->items, is_same);
}

std::string without_space(std::string_view text) {
  std::string out;
  std::ranges::copy_if(text, std::back_inserter(out),
                       [](char c) { return c != ' ' && c != '\t' && c != '\r' && c != '\n'; });
  return out;
}

/// Nothing but white space differs, and the meaning does not.
bool is_faithful(std::string_view before, const YamlNode* root, const SourceFile& after) {
  if (without_space(before) != without_space(after.bytes)) return false;
  const SourceText source(after.name, after.bytes);
  Report report(source);
  const YamlTree tree = parse_yaml(source, report);
  return !report.has_findings() && is_same(root, tree.root());
}

}  // namespace

std::expected<std::string, Diagnostics> format(const SourceFile& file) {
  std::string_view bytes = file.bytes;
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  const SourceText source(file.name, bytes);
  Report report(source);
  const YamlTree tree = parse_yaml(source, report);
  if (report.has_findings()) return std::unexpected(report.take());
  const Lexemes lexemes = lexemes_of(bytes, tree.root());
  const auto refuse = [&](std::size_t at, std::string message) {
    report.at(at, 1, DiagnosticLevel::error, "not_formattable", std::move(message));
    return std::unexpected(report.take());
  };
  if (lexemes.refused) return refuse(*lexemes.refused, "files with this cannot be formatted; it is not changed");
  std::string out = Writer(bytes).write(lexemes.list);
  if (!is_faithful(bytes, tree.root(), {file.name, out})) {
    return refuse(0, "formatting would change the meaning of this file; it is not changed");
  }
  return out;
}

}  // namespace tocsin::rules
