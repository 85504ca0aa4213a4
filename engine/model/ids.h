#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

/// A number that is the name of one kind of thing: a Revision where a Position is due does not compile.
template <typename Tag, typename Rep = std::uint64_t>
class Id {
 public:
  using rep = Rep;
  constexpr Id() = default;
  constexpr explicit Id(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;

 private:
  Rep value_{};
};

/// Place of an input in the journal: 1, 2, 3 …; 0 is before the first.
using Position = Id<struct PositionTag>;
/// 1, 2, 3 … within an incident.
using Revision = Id<struct RevisionTag>;
/// Alertmanager's fingerprint of a label set, for people and links; identity inside is a Hash128.
using LabelFingerprint = Id<struct LabelFingerprintTag>;

/// 128 bits of a hash.
struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend constexpr auto operator<=>(const Hash128&, const Hash128&) = default;

  /// For absl's and the standard's hash maps: the bits are a hash already.
  template <typename H>
  friend H AbslHashValue(H state, const Hash128& hash) {
    return H::combine(std::move(state), hash.low);
  }
};

/// Name of an incident for its whole life and on every machine: derived from rule, grouping key and opening position.
struct IncidentId {
  Hash128 bits{};
  friend constexpr auto operator<=>(const IncidentId&, const IncidentId&) = default;
};

/// Name of an effect, the same on every run: (position of its input, number within it from 0).
struct EffectName {
  Position position{};
  std::uint32_t index = 0;
  friend constexpr auto operator<=>(const EffectName&, const EffectName&) = default;
};

/// 16 lower-case hex digits, as Alertmanager shows it.
std::string to_text(LabelFingerprint fingerprint);
inline constexpr std::size_t kFingerprintDigits = 16;
/// The same into a place of one's own, without allocation.
std::string_view write_text(LabelFingerprint fingerprint, std::array<char, kFingerprintDigits>& out);
/// `inc-` and 26 digits of Crockford's base 32, lower case.
std::string to_text(IncidentId id);
/// Reads what to_text wrote; false: not such a text.
bool parse_incident_id(std::string_view text, IncidentId& id);
/// `journal-POSITION-INDEX`, the `ce_id` of records.
std::string to_text(EffectName name);

}  // namespace tocsin
