#include "engine/model/json_writer.h"

#include <array>
#include <charconv>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tocsin {
namespace {

constexpr bool must_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

/// True when none of eight characters must be escaped. For each byte: below 0x20 borrows into its top bit when 0x20 is
/// taken off, equal to a character is zero after the exclusive or, and zero is found in the same way. Bytes of other
/// scripts (top bit set) are left out by the last `and`; a false alarm only costs the slow way.
bool eight_are_clean(const char* at) {
  constexpr std::uint64_t kEach = 0x0101010101010101ULL;
  constexpr std::uint64_t kTop = 0x8080808080808080ULL;
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  const std::uint64_t quotes = word ^ (kEach * '"');
  const std::uint64_t backslashes = word ^ (kEach * '\\');
  const std::uint64_t found = (word - kEach * 0x20) | (quotes - kEach) | (backslashes - kEach);
  return (found & ~word & kTop) == 0;
}

#ifdef __SSE2__
/// The same for sixteen, and exactly.
bool sixteen_are_clean(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i below = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  return _mm_movemask_epi8(_mm_or_si128(below, _mm_or_si128(quotes, backslashes))) == 0;
}
#endif

/// The first character that must be escaped, or the length.
std::size_t clean_length(std::string_view text) {
  std::size_t at = 0;
#ifdef __SSE2__
  while (at + 16 <= text.size() && sixteen_are_clean(text.data() + at)) at += 16;
#endif
  while (at + 8 <= text.size() && eight_are_clean(text.data() + at)) at += 8;
  // The rest in one look too: the last eight, or twice four that may overlap.
  if (at > 0 && at + 8 > text.size()) {
    if (eight_are_clean(text.data() + text.size() - 8)) return text.size();
  } else if (at == 0 && text.size() >= 4 && text.size() < 8) {
    std::array<char, 8> word{};
    std::memcpy(word.data(), text.data(), 4);
    std::memcpy(word.data() + 4, text.data() + text.size() - 4, 4);
    if (eight_are_clean(word.data())) return text.size();
  }
  while (at < text.size() && !must_escape(text[at])) ++at;
  return at;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
  }
}

template <typename Number>
void append_number(std::string& out, Number number) {
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  out.append(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
}

char* copy(char* to, std::string_view text) {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

/// Appends a clean text in quotes, between what comes before and after it, in one step.
void append_clean(std::string& out, std::string_view head, std::string_view text, std::string_view tail) {
  const std::size_t before = out.size();
  const std::size_t after = before + head.size() + text.size() + tail.size() + 2;
  // The size that the library of g++ 12 passes is the capacity after it had to grow: not to be relied on.
  out.resize_and_overwrite(after, [&](char* bytes, std::size_t) {
    char* at = bytes + before;
    for (const char c : head) *at++ = c;
    *at++ = '"';
    at = copy(at, text);
    *at++ = '"';
    for (const char c : tail) *at++ = c;
    return after;
  });
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (clean_length(text) == text.size()) return append_clean(out, {}, text, {});
  out += '"';
  while (!text.empty()) {
    const std::size_t run = clean_length(text);
    out.append(text, 0, run);
    if (run == text.size()) break;
    append_escape(out, text[run]);
    text.remove_prefix(run + 1);
  }
  out += '"';
}

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::plain_key(std::string_view name) {
  append_clean(out_, comma_ ? "," : "", name, ":");
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::plain_field(std::string_view name, std::string_view text) {
  if (clean_length(text) != text.size()) return plain_key(name).value(text);
  const std::size_t before = out_.size();
  const std::size_t after = before + (comma_ ? 1 : 0) + name.size() + 3 + text.size() + 2;
  out_.resize_and_overwrite(after, [&](char* bytes, std::size_t) {
    char* at = bytes + before;
    if (comma_) *at++ = ',';
    *at++ = '"';
    at = copy(at, name);
    *at++ = '"';
    *at++ = ':';
    *at++ = '"';
    at = copy(at, text);
    *at++ = '"';
    return after;
  });
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  if (clean_length(name) == name.size()) {
    append_clean(out_, comma_ ? "," : "", name, ":");
  } else {
    separate();
    append_json_string(out_, name);
    out_ += ':';
  }
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(std::int64_t number) {
  separate();
  append_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::value(std::uint64_t number) {
  separate();
  append_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) {
  separate();
  out_ += truth ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::null() {
  separate();
  out_ += "null";
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

}  // namespace tocsin
