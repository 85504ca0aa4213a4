#include "engine/model/word.h"

#include <algorithm>

namespace tocsin {
namespace {

constexpr std::string_view kAsciiBlanks = " \t\n\v\f\r";

unsigned byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

bool is_two_byte_blank(unsigned a, unsigned b) { return a == 0xc2 && (b == 0x85 || b == 0xa0); }

bool is_three_byte_blank(unsigned a, unsigned b, unsigned c) {
  if (a == 0xe2 && b == 0x80) return (c >= 0x80 && c <= 0x8b) || c == 0xaf;
  return (a == 0xe3 && b == 0x80 && c == 0x80) || (a == 0xef && b == 0xbb && c == 0xbf);
}

/// Bytes of the white space character at the front; 0: there is none.
std::size_t blank_in_front(std::string_view text) {
  if (text.empty()) return 0;
  if (kAsciiBlanks.find(text.front()) != std::string_view::npos) return 1;
  if (text.size() >= 2 && is_two_byte_blank(byte_at(text, 0), byte_at(text, 1))) return 2;
  return text.size() >= 3 && is_three_byte_blank(byte_at(text, 0), byte_at(text, 1), byte_at(text, 2)) ? 3 : 0;
}

std::size_t blank_behind(std::string_view text) {
  const std::size_t size = text.size();
  if (size == 0) return 0;
  if (kAsciiBlanks.find(text.back()) != std::string_view::npos) return 1;
  if (size >= 2 && is_two_byte_blank(byte_at(text, size - 2), byte_at(text, size - 1))) return 2;
  return size >= 3 && is_three_byte_blank(byte_at(text, size - 3), byte_at(text, size - 2), byte_at(text, size - 1))
             ? 3
             : 0;
}

unsigned char lower(char c) { return static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

}  // namespace

std::string_view trim_blanks(std::string_view text) {
  while (const std::size_t bytes = blank_in_front(text)) text.remove_prefix(bytes);
  while (const std::size_t bytes = blank_behind(text)) text.remove_suffix(bytes);
  return text;
}

bool equal_but_for_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

bool less_but_for_case(std::string_view a, std::string_view b) {
  return std::ranges::lexicographical_compare(a, b, {}, lower, lower);
}

std::string_view cut_between_characters(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (byte_at(text, end) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace tocsin
