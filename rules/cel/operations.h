#pragma once

#include <compare>
#include <span>
#include <string_view>

#include "rules/cel/ast.h"
#include "rules/cel/evaluation.h"
#include "rules/cel/value.h"

namespace tocsin::cel {

/// Timestamps are 0001-01-01T00:00:00Z … 9999-12-31T23:59:59.999999999Z.
inline constexpr std::int64_t kTimestampSecondsMin = -62'135'596'800;
inline constexpr std::int64_t kTimestampSecondsMax = 253'402'300'799;

/// a OP b and OP a by the standard definitions. Errors among the operands are the result, the left one first.
Value apply(Evaluation& evaluation, Operator op, const Value& a, const Value& b);
Value apply(Operator op, const Value& a);

/// Equality over all types: numbers by value, lists and maps by their parts, different types are not equal, NaN is
/// equal to nothing. Neither may be an error.
bool equal(Evaluation& evaluation, const Value& a, const Value& b);

/// `operand.name`: a field of a record, an entry of a map.
Value select(const Value& operand, std::string_view name);
/// has(operand.name): a key that is there; a field that is not null and not "".
Value has_field(const Value& operand, std::string_view name);

/// The order of two numbers of any of the three types.
std::partial_ordering compare_numbers(const Value& a, const Value& b);

/// The name that type() gives.
std::string_view type_name(const Value& value);

/// Keeps `entries` as a map when its keys are of a key type and differ.
Value make_map(Evaluation& evaluation, std::span<const MapEntry> entries);

}  // namespace tocsin::cel
