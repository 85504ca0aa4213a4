#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/model/ids.h"
#include "engine/model/instant.h"

namespace tocsin {

/// Writes a state in bytes of one form: equal states give equal bytes on every machine. Integers are little-endian and
/// of fixed width, texts have their length before them; what has no order of its own is written in order of `number`.
class CanonicalWriter {
 public:
  /// Appends to `out`, which must outlive the writer.
  explicit CanonicalWriter(std::string& out) : out_(out) {}

  void u8(std::uint8_t value) { out_ += static_cast<char>(value); }
  void flag(bool value) { u8(value ? 1 : 0); }
  void u32(std::uint32_t value) { integer(value, 4); }
  void u64(std::uint64_t value) { integer(value, 8); }
  void instant(Instant at) { u64(static_cast<std::uint64_t>(to_unix_ns(at))); }
  void duration(Duration span) { u64(static_cast<std::uint64_t>(span.count())); }
  void hash(Hash128 bits) {
    u64(bits.high);
    u64(bits.low);
  }
  void text(std::string_view bytes) {
    u32(static_cast<std::uint32_t>(bytes.size()));
    out_ += bytes;
  }
  /// Begins a part: its name is in the bytes, so that a reader that is out of step notices.
  void part(std::string_view name) { text(name); }

 private:
  void integer(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_ += static_cast<char>(value >> (8 * i) & 0xff);
  }

  std::string& out_;
};

/// Reads what CanonicalWriter wrote. Bytes that are no such thing make it fail for good: from then on everything is 0.
class CanonicalReader {
 public:
  explicit CanonicalReader(std::string_view bytes) : rest_(bytes) {}

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }
  /// What was read makes no sense.
  void fail() {
    failed_ = true;
    rest_ = {};
  }

  std::uint8_t u8() { return static_cast<std::uint8_t>(integer(1)); }
  bool flag() {
    const std::uint8_t value = u8();
    if (value > 1) fail();
    return value == 1;
  }
  /// At most `max`.
  std::uint8_t u8_below(std::uint8_t bound) {
    const std::uint8_t value = u8();
    if (value >= bound) fail();
    return value < bound ? value : std::uint8_t{0};
  }
  std::uint32_t u32() { return static_cast<std::uint32_t>(integer(4)); }
  std::uint64_t u64() { return integer(8); }
  Instant instant() { return from_unix_ns(static_cast<std::int64_t>(u64())); }
  Duration duration() { return Duration{static_cast<std::int64_t>(u64())}; }
  Hash128 hash() {
    Hash128 bits;
    bits.high = u64();
    bits.low = u64();
    return bits;
  }
  /// Borrowed from the bytes.
  std::string_view text() { return take(u32()); }
  /// How many things follow, each of at least `bytes_min` bytes: never more than can be there.
  std::uint32_t count(std::size_t bytes_min) {
    const std::uint32_t count = u32();
    if (count > rest_.size() / bytes_min) fail();
    return failed_ ? 0 : count;
  }
  void part(std::string_view name) {
    if (text() != name) fail();
  }

 private:
  std::string_view take(std::size_t bytes) {
    if (bytes > rest_.size()) {
      fail();
      return {};
    }
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }
  std::uint64_t integer(std::size_t bytes) {
    std::uint64_t value = 0;
    const std::string_view from = take(bytes);
    for (std::size_t i = 0; i < from.size(); ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
    }
    return value;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace tocsin
