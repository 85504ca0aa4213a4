#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

/// Appends `value` to `out`, least significant byte first.
template <std::unsigned_integral T>
void append_little_endian(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

/// Appends `value` to `out`, most significant byte first: keys sort as their numbers do.
template <std::unsigned_integral T>
void append_big_endian(std::string& out, T value) {
  for (std::size_t i = sizeof(T); i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
}

/// Takes values off the front of bytes. Once something was missing `ok()` is false and all that follows is zero.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <std::unsigned_integral T>
  T little_endian() {
    const std::string_view bytes = text(sizeof(T));
    T value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;)
      value = static_cast<T>((std::uint64_t{value} << 8) | static_cast<unsigned char>(bytes[i]));
    return value;
  }

  template <std::unsigned_integral T>
  T big_endian() {
    T value = 0;
    for (const char byte : text(sizeof(T)))
      value = static_cast<T>((std::uint64_t{value} << 8) | static_cast<unsigned char>(byte));
    return value;
  }

  /// The next `length` bytes, borrowed; empty when there are fewer.
  std::string_view text(std::size_t length) {
    if (length > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  std::string_view rest() const { return rest_; }
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace tocsin
