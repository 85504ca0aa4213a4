#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/model/label.h"
#include "engine/model/limits.h"

namespace tocsin {

/// The names of a section (labels or annotations) in the order of its document, once they were found good: which place
/// each has in the order of name, and which of them holds a word of a closed set. Programs write the same names in the
/// same order again and again, so this is worked out once and recognised by comparing bytes.
struct SectionShape {
  std::string names;  // one after the other, in the order of the document
  std::array<std::uint16_t, limits::kLabelsMax> ends{};
  std::array<std::uint8_t, limits::kLabelsMax> order{};  // of the document, in the order of name
  std::array<bool, limits::kLabelsMax> holds_word{};     // in the order of the document
  std::size_t count = 0;
  bool is_in_order = false;  // of name
  /// Copies of the names in the arena of the batch of that number, in the order of the document.
  std::uint64_t batch = 0;
  std::array<std::string_view, limits::kLabelsMax> copies{};

  /// Whether these names, in this order, are those of the shape.
  bool fits(std::span<const Label> section) const;
};

/// The newest shape for each number of entries: kinds of alerts that differ mostly differ in that. Bounded: about 4 KB
/// a shape, and names that are together longer than usual are not kept. One thread.
class SectionShapes {
 public:
  static constexpr std::size_t kNamesBytesMax = 2048;  // of a shape; longer ones are worked out each time

  /// Null: not seen before. Requires: 1 to limits::kLabelsMax entries.
  SectionShape* find(std::span<const Label> section);
  /// A section that was found good: no name is empty, too long, or there twice. `order` as in SectionShape.
  void note(std::span<const Label> section, std::span<const std::uint8_t> order);

 private:
  std::array<std::unique_ptr<SectionShape>, limits::kLabelsMax> shapes_;  // by the number of entries less one
};

/// A label that by its name holds a word of a closed set (a severity, a priority). Mostly it looks at no more than the
/// length of the name.
inline bool holds_word(std::string_view name) {
  return name.size() == 8 ? name == "severity" || name == "priority" : name == "level";
}

}  // namespace tocsin
