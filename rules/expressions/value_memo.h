#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/model/arena.h"
#include "rules/expressions/expression.h"
#include "rules/expressions/facts.h"

namespace tocsin::rules {

/// What a thread remembers of values of expressions: what an expression gave for the values that it reads. It decides
/// how fast answers come, never which: an expression depends on nothing but what it reads and its rule set, so what is
/// read alike gives alike. Not remembered is what costs less than a look-up, what reads more than places with few
/// values (an instant, all labels, a count), and what calls the host. Remembered is only what is met a second time:
/// values that never come again (a pod's name) are worked out and take no room. Bounded: when it is full, everything is
/// forgotten. One thread at a time; the expressions must outlive it.
class ValueMemo {
 public:
  explicit ValueMemo(std::size_t bytes_max = kBytesMax) : bytes_max_(bytes_max) {}

  static constexpr std::size_t kBytesMax = 4 << 20;

  // As the expression's own. A text that is a part of what was read is a part of what `facts` has there; others lie in
  // `scratch`.
  std::optional<std::string_view> text(const Expression& expression, const Facts& facts, Arena& scratch);
  std::optional<std::int64_t> integer(const Expression& expression, const Facts& facts, Arena& scratch);
  bool holds(const Expression& expression, const Facts& facts, Arena& scratch);

  /// How many values it has; how often one was found; how often everything was forgotten. For tests.
  std::size_t size() const { return used_; }
  std::uint64_t found() const { return found_; }
  std::uint64_t forgotten() const { return forgotten_; }

 private:
  static constexpr std::uint32_t kNoPlace = ~std::uint32_t{0};

  enum class Question : std::uint8_t { text, integer, holds };
  struct Result {
    bool is_there = false;           // a text or a number; of a condition: it holds
    std::uint32_t place = kNoPlace;  // the text is a part of what is read there
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    const char* built = nullptr;  // the text is no part of what was read
    std::int64_t number = 0;
  };
  struct Entry {
    std::size_t hash = 0;
    const Expression::Impl* of = nullptr;  // nullptr: free
    Question question{};
    const char* key = nullptr;
    Result result;
  };

  /// Reads what the expression reads into read_, and gives what is remembered for it.
  const Result* find(const Expression::Impl& of, Question question, const Facts& facts);
  /// After a find() that found nothing.
  void remember(const Expression::Impl& of, Result result);
  Result part_or_copy(const Expression::Impl& of, std::string_view text);
  bool is_key(const char* key, std::size_t count) const;
  const char* keep_key(std::size_t count);
  void insert(const Entry& entry);
  void forget();
  std::string_view keep(std::string_view text);

  std::size_t bytes_max_;
  std::vector<Entry> entries_;       // open addressing, a power of two
  std::vector<std::uint32_t> seen_;  // tags of what was met once, by hash
  std::size_t used_ = 0;
  Arena bytes_;
  std::size_t bytes_used_ = 0;
  std::uint64_t found_ = 0;
  std::uint64_t forgotten_ = 0;
  // Of the look-up in hand.
  std::size_t hash_ = 0;
  Question question_{};
  bool is_worth_keeping_ = false;
  std::vector<std::string_view> read_;  // of the places, in order
  std::vector<std::uint64_t> numbers_;  // what they borrow where it is no text
};

}  // namespace tocsin::rules
