#include "rules/index/predicate_index.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>

#include <re2/re2.h>

#include "rules/expressions/expression_impl.h"
#include "rules/index/alternatives.h"
#include "rules/index/predicate_column.h"

namespace tocsin::rules {
namespace {

using cel::Conjunct;
using Form = Conjunct::Form;

// Below it patterns are evaluated one by one: a set has a price of its own.
constexpr std::size_t kPatternsOfSetMin = 4;
constexpr std::int64_t kSetBytes = 8 << 20;
constexpr std::int64_t kSetBytesOfPattern = 16 << 10;
// A condition that costs more may run out of steps as a whole where none of its parts does; it is always evaluated.
constexpr std::uint64_t kDecidedCostMax = 100'000;
// So many conditions come from splitting at most; what is left is evaluated as it stands.
constexpr std::size_t kAlternativesMore = 5'000;

void set_bit(std::vector<std::uint64_t>& bits, std::uint32_t at) { bits[at / 64] |= std::uint64_t{1} << (at % 64); }
void clear_bit(std::vector<std::uint64_t>& bits, std::uint32_t at) {
  bits[at / 64] &= ~(std::uint64_t{1} << (at % 64));
}

bool all_texts(const Conjunct& conjunct) {
  return std::ranges::all_of(conjunct.constants, [](const cel::Value& value) { return value.is(cel::Kind::string); });
}

}  // namespace

/// Puts the columns together.
class IndexBuilder {
 public:
  explicit IndexBuilder(PredicateIndex& index) : index_(index) {}

  void add(std::uint32_t rule, const Expression& condition) {
    if (condition.empty()) return set_bit(index_.decided_, rule);
    const Expression::Impl& impl = *condition.impl();
    bool decided = impl.program().cost() < kDecidedCostMax;
    const auto conjuncts = impl.program().conjuncts();
    std::vector<const Column*> opened;
    for (std::size_t i = 0; i < conjuncts.size(); ++i) {
      const auto place = impl.place_of(conjuncts[i]);
      if (!place) {
        decided = false;
        continue;
      }
      Draft& draft = drafts_[*place];
      if (draft.column.base.empty()) {
        draft.column.place = *place;
        draft.column.base = index_.all_;
      }
      put(draft, rule, condition, i, opened);
    }
    if (decided) set_bit(index_.decided_, rule);
  }

  void finish() {
    for (auto& [place, draft] : drafts_) {
      finish_patterns(draft.column);
      auto& lengths = draft.column.prefix_lengths;
      std::ranges::sort(lengths);
      lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
      index_.columns_.push_back(std::move(draft.column));
    }
    const auto open = [](const Column& column) {
      std::size_t bits = 0;
      for (const std::uint64_t word : column.base) bits += static_cast<std::size_t>(std::popcount(word));
      return bits;
    };
    std::ranges::stable_sort(index_.columns_, {}, open);
    for (std::uint32_t i = 0; i < index_.columns_.size(); ++i) {
      const FactPlace& place = index_.columns_[i].place;
      if (place.kind == FactPlace::Kind::field) index_.column_of_field_[place.index] = i;
      if (place.kind == FactPlace::Kind::tier) index_.column_of_tier_ = i;
      if (place.kind == FactPlace::Kind::severity) index_.column_of_severity_ = i;
    }
    choose_columns();
    for (Column& column : index_.columns_) {
      if (column.tests.empty()) continue;
      column.tested.resize(index_.words());
      for (const Column::Test& test : column.tests) {
        for (const std::uint32_t rule : test.rules) set_bit(column.tested, rule);
      }
    }
  }

 private:
  using Column = PredicateIndex::Column;
  using TestKey = std::tuple<const Schema*, std::string_view>;
  struct Draft {
    Column column;
    // Equal predicates are one; keys borrow from the programs, which the index keeps.
    std::map<std::string, std::uint32_t, std::less<>> patterns;  // "!" before those negated
    std::map<TestKey, std::uint32_t> tests;
  };

  struct Lead {
    std::size_t others = ~std::size_t{0};
    Column* column = nullptr;
  };

  void put(Draft& draft, std::uint32_t rule, const Expression& condition, std::size_t number,
           std::vector<const Column*>& opened) {
    const Conjunct& conjunct = condition.impl()->program().conjuncts()[number];
    Column& column = draft.column;
    const bool keyed = conjunct.form != Form::other && column.place.is_text() && all_texts(conjunct);
    // One positive predicate of a rule opens it; a second about the same place could only close it.
    const bool again = !conjunct.negated && std::ranges::find(opened, &column) != opened.end();
    if (!keyed || again) return put_test(draft, rule, condition, number);
    if (!conjunct.negated) {
      clear_bit(column.base, rule);
      opened.push_back(&column);
    }
    const auto enter = [&](Column::Posting& posting) {
      Column::Rules& rules = conjunct.negated ? posting.closes : posting.opens;
      if (rules.empty() || rules.back() != rule) rules.push_back(rule);
    };
    if (conjunct.form == Form::matches) return enter(pattern(draft, condition, number, conjunct).posting);
    auto& keys = conjunct.form == Form::starts_with ? column.prefixes : column.constants;
    for (const cel::Value& value : conjunct.constants) {
      const auto [at, added] = keys.try_emplace(value.as_text(), static_cast<std::uint32_t>(column.postings.size()));
      if (added) {
        column.postings.emplace_back();
        if (conjunct.form == Form::starts_with) column.prefix_lengths.push_back(at->first.size());
      }
      enter(column.postings[at->second]);
    }
  }

  static void put_test(Draft& draft, std::uint32_t rule, const Expression& condition, std::size_t number) {
    const cel::Program& program = condition.impl()->program();
    const Conjunct& conjunct = program.conjuncts()[number];
    const std::string_view text = std::string_view{program.text()}.substr(conjunct.offset, conjunct.length);
    const auto [at, added] = draft.tests.try_emplace(TestKey{&condition.impl()->schema(), text},
                                                     static_cast<std::uint32_t>(draft.column.tests.size()));
    if (added) draft.column.tests.push_back({condition, number, {}});
    Column::Rules& rules = draft.column.tests[at->second].rules;
    if (rules.empty() || rules.back() != rule) rules.push_back(rule);
  }

  static Column::Pattern& pattern(Draft& draft, const Expression& condition, std::size_t number,
                                  const Conjunct& conjunct) {
    auto& patterns = draft.column.patterns;
    std::string key = conjunct.negated ? "!" : "=";
    key += conjunct.constants[0].as_text();
    const auto [at, added] = draft.patterns.try_emplace(std::move(key), static_cast<std::uint32_t>(patterns.size()));
    if (added) patterns.push_back({{condition, number, {}}, conjunct.negated, {}});
    return patterns[at->second];
  }

  static void finish_patterns(Column& column) {
    if (column.patterns.size() >= kPatternsOfSetMin) {
      RE2::Options options(RE2::Quiet);
      options.set_max_mem(kSetBytes + kSetBytesOfPattern * static_cast<std::int64_t>(column.patterns.size()));
      auto set = std::make_unique<RE2::Set>(options, RE2::UNANCHORED);
      bool good = true;
      for (const Column::Pattern& pattern : column.patterns) {
        const cel::Program& program = pattern.test.expression.impl()->program();
        const std::string_view text = program.conjuncts()[pattern.test.conjunct].constants[0].as_text();
        good = good && set->Add({text.data(), text.size()}, nullptr) >= 0;
      }
      if (good && set->Compile()) {
        column.set = std::move(set);
        return;
      }
    }
    // As tests: what is positive is possible until its test says no.
    for (Column::Pattern& pattern : column.patterns) {
      for (const std::uint32_t rule : pattern.posting.opens) set_bit(column.base, rule);
      Column::Test& test = column.tests.emplace_back(std::move(pattern.test));
      test.rules = std::move(pattern.negated ? pattern.posting.closes : pattern.posting.opens);
    }
    column.patterns.clear();
  }

  /// Each rule is looked for in one column: where the key that opens it opens the fewest others. One that no key opens
  /// is looked for where it is tested, or always.
  void choose_columns() {
    constexpr std::size_t kTested = ~std::size_t{0} - 1;
    std::vector<Lead> leads(index_.conditions_.size());
    const auto offer = [&](Column& column, const Column::Rules& rules, std::size_t others) {
      for (const std::uint32_t rule : rules) {
        if (others < leads[rule].others) leads[rule] = {others, &column};
      }
    };
    for (Column& column : index_.columns_) {
      for (const Column::Posting& posting : column.postings) offer(column, posting.opens, posting.opens.size());
      for (const Column::Pattern& pattern : column.patterns) {
        offer(column, pattern.posting.opens, pattern.posting.opens.size());
      }
      for (const Column::Test& test : column.tests) offer(column, test.rules, kTested);
    }
    for (Column& column : index_.columns_) column.led.resize(index_.words());
    index_.always_.resize(index_.summary_words());
    for (std::uint32_t rule = 0; rule < leads.size(); ++rule) {
      if (Column* const column = leads[rule].column; column != nullptr) {
        set_bit(column->led, rule);
      } else {
        set_bit(index_.always_, rule / 64);
      }
    }
    for (Column& column : index_.columns_) {
      column.base_summary.resize(index_.summary_words());
      for (std::uint32_t i = 0; i < column.base.size(); ++i) {
        if ((column.base[i] & column.led[i]) != 0) set_bit(column.base_summary, i);
      }
    }
  }

  PredicateIndex& index_;
  std::map<FactPlace, Draft> drafts_;
};

PredicateIndex::PredicateIndex(std::vector<Expression> conditions) {
  std::size_t more = 0;
  for (std::uint32_t rule = 0; rule < conditions.size(); ++rule) {
    auto ways = more < kAlternativesMore ? alternatives_of(conditions[rule]) : std::vector{conditions[rule]};
    more += ways.size() - 1;
    rules_.insert(rules_.end(), ways.size(), rule);
    conditions_.insert(conditions_.end(), std::make_move_iterator(ways.begin()), std::make_move_iterator(ways.end()));
  }
  column_of_field_.fill(kNoColumn);
  all_.resize((conditions_.size() + 63) / 64);
  decided_.resize(all_.size());
  const auto count = static_cast<std::uint32_t>(conditions_.size());
  for (std::uint32_t rule = 0; rule < count; ++rule) set_bit(all_, rule);
  IndexBuilder builder(*this);
  for (std::uint32_t rule = 0; rule < count; ++rule) builder.add(rule, conditions_[rule]);
  builder.finish();
}

PredicateIndex::~PredicateIndex() = default;
PredicateIndex::PredicateIndex(PredicateIndex&&) noexcept = default;

}  // namespace tocsin::rules
