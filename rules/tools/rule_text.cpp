#include "rules/tools/rule_text.h"

#include <algorithm>
#include <array>

#include "rules/tools/format_lexemes.h"

namespace tocsin::rules {
namespace {

constexpr std::array<std::string_view, 4> kWithoutRules{"tocsin", "ruleset", "scope", "tests"};

std::string_view without_mark(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  return bytes;
}

/// Its `id`, or nothing.
std::string_view id_of(const YamlNode& node) {
  const YamlNode* id = RuleText::value_of(node, "id");
  return id != nullptr && id->is_scalar() ? id->text : std::string_view{};
}

}  // namespace

RuleText::RuleText(const SourceFile& file)
    : source_(file.name, without_mark(file.bytes)), report_(source_), tree_(parse_yaml(source_, report_)) {
  read_lexemes();
  read_scale();
}

Place RuleText::place(std::size_t offset) const {
  const LineColumn at = source_.place_of(offset);
  return {std::string{source_.file()}, at.line, at.column};
}

const YamlNode* RuleText::value_of(const YamlNode& map, std::string_view key) {
  if (!map.is_map()) return nullptr;
  for (std::size_t i = 0; i < map.items.size(); i += 2) {
    if (map.items[i]->is_scalar() && map.items[i]->text == key) return map.items[i + 1];
  }
  return nullptr;
}

const YamlNode* RuleText::section(std::string_view key) const {
  return tree_.root() == nullptr ? nullptr : value_of(*tree_.root(), key);
}

void RuleText::read_lexemes() {
  std::vector<std::size_t> open;
  std::uint32_t last_line = 0;  // of what is no comment
  for (const Lexeme& lexeme : lexemes_of(bytes(), tree_.root()).list) {
    if (lexeme.kind != Lexeme::Kind::comment && lexeme.kind != Lexeme::Kind::end_of_line) {
      last_line = source_.place_of(lexeme.end).line;
      const std::uint32_t line = source_.place_of(lexeme.begin).line;
      for (std::size_t i = comments_.size(); i > 0 && comments_[i - 1].about == 0; --i) comments_[i - 1].about = line;
    }
    switch (lexeme.kind) {
      case Lexeme::Kind::scalar:
      case Lexeme::Kind::block_scalar:
        ends_.emplace(lexeme.begin, lexeme.end);
        break;
      case Lexeme::Kind::open:
        open.push_back(lexeme.begin);
        break;
      case Lexeme::Kind::close:
        if (open.empty()) break;
        ends_.emplace(open.back(), lexeme.end);
        open.pop_back();
        break;
      case Lexeme::Kind::comment: {
        const std::uint32_t line = source_.place_of(lexeme.begin).line;
        const std::string_view text = bytes().substr(lexeme.begin, lexeme.end - lexeme.begin);
        comments_.push_back({static_cast<std::uint32_t>(lexeme.begin), text, line, line == last_line ? line : 0});
        break;
      }
      case Lexeme::Kind::end_of_line:
        break;
      default:
        break;
    }
  }
}

void RuleText::read_scale() {
  const YamlNode* severity = section("severity");
  const YamlNode* scale = severity == nullptr ? nullptr : value_of(*severity, "scale");
  if (scale != nullptr && scale->is_sequence()) {
    for (const YamlNode* item : scale->items) {
      if (item->is_scalar()) scale_.emplace_back(item->text);
    }
  }
  if (scale_.empty()) scale_ = {"ok", "info", "warning", "error", "critical"};
}

std::size_t RuleText::end_of(const YamlNode& node) const {
  if (const auto known = ends_.find(node.offset); known != ends_.end()) {
    // A block map begins with its first key, so its offset is that of a scalar.
    const bool in_brackets = bytes()[node.offset] == '{' || bytes()[node.offset] == '[';
    if (node.is_scalar() || in_brackets) return known->second;
  }
  std::size_t end = node.offset;
  for (const YamlNode* item : node.items) end = std::max(end, end_of(*item));
  return end;
}

RuleText::Range RuleText::tests() const {
  if (tree_.root() == nullptr || !tree_.root()->is_map()) return {};
  const auto& items = tree_.root()->items;
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (!items[i]->is_scalar() || items[i]->text != "tests") continue;
    return {items[i]->offset, i + 2 < items.size() ? items[i + 2]->offset : bytes().size()};
  }
  return {};
}

void RuleText::walk(const std::function<void(const Spot&)>& visit) const {
  const YamlNode* root = tree_.root();
  if (root == nullptr || !root->is_map()) return;
  for (std::size_t i = 0; i < root->items.size(); i += 2) {
    const YamlNode& key = *root->items[i];
    if (!key.is_scalar() || std::ranges::find(kWithoutRules, key.text) != kWithoutRules.end()) continue;
    walk({*root->items[i + 1], &key, nullptr, i / 2, std::string{key.text}, std::string{key.text}}, visit);
  }
}

void RuleText::walk(const Spot& at, const std::function<void(const Spot&)>& visit) const {
  visit(at);
  const std::vector<const YamlNode*>& items = at.node.items;
  for (std::size_t i = 0; at.node.is_map() && i < items.size(); i += 2) {
    if (!items[i]->is_scalar()) continue;
    const std::string path = at.path + "." + std::string{items[i]->text};
    // Two keys name what belongs to no item of a list: "severity.map".
    walk({*items[i + 1], items[i], &at, i / 2, path, at.parent == nullptr ? path : at.rule, at.in_item}, visit);
  }
  for (std::size_t i = 0; at.node.is_sequence() && i < items.size(); ++i) {
    const std::string_view id = id_of(*items[i]);
    const std::string path = at.path + "." + (id.empty() ? std::to_string(i) : std::string{id});
    const bool begins = !at.in_item && items[i]->is_map();
    const std::string own = id.empty() ? path : std::string{id};
    walk({*items[i], nullptr, &at, i, path, begins ? own : at.rule, at.in_item || begins}, visit);
  }
}

}  // namespace tocsin::rules
