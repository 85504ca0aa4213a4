#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/canonical.h"

namespace tocsin {

/// The words of a text, to ask how much of it another text has too. A word is a run of letters and digits (of ASCII, in
/// either case, and everything beyond it); the first kWordsMax count, of each its first kWordBytesMax.
class Words {
 public:
  static constexpr std::size_t kWordsMax = 64;
  static constexpr std::size_t kWordBytesMax = 64;

  Words() = default;
  explicit Words(std::string_view text);
  void write(CanonicalWriter& out) const;
  void read(CanonicalReader& in);

 private:
  friend class Similarity;
  std::vector<std::string> sorted_;  // a word that comes twice is there twice
};

/// What two texts have in common: words found in both, counted in both, of all words of both (the coefficient of Dice).
/// `disk full on node 3` and `disk full on node 14` are 80 per cent alike. Without any words two texts are alike.
class Similarity {
 public:
  Similarity() = default;
  Similarity(const Words& a, const Words& b);

  bool is_at_least(std::size_t percent) const { return 100 * common_ >= percent * all_; }
  /// By share.
  friend std::strong_ordering operator<=>(const Similarity& a, const Similarity& b) {
    return a.common_ * b.all_ <=> b.common_ * a.all_;
  }

 private:
  std::size_t common_ = 0;
  std::size_t all_ = 1;
};

}  // namespace tocsin
