#include "rules/index/index_memo.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include <re2/re2.h>

#include "rules/expressions/expression_impl.h"
#include "rules/index/predicate_column.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kEntriesAtFirst = 64;
constexpr std::size_t kMetSlots = 2048;

void set_bit(std::uint64_t* bits, std::uint32_t at) { bits[at / 64] |= std::uint64_t{1} << (at % 64); }
void clear_bit(std::uint64_t* bits, std::uint32_t at) { bits[at / 64] &= ~(std::uint64_t{1} << (at % 64)); }

}  // namespace

IndexMemo::IndexMemo(const PredicateIndex& index)
    : index_(&index),
      columns_(index.columns_.size()),
      current_(index.columns_.size()),
      work_(index.words()),
      // However large the index is, a column for each place finds room.
      bytes_max_(std::max(kBytesMax, 8 * index.columns_.size() * index.words() * sizeof(std::uint64_t))) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const PredicateIndex::Column& column = index.columns_[i];
    if (column.only_constants()) {
      columns_[i].of_posting.resize(column.postings.size());
    } else {
      columns_[i].entries.resize(kEntriesAtFirst);
    }
    matched_.reserve(std::max(matched_.capacity(), column.patterns.size()));
  }
}

void IndexMemo::resolve(std::size_t column, const Facts& facts, Arena& scratch) {
  if (bytes_used_ > bytes_max_) {
    forget();
    // What others point to was forgotten with it.
    for (std::size_t i = 0; i < current_.size(); ++i) current_[i] = bits_for(i, facts, scratch);
    return;
  }
  current_[column] = bits_for(column, facts, scratch);
}

IndexMemo::Bits IndexMemo::bits_for(std::size_t column, const Facts& facts, Arena& scratch) {
  const PredicateIndex::Column& of = index_->columns_[column];
  std::uint64_t number = 0;
  const std::string_view value = value_at(of.place, facts, number);
  OfColumn& known = columns_[column];
  if (value.empty()) {
    if (known.empty.words == nullptr) known.empty = make(of, value, facts, scratch);
    return known.empty;
  }
  if (known.entries.empty()) {
    const auto posting = of.constants.find(value);
    if (posting == of.constants.end()) return base_of(of);
    Bits& bits = known.of_posting[posting->second];
    if (bits.words == nullptr) bits = make(of, value, facts, scratch);
    return bits;
  }
  return remembered(column, value, facts, scratch);
}

IndexMemo::Bits IndexMemo::remembered(std::size_t column, std::string_view value, const Facts& facts, Arena& scratch) {
  OfColumn& known = columns_[column];
  if (known.last.value == value) return known.last.bits;
  const std::size_t hash = TextHash{}(value);
  const std::size_t mask = known.entries.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Entry& entry = known.entries[at];
    if (entry.is_free()) break;
    if (entry.hash == hash && entry.value == value) return (known.last = entry).bits;
  }
  const PredicateIndex::Column& of = index_->columns_[column];
  if (!was_met(column, hash)) {
    work_out(of, value, facts, scratch);
    return lend_work(of, known);
  }
  const Bits bits = make(of, value, facts, scratch);
  char* const copy = keep(value.size());
  std::memcpy(copy, value.data(), value.size());
  if (4 * (known.used + 1) > 3 * known.entries.size()) {
    std::vector<Entry> smaller(2 * known.entries.size());
    smaller.swap(known.entries);
    bytes_used_ += smaller.size() * sizeof(Entry);
    known.used = 0;
    for (const Entry& entry : smaller) {
      if (!entry.is_free()) insert(known, entry);
    }
  }
  known.last = {hash, {copy, value.size()}, bits};
  insert(known, known.last);
  return bits;
}

void IndexMemo::insert(OfColumn& of, const Entry& entry) {
  const std::size_t mask = of.entries.size() - 1;
  std::size_t at = entry.hash & mask;
  while (!of.entries[at].is_free()) at = (at + 1) & mask;
  of.entries[at] = entry;
  ++of.used;
}

bool IndexMemo::was_met(std::size_t column, std::size_t hash) {
  if (met_.empty()) met_.resize(kMetSlots);
  const std::size_t at = hash + column * 97;
  const auto tag = static_cast<std::uint32_t>(hash >> 32 | 1);
  return std::exchange(met_[at % kMetSlots], tag) == tag;
}

IndexMemo::Bits IndexMemo::make(const PredicateIndex::Column& column, std::string_view value, const Facts& facts,
                                Arena& scratch) {
  work_out(column, value, facts, scratch);
  return keep_work(column);
}

void IndexMemo::work_out(const PredicateIndex::Column& column, std::string_view value, const Facts& facts,
                         Arena& scratch) {
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
  bytes_.clear();
  bytes_used_ = 0;
  for (OfColumn& of : columns_) {
    of.empty = {};
    of.used = 0;
    of.last = {};
    std::ranges::fill(of.of_posting, Bits{});
    std::ranges::fill(of.entries, Entry{});
  }
}

Walk::Walk(const PredicateIndex& index, IndexMemo& memo, const Facts& facts, Arena& scratch)
    : index_(index), memo_(memo), facts_(facts), scratch_(scratch) {
  for (std::size_t i = 0; i < index.columns_.size(); ++i) memo.resolve(i, facts, scratch);
  if (index.words() == 0) return;
  words_left_ = possible_words(0) & ~std::uint64_t{1};
  left_ = possible(0);
}

std::uint64_t Walk::possible(std::size_t word) const {
  std::uint64_t bits = index_.all_[word];
  for (IndexMemo::Bits& column : memo_.current_) {
    while (column.patches->word < word) ++column.patches;
    bits &= column.patches->word == word ? column.patches->bits : column.words[word];
    if (bits == 0) break;
  }
  return bits;
}

std::uint64_t Walk::possible_words(std::size_t summary_word) const {
  std::uint64_t bits = index_.always_[summary_word];
  for (const IndexMemo::Bits& column : memo_.current_) bits |= column.summary[summary_word];
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

std::uint32_t Walk::next() {
  for (;;) {
    while (left_ == 0) {
      if (!to_next_word()) return kEnd;
    }
    const auto bit = static_cast<std::uint32_t>(std::countr_zero(left_));
    left_ &= left_ - 1;
    const std::size_t condition = word_ * 64 + bit;
    const std::uint32_t rule = index_.rules_[condition];
    if (rule == last_) continue;  // in another way too
    const bool decided = ((index_.decided_[word_] >> bit) & 1) != 0;
    if (!decided && !memo_.conditions_.holds(index_.conditions_[condition], facts_, scratch_)) continue;
    after_ = bit == 63 ? 0 : ~std::uint64_t{0} << (bit + 1);
    last_ = rule;
    return rule;
  }
}

void Walk::resolve_again(std::uint32_t column) {
  memo_.resolve(column, facts_, scratch_);
  left_ = possible(word_) & after_;
  // What was passed over before may be possible now, but lies behind.
  const std::size_t bit = word_ % 64;
  const std::uint64_t later = bit == 63 ? 0 : ~std::uint64_t{0} << (bit + 1);
  words_left_ = possible_words(word_ / 64) & later;
}

}  // namespace tocsin::rules
