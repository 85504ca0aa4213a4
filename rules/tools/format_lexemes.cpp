#include "rules/tools/format_lexemes.h"

#include <algorithm>
#include <array>
#include <map>

namespace tocsin::rules {
namespace {

constexpr std::int64_t kLevel = 2;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_end(std::string_view bytes, std::size_t at) { return at >= bytes.size() || is_space(bytes[at]); }

/// What the tree knows about an offset.
struct Anchor {
  enum class Kind : std::uint8_t { scalar, null, list, flow };
  std::size_t offset = 0;
  Kind kind = Kind::scalar;
  const YamlNode* node = nullptr;
  std::int64_t column = 0;            // where it is to stand when it begins a line
  std::int64_t base = 0;              // of lines inside of a flow collection: two more for each open bracket
  std::int64_t old_parent = -1;       // column of the block collection that it is in, as it is in the file …
  std::int64_t new_parent = -kLevel;  // … and as it is to be
};

/// Walks the tree and notes where everything is to stand.
class Layout {
 public:
  explicit Layout(std::string_view bytes) : bytes_(bytes) {}

  std::vector<Anchor> take(const YamlNode& root) {
    visit(root, {}, false);
    std::ranges::stable_sort(anchors_, {}, &Anchor::offset);
    return std::move(anchors_);
  }

 private:
  /// The block collection around a value; without one, the value is the document.
  struct Around {
    std::int64_t old_column = -1;
    std::int64_t new_column = -kLevel;
    std::int64_t base = 0;
  };

  void visit(const YamlNode& node, const Around& around, bool in_flow) {
    const std::int64_t inner = around.new_column + kLevel;
    Anchor anchor{node.offset, Anchor::Kind::scalar, &node, inner, around.base, around.old_column, around.new_column};
    const char first = node.offset < bytes_.size() ? bytes_[node.offset] : '\0';
    if (node.is_scalar()) return anchors_.push_back(anchor);
    if (node.kind == YamlNode::Kind::null) {
      anchor.kind = Anchor::Kind::null;
      return anchors_.push_back(anchor);
    }
    if (in_flow || first == (node.is_map() ? '{' : '[')) {
      if (!in_flow) {
        anchor.kind = Anchor::Kind::flow;
        anchors_.push_back(anchor);
      }
      for (const YamlNode* item : node.items) visit(*item, around, true);
      return;
    }
    const auto old_column = static_cast<std::int64_t>(column_of(bytes_, node.offset));
    if (node.is_map()) {
      for (std::size_t i = 0; i < node.items.size(); i += 2) {
        const YamlNode& key = *node.items[i];
        anchors_.push_back({key.offset, Anchor::Kind::scalar, &key, inner, inner, old_column, inner});
        visit(*node.items[i + 1], {old_column, inner, inner}, false);
      }
    } else {
      anchor.kind = Anchor::Kind::list;
      anchors_.push_back(anchor);
      for (const YamlNode* item : node.items) visit(*item, {old_column, inner, inner + kLevel}, false);
    }
  }

  std::string_view bytes_;
  std::vector<Anchor> anchors_;
};

std::optional<std::size_t> end_of_quoted(std::string_view bytes, std::size_t at) {
  const char quote = bytes[at];
  for (++at; at < bytes.size(); ++at) {
    if (bytes[at] == '\\' && quote == '"') {
      ++at;
    } else if (bytes[at] == quote) {
      if (quote == '"' || at + 1 >= bytes.size() || bytes[at + 1] != quote) return at + 1;
      ++at;
    }
  }
  return std::nullopt;
}

/// A plain scalar has no escapes: in the file there is its text, folded differently.
std::optional<std::size_t> end_of_plain(std::string_view bytes, std::size_t at, std::string_view text) {
  for (const char c : text) {
    if (is_space(c)) continue;
    while (at < bytes.size() && is_space(bytes[at])) ++at;
    if (at >= bytes.size() || bytes[at] != c) return std::nullopt;
    ++at;
  }
  return at;
}

class Cutter {
 public:
  Cutter(std::string_view bytes, const YamlNode* root) : bytes_(bytes) {
    if (root != nullptr) anchors_ = Layout(bytes).take(*root);
  }

  Lexemes take() {
    while (at_ < bytes_.size() && !out_.refused) cut();
    return std::move(out_);
  }

 private:
  using Kind = Lexeme::Kind;

  void refuse() { out_.refused = at_; }

  void add(Kind kind, std::size_t end, std::optional<std::int64_t> column) {
    Lexeme lexeme{kind, at_, end};
    if (column) lexeme.column = static_cast<std::uint32_t>(std::max<std::int64_t>(*column, 0));
    out_.list.push_back(lexeme);
    at_ = end;
  }

  std::int64_t flow_column() const { return std::max(flow_.base + kLevel * depth_, flow_.column); }

  void cut() {
    while (next_ < anchors_.size() && anchors_[next_].offset < at_) ++next_;
    for (; next_ < anchors_.size() && anchors_[next_].offset == at_; ++next_) {
      const std::size_t before = at_;
      meet(anchors_[next_]);
      if (at_ != before || out_.refused) return;
    }
    cut_sign();
  }

  void meet(const Anchor& anchor) {
    switch (anchor.kind) {
      case Anchor::Kind::flow:
        flow_ = anchor;
        return;
      case Anchor::Kind::list:
        if (bytes_[at_] != '-') return refuse();
        dashes_[column_of(bytes_, at_)] = anchor.column;
        return;
      case Anchor::Kind::null:
        for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
          const std::size_t end = at_ + word.size();
          const bool ends = is_end(bytes_, end) ||
                            (depth_ > 0 && std::string_view{",]}"}.find(bytes_[end]) != std::string_view::npos);
          if (bytes_.substr(at_, word.size()) == word && ends) return add_scalar(anchor, end);
        }
        return;  // nothing is written
      case Anchor::Kind::scalar:
        break;
    }
    const char first = bytes_[at_];
    if (first == '|' || first == '>') return add_block_scalar(anchor);
    if (anchor.node->text.empty() && first != '"' && first != '\'') return;
    const auto end =
        first == '"' || first == '\'' ? end_of_quoted(bytes_, at_) : end_of_plain(bytes_, at_, anchor.node->text);
    if (!end) return refuse();
    add_scalar(anchor, *end);
  }

  void add_scalar(const Anchor& anchor, std::size_t end) {
    add(Kind::scalar, end, depth_ > 0 ? flow_column() : anchor.column);
  }

  void add_block_scalar(const Anchor& anchor) {
    const std::size_t line_end = std::min(bytes_.find('\n', at_), bytes_.size());
    std::int64_t digit = 0;
    bool keeps = false;
    for (std::size_t i = at_ + 1; i < line_end && !is_space(bytes_[i]); ++i) {
      if (bytes_[i] >= '1' && bytes_[i] <= '9') digit = bytes_[i] - '0';
      keeps |= bytes_[i] == '+';
    }
    std::optional<std::size_t> indent;
    if (digit > 0) indent = static_cast<std::size_t>(std::max<std::int64_t>(anchor.old_parent, 0) + digit);
    std::size_t end = line_end;
    for (std::size_t begin = line_end + 1; begin < bytes_.size();) {
      const std::size_t stop = std::min(bytes_.find('\n', begin), bytes_.size());
      const std::size_t text = std::min(bytes_.find_first_not_of(' ', begin), stop);
      const bool is_blank = text == stop || (bytes_[text] == '\r' && text + 1 == stop);
      if (!is_blank) {
        if (static_cast<std::int64_t>(text - begin) <= anchor.old_parent) break;
        if (!indent) indent = text - begin;
        if (text - begin < *indent) break;
      }
      if (!is_blank || keeps) end = stop;
      begin = stop + 1;
    }
    add(Kind::block_scalar, end, digit > 0 ? std::max<std::int64_t>(anchor.new_parent, 0) + digit : anchor.column);
    out_.list.back().text_column = indent.value_or(std::string_view::npos);
  }

  void cut_sign() {
    const char c = bytes_[at_];
    switch (c) {
      case '\n':
        return add(Kind::end_of_line, at_ + 1, std::nullopt);
      case '\r':
        if (at_ + 1 < bytes_.size() && bytes_[at_ + 1] != '\n') return refuse();
        ++at_;
        return;
      case ' ':
      case '\t':
        ++at_;
        return;
      case '#':
        return cut_comment();
      case ',':
        return depth_ > 0 ? add(Kind::comma, at_ + 1, flow_column()) : refuse();
      case ':':
        return add(Kind::colon, at_ + 1, depth_ > 0 ? flow_column() : flow_.column);
      case '[':
      case '{':
        add(Kind::open, at_ + 1, depth_ > 0 ? flow_column() : flow_.column);
        ++depth_;
        return;
      case ']':
      case '}':
        if (depth_ == 0) return refuse();
        --depth_;
        return add(Kind::close, at_ + 1, flow_column());
      case '-':
        return cut_dash();
      default:
        return refuse();
    }
  }

  void cut_comment() {
    if (at_ > 0 && !is_space(bytes_[at_ - 1])) return refuse();
    std::size_t end = std::min(bytes_.find('\n', at_), bytes_.size());
    while (end > at_ && is_space(bytes_[end - 1])) --end;
    add(Kind::comment, end, depth_ > 0 ? std::optional{flow_column()} : std::nullopt);
  }

  void cut_dash() {
    const std::size_t column = column_of(bytes_, at_);
    if (depth_ == 0 && column == 0 && bytes_.substr(at_, 3) == "---" && is_end(bytes_, at_ + 3)) {
      return add(Kind::document, at_ + 3, 0);
    }
    const auto known = dashes_.find(column);
    if (depth_ > 0 || known == dashes_.end() || !is_end(bytes_, at_ + 1)) return refuse();
    add(Kind::dash, at_ + 1, known->second);
  }

  std::string_view bytes_;
  std::vector<Anchor> anchors_;
  std::size_t next_ = 0;
  std::size_t at_ = 0;
  std::int64_t depth_ = 0;  // open brackets
  Anchor flow_;             // the outermost flow collection that is open, or the last one
  std::map<std::size_t, std::int64_t>
      dashes_{};  // column of a list in the file, of the newest with that, as it is to be
  Lexemes out_;
};

}  // namespace

std::size_t column_of(std::string_view bytes, std::size_t offset) {
  const std::size_t end_before = offset == 0 ? std::string_view::npos : bytes.rfind('\n', offset - 1);
  return end_before == std::string_view::npos ? offset : offset - end_before - 1;
}

Lexemes lexemes_of(std::string_view bytes, const YamlNode* root) { return Cutter(bytes, root).take(); }

}  // namespace tocsin::rules
