#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/field.h"
#include "rules/expressions/expression.h"
#include "rules/expressions/fact_place.h"

namespace tocsin::rules {

/// The conditions of a phase, turned around: for each place that they read, which of them a value there leaves
/// possible, as a column of bits. A condition holds when its bit is set in the columns of all places and what reads
/// several places at once is true too. Constants are found in a hash, prefixes by their lengths, patterns as one set
/// for a place; everything else about one place is evaluated once for each of its values. Immutable; what is
/// remembered lies in an IndexMemo. A condition with `||` over several places is several, one for each alternative:
/// inside, a "rule" is an alternative of one.
class PredicateIndex {
 public:
  /// `conditions` in the order of their rules; empty ones hold always.
  explicit PredicateIndex(std::vector<Expression> conditions);
  ~PredicateIndex();
  PredicateIndex(PredicateIndex&&) noexcept;
  PredicateIndex& operator=(PredicateIndex&&) = delete;

  /// How many conditions it looks at: at least as many as it was given.
  std::size_t size() const { return conditions_.size(); }

 private:
  friend class IndexMemo;
  friend class Walk;
  friend class IndexBuilder;
  struct Column;

  std::size_t words() const { return all_.size(); }
  /// A summary has a bit for each word of a column.
  std::size_t summary_words() const { return (words() + 63) / 64; }

  std::vector<Expression> conditions_;
  std::vector<std::uint32_t> rules_;    // whose each is
  std::vector<std::uint64_t> all_;      // a bit for each rule
  std::vector<std::uint64_t> decided_;  // rules that the columns decide: nothing is left to evaluate
  std::vector<std::uint64_t> always_;   // summary: words with rules that no column leads to
  std::vector<Column> columns_;         // the most selective first
  /// The columns of what rules write.
  static constexpr std::uint32_t kNoColumn = ~std::uint32_t{0};
  std::array<std::uint32_t, kFieldCount> column_of_field_;
  std::uint32_t column_of_tier_ = kNoColumn;
  std::uint32_t column_of_severity_ = kNoColumn;
};

}  // namespace tocsin::rules
