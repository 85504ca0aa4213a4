#include "engine/model/ids.h"

#include <algorithm>

namespace tocsin {
namespace {

__extension__ using Bits = unsigned __int128;

constexpr std::string_view kHexDigits = "0123456789abcdef";
// Crockford's base 32: no i, l, o, u, so that an id can be read out on the phone.
constexpr std::string_view kBase32Digits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::string_view kIncidentPrefix = "inc-";
constexpr std::size_t kIncidentDigits = 26;  // 26 × 5 = 130 bits, the first digit holds 3

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

std::string to_text(EffectName name) {
  return "journal-" + std::to_string(name.position.value()) + "-" + std::to_string(name.index);
}

}  // namespace tocsin
