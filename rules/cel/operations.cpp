#include "rules/cel/operations.h"

#include <cmath>
#include <limits>
#include <memory>

#include "rules/cel/ip_address.h"
#include "rules/cel/type.h"

namespace tocsin::cel {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Value overflow() { return Value::error(Fault::out_of_range, "integer overflow"); }
Value divided_by_zero() { return Value::error(Fault::division_by_zero, "division by zero"); }

Value integer_arithmetic(Operator op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  switch (op) {
    case Operator::add:
      return __builtin_add_overflow(a, b, &result) ? overflow() : Value::integer(result);
    case Operator::subtract:
      return __builtin_sub_overflow(a, b, &result) ? overflow() : Value::integer(result);
    case Operator::multiply:
      return __builtin_mul_overflow(a, b, &result) ? overflow() : Value::integer(result);
    default:
      break;
  }
  if (b == 0) return divided_by_zero();
  if (a == std::numeric_limits<std::int64_t>::min() && b == -1) return overflow();
  return Value::integer(op == Operator::divide ? a / b : a % b);
}

Value unsigned_arithmetic(Operator op, std::uint64_t a, std::uint64_t b) {
  std::uint64_t result = 0;
  switch (op) {
    case Operator::add:
      return __builtin_add_overflow(a, b, &result) ? overflow() : Value::unsigned_integer(result);
    case Operator::subtract:
      return __builtin_sub_overflow(a, b, &result) ? overflow() : Value::unsigned_integer(result);
    case Operator::multiply:
      return __builtin_mul_overflow(a, b, &result) ? overflow() : Value::unsigned_integer(result);
    default:
      break;
  }
  if (b == 0) return divided_by_zero();
  return Value::unsigned_integer(op == Operator::divide ? a / b : a % b);
}

Value floating_arithmetic(Operator op, double a, double b) {
  switch (op) {
    case Operator::add:
      return Value::floating(a + b);
    case Operator::subtract:
      return Value::floating(a - b);
    case Operator::multiply:
      return Value::floating(a * b);
    case Operator::divide:
      return Value::floating(a / b);
    default:
      return no_overload();
  }
}

Value timestamp_plus(const Value& timestamp, std::int64_t duration_ns, bool minus) {
  std::int64_t seconds = duration_ns / kSecond;
  std::int64_t rest = duration_ns % kSecond;
  if (minus) seconds = -seconds, rest = -rest;
  std::int64_t at = timestamp.seconds() + seconds;
  std::int64_t nanoseconds = static_cast<std::int64_t>(timestamp.nanoseconds()) + rest;
  if (nanoseconds < 0) nanoseconds += kSecond, --at;
  if (nanoseconds >= kSecond) nanoseconds -= kSecond, ++at;
  if (at < kTimestampSecondsMin || at > kTimestampSecondsMax) return out_of_range();
  return Value::timestamp(at, static_cast<std::uint32_t>(nanoseconds));
}

Value duration_arithmetic(Operator op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  const bool over = op == Operator::add ? __builtin_add_overflow(a, b, &result) : __builtin_sub_overflow(a, b, &result);
  return over ? out_of_range() : Value::duration(result);
}

Value timestamp_difference(const Value& a, const Value& b) {
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(a.seconds() - b.seconds(), kSecond, &ns)) return out_of_range();
  const std::int64_t rest = static_cast<std::int64_t>(a.nanoseconds()) - static_cast<std::int64_t>(b.nanoseconds());
  if (__builtin_add_overflow(ns, rest, &ns)) return out_of_range();
  return Value::duration(ns);
}

Value time_arithmetic(Operator op, const Value& a, const Value& b) {
  if (op != Operator::add && op != Operator::subtract) return no_overload();
  if (a.is(Kind::duration) && b.is(Kind::duration)) return duration_arithmetic(op, a.duration_ns(), b.duration_ns());
  if (a.is(Kind::timestamp) && b.is(Kind::duration)) {
    return timestamp_plus(a, b.duration_ns(), op == Operator::subtract);
  }
  if (a.is(Kind::duration) && b.is(Kind::timestamp) && op == Operator::add) {
    return timestamp_plus(b, a.duration_ns(), false);
  }
  if (a.is(Kind::timestamp) && b.is(Kind::timestamp) && op == Operator::subtract) return timestamp_difference(a, b);
  return no_overload();
}

Value concatenate_lists(Evaluation& evaluation, std::span<const Value> a, std::span<const Value> b) {
  if (b.empty()) return Value::list(a);
  if (a.empty()) return Value::list(b);
  Value* items = evaluation.allocate<Value>(a.size() + b.size());
  if (items == nullptr || !evaluation.spend((a.size() + b.size()) / 8)) return Evaluation::exhausted_error();
  std::uninitialized_copy(a.begin(), a.end(), items);
  std::uninitialized_copy(b.begin(), b.end(), items + a.size());
  return Value::list({items, a.size() + b.size()});
}

Value arithmetic(Evaluation& evaluation, Operator op, const Value& a, const Value& b) {
  switch (a.kind()) {
    case Kind::integer:
      return b.is(Kind::integer) ? integer_arithmetic(op, a.as_integer(), b.as_integer()) : no_overload();
    case Kind::unsigned_integer:
      return b.is(Kind::unsigned_integer) ? unsigned_arithmetic(op, a.as_unsigned(), b.as_unsigned()) : no_overload();
    case Kind::floating:
      return b.is(Kind::floating) ? floating_arithmetic(op, a.as_floating(), b.as_floating()) : no_overload();
    case Kind::timestamp:
    case Kind::duration:
      return time_arithmetic(op, a, b);
    default:
      break;
  }
  if (op != Operator::add || a.kind() != b.kind()) return no_overload();
  if (a.is(Kind::string) || a.is(Kind::bytes)) {
    if (!evaluation.spend((a.as_text().size() + b.as_text().size()) / 64)) return Evaluation::exhausted_error();
    return evaluation.join(a.kind(), a.as_text(), b.as_text());
  }
  if (a.is(Kind::list)) return concatenate_lists(evaluation, a.as_list(), b.as_list());
  return no_overload();
}

bool is_number(Kind kind) { return kind == Kind::integer || kind == Kind::unsigned_integer || kind == Kind::floating; }

std::partial_ordering compare_timestamps(const Value& a, const Value& b) {
  if (a.seconds() != b.seconds()) return a.seconds() <=> b.seconds();
  return a.nanoseconds() <=> b.nanoseconds();
}

Value ordered(Operator op, std::partial_ordering order) {
  switch (op) {
    case Operator::less:
      return Value::boolean(order < 0);
    case Operator::less_equal:
      return Value::boolean(order <= 0);
    case Operator::greater:
      return Value::boolean(order > 0);
    default:
      return Value::boolean(order >= 0);
  }
}

Value compare(Operator op, const Value& a, const Value& b) {
  if (is_number(a.kind()) && is_number(b.kind())) return ordered(op, compare_numbers(a, b));
  if (a.kind() != b.kind()) return no_overload();
  switch (a.kind()) {
    case Kind::boolean:
      return ordered(op, static_cast<int>(a.as_bool()) <=> static_cast<int>(b.as_bool()));
    case Kind::string:
    case Kind::bytes:
      return ordered(op, a.as_text() <=> b.as_text());
    case Kind::timestamp:
      return ordered(op, compare_timestamps(a, b));
    case Kind::duration:
      return ordered(op, a.duration_ns() <=> b.duration_ns());
    case Kind::enumeration:
      if (&a.enum_type() != &b.enum_type()) return no_overload();
      return ordered(op, a.enum_index() <=> b.enum_index());
    default:
      return no_overload();
  }
}

Value contains(Evaluation& evaluation, const Value& item, const Value& container) {
  if (container.is(Kind::map)) return Value::boolean(container.map_has(item));
  if (!container.is(Kind::list)) return no_overload();
  for (const Value& candidate : container.as_list()) {
    if (equal(evaluation, item, candidate)) return Value::boolean(true);
  }
  return Value::boolean(false);
}

Value index_list(std::span<const Value> items, const Value& index) {
  std::int64_t at = 0;
  switch (index.kind()) {
    case Kind::integer:
      at = index.as_integer();
      break;
    case Kind::unsigned_integer:
      if (index.as_unsigned() >= items.size()) return Value::error(Fault::out_of_range, "index out of range");
      at = static_cast<std::int64_t>(index.as_unsigned());
      break;
    case Kind::floating: {
      const double d = index.as_floating();
      if (!(d >= 0 && d < 9e15) || std::trunc(d) != d)
        return Value::error(Fault::out_of_range, "index is no whole number");
      at = static_cast<std::int64_t>(d);
      break;
    }
    default:
      return no_overload();
  }
  if (at < 0 || at >= static_cast<std::int64_t>(items.size())) {
    return Value::error(Fault::out_of_range, "index out of range");
  }
  return items[static_cast<std::size_t>(at)];
}

Value index_into(const Value& container, const Value& index) {
  if (container.is(Kind::list)) return index_list(container.as_list(), index);
  if (container.is(Kind::map)) return container.map_find(index);
  return no_overload();
}

bool equal_maps(Evaluation& evaluation, const Value& a, const Value& b) {
  const Evaluation::Level level(evaluation);
  if (!level || a.map_size() != b.map_size()) return false;
  for (std::uint32_t i = 0; i < a.map_size(); ++i) {
    const MapEntry entry = a.map_entry(i);
    if (!evaluation.spend(1 + b.map_size() / 8) || !b.map_has(entry.key)) return false;
    if (!equal(evaluation, entry.value, b.map_find(entry.key))) return false;
  }
  return true;
}

bool equal_lists(Evaluation& evaluation, std::span<const Value> a, std::span<const Value> b) {
  const Evaluation::Level level(evaluation);
  if (!level || a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!equal(evaluation, a[i], b[i])) return false;
  }
  return true;
}

bool equal_records(Evaluation& evaluation, const Record& a, const Record& b) {
  if (a.type != b.type) return false;
  const std::size_t count = a.type->fields().size();
  return equal_lists(evaluation, {a.fields, count}, {b.fields, count});
}

}  // namespace

std::partial_ordering compare_numbers(const Value& a, const Value& b) {
  if (a.kind() == b.kind()) {
    if (a.is(Kind::integer)) return a.as_integer() <=> b.as_integer();
    if (a.is(Kind::unsigned_integer)) return a.as_unsigned() <=> b.as_unsigned();
    return a.as_floating() <=> b.as_floating();
  }
  if (b.is(Kind::floating) || (b.is(Kind::integer) && a.is(Kind::unsigned_integer))) {
    const std::partial_ordering order = compare_numbers(b, a);
    if (order == std::partial_ordering::unordered) return order;
    return order < 0 ? std::partial_ordering::greater
                     : (order > 0 ? std::partial_ordering::less : std::partial_ordering::equivalent);
  }
  if (a.is(Kind::integer)) {  // b is unsigned
    if (a.as_integer() < 0) return std::partial_ordering::less;
    return static_cast<std::uint64_t>(a.as_integer()) <=> b.as_unsigned();
  }
  // A double against an integer: as doubles, like the reference implementations.
  return a.as_floating() <=>
         (b.is(Kind::integer) ? static_cast<double>(b.as_integer()) : static_cast<double>(b.as_unsigned()));
}

bool equal(Evaluation& evaluation, const Value& a, const Value& b) {
  if (!evaluation.spend(1)) return false;
  if (a.kind() != b.kind()) {
    return is_number(a.kind()) && is_number(b.kind()) && compare_numbers(a, b) == 0;
  }
  switch (a.kind()) {
    case Kind::error:
      return false;
    case Kind::null:
      return true;
    case Kind::boolean:
    case Kind::integer:
    case Kind::unsigned_integer:
    case Kind::duration:
      return a.as_unsigned() == b.as_unsigned();
    case Kind::floating:
      return a.as_floating() == b.as_floating();
    case Kind::string:
    case Kind::bytes:
    case Kind::type:
      return a.as_text() == b.as_text();
    case Kind::list:
      return equal_lists(evaluation, a.as_list(), b.as_list());
    case Kind::map:
      return equal_maps(evaluation, a, b);
    case Kind::timestamp:
      return compare_timestamps(a, b) == 0;
    case Kind::enumeration:
      return &a.enum_type() == &b.enum_type() && a.enum_index() == b.enum_index();
    case Kind::record:
      return equal_records(evaluation, a.as_record(), b.as_record());
    case Kind::ip:
      return a.as_ip() == b.as_ip();
    case Kind::cidr:
      return a.as_cidr() == b.as_cidr();
  }
  return false;
}

Value apply(Evaluation& evaluation, Operator op, const Value& a, const Value& b) {
  if (a.is_error()) return a;
  if (b.is_error()) return b;
  switch (op) {
    case Operator::equal:
      return Value::boolean(equal(evaluation, a, b));
    case Operator::not_equal:
      return Value::boolean(!equal(evaluation, a, b));
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal:
      return compare(op, a, b);
    case Operator::in:
      return contains(evaluation, a, b);
    case Operator::index:
      return index_into(a, b);
    default:
      return arithmetic(evaluation, op, a, b);
  }
}

Value apply(Operator op, const Value& a) {
  if (a.is_error()) return a;
  if (op == Operator::logical_not) return a.is(Kind::boolean) ? Value::boolean(!a.as_bool()) : no_overload();
  if (a.is(Kind::integer)) return integer_arithmetic(Operator::subtract, 0, a.as_integer());
  if (a.is(Kind::floating)) return Value::floating(-a.as_floating());
  return no_overload();
}

Value select(const Value& operand, std::string_view name) {
  if (operand.is(Kind::map)) return operand.map_find(Value::string(name));
  if (operand.is(Kind::record)) {
    const Record& record = operand.as_record();
    if (const auto index = record.type->index_of(name)) return record.fields[*index];
    return Value::error(Fault::no_such_field, "no such field");
  }
  if (operand.is_error()) return operand;
  return Value::error(Fault::no_such_overload, "has no fields");
}

Value has_field(const Value& operand, std::string_view name) {
  if (operand.is(Kind::map)) return Value::boolean(operand.map_has(Value::string(name)));
  const Value field = select(operand, name);
  if (field.is_error()) return field;
  const bool empty = field.is(Kind::null) || (field.is(Kind::string) && field.as_text().empty());
  return Value::boolean(!empty);
}

std::string_view type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::error:
      return "error";
    case Kind::null:
      return "null_type";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::unsigned_integer:
      return "uint";
    case Kind::floating:
      return "double";
    case Kind::string:
      return "string";
    case Kind::bytes:
      return "bytes";
    case Kind::list:
      return "list";
    case Kind::map:
      return "map";
    case Kind::timestamp:
      return "google.protobuf.Timestamp";
    case Kind::duration:
      return "google.protobuf.Duration";
    case Kind::type:
      return "type";
    case Kind::enumeration:
      return value.enum_type().name();
    case Kind::record:
      return value.as_record().type->name();
    case Kind::ip:
      return "net.IP";
    case Kind::cidr:
      return "net.CIDR";
  }
  return "error";
}

Value make_map(Evaluation& evaluation, std::span<const MapEntry> entries) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Kind kind = entries[i].key.kind();
    if (kind != Kind::integer && kind != Kind::unsigned_integer && kind != Kind::boolean && kind != Kind::string) {
      return Value::error(Fault::no_such_overload, "a map key is no int, uint, bool or string");
    }
    if (!evaluation.spend(1 + i / 8)) return Evaluation::exhausted_error();
    if (Value::map(entries.first(i)).map_has(entries[i].key)) {
      return Value::error(Fault::bad_argument, "a map has the same key twice");
    }
  }
  return Value::map(entries);
}

}  // namespace tocsin::cel
