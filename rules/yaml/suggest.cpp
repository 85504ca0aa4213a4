#include "rules/yaml/suggest.h"

#include "rules/cel/suggestion.h"

namespace tocsin::rules {

std::string slip(std::string_view word, std::span<const std::string_view> candidates) {
  return cel::did_you_mean(cel::nearest(word, candidates));
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
  return cel::did_you_mean(cel::nearest_or_completion(word, candidates));
}

std::string one_of(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text.append(1, '`').append(words[i]).append(1, '`');
  }
  return text;
}

}  // namespace tocsin::rules
