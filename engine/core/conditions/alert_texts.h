#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/canonical.h"
#include "engine/core/conditions/text_pool.h"
#include "engine/model/field.h"
#include "engine/model/label.h"
#include "rules/expressions/facts.h"

namespace tocsin {

/// The texts of an alert that the shard remembers. What it has in common with others lies in a pool, with which it
/// shares it; the rest lies in one block of its own. A field that a rule took from a label or an annotation as it
/// stands is there once.
class AlertTexts {
 public:
  AlertTexts() = default;
  /// Copies all texts of `facts`, into the pool and blocks of it; without one into a block of its own. The pool
  /// outlives it.
  explicit AlertTexts(const rules::Facts& facts, TextPool* pool = nullptr);
  AlertTexts(AlertTexts&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  AlertTexts& operator=(AlertTexts&& other) noexcept {
    AlertTexts(std::move(other)).swap(*this);
    return *this;
  }
  ~AlertTexts() {
    if (block_ != nullptr) give_back();
  }
  void swap(AlertTexts& other) noexcept { std::swap(block_, other.block_); }

  std::string_view operator[](Field field) const;

  std::size_t label_count() const { return block_ == nullptr ? 0 : head().labels; }
  std::size_t annotation_count() const { return block_ == nullptr ? 0 : head().pairs - head().labels; }
  /// In order of name; `i` below the count.
  Label label(std::size_t i) const { return pair(i); }
  Label annotation(std::size_t i) const { return pair(label_count() + i); }
  /// "" when there is none.
  std::string_view label_value(std::string_view name) const;
  /// All of them, as spans have them; valid until this is assigned to or ends. What was in the vectors is replaced.
  void list(std::vector<Label>& labels, std::vector<Label>& annotations) const;
  /// All fields, by Field.
  void list(std::array<std::string_view, kFieldCount>& texts) const;

 private:
  /// What a block begins with. Behind it are numbers of texts: of the names, where the pool has them not; of the
  /// values; of the fields that are there. Behind these the texts of its own, each with its length.
  struct Head {
    TextPool* pool;
    std::uint32_t number;  // of the block in the pool; kNoSlot: it is of the system
    std::uint32_t bytes;
    TextPool::Id names;   // kNone: the block has them
    std::uint32_t there;  // which fields, a bit each
    std::uint16_t labels;
    std::uint16_t pairs;
  };
  static constexpr std::size_t kHeadBytes = offsetof(Head, pairs) + sizeof(std::uint16_t);
  /// Of a text in the block: this, and where it begins behind the numbers. Else it is one of the pool.
  static constexpr std::uint32_t kOwn = 0x8000'0000;
  class Maker;

  const Head& head() const { return *reinterpret_cast<const Head*>(block_); }
  const std::uint32_t* ids() const { return reinterpret_cast<const std::uint32_t*>(block_ + kHeadBytes); }
  std::size_t name_count() const { return head().names == TextPool::kNone ? head().pairs : 0; }
  std::size_t id_count() const;
  std::string_view text(std::uint32_t id) const;
  std::string_view name(std::size_t i) const;
  Label pair(std::size_t i) const { return {name(i), text(ids()[name_count() + i])}; }
  void give_back();

  char* block_ = nullptr;
};

/// In canonical bytes.
void write_texts(CanonicalWriter& out, const AlertTexts& texts);
AlertTexts read_texts(CanonicalReader& in, TextPool* pool = nullptr);

/// It says that it is an exercise: a label or annotation `drill` that is "true", or the source `drill`.
bool is_drill(const AlertTexts& texts);

}  // namespace tocsin
