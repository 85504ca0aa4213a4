#include "tests/rules/cel/conformance_case.h"

#include <charconv>
#include <fstream>
#include <memory>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "rules/cel/evaluation.h"
#include "rules/cel/functions.h"
#include "rules/cel/unicode.h"

namespace tocsin::cel {
namespace {

namespace json = boost::json;
__extension__ using Wide = __int128;

class Reader {
 public:
  explicit Reader(Arena& arena) : evaluation_(arena) {}

  Value value(const json::object& tagged) {
    const std::string_view tag = tagged.begin()->key();
    const json::value& content = tagged.begin()->value();
    if (tag == "null") return Value::null();
    if (tag == "bool") return Value::boolean(content.as_bool());
    if (tag == "list") return list(content.as_array());
    if (tag == "map") return map(content.as_array());
    const std::string text = content.is_string() ? std::string(content.as_string()) : json::serialize(content);
    if (tag == "int") return Value::integer(number<std::int64_t>(text));
    if (tag == "uint") return Value::unsigned_integer(number<std::uint64_t>(text));
    if (tag == "double") return Value::floating(std::stod(text));
    if (tag == "string") return evaluation_.string(text);
    if (tag == "bytes_base64") return bytes(text);
    if (tag == "type") return Value::type(evaluation_.string(text).as_text());
    if (tag == "duration_ns") return Value::duration(number<std::int64_t>(text));
    if (tag == "timestamp_ns") return timestamp(text);
    ADD_FAILURE() << "a value with the unknown tag " << tag;
    return {};
  }

  std::string_view keep(std::string_view text) { return evaluation_.string(text).as_text(); }

 private:
  template <typename Number>
  static Number number(const std::string& text) {
    Number value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  Value bytes(const std::string& text) {
    const Value encoded = evaluation_.string(text);
    return find_function("base64.decode", false, 1)->call(evaluation_, {&encoded, 1});
  }

  static Value timestamp(const std::string& text) {
    Wide ns = 0;
    for (const char c : text) {
      if (c != '-') ns = ns * 10 + (c - '0');
    }
    if (text.starts_with('-')) ns = -ns;
    Wide seconds = ns / 1'000'000'000;
    Wide rest = ns % 1'000'000'000;
    if (rest < 0) rest += 1'000'000'000, --seconds;
    return Value::timestamp(static_cast<std::int64_t>(seconds), static_cast<std::uint32_t>(rest));
  }

  Value list(const json::array& items) {
    Value* to = evaluation_.allocate<Value>(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) std::construct_at(to + i, value(items[i].as_object()));
    return Value::list({to, items.size()});
  }

  Value map(const json::array& entries) {
    MapEntry* to = evaluation_.allocate<MapEntry>(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const json::array& entry = entries[i].as_array();
      const Value key = value(entry[0].as_object());
      std::construct_at(to + i, MapEntry{key, value(entry[1].as_object())});
    }
    return Value::map(std::span<const MapEntry>(to, entries.size()));
  }

  Evaluation evaluation_;
};

ConformanceCase read_case(const json::object& line, Reader& reader) {
  const auto text = [&](const char* key) { return std::string(line.at(key).as_string()); };
  ConformanceCase result;
  result.name = text("suite") + "/" + text("section") + "/" + text("name");
  result.expression = text("expr");
  if (line.contains("container")) result.container = text("container");
  if (const auto* flag = line.if_contains("disable_macros")) result.disable_macros = flag->is_bool() && flag->as_bool();
  if (const auto* declared = line.if_contains("declared")) {
    for (const json::value& name : declared->as_array()) result.declared.emplace_back(name.as_string());
  }
  if (const auto* bindings = line.if_contains("bindings")) {
    for (const auto& [name, value] : bindings->as_object()) {
      result.bindings.emplace_back(std::string(name), reader.value(value.as_object()));
    }
  }
  if (const auto* value = line.if_contains("value")) result.value = reader.value(value->as_object());
  return result;
}

}  // namespace

std::vector<ConformanceCase> read_cases(const std::string& path, Arena& arena) {
  std::vector<ConformanceCase> cases;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty()) continue;
    Reader reader(arena);
    try {
      cases.push_back(read_case(json::parse(line).as_object(), reader));
    } catch (const std::exception& error) {
      ADD_FAILURE() << "a case that cannot be read: " << line << ": " << error.what();
    }
  }
  return cases;
}

Value decode_leftover_escapes(const Value& value, Arena& arena) {
  if (!value.is(Kind::string) && !value.is(Kind::bytes)) return value;
  const std::string_view text = value.as_text();
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char kind = text[at] == '\\' && at + 1 < text.size() ? text[at + 1] : '\0';
    const std::size_t digits = kind == 'u' ? 4 : (kind == 'U' ? 8 : 0);
    std::uint32_t point = 0;
    if (kind == '?') {
      decoded += '?';
      ++at;
    } else if (digits > 0 && at + 2 + digits <= text.size() &&
               std::from_chars(&text[at + 2], &text[at + 2] + digits, point, 16).ptr == &text[at + 2] + digits) {
      append_utf8(decoded, point);
      at += 1 + digits;
    } else {
      decoded += text[at];
    }
  }
  const std::string_view kept = arena.keep(decoded);
  return value.is(Kind::string) ? Value::string(kept) : Value::bytes(kept);
}

}  // namespace tocsin::cel
