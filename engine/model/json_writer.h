#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace tocsin {

/// Writes JSON (RFC 8259) at the end of a string, fields in the order of the calls, no white space, no floats.
/// Texts must be valid UTF-8 (what enters is checked); only what must be escaped is. The caller balances begin and end.
class JsonWriter {
 public:
  /// `out` must outlive the writer.
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view{text}); }
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(std::uint64_t number);
  JsonWriter& value(bool truth);
  JsonWriter& null();
  /// `json` is one JSON value already.
  JsonWriter& raw(std::string_view json);

  /// A key of which nothing has to be escaped.
  JsonWriter& plain_key(std::string_view name);
  /// A name that stands in the program, of which nothing has to be escaped: it is not looked through.
  template <std::size_t N, typename T>
  JsonWriter& field(const char (&name)[N], const T& content) {
    constexpr bool is_text = std::is_convertible_v<const T&, std::string_view>;
    if constexpr (is_text) {
      return plain_field({name, N - 1}, std::string_view{content});
    } else {
      plain_key({name, N - 1});
      return any_value(content);
    }
  }

  template <typename T>
  JsonWriter& field(std::string_view name, const T& content) {
    key(name);
    return any_value(content);
  }

 private:
  template <typename T>
  JsonWriter& any_value(const T& content) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      if constexpr (std::is_signed_v<T>)
        return value(static_cast<std::int64_t>(content));
      else
        return value(static_cast<std::uint64_t>(content));
    } else {
      return value(content);
    }
  }
  JsonWriter& plain_field(std::string_view name, std::string_view text);
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string& out_;
  bool comma_ = false;
};

/// Appends `text` as a JSON string, quotes included.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tocsin
