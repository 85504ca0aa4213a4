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

/// Which life of which journal an input belongs to. A journal begins with epoch 1 and goes on under the next one when
/// something of it was lost, so what is named after a position is unique although the position may have meant another
/// input before the loss. Epoch 0: journals from before there were epochs.
struct JournalLife {
  std::uint64_t journal = 0;  // made at random with the journal
  std::uint32_t epoch = 0;
  friend constexpr bool operator==(const JournalLife&, const JournalLife&) = default;
};

/// Name of an effect, the same on every run: (life of its journal, position of its input, shard, number within it from
/// 0). Names are compared within one journal only, where positions rise through all epochs: the life has no part in it.
struct EffectName {
  Position position{};
  std::uint32_t index = 0;
  std::uint32_t shard = 0;
  JournalLife life{};

  friend constexpr std::strong_ordering operator<=>(const EffectName& a, const EffectName& b) {
    if (const auto order = a.position <=> b.position; order != 0) return order;
    if (const auto order = a.shard <=> b.shard; order != 0) return order;
    return a.index <=> b.index;
  }
  friend constexpr bool operator==(const EffectName& a, const EffectName& b) { return (a <=> b) == 0; }
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
/// `JOURNAL-EPOCH-POSITION-SHARD-INDEX`, the `ce_id` of records: 16 hex digits, then decimal numbers. Of epoch 0, as
/// it always was: `journal-POSITION-INDEX`.
std::string to_text(const EffectName& name);
/// Reads what to_text wrote; false: not such a text.
bool parse_effect_name(std::string_view text, EffectName& name);

}  // namespace tocsin
