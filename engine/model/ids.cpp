#include "engine/model/ids.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace tocsin {
namespace {

__extension__ using Bits = unsigned __int128;

constexpr std::string_view kHexDigits = "0123456789abcdef";
// Crockford's base 32: no i, l, o, u, so that an id can be read out on the phone.
constexpr std::string_view kBase32Digits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::string_view kIncidentPrefix = "inc-";
constexpr std::size_t kIncidentDigits = 26;            // 26 × 5 = 130 bits, the first digit holds 3
constexpr std::string_view kFirstPrefix = "journal-";  // of effects of epoch 0
constexpr std::size_t kJournalDigits = 16;

/// A decimal number at the front of `text`, which is taken away.
template <typename Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_dash(std::string_view& text) {
  if (!text.starts_with('-')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string_view write_text(LabelFingerprint fingerprint, std::array<char, kFingerprintDigits>& out) {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = kHexDigits[fingerprint.value() >> (60 - 4 * i) & 15];
  return {out.data(), out.size()};
}

std::string to_text(LabelFingerprint fingerprint) {
  std::array<char, kFingerprintDigits> text{};
  return std::string(write_text(fingerprint, text));
}

std::string to_text(IncidentId id) {
  std::string text(kIncidentPrefix);
  text.resize(kIncidentPrefix.size() + kIncidentDigits);
  auto bits = static_cast<Bits>(id.bits.high) << 64 | id.bits.low;
  for (std::size_t i = kIncidentDigits; i-- > 0; bits >>= 5) {
    text[kIncidentPrefix.size() + i] = kBase32Digits[static_cast<std::size_t>(bits & 31)];
  }
  return text;
}

bool parse_incident_id(std::string_view text, IncidentId& id) {
  if (!text.starts_with(kIncidentPrefix) || text.size() != kIncidentPrefix.size() + kIncidentDigits) return false;
  text.remove_prefix(kIncidentPrefix.size());
  if (text[0] > '7') return false;
  Bits bits = 0;
  for (const char c : text) {
    const std::size_t digit = kBase32Digits.find(c);
    if (digit == std::string_view::npos) return false;
    bits = bits << 5 | digit;
  }
  id.bits = {static_cast<std::uint64_t>(bits >> 64), static_cast<std::uint64_t>(bits)};
  return true;
}

std::string to_text(const EffectName& name) {
  const std::string position = std::to_string(name.position.value());
  const std::string index = std::to_string(name.index);
  if (name.life.epoch == 0) return std::string(kFirstPrefix) + position + "-" + index;
  std::string text(kJournalDigits, '0');
  for (std::size_t i = 0; i < kJournalDigits; ++i) text[i] = kHexDigits[name.life.journal >> (60 - 4 * i) & 15];
  return text + "-" + std::to_string(name.life.epoch) + "-" + position + "-" + std::to_string(name.shard) + "-" + index;
}

bool parse_effect_name(std::string_view text, EffectName& name) {
  EffectName read;
  if (text.starts_with(kFirstPrefix)) {
    text.remove_prefix(kFirstPrefix.size());
    std::uint64_t position = 0;
    if (!take_number(text, position) || !take_dash(text) || !take_number(text, read.index) || !text.empty())
      return false;
    read.position = Position{position};
    name = read;
    return true;
  }
  for (std::size_t i = 0; i < kJournalDigits; ++i) {
    const std::size_t digit = i < text.size() ? kHexDigits.find(text[i]) : std::string_view::npos;
    if (digit == std::string_view::npos) return false;
    read.life.journal = read.life.journal << 4 | digit;
  }
  text.remove_prefix(kJournalDigits);
  std::uint64_t position = 0;
  const bool whole = take_dash(text) && take_number(text, read.life.epoch) && take_dash(text) &&
                     take_number(text, position) && take_dash(text) && take_number(text, read.shard) &&
                     take_dash(text) && take_number(text, read.index) && text.empty();
  if (!whole || read.life.epoch == 0) return false;
  read.position = Position{position};
  name = read;
  return true;
}

}  // namespace tocsin
