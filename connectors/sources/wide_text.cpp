#include "connectors/sources/wide_text.h"

#include <cstddef>
#include <cstdint>

namespace tocsin {
namespace {

constexpr std::uint32_t kMark = 0xfeff;
constexpr std::uint32_t kReplacement = 0xfffd;

void append_utf8(std::uint32_t character, std::string& out) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | (character >> shift & 0x3fU)); };
  if (character < 0x80) {
    out += static_cast<char>(character);
  } else if (character < 0x800) {
    out += static_cast<char>(0xc0U | character >> 6);
    tail(0);
  } else if (character < 0x10000) {
    out += static_cast<char>(0xe0U | character >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0U | character >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_first_half(std::uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_second_half(std::uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

}  // namespace

bool read_wide_text(std::string_view body, std::string& utf8, bool& is_mended) {
  const bool is_32 =
      body.starts_with(std::string_view("\xff\xfe\0\0", 4)) || body.starts_with(std::string_view("\0\0\xfe\xff", 4));
  const std::size_t unit_bytes = is_32 ? 4 : 2;
  const bool is_little = body.starts_with("\xff\xfe");
  utf8.clear();
  is_mended = false;
  if (body.size() % unit_bytes != 0) return false;
  const auto unit_at = [&](std::size_t at) {
    std::uint32_t unit = 0;
    for (std::size_t i = 0; i < unit_bytes; ++i) {
      const std::size_t place = is_little ? unit_bytes - 1 - i : i;
      unit = unit << 8 | static_cast<unsigned char>(body[at + place]);
    }
    return unit;
  };
  for (std::size_t at = 0; at < body.size(); at += unit_bytes) {
    std::uint32_t character = unit_at(at);
    if (character == kMark && utf8.empty()) continue;
    if (!is_32 && is_first_half(character) && at + unit_bytes < body.size() &&
        is_second_half(unit_at(at + unit_bytes))) {
      character = 0x10000 + ((character - 0xd800) << 10) + (unit_at(at + unit_bytes) - 0xdc00);
      at += unit_bytes;
    } else if (is_first_half(character) || is_second_half(character) || character > 0x10ffff) {
      character = kReplacement;
      is_mended = true;
    }
    append_utf8(character, utf8);
  }
  return true;
}

}  // namespace tocsin
