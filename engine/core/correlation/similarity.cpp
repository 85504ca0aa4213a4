#include "engine/core/correlation/similarity.h"

#include <algorithm>

#include <absl/strings/ascii.h>

namespace tocsin {
namespace {

bool is_of_word(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

Words::Words(std::string_view text) {
  for (std::size_t at = 0; at < text.size() && sorted_.size() < kWordsMax;) {
    if (!is_of_word(text[at])) {
      ++at;
      continue;
    }
    std::string& word = sorted_.emplace_back();
    for (; at < text.size() && is_of_word(text[at]); ++at) {
      if (word.size() < kWordBytesMax) word += absl::ascii_tolower(static_cast<unsigned char>(text[at]));
    }
  }
  std::ranges::sort(sorted_);
}

void Words::write(CanonicalWriter& out) const {
  out.u32(static_cast<std::uint32_t>(sorted_.size()));
  for (const std::string& word : sorted_) out.text(word);
}

void Words::read(CanonicalReader& in) {
  const std::uint32_t count = in.count(4);
  for (std::uint32_t i = 0; i < count; ++i) sorted_.emplace_back(in.text());
}

Similarity::Similarity(const Words& a, const Words& b) {
  all_ = a.sorted_.size() + b.sorted_.size();
  if (all_ == 0) {
    common_ = all_ = 1;
    return;
  }
  for (auto left = a.sorted_.begin(), right = b.sorted_.begin(); left != a.sorted_.end() && right != b.sorted_.end();) {
    const int order = left->compare(*right);
    if (order == 0) common_ += 2;
    if (order <= 0) ++left;
    if (order >= 0) ++right;
  }
}

}  // namespace tocsin
