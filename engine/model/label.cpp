#include "engine/model/label.h"

#include <algorithm>

namespace tocsin {

std::string_view value_of(Labels labels, std::string_view name) {
  const auto found = std::ranges::lower_bound(labels, name, {}, &Label::name);
  return found != labels.end() && found->name == name ? found->value : std::string_view{};
}

bool is_label_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (name.empty() || !is_letter(name.front())) return false;
  return std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

LabelFingerprint fingerprint_of(Labels labels) {
  constexpr std::uint64_t kOffset = 14695981039346656037ULL;
  constexpr std::uint64_t kPrime = 1099511628211ULL;
  std::uint64_t hash = kOffset;
  const auto add = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
    hash = (hash ^ 0xffU) * kPrime;
  };
  for (const Label& label : labels) {
    add(label.name);
    add(label.value);
  }
  return LabelFingerprint{hash};
}

LabelSet::LabelSet(Labels labels) {
  std::size_t total = 0;
  for (const Label& label : labels) total += label.name.size() + label.value.size();
  bytes_.reserve(total);
  labels_.reserve(labels.size());
  const auto keep = [this](std::string_view text) {
    const std::size_t start = bytes_.size();
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    return std::string_view{bytes_.data() + start, text.size()};
  };
  for (const Label& label : labels) {
    const std::string_view name = keep(label.name);
    labels_.push_back({name, keep(label.value)});
  }
}

LabelSet& LabelSet::operator=(const LabelSet& other) {
  if (this != &other) *this = LabelSet(other.view());
  return *this;
}

}  // namespace tocsin
