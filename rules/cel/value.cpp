#include "rules/cel/value.h"

#include <fmt/format.h>

#include "engine/model/check.h"
#include "rules/cel/ip_address.h"
#include "rules/cel/label_directory.h"
#include "rules/cel/text.h"
#include "rules/cel/type.h"

namespace tocsin::cel {
namespace {

Value no_such_key() { return Value::error(Fault::no_such_key, "no such key"); }

/// Whether `key` is that number too. Numbers of different types are the same key.
bool same_number(const Value& a, const Value& b) {
  const auto whole = [](const Value& value, bool& negative, std::uint64_t& magnitude) {
    switch (value.kind()) {
      case Kind::integer:
        negative = value.as_integer() < 0;
        magnitude = static_cast<std::uint64_t>(value.as_integer());
        return true;
      case Kind::unsigned_integer:
        negative = false;
        magnitude = value.as_unsigned();
        return true;
      case Kind::floating: {
        const double d = value.as_floating();
        if (!(d >= -9223372036854775808.0 && d < 18446744073709551616.0)) return false;
        negative = d < 0;
        magnitude = negative ? static_cast<std::uint64_t>(static_cast<std::int64_t>(d)) : static_cast<std::uint64_t>(d);
        return (negative ? static_cast<double>(static_cast<std::int64_t>(magnitude))
                         : static_cast<double>(magnitude)) == d;
      }
      default:
        return false;
    }
  };
  bool a_negative = false;
  bool b_negative = false;
  std::uint64_t a_magnitude = 0;
  std::uint64_t b_magnitude = 0;
  return whole(a, a_negative, a_magnitude) && whole(b, b_negative, b_magnitude) && a_negative == b_negative &&
         a_magnitude == b_magnitude;
}

bool same_key(const Value& a, const Value& b) {
  if (a.kind() == Kind::string || b.kind() == Kind::string) {
    return a.kind() == b.kind() && a.as_text() == b.as_text();
  }
  if (a.kind() == Kind::boolean || b.kind() == Kind::boolean) {
    return a.kind() == b.kind() && a.as_bool() == b.as_bool();
  }
  return same_number(a, b);
}

}  // namespace

Value Value::map(std::span<const MapEntry> entries) {
  return {Kind::map, length(entries.size()), address(entries.data()), kEntriesForm};
}

Value Value::map(const MapSource& source) { return {Kind::map, 0, address(&source), kSourceForm}; }

Value Value::timestamp(Instant at) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t ns = to_unix_ns(at);
  std::int64_t seconds = ns / kSecond;
  std::int64_t rest = ns % kSecond;
  if (rest < 0) rest += kSecond, --seconds;
  return timestamp(seconds, static_cast<std::uint32_t>(rest));
}

Labels Value::as_labels() const {
  return form_ == kDirectoryForm ? pointer<LabelDirectory>()->labels() : Labels{pointer<Label>(), size_};
}

std::string_view Value::label(std::string_view name) const {
  return form_ == kDirectoryForm ? pointer<LabelDirectory>()->find(name) : value_of(as_labels(), name);
}

std::uint32_t Value::map_size() const {
  if (form_ == kSourceForm) return pointer<MapSource>()->size();
  return form_ == kDirectoryForm ? static_cast<std::uint32_t>(as_labels().size()) : size_;
}

Value Value::map_find(const Value& key) const {
  switch (form_) {
    case kLabelsForm:
    case kDirectoryForm:
      if (!key.is(Kind::string)) return no_such_key();
      return string(label(key.as_text()));
    case kSourceForm:
      return pointer<MapSource>()->find(key);
    default:
      break;
  }
  for (const MapEntry& entry : std::span(pointer<MapEntry>(), size_)) {
    if (same_key(entry.key, key)) return entry.value;
  }
  return no_such_key();
}

bool Value::map_has(const Value& key) const {
  if (is_labels()) return key.is(Kind::string) && !label(key.as_text()).empty();
  return !map_find(key).is_error();
}

MapEntry Value::map_entry(std::uint32_t index) const {
  TOCSIN_CHECK(index < map_size(), "an entry of the map");
  if (form_ == kSourceForm) return pointer<MapSource>()->entry(index);
  if (form_ == kEntriesForm) return pointer<MapEntry>()[index];
  const Label& at = as_labels()[index];
  return {string(at.name), string(at.value)};
}

std::uint32_t Value::size_hint() const {
  switch (kind_) {
    case Kind::string:
    case Kind::bytes:
    case Kind::list:
      return size_;
    case Kind::map:
      return map_size();
    default:
      return 0;
  }
}

namespace {

constexpr std::uint32_t kTextDepthMax = 100;

std::string text_of(const Value& value, std::uint32_t depth) {
  if (depth > kTextDepthMax) return "…";
  switch (value.kind()) {
    case Kind::error:
      return fmt::format("error: {}", value.message());
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.as_bool() ? "true" : "false";
    case Kind::integer:
      return std::to_string(value.as_integer());
    case Kind::unsigned_integer:
      return std::to_string(value.as_unsigned()) + "u";
    case Kind::floating: {
      std::string text = floating_text(value.as_floating());
      return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
    }
    case Kind::string:
      return quoted(value.as_text());
    case Kind::bytes:
      return "b" + quoted_bytes(value.as_text());
    case Kind::timestamp:
      return fmt::format("timestamp(\"{}\")", timestamp_text(value));
    case Kind::duration:
      return fmt::format("duration(\"{}\")", duration_text(value.duration_ns()));
    case Kind::type:
      return std::string(value.as_text());
    case Kind::enumeration:
      return value.enum_type().names()[value.enum_index()];
    case Kind::ip:
      return fmt::format("ip(\"{}\")", to_text(value.as_ip()));
    case Kind::cidr:
      return fmt::format("cidr(\"{}\")", to_text(value.as_cidr()));
    case Kind::list: {
      std::string text = "[";
      for (const Value& item : value.as_list()) text += (text.size() > 1 ? ", " : "") + text_of(item, depth + 1);
      return text + "]";
    }
    case Kind::map: {
      std::string text = "{";
      for (std::uint32_t i = 0; i < value.map_size(); ++i) {
        const MapEntry entry = value.map_entry(i);
        text += (text.size() > 1 ? ", " : "") + text_of(entry.key, depth + 1) + ": " + text_of(entry.value, depth + 1);
      }
      return text + "}";
    }
    case Kind::record: {
      const Record& record = value.as_record();
      std::string text = record.type->name() + "{";
      for (std::size_t i = 0; i < record.type->fields().size(); ++i) {
        text += (i > 0 ? ", " : "") + record.type->fields()[i].name + ": " + text_of(record.fields[i], depth + 1);
      }
      return text + "}";
    }
  }
  return {};
}

}  // namespace

std::string to_text(const Value& value) { return text_of(value, 0); }

}  // namespace tocsin::cel
