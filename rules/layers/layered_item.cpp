#include "rules/layers/layered_item.h"

#include <string>

namespace tocsin::rules {
namespace {

constexpr std::size_t kEntriesMax = 2 * 64;
/// What is longer is no expression any more; the compiler says so.
constexpr std::size_t kConditionBytesMax = 64 * 1024;

std::size_t place_of(const std::vector<const YamlNode*>& entries, std::string_view key) {
  std::size_t i = 0;
  while (i < entries.size() && !(entries[i]->is_scalar() && entries[i]->text == key)) i += 2;
  return i;
}

/// Conditions that are joined, in brackets where that matters. A line end before each bracket ends a comment.
class JoinedText {
 public:
  void add(Join join, std::string_view part) {
    if (count_ > 1 && join != join_) text_ = "(" + text_ + ")";
    if (count_ > 0) text_ += join == Join::both ? " && " : " || ";
    text_.append("(").append(part).append("\n)");
    join_ = join;
    ++count_;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  Join join_ = Join::both;
  std::size_t count_ = 0;
};

}  // namespace

const YamlNode* LayeredItem::value(std::string_view key) const {
  const auto& entries = entries_.empty() ? original_->items : entries_;
  const std::size_t at = place_of(entries, key);
  return at < entries.size() ? entries[at + 1] : nullptr;
}

void LayeredItem::detach() {
  if (entries_.empty()) entries_ = original_->items;
}

bool LayeredItem::replace(const YamlNode& key, const YamlNode& value) {
  detach();
  std::erase_if(joined_, [&](const Joined& joined) { return joined.key->text == key.text; });
  const std::size_t at = place_of(entries_, key.text);
  if (at < entries_.size()) {
    entries_[at + 1] = &value;
    return true;
  }
  if (entries_.size() >= kEntriesMax) return false;
  entries_.push_back(&key);
  entries_.push_back(&value);
  return true;
}

void LayeredItem::join(const YamlNode& key, Join join, const YamlNode& part) {
  for (Joined& joined : joined_) {
    if (joined.key->text == key.text) return joined.parts.push_back({join, &part});
  }
  joined_.push_back({&key, {{join, &part}}});
}

void LayeredItem::put_condition(std::vector<const YamlNode*>& entries, const YamlNode& key, std::vector<Part> parts,
                                MadeNodes& made) const {
  const std::size_t at = place_of(entries, key.text);
  const YamlNode* own = at < entries.size() ? entries[at + 1] : nullptr;
  if (own != nullptr && !own->is_scalar()) return;  // wrong as it is, and that will be said
  JoinedText text;
  std::vector<const YamlNode*> pieces;
  if (own != nullptr) {
    text.add(Join::both, own->text);
    pieces.push_back(own);
  } else if (!parts.empty() && parts.front().join == Join::either) {
    text.add(Join::both, "true");  // without a condition it holds always
  }
  for (const auto& [join, part] : parts) {
    pieces.push_back(part);
    if (text.text().size() <= kConditionBytesMax) text.add(join, part->text);
  }
  YamlNode& node = made.text(text.text(), *pieces.front());
  node.items = std::move(pieces);
  if (at < entries.size()) {
    entries[at + 1] = &node;
  } else {
    entries.push_back(&key);
    entries.push_back(&node);
  }
}

const YamlNode& LayeredItem::finish(MadeNodes& made) const {
  if (entries_.empty() && joined_.empty() && filters_.empty()) return *original_;
  YamlNode& node = made.copy(*original_);
  if (!entries_.empty()) node.items = entries_;
  std::vector<Part> of_when;
  const YamlNode* key_of_when = nullptr;
  for (const auto& [key, parts] : joined_) {
    if (key->text == "when") {
      key_of_when = key;
      of_when = parts;
    } else {
      put_condition(node.items, *key, parts, made);
    }
  }
  for (const YamlNode* condition : filters_) of_when.push_back({Join::both, condition});
  if (of_when.empty()) return node;
  if (key_of_when == nullptr) key_of_when = &made.text("when", *original_);
  put_condition(node.items, *key_of_when, std::move(of_when), made);
  return node;
}

}  // namespace tocsin::rules
