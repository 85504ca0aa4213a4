#include "engine/core/conditions/word_tally.h"

#include <algorithm>

#include "engine/model/word.h"

namespace tocsin {

void WordTally::add(std::string_view source, std::string_view word) {
  word = cut_between_characters(word, kWordBytesMax);
  auto entry =
      std::ranges::find_if(entries_, [&](const Entry& known) { return known.source == source && known.word == word; });
  if (entry == entries_.end()) {
    if (entries_.size() == kEntriesMax) {
      entry = entries_.end() - 1;
    } else {
      const bool is_last = entries_.size() == kEntriesMax - 1;
      entries_.push_back({std::string(is_last ? "other" : source), std::string(is_last ? "other" : word), 0});
      entry = entries_.end() - 1;
    }
  }
  ++entry->times;
}

}  // namespace tocsin
