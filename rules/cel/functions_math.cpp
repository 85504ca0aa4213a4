// The math extension: greatest, least, rounding, signs, tests of doubles, bits.

#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "rules/cel/functions.h"
#include "rules/cel/operations.h"

namespace tocsin::cel {
namespace {

using Arguments = std::span<const Value>;

bool is_number(const Value& value) {
  return value.is(Kind::integer) || value.is(Kind::unsigned_integer) || value.is(Kind::floating);
}

/// The one that comes first in the direction of `sign`, of the arguments or of the one list among them.
Value extreme(Evaluation& evaluation, Arguments arguments, int sign) {
  if (arguments.size() == 1 && arguments[0].is(Kind::list)) arguments = arguments[0].as_list();
  if (arguments.empty()) return bad_argument("no number to choose from");
  if (!evaluation.spend(arguments.size())) return Evaluation::exhausted_error();
  Value best = arguments[0];
  for (const Value& candidate : arguments) {
    if (!is_number(candidate)) return no_overload();
    const std::partial_ordering order = compare_numbers(candidate, best);
    if (sign > 0 ? order > 0 : order < 0) best = candidate;
  }
  return best;
}

Value greatest(Evaluation& evaluation, Arguments arguments) { return extreme(evaluation, arguments, 1); }
Value least(Evaluation& evaluation, Arguments arguments) { return extreme(evaluation, arguments, -1); }

template <double (*function)(double)>
Value rounded(Evaluation&, Arguments arguments) {
  return arguments[0].is(Kind::floating) ? Value::floating(function(arguments[0].as_floating())) : no_overload();
}

double ceiling(double value) { return std::ceil(value); }
double floor_of(double value) { return std::floor(value); }
double half_away(double value) { return std::round(value); }
double truncated(double value) { return std::trunc(value); }

template <bool (*test)(double)>
Value tested(Evaluation&, Arguments arguments) {
  return arguments[0].is(Kind::floating) ? Value::boolean(test(arguments[0].as_floating())) : no_overload();
}

bool is_nan(double value) { return std::isnan(value); }
bool is_inf(double value) { return std::isinf(value); }
bool is_finite(double value) { return std::isfinite(value); }

Value absolute(Evaluation&, Arguments arguments) {
  const Value& of = arguments[0];
  switch (of.kind()) {
    case Kind::integer:
      if (of.as_integer() == std::numeric_limits<std::int64_t>::min()) return out_of_range();
      return Value::integer(of.as_integer() < 0 ? -of.as_integer() : of.as_integer());
    case Kind::unsigned_integer:
      return of;
    case Kind::floating:
      return Value::floating(std::fabs(of.as_floating()));
    default:
      return no_overload();
  }
}

Value sign(Evaluation&, Arguments arguments) {
  const Value& of = arguments[0];
  switch (of.kind()) {
    case Kind::integer:
      return Value::integer((of.as_integer() > 0 ? 1 : 0) - (of.as_integer() < 0 ? 1 : 0));
    case Kind::unsigned_integer:
      return Value::unsigned_integer(of.as_unsigned() > 0 ? 1 : 0);
    case Kind::floating: {
      const double d = of.as_floating();
      if (std::isnan(d)) return of;
      return Value::floating((d > 0 ? 1.0 : 0.0) - (d < 0 ? 1.0 : 0.0));
    }
    default:
      return no_overload();
  }
}

Value square_root(Evaluation&, Arguments arguments) {
  const Value& of = arguments[0];
  switch (of.kind()) {
    case Kind::integer:
      return Value::floating(std::sqrt(static_cast<double>(of.as_integer())));
    case Kind::unsigned_integer:
      return Value::floating(std::sqrt(static_cast<double>(of.as_unsigned())));
    case Kind::floating:
      return Value::floating(std::sqrt(of.as_floating()));
    default:
      return no_overload();
  }
}

bool is_integral(const Value& value) { return value.is(Kind::integer) || value.is(Kind::unsigned_integer); }

/// Of the type of `like`, with those bits.
Value with_bits(const Value& like, std::uint64_t bits) {
  return like.is(Kind::integer) ? Value::integer(static_cast<std::int64_t>(bits)) : Value::unsigned_integer(bits);
}

template <typename Combine>
Value combined(Arguments arguments, Combine combine) {
  if (!is_integral(arguments[0]) || arguments[0].kind() != arguments[1].kind()) return no_overload();
  return with_bits(arguments[0], combine(arguments[0].as_unsigned(), arguments[1].as_unsigned()));
}

Value bit_and(Evaluation&, Arguments arguments) { return combined(arguments, std::bit_and<std::uint64_t>{}); }
Value bit_or(Evaluation&, Arguments arguments) { return combined(arguments, std::bit_or<std::uint64_t>{}); }
Value bit_xor(Evaluation&, Arguments arguments) { return combined(arguments, std::bit_xor<std::uint64_t>{}); }

Value bit_not(Evaluation&, Arguments arguments) {
  return is_integral(arguments[0]) ? with_bits(arguments[0], ~arguments[0].as_unsigned()) : no_overload();
}

/// Shifts by 64 and more give 0; right shifts bring in zeros, also for int.
template <typename Shift>
Value shifted(Arguments arguments, Shift shift) {
  if (!is_integral(arguments[0]) || !arguments[1].is(Kind::integer)) return no_overload();
  if (arguments[1].as_integer() < 0) return bad_argument("a shift is negative");
  if (arguments[1].as_integer() >= 64) return with_bits(arguments[0], 0);
  return with_bits(arguments[0], shift(arguments[0].as_unsigned(), static_cast<unsigned>(arguments[1].as_integer())));
}

Value shift_left(Evaluation&, Arguments arguments) {
  return shifted(arguments, [](std::uint64_t bits, unsigned by) { return bits << by; });
}
Value shift_right(Evaluation&, Arguments arguments) {
  return shifted(arguments, [](std::uint64_t bits, unsigned by) { return bits >> by; });
}

constexpr std::array<Function, 18> kFunctions = {{
    {"math.greatest", false, "i*:i u*:u d*:d N*:a L:a", greatest},
    {"math.least", false, "i*:i u*:u d*:d N*:a L:a", least},
    {"math.ceil", false, "d:d", rounded<ceiling>},
    {"math.floor", false, "d:d", rounded<floor_of>},
    {"math.round", false, "d:d", rounded<half_away>},
    {"math.trunc", false, "d:d", rounded<truncated>},
    {"math.isNaN", false, "d:b", tested<is_nan>},
    {"math.isInf", false, "d:b", tested<is_inf>},
    {"math.isFinite", false, "d:b", tested<is_finite>},
    {"math.abs", false, "i:i u:u d:d", absolute},
    {"math.sign", false, "i:i u:u d:d", sign},
    {"math.sqrt", false, "i:d u:d d:d", square_root},
    {"math.bitAnd", false, "ii:i uu:u", bit_and},
    {"math.bitOr", false, "ii:i uu:u", bit_or},
    {"math.bitXor", false, "ii:i uu:u", bit_xor},
    {"math.bitNot", false, "i:i u:u", bit_not},
    {"math.bitShiftLeft", false, "ii:i ui:u", shift_left},
    {"math.bitShiftRight", false, "ii:i ui:u", shift_right},
}};

}  // namespace

std::span<const Function> math_functions() { return kFunctions; }

}  // namespace tocsin::cel
