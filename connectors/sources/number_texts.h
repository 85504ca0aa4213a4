#pragma once

#include <string_view>
#include <vector>

#include <simdjson.h>

namespace tocsin {

/// The numbers of a document as they were written: 4.20 stays 4.20 and never passes through a double. The document tree
/// has no texts of numbers, so they are taken from the body, in its order. One thread; warm, it does not allocate.
class NumberTexts {
 public:
  /// Requires: `body` is a JSON document (it was read without a refusal) and outlives the use of its texts.
  void scan(std::string_view body);
  /// The text of the number with this place in the document, from 0.
  std::string_view operator[](std::size_t place) const { return texts_[place]; }
  std::size_t size() const { return texts_.size(); }

  /// How many numbers `value` and all below it have.
  static std::size_t count(simdjson::dom::element value);

 private:
  std::vector<std::string_view> texts_;
};

}  // namespace tocsin
