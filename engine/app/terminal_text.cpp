#include "engine/app/terminal_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tocsin::app {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::uint32_t kNoCharacter = UINT32_MAX;

struct Character {
  std::uint32_t code = kNoCharacter;  // kNoCharacter: one byte that is no UTF-8
  std::size_t bytes = 1;
};

/// The one at the front of a text that is not empty.
Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  std::uint32_t code = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3F);
  }
  const bool is_short = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  if (is_short || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
  return {code, bytes};
}

struct Range {
  std::uint32_t from;
  std::uint32_t to;
};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, std::uint32_t code) {
  const auto next = std::ranges::upper_bound(ranges, code, {}, &Range::from);
  return next != ranges.begin() && code <= std::prev(next)->to;
}

/// Controls, and format characters that turn, hide or reorder what stands around them.
constexpr std::array<Range, 14> kSteering{{{0x00, 0x1F},
                                           {0x7F, 0x9F},
                                           {0xAD, 0xAD},
                                           {0x61C, 0x61C},
                                           {0x180E, 0x180E},
                                           {0x200B, 0x200B},
                                           {0x200E, 0x200F},
                                           {0x2028, 0x202E},
                                           {0x2060, 0x206F},
                                           {0xFEFF, 0xFEFF},
                                           {0xFFF9, 0xFFFB},
                                           {0x1BCA0, 0x1BCA3},
                                           {0x1D173, 0x1D17A},
                                           {0xE0000, 0xE0FFF}}};

/// Marks that stand on the character before them (the blocks that are nothing else, and joiners).
constexpr std::array<Range, 16> kCombining{{{0x300, 0x36F},
                                            {0x483, 0x489},
                                            {0x591, 0x5BD},
                                            {0x610, 0x61A},
                                            {0x64B, 0x65F},
                                            {0x93C, 0x93C},
                                            {0x941, 0x948},
                                            {0xE31, 0xE31},
                                            {0xE34, 0xE3A},
                                            {0xE47, 0xE4E},
                                            {0x1AB0, 0x1AFF},
                                            {0x1DC0, 0x1DFF},
                                            {0x200C, 0x200D},
                                            {0x20D0, 0x20FF},
                                            {0xFE00, 0xFE0F},
                                            {0xFE20, 0xFE2F}}};

/// East Asian Width W and F (UAX #11), by block.
constexpr std::array<Range, 25> kWide{
    {{0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},   {0x23F0, 0x23F0},
     {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x26A1, 0x26A1},   {0x26D4, 0x26D4},   {0x2705, 0x2705},
     {0x274C, 0x274C},   {0x2753, 0x2757},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xA960, 0xA97C},
     {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
     {0x16FE0, 0x18CFF}, {0x1B000, 0x1B2FF}, {0x1F18E, 0x1F19A}, {0x1F200, 0x1FAFF}, {0x20000, 0x3FFFD}}};

std::size_t columns_of(std::uint32_t code) {
  if (code < 0x300) return 1;
  if (is_in(kCombining, code)) return 0;
  return is_in(kWide, code) ? 2 : 1;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Character character = first_of(text);
    columns += columns_of(character.code);
    text.remove_prefix(character.bytes);
  }
  return columns;
}

std::string without_hidden_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_of(text);
    const bool is_plain =
        character.code < 0x20 || (character.code != kNoCharacter && !is_in(kSteering, character.code));
    out += is_plain ? text.substr(0, character.bytes) : kReplacement;
    text.remove_prefix(character.bytes);
  }
  return out;
}

std::string for_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_of(text);
    const bool is_white = character.code == '\t' || character.code == '\n' || character.code == '\r';
    if (is_white) {
      out += ' ';
    } else if (character.code == kNoCharacter || is_in(kSteering, character.code)) {
      out += kReplacement;
    } else {
      out += text.substr(0, character.bytes);
    }
    text.remove_prefix(character.bytes);
  }
  return out;
}

std::string fit(std::string_view text, std::size_t columns) {
  std::string clean = for_terminal(text);
  if (columns_of(clean) <= columns) return clean;
  if (columns == 0) return {};
  std::size_t shown = 0;
  std::size_t end = 0;
  while (end < clean.size()) {
    const Character character = first_of(std::string_view{clean}.substr(end));
    const std::size_t width = columns_of(character.code);
    if (shown + width > columns - 1) break;
    shown += width;
    end += character.bytes;
  }
  clean.resize(end);
  while (clean.ends_with(' ')) clean.pop_back();
  return clean += "…";
}

}  // namespace tocsin::app
