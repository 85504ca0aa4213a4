#include "rules/expressions/value_memo.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

#include <absl/hash/hash.h>

#include "rules/expressions/expression_impl.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kEntriesAtFirst = 256;
constexpr std::size_t kSeenSlots = 4096;

/// Where `part` begins in `whole`, when it lies in it.
std::optional<std::size_t> offset_in(std::string_view whole, std::string_view part) {
  const std::less_equal<const char*> not_after;
  if (!not_after(whole.data(), part.data())) return std::nullopt;
  if (!not_after(part.data() + part.size(), whole.data() + whole.size())) return std::nullopt;
  return static_cast<std::size_t>(part.data() - whole.data());
}

}  // namespace

const ValueMemo::Result* ValueMemo::find(const Expression::Impl& of, Question question, const Facts& facts) {
  const std::vector<FactPlace>& places = of.places();
  const std::size_t count = places.size();
  if (read_.size() < count) {
    read_.resize(count);
    numbers_.resize(count);
  }
  // The place of the expression in memory spreads the entries; what is found does not depend on it.
  // Seeded by the process, so that nobody can choose texts that collide.
  hash_ = absl::HashOf(&of, question);
  question_ = question;
  for (std::size_t i = 0; i < count; ++i) {
    read_[i] = value_at(places[i], facts, numbers_[i]);
    hash_ = absl::HashOf(hash_, read_[i]);
  }
  if (!entries_.empty()) {
    const std::size_t mask = entries_.size() - 1;
    for (std::size_t slot = hash_ & mask; entries_[slot].of != nullptr; slot = (slot + 1) & mask) {
      const Entry& entry = entries_[slot];
      if (entry.hash != hash_ || entry.of != &of || entry.question != question || !is_key(entry.key, count)) continue;
      ++found_;
      return &entry.result;
    }
  }
  if (seen_.empty()) seen_.resize(kSeenSlots);
  const auto tag = static_cast<std::uint32_t>(hash_ >> 32 | 1);
  is_worth_keeping_ = std::exchange(seen_[hash_ % kSeenSlots], tag) == tag;
  return nullptr;
}

/// bytes of a key: ([length u32][value])…
bool ValueMemo::is_key(const char* key, std::size_t count) const {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t size = 0;
    std::memcpy(&size, key, sizeof size);
    key += sizeof size;
    if (size != read_[i].size()) return false;
    // Not asked where there is nothing to compare: what is not there has no address, and a masked load from none costs
    // some hundred cycles.
    if (size > 0 && std::memcmp(key, read_[i].data(), size) != 0) return false;
    key += size;
  }
  return true;
}

const char* ValueMemo::keep_key(std::size_t count) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) bytes += sizeof(std::uint32_t) + read_[i].size();
  char* const key = bytes_.allocate(bytes);
  bytes_used_ += bytes;
  char* at = key;
  for (std::size_t i = 0; i < count; ++i) {
    const auto size = static_cast<std::uint32_t>(read_[i].size());
    std::memcpy(at, &size, sizeof size);
    at += sizeof size;
    if (size > 0) std::memcpy(at, read_[i].data(), size);
    at += size;
  }
  return key;
}

void ValueMemo::remember(const Expression::Impl& of, Result result) {
  if (bytes_used_ > bytes_max_) {
    const std::string_view built{result.built, result.size};
    // A text of its own was copied to what is given up.
    std::vector<char> copy(built.begin(), result.built != nullptr ? built.end() : built.begin());
    forget();
    if (result.built != nullptr) result.built = keep({copy.data(), copy.size()}).data();
  }
  if (4 * (used_ + 1) > 3 * entries_.size()) {
    std::vector<Entry> smaller(entries_.empty() ? kEntriesAtFirst : 2 * entries_.size());
    smaller.swap(entries_);
    bytes_used_ += smaller.size() * sizeof(Entry);
    used_ = 0;
    for (const Entry& entry : smaller) {
      if (entry.of != nullptr) insert(entry);
    }
  }
  insert({hash_, &of, question_, keep_key(of.places().size()), result});
}

void ValueMemo::insert(const Entry& entry) {
  const std::size_t mask = entries_.size() - 1;
  std::size_t slot = entry.hash & mask;
  while (entries_[slot].of != nullptr) slot = (slot + 1) & mask;
  entries_[slot] = entry;
  ++used_;
}

void ValueMemo::forget() {
  ++forgotten_;
  bytes_.clear();
  bytes_used_ = 0;
  used_ = 0;
  std::ranges::fill(entries_, Entry{});
}

std::string_view ValueMemo::keep(std::string_view text) {
  bytes_used_ += text.size();
  return bytes_.keep(text);
}

ValueMemo::Result ValueMemo::part_or_copy(const Expression::Impl& of, std::string_view text) {
  Result result{.is_there = true, .size = static_cast<std::uint32_t>(text.size())};
  for (std::uint32_t i = 0; i < of.places().size() && !text.empty(); ++i) {
    if (!of.places()[i].is_text()) continue;
    if (const auto offset = offset_in(read_[i], text)) {
      result.place = i;
      result.offset = static_cast<std::uint32_t>(*offset);
      return result;
    }
  }
  if (!text.empty()) result.built = keep(text).data();
  return result;
}

std::optional<std::string_view> ValueMemo::text(const Expression& expression, const Facts& facts, Arena& scratch) {
  const Expression::Impl* const of = expression.impl();
  if (of == nullptr || !of->is_worth_remembering()) return expression.text(facts, scratch);
  if (const Result* const known = find(*of, Question::text, facts); known != nullptr) {
    if (!known->is_there) return std::nullopt;
    if (known->place != kNoPlace) return read_[known->place].substr(known->offset, known->size);
    // A copy: what is remembered may be forgotten while the facts are in use.
    return scratch.keep({known->built, known->size});
  }
  const auto text = expression.text(facts, scratch);
  if (is_worth_keeping_) remember(*of, text ? part_or_copy(*of, *text) : Result{});
  return text;
}

std::optional<std::int64_t> ValueMemo::integer(const Expression& expression, const Facts& facts, Arena& scratch) {
  const Expression::Impl* const of = expression.impl();
  if (of == nullptr || !of->is_worth_remembering()) return expression.integer(facts, scratch);
  if (const Result* const known = find(*of, Question::integer, facts); known != nullptr)
    return known->is_there ? std::optional(known->number) : std::nullopt;
  const auto number = expression.integer(facts, scratch);
  if (is_worth_keeping_) remember(*of, {.is_there = number.has_value(), .number = number.value_or(0)});
  return number;
}

bool ValueMemo::holds(const Expression& expression, const Facts& facts, Arena& scratch) {
  const Expression::Impl* const of = expression.impl();
  if (of == nullptr || !of->is_worth_remembering()) return expression.holds(facts, scratch);
  if (const Result* const known = find(*of, Question::holds, facts); known != nullptr) return known->is_there;
  const bool holds = expression.holds(facts, scratch);
  if (is_worth_keeping_) remember(*of, {.is_there = holds});
  return holds;
}

}  // namespace tocsin::rules
