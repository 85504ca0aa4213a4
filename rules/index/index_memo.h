#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/model/arena.h"
#include "rules/expressions/fact_numbers.h"
#include "rules/expressions/value_memo.h"
#include "rules/index/predicate_index.h"

namespace tocsin::rules {

/// What a thread remembers of an index: the column of each value that it met twice, and for each shape of alerts what
/// the places leave possible that such alerts do not have. It decides how fast answers come, never which. Values that
/// never come again (a pod's name) are worked out and take no room, which would be cold when it is looked at; what
/// would have to be evaluated for them is left until a rule asks for it that all else leaves possible. Bounded: when it
/// is full, everything is forgotten. One thread at a time; the index must outlive it.
class IndexMemo {
 public:
  /// Numbers of its own.
  explicit IndexMemo(const PredicateIndex& index);
  /// `numbers` must outlive it.
  IndexMemo(const PredicateIndex& index, FactNumbers& numbers);

  static constexpr std::size_t kBytesMax = 8 << 20;
  static constexpr std::size_t kConditionBytesMax = 2 << 20;

  /// Columns that were worked out; how often everything was forgotten. For tests.
  std::uint64_t made() const { return made_; }
  std::uint64_t forgotten() const { return forgotten_; }

 private:
  friend class Walk;

  /// A word of a value's column that differs from the column's base.
  struct Patch {
    std::uint32_t word;
    std::uint64_t bits;
  };
  /// The column of a value: words, and what to read instead of some of them. Most values change few words of a base
  /// that all have in common, which then stays in the cache; where they change many, the words are their own.
  struct Bits {
    const std::uint64_t* words = nullptr;    // nullptr: not known yet
    const Patch* patches = nullptr;          // in order of their words; the last has the word kNoWord
    const std::uint64_t* summary = nullptr;  // words with possible rules that are looked for in this column
    bool untested = false;                   // rules that a test of the column decides are still to be evaluated
  };
  static constexpr std::uint32_t kNoWord = ~std::uint32_t{0};
  static constexpr std::uint32_t kNoColumn = ~std::uint32_t{0};
  static constexpr Patch kNoPatch{kNoWord, 0};

  struct Entry {
    std::uint32_t number = FactNumbers::kUnknown;  // kUnknown: free
    Bits bits;
  };
  struct OfColumn {
    Bits empty;                    // of the value "", the most frequent one
    std::vector<Bits> of_posting;  // where constants alone decide
    std::vector<Entry> entries;    // by number; open addressing, a power of two
    std::size_t used = 0;
    // The column of a value that has no number, until the next is asked for.
    std::vector<std::uint64_t> lent;
    std::vector<std::uint64_t> lent_summary;
  };
  /// A column that alerts of a shape may have a value in.
  struct Live {
    std::uint32_t column = 0;
    Reading reading;
  };
  struct OfShape {
    bool is_made = false;
    std::vector<Live> live;               // in the order of columns
    std::vector<std::uint32_t> place_of;  // of each column in `live`; kNoColumn: it has none
    std::vector<std::uint64_t> possible;  // what the others leave possible
    std::vector<std::uint64_t> summary;   // words that the others lead to, or no column
  };
  /// Of a live column, for the walk in hand.
  struct Current {
    Bits bits;
    const Patch* next = nullptr;  // of its patches: the walk moves on
  };

  /// Between two walks: forgets what is too much. Then what the facts leave possible.
  void begin(const Facts& facts, Arena& scratch);
  /// Brings a live column up to the facts; false: it is as it was.
  bool resolve(std::uint32_t live, const Facts& facts, Arena& scratch);
  void take(std::uint32_t live, const Bits& bits);
  OfShape& shape_for(const Facts& facts, Arena& scratch);
  Bits bits_for(std::uint32_t column, const FactNumbers::Numbered& value, const Facts& facts, Arena& scratch);
  /// Into work_. Without tests: what they decide stays possible.
  void work_out(const PredicateIndex::Column& column, std::string_view value, bool with_tests, const Facts& facts,
                Arena& scratch);
  Bits make(const PredicateIndex::Column& column, std::string_view value, const Facts& facts, Arena& scratch);
  void insert(OfColumn& of, const Entry& entry);
  static Bits base_of(const PredicateIndex::Column& column);
  /// What lies in work_, until the column is asked for again.
  Bits lend_work(const PredicateIndex::Column& column, OfColumn& of);
  /// What lies in work_, kept.
  Bits keep_work(const PredicateIndex::Column& column);
  const std::uint64_t* keep_summary(const PredicateIndex::Column& column);
  void sum_up(const PredicateIndex::Column& column, std::uint64_t* summary) const;
  template <typename T>
  T* keep_room(std::size_t count);
  char* keep(std::size_t bytes);
  void forget();

  const PredicateIndex* index_;
  std::unique_ptr<FactNumbers> own_numbers_;
  FactNumbers* numbers_;
  std::uint32_t generation_ = 0;  // of the numbers
  std::vector<OfColumn> columns_;
  std::vector<OfShape> shapes_;  // by number
  OfShape* shape_ = nullptr;     // of the walk in hand, as the next
  std::vector<Current> current_;
  std::vector<std::uint32_t> untested_;  // live columns of which tests were left
  std::vector<std::uint64_t> work_;      // a column while it is worked out
  std::vector<std::uint64_t> lead_;      // its summary
  ValueMemo conditions_;                 // of those that columns do not decide
  Arena bytes_;
  std::size_t bytes_used_ = 0;
  std::size_t bytes_max_;
  std::vector<int> matched_;
  std::uint64_t made_ = 0;
  std::uint64_t forgotten_ = 0;
};

/// Goes through the rules of an index whose conditions hold, in their order. The facts may change between two rules, as
/// long as each change is told: the answers are those of evaluating one condition after the other.
class Walk {
 public:
  static constexpr std::uint32_t kEnd = ~std::uint32_t{0};

  Walk(const PredicateIndex& index, IndexMemo& memo, const Facts& facts, Arena& scratch);

  /// The next rule that holds; kEnd after the last.
  std::uint32_t next();

  void wrote(Field field) { wrote_column(index_.column_of_field_[static_cast<std::size_t>(field)]); }
  void wrote_tier() { wrote_column(index_.column_of_tier_); }
  void wrote_severity() { wrote_column(index_.column_of_severity_); }

 private:
  void wrote_column(std::uint32_t column);
  void look_again();
  /// To the next word that has possible rules; false at the end. It is `word_` then, with its rules in `left_`.
  bool to_next_word();
  /// Rules of the word that all columns leave possible; words with rules that the column they are looked for in does.
  std::uint64_t possible(std::size_t word) const;
  std::uint64_t possible_words(std::size_t summary_word) const;
  bool is_decided(std::size_t word, std::uint32_t bit) const;

  const PredicateIndex& index_;
  IndexMemo& memo_;
  const Facts& facts_;
  Arena& scratch_;
  std::uint32_t last_ = kEnd;  // the rule that was given last
  std::size_t word_ = 0;
  std::uint64_t left_ = 0;        // possible rules of this word that were not looked at
  std::uint64_t after_ = 0;       // its rules after the last that was
  bool has_changed_ = false;      // columns, since the last rule was given
  std::uint64_t words_left_ = 0;  // words after this one, of the same word of the summary, that were not looked at
};

}  // namespace tocsin::rules
