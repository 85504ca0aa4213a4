#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/model/instant.h"
#include "engine/model/label.h"

namespace tocsin::cel {

class EnumType;
class LabelDirectory;
class RecordType;
class MapSource;
class Value;
struct MapEntry;
struct IpAddress;
struct IpPrefix;

/// What a value is while it is evaluated.
enum class Kind : std::uint8_t {
  error,
  null,
  boolean,
  integer,
  unsigned_integer,
  floating,
  string,
  bytes,
  list,
  map,
  timestamp,
  duration,
  type,
  enumeration,
  record,
  ip,
  cidr,
};

/// Why an evaluation gave no value. Errors are values: `&&`, `||`, `all`, `exists` and `coalesce` absorb them.
enum class Fault : std::uint8_t {
  no_such_overload,  // an operator or function does not take these types
  no_such_key,
  no_such_field,
  unknown_name,  // only without checking
  out_of_range,  // overflow, an index or a date beyond its bounds
  division_by_zero,
  bad_argument,  // a text that is not a number, a time, an address, a pattern …
  exhausted,     // the evaluation used up its steps or bytes
};

/// Fields of a record in the order of its type. Borrowed by the values that point to it.
struct Record {
  const RecordType* type;
  const Value* fields;  // as many as the type has
};

/// A value: 16 bytes, trivially copied, owns nothing. Texts, lists and maps point to the caller's data, to the program
/// that made them, or into the arena of the evaluation; who keeps one longer copies what it points to.
class Value {
 public:
  Value() = default;  // an error: nothing was evaluated
  static Value null() { return {Kind::null, 0, 0}; }
  static Value boolean(bool value) { return {Kind::boolean, 0, value ? 1ULL : 0ULL}; }
  static Value integer(std::int64_t value) { return {Kind::integer, 0, static_cast<std::uint64_t>(value)}; }
  static Value unsigned_integer(std::uint64_t value) { return {Kind::unsigned_integer, 0, value}; }
  static Value floating(double value) { return {Kind::floating, 0, std::bit_cast<std::uint64_t>(value)}; }
  /// UTF-8, at most 4 GiB.
  static Value string(std::string_view text) { return {Kind::string, length(text.size()), address(text.data())}; }
  static Value bytes(std::string_view octets) { return {Kind::bytes, length(octets.size()), address(octets.data())}; }
  static Value list(std::span<const Value> items) { return {Kind::list, length(items.size()), address(items.data())}; }
  /// Keys are int, uint, bool or string and differ from each other.
  static Value map(std::span<const MapEntry> entries);
  /// Labels as a map(string, string): a missing key selects "", and is not `in` it. Lookup is a binary search.
  static Value labels(Labels labels) { return {Kind::map, length(labels.size()), address(labels.data()), kLabelsForm}; }
  static Value labels(const LabelDirectory& labels) { return {Kind::map, 0, address(&labels), kDirectoryForm}; }
  static Value map(const MapSource& source);
  static Value record(const Record& record) { return {Kind::record, 0, address(&record)}; }
  /// `index` counts in the order of the type, lowest first. The type must outlive the value.
  static Value enumeration(const EnumType& type, std::uint32_t index) {
    return {Kind::enumeration, index, address(&type)};
  }
  /// Seconds since 1970-01-01T00:00:00Z and the nanoseconds that follow them (0 … 999,999,999).
  static Value timestamp(std::int64_t seconds, std::uint32_t nanoseconds) {
    return {Kind::timestamp, nanoseconds, static_cast<std::uint64_t>(seconds)};
  }
  static Value timestamp(Instant at);
  static Value duration(std::int64_t nanoseconds) {
    return {Kind::duration, 0, static_cast<std::uint64_t>(nanoseconds)};
  }
  /// `name` as `type()` gives it: "int", "google.protobuf.Timestamp". Must outlive the value.
  static Value type(std::string_view name) { return {Kind::type, length(name.size()), address(name.data())}; }
  static Value ip(const IpAddress& ip) { return {Kind::ip, 0, address(&ip)}; }
  static Value cidr(const IpPrefix& prefix) { return {Kind::cidr, 0, address(&prefix)}; }
  /// `message` must be a literal.
  static Value error(Fault fault, const char* message) {
    return {Kind::error, 0, address(message), static_cast<std::uint8_t>(fault)};
  }

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_error() const { return kind_ == Kind::error; }
  bool is_true() const { return kind_ == Kind::boolean && bits_ != 0; }
  bool is_false() const { return kind_ == Kind::boolean && bits_ == 0; }

  // Each requires the kind of its name.
  bool as_bool() const { return bits_ != 0; }
  std::int64_t as_integer() const { return static_cast<std::int64_t>(bits_); }
  std::uint64_t as_unsigned() const { return bits_; }
  double as_floating() const { return std::bit_cast<double>(bits_); }
  /// Of a string, bytes or type.
  std::string_view as_text() const { return {pointer<char>(), size_}; }
  std::span<const Value> as_list() const { return {pointer<Value>(), size_}; }
  const Record& as_record() const { return *pointer<Record>(); }
  const EnumType& enum_type() const { return *pointer<EnumType>(); }
  std::uint32_t enum_index() const { return size_; }
  std::int64_t seconds() const { return as_integer(); }
  std::uint32_t nanoseconds() const { return size_; }
  std::int64_t duration_ns() const { return as_integer(); }
  const IpAddress& as_ip() const { return *pointer<IpAddress>(); }
  const IpPrefix& as_cidr() const { return *pointer<IpPrefix>(); }
  Fault fault() const { return static_cast<Fault>(form_); }
  const char* message() const { return bits_ == 0 ? "nothing was evaluated" : pointer<char>(); }

  // Of a map.
  std::uint32_t map_size() const;
  /// An error with Fault::no_such_key when `key` is not there; "" for labels.
  Value map_find(const Value& key) const;
  bool map_has(const Value& key) const;
  /// In the order of the map; `index` < map_size().
  MapEntry map_entry(std::uint32_t index) const;
  bool is_labels() const { return kind_ == Kind::map && (form_ == kLabelsForm || form_ == kDirectoryForm); }
  Labels as_labels() const;
  /// Of labels: the value of `name`, "" when there is none.
  std::string_view label(std::string_view name) const;

  /// Bytes, items or entries, for cost: 0 for other kinds.
  std::uint32_t size_hint() const;

 private:
  static constexpr std::uint8_t kEntriesForm = 0;
  static constexpr std::uint8_t kLabelsForm = 1;
  static constexpr std::uint8_t kSourceForm = 2;
  static constexpr std::uint8_t kDirectoryForm = 3;

  Value(Kind kind, std::uint32_t size, std::uint64_t bits, std::uint8_t form = 0)
      : kind_(kind), form_(form), size_(size), bits_(bits) {}
  static std::uint32_t length(std::size_t size) { return static_cast<std::uint32_t>(size); }
  static std::uint64_t address(const void* at) { return reinterpret_cast<std::uintptr_t>(at); }
  template <typename T>
  const T* pointer() const {
    return reinterpret_cast<const T*>(static_cast<std::uintptr_t>(bits_));
  }

  Kind kind_ = Kind::error;
  std::uint8_t form_ = 0;  // of a map: how it is stored; of an error: its fault
  std::uint32_t size_ = 0;
  std::uint64_t bits_ = 0;
};
static_assert(sizeof(Value) == 16);

struct MapEntry {
  Value key;
  Value value;
};

/// A map that the caller holds: a table. Called while an expression is evaluated; must not change meanwhile.
class MapSource {
 public:
  virtual ~MapSource() = default;
  /// An error with Fault::no_such_key when it is not there.
  virtual Value find(const Value& key) const = 0;
  virtual std::uint32_t size() const = 0;
  /// In an order that does not depend on the run.
  virtual MapEntry entry(std::uint32_t index) const = 0;
};

/// For people and tests: `"a"`, `[1, 2u]`, `{"k": 1.5}`, `timestamp("…")`, `error: no such key`. What is nested deeper
/// than 100 is `…`.
std::string to_text(const Value& value);

}  // namespace tocsin::cel
