#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>

#include "engine/core/canonical.h"
#include "engine/model/instant.h"
#include "rules/set/storm_policy.h"

namespace tocsin {

/// Who speaks: a source, and of Alertmanager's the server that its links name. Its words come in rounds: a round begins
/// with the first word that comes kRoundMin after the beginning of the one before, and what comes closer is of it.
struct Speaker {
  static constexpr Duration kRoundMin = std::chrono::seconds{15};
  static constexpr std::size_t kGaps = 32;

  std::uint32_t number = 0;  // in order of the first word; never given again
  std::string tenant{};
  std::string source{};
  std::string origin{};                     // "": its source names none
  bool repeats = false;                     // what fires, as its source's lease says
  bool is_silent = false;                   // and was told so
  bool round_fires = false;                 // a word of the round in hand is of what fires
  Instant heard_at{};                       // its newest word
  Instant round_at = kUnset;                // when the round in hand began; kUnset: the next one's gap is not learned
  Instant since = kUnset;                   // since when no gap was too long to be a rhythm
  std::array<std::uint64_t, kGaps> gaps{};  // between rounds, ns; a ring
  std::uint32_t gap_count = 0;
  std::uint32_t gap_next = 0;
  Duration stated{};     // by the rules, how often it speaks at least; 0: they do not say
  Instant due = kNever;  // when it is looked whether it is silent

  /// The longest of the gaps that are known.
  Duration longest_gap() const;
  /// It speaks at a steady rhythm: of as many gaps as are kept none is longer than twice their mean, for an hour.
  bool is_steady() const;
};

/// Who is heard, how regularly, and who is silent. See rules::BlindPolicy.
///
/// A speaker is expected to go on while the rules say how often it speaks, or it is steady, repeats what fires, and its
/// last round had something that does: who has told the end of everything has nothing to repeat. It is silent when it
/// was expected to go on and nothing is heard for longer than three times what is stated, or three times its longest
/// gap and two minutes at least.
///
/// Invariants: speakers are bounded; who is expected has a deadline; who is silent has none, and ends it by speaking.
class SourceBook {
 public:
  static constexpr Duration kGapMax = std::chrono::hours{1};  // longer ones are no rhythm
  static constexpr Duration kSteadyMin = std::chrono::hours{1};
  static constexpr Duration kSilentMin = std::chrono::minutes{2};
  static constexpr int kGapsMissed = 3;
  static constexpr Duration kForgottenAfter = std::chrono::hours{7 * 24};

  explicit SourceBook(const rules::BlindPolicy& policy) { use(policy); }

  /// The number of who speaks; 0: there are as many as may be. `repeats`: its source has a lease.
  std::uint32_t number_of(std::string_view tenant, std::string_view source, std::string_view origin, bool repeats,
                          Instant now);
  /// A word of it, of what fires or not. True: it was silent until now.
  bool hear(std::uint32_t number, bool fires, Instant now);
  const Speaker* find(std::uint32_t number) const;

  /// Until when what depends on it had better wait at `now`: kUnset: it need not; kNever: until it speaks again.
  Instant doubted_until(std::uint32_t number, Instant now) const;

  Instant next_deadline() const { return due_.empty() ? kNever : due_.begin()->first; }
  /// Who is due at `now`: its number if it is silent from here on; 0: it was heard meanwhile, or is not expected.
  std::uint32_t meet(Instant now);
  /// Nothing could be heard until `now`: that does not count as silence.
  void resume(Instant now);
  /// Another policy. Gives those that are silent and are not watched any more.
  std::vector<std::uint32_t> use(const rules::BlindPolicy& policy, Instant now = kUnset);

  const absl::btree_map<std::uint32_t, Speaker>& speakers() const { return speakers_; }
  std::size_t silent_count() const { return silent_; }
  std::uint64_t refused() const { return refused_; }
  bool is_watched(const Speaker& speaker) const;
  /// How long it may say nothing. Requires: it is watched.
  static Duration patience(const Speaker& speaker);

  void write(CanonicalWriter& out) const;
  void read(CanonicalReader& in);
  void check() const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // tenant, source, origin

  bool is_expected(const Speaker& speaker) const;
  Duration stated_for(const Speaker& speaker) const;
  void begin_round(Speaker& speaker, Instant now);
  void look_at(Speaker& speaker, Instant at);
  bool make_room(Instant now);

  rules::BlindPolicy policy_{};
  absl::btree_map<std::uint32_t, Speaker> speakers_;  // by number
  std::map<Key, std::uint32_t, std::less<>> numbers_;
  absl::btree_set<std::pair<Instant, std::uint32_t>> due_;
  std::uint32_t number_ = 0;
  std::uint64_t refused_ = 0;
  std::size_t silent_ = 0;
};

}  // namespace tocsin
