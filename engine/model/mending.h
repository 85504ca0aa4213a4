#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tocsin {

/// What was mended of an alert so that it need not be refused. Every value has a counter of the same name.
enum class Mending : std::uint8_t {
  byte_order_mark,  // the body began with one
  surrogate,        // an escape named half a surrogate pair: U+FFFD stands there now
  number,           // a number beyond 64 bits, in a place where its value is not read
  long_text,        // a text or a name was cut at its limit
  many_labels,      // labels or annotations beyond the limit were left out
  label_name,       // an entry without a name was left out
  blanks,           // white space around a word
  status,           // a status that no table knows: it fires
  time,             // a time that cannot be read, or an end before its start: not said
  duplicate,        // the same field or annotation twice: one of them counts
  type,             // a field that describes has a JSON type that it cannot have
};
inline constexpr std::size_t kMendingCount = static_cast<std::size_t>(Mending::type) + 1;

/// The stable word in metrics and answers.
std::string_view name_of(Mending mending);

/// Kinds of mending, each once.
class MendingSet {
 public:
  void add(Mending mending) { bits_ = static_cast<std::uint16_t>(bits_ | 1U << static_cast<unsigned>(mending)); }
  void add(MendingSet others) { bits_ = static_cast<std::uint16_t>(bits_ | others.bits_); }
  bool has(Mending mending) const { return (bits_ >> static_cast<unsigned>(mending) & 1U) != 0; }
  bool is_empty() const { return bits_ == 0; }
  friend bool operator==(const MendingSet&, const MendingSet&) = default;

  /// Calls `see(Mending)` for each, in the order of the enumeration.
  template <typename See>
  void for_each(See&& see) const {
    for (unsigned left = bits_; left != 0; left &= left - 1) see(static_cast<Mending>(std::countr_zero(left)));
  }

 private:
  static_assert(kMendingCount <= 16);
  std::uint16_t bits_ = 0;
};

}  // namespace tocsin
