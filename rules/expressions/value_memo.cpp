#include "rules/expressions/value_memo.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "engine/model/check.h"
#include "rules/expressions/expression_impl.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kEntriesAtFirst = 256;
constexpr std::size_t kPlansAtFirst = 128;
constexpr std::size_t kSeenSlots = 32'768;

/// Of small numbers that nobody outside chooses.
std::uint64_t mix(std::uint64_t state, std::uint64_t number) {
  state = (state ^ number) * 0x9E3779B97F4A7C15U;
  return state ^ state >> 32U;
}

/// Where `part` begins in `whole`, when it lies in it.
std::optional<std::size_t> offset_in(std::string_view whole, std::string_view part) {
  const std::less_equal<const char*> not_after;
  if (!not_after(whole.data(), part.data())) return std::nullopt;
  if (!not_after(part.data() + part.size(), whole.data() + whole.size())) return std::nullopt;
  return static_cast<std::size_t>(part.data() - whole.data());
}

}  // namespace

ValueMemo::ValueMemo(std::size_t bytes_max)
    : own_numbers_(std::make_unique<FactNumbers>()), numbers_(own_numbers_.get()), bytes_max_(bytes_max) {}

ValueMemo::ValueMemo(FactNumbers& numbers, std::size_t bytes_max)
    : numbers_(&numbers), generation_(numbers.generation()), bytes_max_(bytes_max) {}

void ValueMemo::make_room() {
  if (own_numbers_ != nullptr) own_numbers_->make_room();
  if (bytes_used_ > bytes_max_ || generation_ != numbers_->generation()) [[unlikely]]
    forget();
}

ValueMemo::Plan& ValueMemo::plan_for(const Expression::Impl& of, Question question, const Facts& facts,
                                     Arena& scratch) {
  // Who has numbers of his own asks one by one; for others make_room() is called between two alerts.
  if (own_numbers_ != nullptr) make_room();
  TOCSIN_CHECK(generation_ == numbers_->generation(), "what is forgotten is forgotten by all, between two alerts");
  const std::uint32_t shape = numbers_->shape_of(facts);
  if (!plans_.empty()) {
    const std::size_t mask = plans_.size() - 1;
    for (std::size_t slot = hash_of(of, shape) & mask; plans_[slot].of != nullptr; slot = (slot + 1) & mask) {
      Plan& plan = plans_[slot];
      if (plan.of == &of && plan.shape == shape && plan.question == question) return plan;
    }
  }
  const Plan plan = make_plan(of, question, facts, scratch);
  if (4 * (plans_used_ + 1) > 3 * plans_.size()) {
    std::vector<Plan> smaller(plans_.empty() ? kPlansAtFirst : 2 * plans_.size());
    smaller.swap(plans_);
    bytes_used_ += smaller.size() * sizeof(Plan);
    for (const Plan& known : smaller) {
      if (known.of != nullptr) insert(known);
    }
  }
  ++plans_used_;
  return insert(plan);
}

std::size_t ValueMemo::hash_of(const Expression::Impl& of, std::uint32_t shape) {
  // The place of the expression in memory spreads the plans; what is found does not depend on it.
  return static_cast<std::size_t>(mix(reinterpret_cast<std::uintptr_t>(&of) >> 4U, shape));
}

ValueMemo::Plan& ValueMemo::insert(const Plan& plan) {
  const std::size_t mask = plans_.size() - 1;
  std::size_t slot = hash_of(*plan.of, plan.shape) & mask;
  while (plans_[slot].of != nullptr) slot = (slot + 1) & mask;
  return plans_[slot] = plan;
}

ValueMemo::Plan ValueMemo::make_plan(const Expression::Impl& of, Question question, const Facts& facts,
                                     Arena& scratch) {
  Plan plan{.of = &of, .shape = numbers_->shape_of(facts), .question = question};
  plan.first = static_cast<std::uint32_t>(readings_.size());
  for (const FactPlace& place : of.places()) {
    if (const auto reading = numbers_->reading(plan.shape, place)) readings_.push_back(*reading);
  }
  plan.count = static_cast<std::uint32_t>(readings_.size()) - plan.first;
  bytes_used_ += plan.count * sizeof(Reading);
  if (plan.count == 0) {
    plan.way = Plan::Way::same;
    plan.same = evaluate(of, question, facts, scratch);
    if (plan.same.is_there && plan.same.size > 0) plan.same.built = keep({plan.same.built, plan.same.size}).data();
  } else if (question == Question::text && plan_choice(of, plan)) {
    TOCSIN_CHECK(plan.way == Plan::Way::copy || plan.way == Plan::Way::same, "a choice that names decide");
  } else {
    plan.way = of.program().is_light() ? Plan::Way::evaluate : Plan::Way::remember;
  }
  if (read_.size() < plan.count) {
    read_.resize(plan.count);
    borrowed_.resize(plan.count);
  }
  return plan;
}

/// A choice of labels and values, of which the first that is there is known by the shape: it is never empty.
bool ValueMemo::plan_choice(const Expression::Impl& of, Plan& plan) {
  const std::vector<cel::Program::Option> options = of.program().choice();
  if (options.size() == 1 && options.front().read && plan.count == 1) {
    const FactPlace* const place = readings_[plan.first].place;
    if (place == nullptr || !place->is_text()) return false;
    plan.way = Plan::Way::copy;
    return true;
  }
  if (plan.shape == FactNumbers::kNoShape) return false;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const cel::Program::Option& option = options[i];
    std::string_view text;
    if (option.read) {
      const auto place = of.schema().place(of.scope(), *option.read);
      if (!place) return false;
      if (const auto reading = numbers_->reading(plan.shape, *place)) {
        if (reading->kind != Reading::Kind::label && reading->kind != Reading::Kind::annotation) return false;
        plan.way = Plan::Way::copy;
        // The place is that of the expression, which lives on.
        plan.first = static_cast<std::uint32_t>(readings_.size());
        plan.count = 1;
        readings_.push_back({reading->kind, reading->index, nullptr});
        return true;
      }
      if (place->kind != FactPlace::Kind::label && place->kind != FactPlace::Kind::annotation) return false;
    } else {
      if (!option.value.is(cel::Kind::string)) return false;
      text = option.value.as_text();
    }
    if (text.empty() && i + 1 < options.size()) continue;
    plan.way = Plan::Way::same;
    plan.same = {.is_there = true, .size = static_cast<std::uint32_t>(text.size()), .built = text.data()};
    return true;
  }
  return false;
}

ValueMemo::Result ValueMemo::evaluate(const Expression::Impl& of, Question question, const Facts& facts,
                                      Arena& scratch) {
  // Without a count: the expression lives as long as this.
  const Expression expression{std::shared_ptr<const Expression::Impl>{std::shared_ptr<void>{}, &of}};
  Result result;
  switch (question) {
    case Question::text:
      if (const auto text = expression.text(facts, scratch)) {
        result.is_there = true;
        result.size = static_cast<std::uint32_t>(text->size());
        result.built = text->data();
      }
      break;
    case Question::integer:
      if (const auto number = expression.integer(facts, scratch)) {
        result.is_there = true;
        result.number = *number;
      }
      break;
    case Question::holds:
      result.is_there = expression.holds(facts, scratch);
      break;
  }
  return result;
}

ValueMemo::Result* ValueMemo::find(const Plan& plan, const Facts& facts) {
  is_worth_keeping_ = false;
  hash_ = mix(plan.first, plan.count);
  bool is_known = true;
  for (std::uint32_t i = 0; i < plan.count; ++i) {
    read_[i] = numbers_->read(readings_[plan.first + i], facts, borrowed_[i]);
    is_known = is_known && read_[i].number != FactNumbers::kUnknown;
    hash_ = mix(hash_, read_[i].number);
  }
  if (!is_known) return nullptr;
  if (!entries_.empty()) {
    const std::size_t mask = entries_.size() - 1;
    for (std::size_t slot = hash_ & mask; entries_[slot].key != nullptr; slot = (slot + 1) & mask) {
      Entry& entry = entries_[slot];
      if (entry.hash != hash_ || entry.key[0] != plan.first) continue;
      std::uint32_t same = 0;
      while (same < plan.count && entry.key[same + 1] == read_[same].number) ++same;
      if (same < plan.count) continue;
      ++found_;
      return &entry.result;
    }
  }
  if (seen_.empty()) seen_.resize(kSeenSlots);
  const auto tag = static_cast<std::uint32_t>(hash_ >> 32U | 1U);
  // One text that has a number comes again; of several together nobody knows.
  is_worth_keeping_ = plan.count == 1;
  if (!is_worth_keeping_) is_worth_keeping_ = std::exchange(seen_[hash_ % kSeenSlots], tag) == tag;
  return nullptr;
}

void ValueMemo::remember(const Plan& plan, Result result) {
  if (4 * (used_ + 1) > 3 * entries_.size()) {
    std::vector<Entry> smaller(entries_.empty() ? kEntriesAtFirst : 2 * entries_.size());
    smaller.swap(entries_);
    bytes_used_ += smaller.size() * sizeof(Entry);
    used_ = 0;
    for (const Entry& entry : smaller) {
      if (entry.key != nullptr) insert(entry);
    }
  }
  constexpr std::size_t kAlign = alignof(std::uint32_t);
  const std::size_t bytes = (plan.count + 1) * sizeof(std::uint32_t) + kAlign - 1;
  bytes_used_ += bytes;
  const auto at = reinterpret_cast<std::uintptr_t>(bytes_.allocate(bytes));
  auto* const key = reinterpret_cast<std::uint32_t*>((at + kAlign - 1) / kAlign * kAlign);
  key[0] = plan.first;
  for (std::uint32_t i = 0; i < plan.count; ++i) key[i + 1] = read_[i].number;
  insert({hash_, key, result});
}

void ValueMemo::insert(const Entry& entry) {
  const std::size_t mask = entries_.size() - 1;
  std::size_t slot = entry.hash & mask;
  while (entries_[slot].key != nullptr) slot = (slot + 1) & mask;
  entries_[slot] = entry;
  ++used_;
}

void ValueMemo::forget() {
  // What was made for other numbers counts for nothing, what was too much is counted.
  if (used_ > 0 || bytes_used_ > bytes_max_) ++forgotten_;
  generation_ = numbers_->generation();
  bytes_.clear();
  bytes_used_ = 0;
  used_ = plans_used_ = 0;
  readings_.clear();
  std::ranges::fill(entries_, Entry{});
  std::ranges::fill(plans_, Plan{});
}

std::string_view ValueMemo::keep(std::string_view text) {
  bytes_used_ += text.size();
  return bytes_.keep(text);
}

ValueMemo::Result ValueMemo::part_or_copy(const Plan& plan, std::string_view text) {
  Result result{.is_there = true, .size = static_cast<std::uint32_t>(text.size())};
  for (std::uint32_t i = 0; i < plan.count && !text.empty(); ++i) {
    const FactPlace* const place = readings_[plan.first + i].place;
    if (place != nullptr && !place->is_text()) continue;
    if (const auto offset = offset_in(read_[i].text, text)) {
      result.place = i;
      result.offset = static_cast<std::uint32_t>(*offset);
      return result;
    }
  }
  if (!text.empty()) result.built = keep(text).data();
  return result;
}

/// What was found, as a text of the facts in hand.
FactNumbers::Numbered ValueMemo::give(Result& result, const Facts& facts, Arena& scratch) {
  FactNumbers::Numbered given;
  if (result.place != kNoPlace) {
    given.text = read_[result.place].text.substr(result.offset, result.size);
  } else if (result.size > 0) {
    given.text = {result.built, result.size};
    // For an alert that set_labels() gave labels it stays until the next one has them; others copy.
    if (!numbers_->knows(facts)) given.text = scratch.keep(given.text);
  }
  if (result.text_number == FactNumbers::kUnknown) result.text_number = numbers_->number_of(given.text);
  given.number = result.text_number;
  return given;
}

std::optional<FactNumbers::Numbered> ValueMemo::numbered_text(const Expression& expression, const Facts& facts,
                                                              Arena& scratch) {
  const auto plain = [](std::optional<std::string_view> text) {
    return text ? std::optional(FactNumbers::Numbered{*text, FactNumbers::kUnknown}) : std::nullopt;
  };
  const Expression::Impl* const of = expression.impl();
  if (of == nullptr || !of->is_placed()) return plain(expression.text(facts, scratch));
  Plan& plan = plan_for(*of, Question::text, facts, scratch);
  switch (plan.way) {
    case Plan::Way::evaluate:
      break;
    case Plan::Way::copy: {
      std::uint64_t borrowed = 0;
      return numbers_->read(readings_[plan.first], facts, borrowed);
    }
    case Plan::Way::same: {
      if (!plan.same.is_there) return std::nullopt;
      return give(plan.same, facts, scratch);
    }
    case Plan::Way::remember: {
      if (Result* const known = find(plan, facts); known != nullptr) {
        if (!known->is_there) return std::nullopt;
        return give(*known, facts, scratch);
      }
      const auto text = expression.text(facts, scratch);
      if (is_worth_keeping_) remember(plan, text ? part_or_copy(plan, *text) : Result{});
      return plain(text);
    }
  }
  return plain(expression.text(facts, scratch));
}

std::optional<std::string_view> ValueMemo::text(const Expression& expression, const Facts& facts, Arena& scratch) {
  const auto found = numbered_text(expression, facts, scratch);
  return found ? std::optional(found->text) : std::nullopt;
}

std::optional<std::int64_t> ValueMemo::integer(const Expression& expression, const Facts& facts, Arena& scratch) {
  const Expression::Impl* const of = expression.impl();
  if (of == nullptr || !of->is_placed()) return expression.integer(facts, scratch);
  const Plan& plan = plan_for(*of, Question::integer, facts, scratch);
  if (plan.way == Plan::Way::evaluate) return expression.integer(facts, scratch);
  const Result* const known = plan.way == Plan::Way::same ? &plan.same : find(plan, facts);
  if (known != nullptr) return known->is_there ? std::optional(known->number) : std::nullopt;
  const auto number = expression.integer(facts, scratch);
  if (is_worth_keeping_) remember(plan, {.is_there = number.has_value(), .number = number.value_or(0)});
  return number;
}

bool ValueMemo::holds(const Expression& expression, const Facts& facts, Arena& scratch) {
  const Expression::Impl* const of = expression.impl();
  if (of == nullptr || !of->is_placed()) return expression.holds(facts, scratch);
  const Plan& plan = plan_for(*of, Question::holds, facts, scratch);
  if (plan.way == Plan::Way::evaluate) return expression.holds(facts, scratch);
  const Result* const known = plan.way == Plan::Way::same ? &plan.same : find(plan, facts);
  if (known != nullptr) return known->is_there;
  const bool holds = expression.holds(facts, scratch);
  if (is_worth_keeping_) remember(plan, {.is_there = holds});
  return holds;
}

}  // namespace tocsin::rules
