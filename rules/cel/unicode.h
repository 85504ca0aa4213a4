#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::cel {

/// What is read in place of bytes that are not UTF-8.
inline constexpr char32_t kReplacement = 0xFFFD;

struct CodePoint {
  char32_t value = kReplacement;
  std::uint32_t length = 1;  // bytes
  bool valid = false;
};

/// The code point that starts at `at`. Requires: at < text.size(). Of bytes that are not UTF-8 one byte is taken.
CodePoint code_point_at(std::string_view text, std::size_t at);

/// Bytes of the code point that starts at `at`.
inline std::size_t utf8_length_at(std::string_view text, std::size_t at) { return code_point_at(text, at).length; }

bool is_utf8(std::string_view text);

/// Code points in `text`.
std::size_t code_points(std::string_view text);

/// The byte at which code point `index` starts; text.size() for the one after the last, npos beyond it.
std::size_t byte_of(std::string_view text, std::size_t index);

/// Appends `value` as UTF-8. Requires: it is a code point and no surrogate.
void append_utf8(std::string& text, char32_t value);

/// Writes at most 4 bytes at `to` and returns how many.
std::size_t write_utf8(char* to, char32_t value);

/// Unicode's White_Space.
bool is_unicode_space(char32_t value);

}  // namespace tocsin::cel
