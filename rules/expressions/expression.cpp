#include "rules/expressions/expression.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/model/check.h"
#include "engine/model/time_text.h"
#include "rules/expressions/expression_impl.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kSlotsMax = 128;  // tables are bounded, so this is never reached

std::string_view decimal(auto number, Arena& scratch) {
  std::array<char, 24> digits;
  const auto [end, error] = std::to_chars(digits.begin(), digits.end(), number);
  return scratch.keep({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

}  // namespace

Expression::Impl::Impl(std::shared_ptr<const Schema> schema, Scope scope, cel::Program program)
    : schema_(std::move(schema)), scope_(scope), program_(std::move(program)) {
  TOCSIN_CHECK(schema_->slot_count(scope) <= kSlotsMax, "the number of tables is bounded");
  for (const cel::Read& read : program_.reads()) {
    if (slots_.empty() || slots_.back() != read.slot) slots_.push_back(read.slot);
    if (scope != Scope::incident) continue;
    if (!read.key || *read.key == "id") reads_id_ = true;
    if (!read.key || *read.key == "service_count" || *read.key == "host_count") reads_spread_ = true;
    if (!read.key || *read.key == "lead") reads_lead_ = true;
    if (!read.key || *read.key == "labels") reads_shared_labels_ = true;
    if (!read.key || *read.key == "escalated_to") reads_escalation_ = true;
  }
  is_placed_ = find_places();
}

/// False: it depends on more than places with few values.
bool Expression::Impl::find_places() {
  constexpr std::size_t kPlacesMax = 32;
  if (std::ranges::any_of(program_.conjuncts(), &cel::Conjunct::calls_host)) return false;
  for (const cel::Read& read : program_.reads()) {
    if (schema_->is_fixed(scope_, read.slot)) continue;
    auto place = schema_->place(scope_, read);
    if (!place || places_.size() == kPlacesMax) return false;
    places_.push_back(std::move(*place));
  }
  return true;
}

template <typename Run>
auto Expression::Impl::with_values(const Facts& facts, Arena& scratch, Schema::Borrowed& borrowed, Run run) const {
  // Only what the program reads gets a value: most read one or two of some thirty.
  alignas(cel::Value) std::byte room[kSlotsMax * sizeof(cel::Value)];
  auto* const values = reinterpret_cast<cel::Value*>(room);
  for (const std::uint32_t slot : slots_) {
    new (values + slot) cel::Value(schema_->value(scope_, slot, facts, reads_id_, borrowed, scratch));
  }
  return run(cel::Activation{{values, schema_->slot_count(scope_)}});
}

cel::Value Expression::Impl::evaluate(const Facts& facts, Arena& scratch, Schema::Borrowed& borrowed) const {
  return with_values(facts, scratch, borrowed,
                     [&](const cel::Activation& values) { return program_.evaluate(values, scratch); });
}

std::optional<FactPlace> Expression::Impl::place_of(const cel::Conjunct& conjunct) const {
  if (conjunct.calls_host) return std::nullopt;
  std::optional<FactPlace> only;
  for (const cel::Read& read : conjunct.reads) {
    if (schema_->is_fixed(scope_, read.slot)) continue;
    auto place = schema_->place(scope_, read);
    if (!place || only) return std::nullopt;
    only = std::move(place);
  }
  return only;
}

cel::Value Expression::Impl::conjunct_value(std::size_t conjunct, const Facts& facts, Arena& scratch,
                                            Schema::Borrowed& borrowed) const {
  return with_values(facts, scratch, borrowed, [&](const cel::Activation& values) {
    return program_.evaluate_conjunct(conjunct, values, scratch);
  });
}

bool Expression::Impl::conjunct_holds(std::size_t conjunct, const Facts& facts, Arena& scratch) const {
  Schema::Borrowed borrowed;
  return conjunct_value(conjunct, facts, scratch, borrowed).is_true();
}

bool Expression::holds(const Facts& facts, Arena& scratch) const {
  if (impl_ == nullptr) return true;
  Schema::Borrowed borrowed;
  return impl_->evaluate(facts, scratch, borrowed).is_true();
}

std::optional<std::string_view> Expression::text(const Facts& facts, Arena& scratch) const {
  if (impl_ == nullptr) return std::nullopt;
  Schema::Borrowed borrowed;
  const cel::Value value = impl_->evaluate(facts, scratch, borrowed);
  switch (value.kind()) {
    case cel::Kind::string:
      return value.as_text();
    case cel::Kind::integer:
      return decimal(value.as_integer(), scratch);
    case cel::Kind::unsigned_integer:
      return decimal(value.as_unsigned(), scratch);
    case cel::Kind::boolean:
      return value.as_bool() ? "true" : "false";
    case cel::Kind::enumeration:
      return value.enum_type().names()[value.enum_index()];
    default:
      return std::nullopt;
  }
}

std::optional<std::int64_t> Expression::integer(const Facts& facts, Arena& scratch) const {
  if (impl_ == nullptr) return std::nullopt;
  Schema::Borrowed borrowed;
  const cel::Value value = impl_->evaluate(facts, scratch, borrowed);
  if (value.is(cel::Kind::integer)) return value.as_integer();
  return std::nullopt;
}

}  // namespace tocsin::rules
