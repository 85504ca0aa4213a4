#include "rules/cel/message.h"

#include <array>
#include <cmath>
#include <limits>
#include <memory>

#include "rules/cel/functions.h"
#include "rules/cel/operations.h"

namespace tocsin::cel {
namespace {

constexpr std::array<std::string_view, 16> kNames = {
    "",
    "",
    "google.protobuf.BoolValue",
    "google.protobuf.BytesValue",
    "google.protobuf.DoubleValue",
    "google.protobuf.FloatValue",
    "google.protobuf.Int32Value",
    "google.protobuf.Int64Value",
    "google.protobuf.StringValue",
    "google.protobuf.UInt32Value",
    "google.protobuf.UInt64Value",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "google.protobuf.Value",
    "google.protobuf.ListValue",
    "google.protobuf.Struct",
};

Value no_such_field() { return Value::error(Fault::no_such_field, "no such field"); }

const Value* field(std::span<const MapEntry> fields, std::string_view name) {
  for (const MapEntry& entry : fields) {
    if (entry.key.as_text() == name) return &entry.value;
  }
  return nullptr;
}

Value integer_within(const Value& value, std::int64_t min, std::int64_t max) {
  if (!value.is(Kind::integer)) return no_overload();
  return value.as_integer() < min || value.as_integer() > max ? out_of_range() : value;
}

Value unsigned_within(const Value& value, std::uint64_t max) {
  if (!value.is(Kind::unsigned_integer)) return no_overload();
  return value.as_unsigned() > max ? out_of_range() : value;
}

Value of_kind(const Value& value, Kind kind) { return value.is(kind) ? value : no_overload(); }

/// A wrapper is the value it wraps, or its type's zero.
Value wrapped(MessageKind kind, const Value* value) {
  switch (kind) {
    case MessageKind::bool_value:
      return value == nullptr ? Value::boolean(false) : of_kind(*value, Kind::boolean);
    case MessageKind::bytes_value:
      return value == nullptr ? Value::bytes("") : of_kind(*value, Kind::bytes);
    case MessageKind::string_value:
      return value == nullptr ? Value::string("") : of_kind(*value, Kind::string);
    case MessageKind::double_value:
      return value == nullptr ? Value::floating(0) : of_kind(*value, Kind::floating);
    case MessageKind::float_value:
      if (value == nullptr) return Value::floating(0);
      if (!value->is(Kind::floating)) return no_overload();
      return Value::floating(static_cast<double>(static_cast<float>(value->as_floating())));
    case MessageKind::int32_value:
      return value == nullptr ? Value::integer(0)
                              : integer_within(*value, std::numeric_limits<std::int32_t>::min(),
                                               std::numeric_limits<std::int32_t>::max());
    case MessageKind::int64_value:
      return value == nullptr ? Value::integer(0) : of_kind(*value, Kind::integer);
    case MessageKind::uint32_value:
      return value == nullptr ? Value::unsigned_integer(0)
                              : unsigned_within(*value, std::numeric_limits<std::uint32_t>::max());
    default:
      return value == nullptr ? Value::unsigned_integer(0) : of_kind(*value, Kind::unsigned_integer);
  }
}

Value seconds_and_nanos(MessageKind kind, std::span<const MapEntry> fields) {
  const Value* seconds = field(fields, "seconds");
  const Value* nanos = field(fields, "nanos");
  const std::int64_t s = seconds != nullptr && seconds->is(Kind::integer) ? seconds->as_integer() : 0;
  const std::int64_t n = nanos != nullptr && nanos->is(Kind::integer) ? nanos->as_integer() : 0;
  if (n <= -1'000'000'000 || n >= 1'000'000'000) return out_of_range();
  if (kind == MessageKind::timestamp) {
    if (s < kTimestampSecondsMin || s > kTimestampSecondsMax || n < 0) return out_of_range();
    return Value::timestamp(s, static_cast<std::uint32_t>(n));
  }
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(s, std::int64_t{1'000'000'000}, &ns) || __builtin_add_overflow(ns, n, &ns)) {
    return out_of_range();
  }
  return Value::duration(ns);
}

/// A JSON value: its one field says of what kind. Its numbers are doubles.
Value json_value(std::span<const MapEntry> fields) {
  if (fields.empty()) return Value::null();
  const std::string_view name = fields[0].key.as_text();
  const Value& value = fields[0].value;
  if (name == "null_value") return Value::null();
  if (name == "bool_value") return of_kind(value, Kind::boolean);
  if (name == "string_value") return of_kind(value, Kind::string);
  if (name == "number_value") return of_kind(value, Kind::floating);
  if (name == "list_value") return of_kind(value, Kind::list);
  if (name == "struct_value") return of_kind(value, Kind::map);
  return no_such_field();
}

Value zero_of(const Type& type) {
  switch (type.kind()) {
    case Type::Kind::boolean:
      return Value::boolean(false);
    case Type::Kind::integer:
      return Value::integer(0);
    case Type::Kind::unsigned_integer:
      return Value::unsigned_integer(0);
    case Type::Kind::floating:
      return Value::floating(0);
    case Type::Kind::string:
      return Value::string("");
    case Type::Kind::bytes:
      return Value::bytes("");
    case Type::Kind::list:
      return Value::list({});
    case Type::Kind::map:
      return Value::map(std::span<const MapEntry>());
    default:
      return Value::null();
  }
}

Value declared(Evaluation& evaluation, const RecordType& type, std::span<const MapEntry> fields) {
  Value* values = evaluation.allocate<Value>(type.fields().size());
  Record* record = evaluation.allocate<Record>(1);
  if (values == nullptr || record == nullptr) return Evaluation::exhausted_error();
  for (std::size_t i = 0; i < type.fields().size(); ++i) std::construct_at(values + i, zero_of(type.fields()[i].type));
  for (const MapEntry& entry : fields) {
    const auto index = type.index_of(entry.key.as_text());
    if (!index) return no_such_field();
    values[*index] = entry.value;
  }
  return Value::record(*std::construct_at(record, Record{&type, values}));
}

bool only_has(std::span<const MapEntry> fields, std::string_view a, std::string_view b = {}) {
  for (const MapEntry& entry : fields) {
    if (entry.key.as_text() != a && entry.key.as_text() != b) return false;
  }
  return true;
}

}  // namespace

std::optional<MessageKind> well_known_message(std::string_view name) {
  for (std::size_t i = 2; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<MessageKind>(i);
  }
  return std::nullopt;
}

Value make_message(Evaluation& evaluation, MessageKind kind, const RecordType* record,
                   std::span<const MapEntry> fields) {
  switch (kind) {
    case MessageKind::open:
      return make_map(evaluation, fields);
    case MessageKind::declared:
      return declared(evaluation, *record, fields);
    case MessageKind::timestamp:
    case MessageKind::duration:
      return only_has(fields, "seconds", "nanos") ? seconds_and_nanos(kind, fields) : no_such_field();
    case MessageKind::value:
      return json_value(fields);
    case MessageKind::list_value: {
      const Value* values = field(fields, "values");
      if (!only_has(fields, "values")) return no_such_field();
      return values == nullptr ? Value::list({}) : of_kind(*values, Kind::list);
    }
    case MessageKind::structure: {
      const Value* entries = field(fields, "fields");
      if (!only_has(fields, "fields")) return no_such_field();
      return entries == nullptr ? Value::map(std::span<const MapEntry>()) : of_kind(*entries, Kind::map);
    }
    default:
      return only_has(fields, "value") ? wrapped(kind, field(fields, "value")) : no_such_field();
  }
}

}  // namespace tocsin::cel
