#include "rules/index/index_memo.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include <re2/re2.h>

#include "engine/model/check.h"
#include "rules/expressions/expression_impl.h"
#include "rules/index/predicate_column.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kEntriesAtFirst = 64;

/// Spreads numbers, which nobody outside chooses.
std::size_t slot_of(std::uint32_t number) { return number * std::size_t{0x9E3779B97F4A7C15U} >> 32U; }

void set_bit(std::uint64_t* bits, std::uint32_t at) { bits[at / 64] |= std::uint64_t{1} << (at % 64); }
void clear_bit(std::uint64_t* bits, std::uint32_t at) { bits[at / 64] &= ~(std::uint64_t{1} << (at % 64)); }

}  // namespace

IndexMemo::IndexMemo(const PredicateIndex& index, FactNumbers& numbers)
    : index_(&index),
      numbers_(&numbers),
      generation_(numbers.generation()),
      columns_(index.columns_.size()),
      work_(index.words()),
      conditions_(numbers, kConditionBytesMax),
      // However large the index is, a column for each place finds room.
      bytes_max_(std::max(kBytesMax, 8 * index.columns_.size() * index.words() * sizeof(std::uint64_t))) {
  current_.reserve(columns_.size());
  untested_.reserve(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const PredicateIndex::Column& column = index.columns_[i];
    if (column.only_constants()) columns_[i].of_posting.resize(column.postings.size());
    matched_.reserve(std::max(matched_.capacity(), column.patterns.size()));
  }
}

IndexMemo::IndexMemo(const PredicateIndex& index) : IndexMemo(index, *new FactNumbers) { own_numbers_.reset(numbers_); }

void IndexMemo::begin(const Facts& facts, Arena& scratch) {
  if (own_numbers_ != nullptr) own_numbers_->make_room();
  conditions_.make_room();
  if (bytes_used_ > bytes_max_ || generation_ != numbers_->generation()) [[unlikely]]
    forget();
  shape_ = &shape_for(facts, scratch);
  current_.resize(shape_->live.size());
  untested_.clear();
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < current_.size(); ++i) {
    const Live& of = shape_->live[i];
    take(i, bits_for(of.column, numbers_->read(of.reading, facts, bytes), facts, scratch));
  }
}

void IndexMemo::take(std::uint32_t live, const Bits& bits) {
  current_[live] = {bits, bits.patches};
  if (bits.untested && std::ranges::find(untested_, live) == untested_.end()) untested_.push_back(live);
}

bool IndexMemo::resolve(std::uint32_t live, const Facts& facts, Arena& scratch) {
  TOCSIN_CHECK(generation_ == numbers_->generation(), "nothing is numbered anew in the middle of a walk");
  const Live& of = shape_->live[live];
  std::uint64_t bytes = 0;
  const Bits bits = bits_for(of.column, numbers_->read(of.reading, facts, bytes), facts, scratch);
  const Current& current = current_[live];
  // What is lent lies where it lay, whatever it says.
  const bool is_same = bits.words == current.bits.words && bits.patches == current.bits.patches &&
                       bits.untested == current.bits.untested && bits.words != columns_[of.column].lent.data();
  if (!is_same) take(live, bits);
  return !is_same;
}

IndexMemo::OfShape& IndexMemo::shape_for(const Facts& facts, Arena& scratch) {
  const std::uint32_t number = numbers_->shape_of(facts);
  if (number >= shapes_.size()) shapes_.resize(number + 1);
  OfShape& of = shapes_[number];
  if (of.is_made) return of;
  of = {};
  of.is_made = true;
  of.possible = index_->all_;
  of.summary = index_->always_;
  of.place_of.resize(columns_.size(), kNoColumn);
  for (std::uint32_t i = 0; i < columns_.size(); ++i) {
    const PredicateIndex::Column& column = index_->columns_[i];
    if (const auto reading = numbers_->reading(number, column.place)) {
      of.place_of[i] = static_cast<std::uint32_t>(of.live.size());
      of.live.push_back({i, *reading});
      continue;
    }
    work_out(column, {}, true, facts, scratch);
    for (std::size_t word = 0; word < work_.size(); ++word) of.possible[word] &= work_[word];
    lead_.resize(index_->summary_words());
    sum_up(column, lead_.data());
    for (std::size_t word = 0; word < lead_.size(); ++word) of.summary[word] |= lead_[word];
  }
  bytes_used_ += of.live.size() * sizeof(Live) + of.place_of.size() * sizeof(std::uint32_t) +
                 (of.possible.size() + of.summary.size()) * sizeof(std::uint64_t);
  return of;
}

IndexMemo::Bits IndexMemo::bits_for(std::uint32_t column, const FactNumbers::Numbered& value, const Facts& facts,
                                    Arena& scratch) {
  const PredicateIndex::Column& of = index_->columns_[column];
  OfColumn& known = columns_[column];
  if (value.number == FactNumbers::kEmpty) {
    if (known.empty.words == nullptr) known.empty = make(of, value.text, facts, scratch);
    return known.empty;
  }
  if (value.number == FactNumbers::kUnknown) {
    if (of.only_constants()) {
      const auto posting = of.constants.find(value.text);
      if (posting == of.constants.end()) return base_of(of);
      Bits& bits = known.of_posting[posting->second];
      if (bits.words == nullptr) bits = make(of, value.text, facts, scratch);
      return bits;
    }
    work_out(of, value.text, false, facts, scratch);
    Bits bits = lend_work(of, known);
    bits.untested = !of.tests.empty();
    return bits;
  }
  if (!known.entries.empty()) {
    const std::size_t mask = known.entries.size() - 1;
    for (std::size_t at = slot_of(value.number) & mask;; at = (at + 1) & mask) {
      const Entry& entry = known.entries[at];
      if (entry.number == value.number) return entry.bits;
      if (entry.number == FactNumbers::kUnknown) break;
    }
  }
  const Bits bits = make(of, value.text, facts, scratch);
  if (4 * (known.used + 1) > 3 * known.entries.size()) {
    std::vector<Entry> smaller(known.entries.empty() ? kEntriesAtFirst : 2 * known.entries.size());
    smaller.swap(known.entries);
    bytes_used_ += smaller.size() * sizeof(Entry);
    known.used = 0;
    for (const Entry& entry : smaller) {
      if (entry.number != FactNumbers::kUnknown) insert(known, entry);
    }
  }
  insert(known, {value.number, bits});
  return bits;
}

void IndexMemo::insert(OfColumn& of, const Entry& entry) {
  const std::size_t mask = of.entries.size() - 1;
  std::size_t at = slot_of(entry.number) & mask;
  while (of.entries[at].number != FactNumbers::kUnknown) at = (at + 1) & mask;
  of.entries[at] = entry;
  ++of.used;
}

IndexMemo::Bits IndexMemo::make(const PredicateIndex::Column& column, std::string_view value, const Facts& facts,
                                Arena& scratch) {
  work_out(column, value, true, facts, scratch);
  return keep_work(column);
}

void IndexMemo::work_out(const PredicateIndex::Column& column, std::string_view value, bool with_tests,
                         const Facts& facts, Arena& scratch) {
  using Posting = PredicateIndex::Column::Posting;
  using Test = PredicateIndex::Column::Test;
  ++made_;
  std::ranges::copy(column.base, work_.begin());
  std::uint64_t* const bits = work_.data();
  const auto each_hit = [&](auto&& visit) {
    if (const auto hit = column.constants.find(value); hit != column.constants.end()) {
      visit(column.postings[hit->second]);
    }
    for (const std::size_t length : column.prefix_lengths) {
      if (length > value.size()) break;
      const auto hit = column.prefixes.find(value.substr(0, length));
      if (hit != column.prefixes.end()) visit(column.postings[hit->second]);
    }
    for (const int hit : matched_) visit(column.patterns[static_cast<std::size_t>(hit)].posting);
  };
  const auto holds = [&](const Test& test) {
    return test.expression.impl()->conjunct_holds(test.conjunct, facts, scratch);
  };
  matched_.clear();
  if (column.set != nullptr) {
    RE2::Set::ErrorInfo error{};
    if (!column.set->Match({value.data(), value.size()}, &matched_, &error) && error.kind != RE2::Set::kNoError) {
      matched_.clear();
      for (std::size_t i = 0; i < column.patterns.size(); ++i) {
        const auto& pattern = column.patterns[i];
        if (holds(pattern.test) != pattern.negated) matched_.push_back(static_cast<int>(i));
      }
    }
  }
  // All that opens before all that closes: a rule needs both to agree.
  each_hit([&](const Posting& posting) {
    for (const std::uint32_t rule : posting.opens) set_bit(bits, rule);
  });
  each_hit([&](const Posting& posting) {
    for (const std::uint32_t rule : posting.closes) clear_bit(bits, rule);
  });
  if (!with_tests) return;
  for (const Test& test : column.tests) {
    if (holds(test)) continue;
    for (const std::uint32_t rule : test.rules) clear_bit(bits, rule);
  }
}

IndexMemo::Bits IndexMemo::base_of(const PredicateIndex::Column& column) {
  return {column.base.data(), &kNoPatch, column.base_summary.data()};
}

IndexMemo::Bits IndexMemo::lend_work(const PredicateIndex::Column& column, OfColumn& of) {
  if (work_ == column.base) return base_of(column);
  of.lent = work_;
  of.lent_summary.resize(index_->summary_words());
  sum_up(column, of.lent_summary.data());
  return {of.lent.data(), &kNoPatch, of.lent_summary.data()};
}

IndexMemo::Bits IndexMemo::keep_work(const PredicateIndex::Column& column) {
  const std::vector<std::uint64_t>& base = column.base;
  std::size_t changed = 0;
  for (std::size_t i = 0; i < base.size(); ++i) changed += work_[i] != base[i] ? 1U : 0U;
  if (changed == 0) return base_of(column);
  if (changed > base.size() / 4) {
    auto* const words = keep_room<std::uint64_t>(base.size());
    std::ranges::copy(work_, words);
    return {words, &kNoPatch, keep_summary(column)};
  }
  auto* const patches = keep_room<Patch>(changed + 1);
  Patch* next = patches;
  for (std::uint32_t i = 0; i < base.size(); ++i) {
    if (work_[i] != base[i]) *next++ = {i, work_[i]};
  }
  *next = kNoPatch;
  return {base.data(), patches, keep_summary(column)};
}

const std::uint64_t* IndexMemo::keep_summary(const PredicateIndex::Column& column) {
  auto* const summary = keep_room<std::uint64_t>(index_->summary_words());
  sum_up(column, summary);
  return summary;
}

void IndexMemo::sum_up(const PredicateIndex::Column& column, std::uint64_t* summary) const {
  std::fill_n(summary, index_->summary_words(), std::uint64_t{0});
  for (std::uint32_t i = 0; i < work_.size(); ++i) {
    if ((work_[i] & column.led[i]) != 0) set_bit(summary, i);
  }
}

template <typename T>
T* IndexMemo::keep_room(std::size_t count) {
  char* const at = keep(count * sizeof(T) + alignof(T) - 1);
  const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(at) % alignof(T);
  return reinterpret_cast<T*>(at + (misaligned == 0 ? 0 : alignof(T) - misaligned));
}

char* IndexMemo::keep(std::size_t bytes) {
  bytes_used_ += bytes;
  return bytes_.allocate(bytes);
}

void IndexMemo::forget() {
  ++forgotten_;
  generation_ = numbers_->generation();
  bytes_.clear();
  bytes_used_ = 0;
  shapes_.clear();
  for (OfColumn& of : columns_) {
    of.empty = {};
    of.used = 0;
    std::ranges::fill(of.of_posting, Bits{});
    std::ranges::fill(of.entries, Entry{});
  }
}

Walk::Walk(const PredicateIndex& index, IndexMemo& memo, const Facts& facts, Arena& scratch)
    : index_(index), memo_(memo), facts_(facts), scratch_(scratch) {
  if (index.words() == 0) return;
  memo.begin(facts, scratch);
  words_left_ = possible_words(0) & ~std::uint64_t{1};
  left_ = possible(0);
}

std::uint64_t Walk::possible(std::size_t word) const {
  std::uint64_t bits = memo_.shape_->possible[word];
  if (bits == 0) return 0;
  for (IndexMemo::Current& column : memo_.current_) {
    while (column.next->word < word) ++column.next;
    bits &= column.next->word == word ? column.next->bits : column.bits.words[word];
    if (bits == 0) break;
  }
  return bits;
}

std::uint64_t Walk::possible_words(std::size_t summary_word) const {
  std::uint64_t bits = memo_.shape_->summary[summary_word];
  for (const IndexMemo::Current& column : memo_.current_) bits |= column.bits.summary[summary_word];
  return bits;
}

bool Walk::to_next_word() {
  std::size_t of_summary = word_ / 64;
  while (words_left_ == 0) {
    if (++of_summary >= index_.summary_words()) return false;
    words_left_ = possible_words(of_summary);
  }
  word_ = of_summary * 64 + static_cast<std::size_t>(std::countr_zero(words_left_));
  words_left_ &= words_left_ - 1;
  left_ = possible(word_);
  return true;
}

/// Whether nothing is left to evaluate of a rule that all columns leave possible.
bool Walk::is_decided(std::size_t word, std::uint32_t bit) const {
  if (((index_.decided_[word] >> bit) & 1) == 0) return false;
  return std::ranges::none_of(memo_.untested_, [&](std::uint32_t live) {
    const PredicateIndex::Column& column = index_.columns_[memo_.shape_->live[live].column];
    return memo_.current_[live].bits.untested && ((column.tested[word] >> bit) & 1) != 0;
  });
}

std::uint32_t Walk::next() {
  if (has_changed_) look_again();
  for (;;) {
    while (left_ == 0) {
      if (!to_next_word()) return kEnd;
    }
    const auto bit = static_cast<std::uint32_t>(std::countr_zero(left_));
    left_ &= left_ - 1;
    const std::size_t condition = word_ * 64 + bit;
    const std::uint32_t rule = index_.rules_[condition];
    if (rule == last_) continue;  // in another way too
    if (!is_decided(word_, bit) && !memo_.conditions_.holds(index_.conditions_[condition], facts_, scratch_)) continue;
    after_ = bit == 63 ? 0 : ~std::uint64_t{0} << (bit + 1);
    last_ = rule;
    return rule;
  }
}

void Walk::wrote_column(std::uint32_t column) {
  if (column == PredicateIndex::kNoColumn) return;
  const std::uint32_t live = memo_.shape_->place_of[column];
  TOCSIN_CHECK(live != IndexMemo::kNoColumn, "what rules write may have a value in every shape");
  has_changed_ |= memo_.resolve(live, facts_, scratch_);
}

void Walk::look_again() {
  has_changed_ = false;
  left_ = possible(word_) & after_;
  // What was passed over before may be possible now, but lies behind.
  const std::size_t bit = word_ % 64;
  const std::uint64_t later = bit == 63 ? 0 : ~std::uint64_t{0} << (bit + 1);
  words_left_ = possible_words(word_ / 64) & later;
}

}  // namespace tocsin::rules
