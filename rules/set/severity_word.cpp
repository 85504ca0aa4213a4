#include "rules/set/severity_word.h"

#include <algorithm>

#include "engine/model/word.h"

namespace tocsin::rules {

FoundSeverity find_severity(const SeverityPolicy& policy, std::string_view word) {
  using Word = SeverityPolicy::Word;
  const auto exact = std::ranges::lower_bound(policy.words, word, {}, &Word::word);
  if (exact != policy.words.end() && exact->word == word) return {exact->is};
  const std::string_view trimmed = trim_blanks(word);
  const auto alike = std::ranges::find_if(
      policy.words, [&](const Word& known) { return equal_but_for_case(trim_blanks(known.word), trimmed); });
  if (alike != policy.words.end()) return {alike->is};
  return {policy.otherwise, trimmed.empty()};
}

}  // namespace tocsin::rules
