#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/model/arena.h"
#include "rules/expressions/expression.h"
#include "rules/expressions/fact_numbers.h"
#include "rules/expressions/facts.h"

namespace tocsin::rules {

/// What a thread remembers of values of expressions: what an expression gave for the values that it reads. It decides
/// how fast answers come, never which: an expression depends on nothing but what it reads and its rule set, so what is
/// read alike gives alike. For each shape of alerts an expression is planned once: of what is not there it reads
/// nothing, a choice of labels is the first that is there, and what reads nothing else is a constant of the shape. Not
/// remembered is what costs less than a look-up, what reads more than places with few values (an instant, all labels, a
/// count), and what calls the host. Remembered is only what is met a second time: values that never come again (a pod's
/// name) have no number, are worked out and take no room. Bounded: when it is full, everything is forgotten. One thread
/// at a time; the expressions must outlive it.
class ValueMemo {
 public:
  /// Numbers of its own.
  explicit ValueMemo(std::size_t bytes_max = kBytesMax);
  /// `numbers` must outlive it.
  explicit ValueMemo(FactNumbers& numbers, std::size_t bytes_max = kBytesMax);

  static constexpr std::size_t kBytesMax = 4 << 20;

  /// Between two alerts, for who was given numbers: what is too much is forgotten, and what has other numbers now.
  void make_room();

  // As the expression's own. A text that is a part of what was read is a part of what `facts` has there; others lie in
  // `scratch`, or where the numbers know the facts, here until make_room().
  std::optional<FactNumbers::Numbered> numbered_text(const Expression& expression, const Facts& facts, Arena& scratch);
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
    std::uint32_t text_number = FactNumbers::kUnknown;
    const char* built = nullptr;  // the text is no part of what was read
    std::int64_t number = 0;
  };
  /// How an expression is answered for alerts of a shape.
  struct Plan {
    enum class Way : std::uint8_t {
      evaluate,
      same,  // it depends on nothing that differs within the shape
      copy,  // it is what is read
      remember,
    };
    const Expression::Impl* of = nullptr;  // nullptr: free
    std::uint32_t shape = 0;
    Question question{};
    Way way = Way::evaluate;
    std::uint32_t first = 0;  // of its readings
    std::uint32_t count = 0;
    Result same{};
  };
  struct Entry {
    std::uint64_t hash = 0;
    const std::uint32_t* key = nullptr;  // nullptr: free; the plan, then a number for each reading
    Result result;
  };

  Plan& plan_for(const Expression::Impl& of, Question question, const Facts& facts, Arena& scratch);
  Plan make_plan(const Expression::Impl& of, Question question, const Facts& facts, Arena& scratch);
  bool plan_choice(const Expression::Impl& of, Plan& plan);
  static Result evaluate(const Expression::Impl& of, Question question, const Facts& facts, Arena& scratch);
  FactNumbers::Numbered give(Result& result, const Facts& facts, Arena& scratch);
  static std::size_t hash_of(const Expression::Impl& of, std::uint32_t shape);

  /// Reads what the plan reads into read_, and gives what is remembered for it.
  Result* find(const Plan& plan, const Facts& facts);
  /// After a find() that found nothing.
  void remember(const Plan& plan, Result result);
  Result part_or_copy(const Plan& plan, std::string_view text);
  void insert(const Entry& entry);
  Plan& insert(const Plan& plan);
  void forget();
  std::string_view keep(std::string_view text);

  std::unique_ptr<FactNumbers> own_numbers_;
  FactNumbers* numbers_;
  std::uint32_t generation_ = 0;  // of the numbers
  std::size_t bytes_max_;
  std::vector<Plan> plans_;  // open addressing, a power of two
  std::size_t plans_used_ = 0;
  std::vector<Reading> readings_;    // of plans
  std::vector<Entry> entries_;       // open addressing, a power of two
  std::vector<std::uint32_t> seen_;  // tags of what was met once, by hash
  std::size_t used_ = 0;
  Arena bytes_;
  std::size_t bytes_used_ = 0;
  std::uint64_t found_ = 0;
  std::uint64_t forgotten_ = 0;
  // Of the look-up in hand.
  std::uint64_t hash_ = 0;
  bool is_worth_keeping_ = false;
  std::vector<FactNumbers::Numbered> read_;  // of the readings, in order
  std::vector<std::uint64_t> borrowed_;      // what they borrow where it is no text
};

}  // namespace tocsin::rules
