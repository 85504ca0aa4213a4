#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/core/canonical.h"
#include "engine/model/field.h"
#include "engine/model/label.h"
#include "rules/expressions/facts.h"

namespace tocsin {

/// The texts of an alert that the shard remembers, in one block of their own. A field that a rule took from a label or
/// an annotation, whole or a part of it, shares its bytes: most do.
class AlertTexts {
 public:
  AlertTexts() = default;
  /// Copies all texts of `facts`.
  explicit AlertTexts(const rules::Facts& facts);

  std::string_view operator[](Field field) const;

  std::size_t label_count() const { return label_count_; }
  std::size_t annotation_count() const { return pair_count_ - label_count_; }
  /// In order of name; `i` below the count.
  Label label(std::size_t i) const { return pair(i); }
  Label annotation(std::size_t i) const { return pair(label_count_ + i); }
  /// "" when there is none.
  std::string_view label_value(std::string_view name) const;
  /// All of them, as spans have them; valid until this is assigned to or ends. What was in the vectors is replaced.
  void list(std::vector<Label>& labels, std::vector<Label>& annotations) const;

 private:
  Label pair(std::size_t i) const;
  std::size_t place_of(std::size_t field) const;
  const std::uint32_t* ends() const;
  const char* bytes() const;

  // First which fields are there, a bit each, and for each of these where its text begins and ends; then for each label
  // and annotation where its name and its value end, each after the one before; then the bytes.
  std::unique_ptr<std::uint32_t[]> block_;
  std::uint32_t label_count_ = 0;
  std::uint32_t pair_count_ = 0;
};

/// In canonical bytes.
void write_texts(CanonicalWriter& out, const AlertTexts& texts);
AlertTexts read_texts(CanonicalReader& in);

/// It says that it is an exercise: a label or annotation `drill` that is "true", or the source `drill`.
bool is_drill(const AlertTexts& texts);

}  // namespace tocsin
