#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>

#include "engine/core/canonical.h"
#include "engine/core/conditions/condition.h"
#include "engine/core/conditions/dedup_keys.h"
#include "engine/core/conditions/text_pool.h"
#include "engine/core/conditions/value_sketch.h"
#include "engine/core/deadlines.h"
#include "engine/core/scale_history.h"
#include "engine/core/slots.h"
#include "engine/core/tag_table.h"
#include "engine/model/limits.h"

namespace tocsin {

/// Which voice of which condition.
struct VoicePlace {
  std::uint32_t condition = kNoSlot;
  std::uint32_t extra = kNoSlot;  // kNoSlot: the first voice
  explicit operator bool() const { return condition != kNoSlot; }
};

/// All conditions that are known, and their voices. It knows nothing of rules, incidents or time but what it is given.
///
/// Invariants: each voice is found under its key, unless another condition has its speaker now; a condition fires
/// exactly while a voice of it does; numbers rise in order of arrival; a firing voice with a lease has a deadline not
/// after its end; what has ended outside of an incident has a deadline at which it is forgotten.
class ConditionBook {
 public:
  explicit ConditionBook(const std::vector<std::string>& scale) : scales_(scale) {}

  // Finding.
  /// Asks for the memory that find() will look at: there is work to do until it comes.
  void prefetch(Hash128 voice) const { by_voice_.prefetch(TagTable::tag_of(voice.low)); }
  /// The same for the condition, once that is there. Inlined, since a function that only prefetches does nothing that a
  /// compiler has to keep.
  [[gnu::always_inline]] void prefetch_found(Hash128 voice) const {
    // The first that may be it: nearly always it is.
    const std::uint32_t number = by_voice_.find(TagTable::tag_of(voice.low), [](std::uint32_t) { return true; });
    if (number == kNoSlot) return;
    const char* const lines = is_extra(number) ? reinterpret_cast<const char*>(&extras_[number & ~kExtra])
                                               : reinterpret_cast<const char*>(&conditions_[number]);
    __builtin_prefetch(lines, 1);
    __builtin_prefetch(lines + 64, 1);
  }
  VoicePlace find(Hash128 voice) const {
    const std::uint32_t number =
        by_voice_.find(TagTable::tag_of(voice.low), [&](std::uint32_t one) { return numbered(one).key == voice; });
    return number == kNoSlot ? VoicePlace{} : place_of(number);
  }
  /// The condition of an identity under the current dedup key, else that which an earlier key finds; kNoSlot: none.
  std::uint32_t find_identity(Hash128 identity, const DedupKeys::Asked& asked, const HashKey& key,
                              std::string& scratch) const {
    return keys_.find(conditions_, identity, asked, key, scratch);
  }
  Condition& operator[](std::uint32_t slot) { return on_scale(slot); }
  const Condition& operator[](std::uint32_t slot) const { return on_scale(slot); }
  bool holds(std::uint32_t slot) const { return conditions_.holds(slot); }
  bool is_same(std::uint32_t slot, std::uint32_t generation) const { return conditions_.is_same(slot, generation); }
  Voice& voice(VoicePlace place) {
    return place.extra == kNoSlot ? conditions_[place.condition].voice : extras_[place.extra].voice;
  }
  const Voice& voice(VoicePlace place) const { return const_cast<ConditionBook*>(this)->voice(place); }
  /// Of conditions, for walks of which nothing follows that is seen.
  std::uint32_t end() const { return conditions_.end(); }
  std::size_t count() const { return conditions_.count(); }
  /// `f(Voice&, VoicePlace)`: the first, then the others from the newest on.
  template <typename F>
  void for_each_voice(std::uint32_t slot, F&& f) {
    f(conditions_[slot].voice, VoicePlace{slot, kNoSlot});
    for (std::uint32_t extra = conditions_[slot].extra; extra != kNoSlot;) {
      const std::uint32_t next = extras_[extra].next;
      f(extras_[extra].voice, VoicePlace{slot, extra});
      extra = next;
    }
  }

  /// The number of a source's name, kept for ever: there are as many as are configured.
  std::uint16_t source_number(std::string_view name);
  std::string_view source_name(std::uint16_t number) const { return sources_[number]; }

  // Identities.
  DedupKeys& keys() { return keys_; }
  const DedupKeys& keys() const { return keys_; }
  /// Conditions that are known now stay what they are under another key: words of their voices are about them.
  void keep_identities() { kept_up_to_ = number_; }
  bool keeps_identity(const Condition& condition) const { return condition.number <= kept_up_to_; }

  // Words. What they mean for the condition is in `firing` and `severity` of it afterwards.
  /// A condition that was not known, of an identity under the present key. It has no word yet.
  std::uint32_t add(Hash128 identity, Instant now);
  /// A voice that the condition has not; its first, when it has none. At the bound it takes the place of the one that
  /// was heard longest ago, of those that have ended if there are some.
  VoicePlace add_voice(std::uint32_t slot, const Word& word);
  /// A firing word.
  void fire(VoicePlace place, const Word& word, Severity severity);
  /// The same word again, while it fires.
  void repeat(VoicePlace place, Instant came, Instant start, Instant lease_end) {
    repeat(voice(place), place, came, start, lease_end);
  }
  /// The same for who has the voice in hand.
  void repeat(Voice& voice, VoicePlace place, Instant came, Instant start, Instant lease_end) {
    voice.take_repeat(came, start, lease_end);
    if (lease_end < voice.scheduled_at) [[unlikely]]
      watch_lease(voice, place);
  }
  /// A condition of which nothing is asked that depends on the scale: for repeats.
  Condition& as_it_is(std::uint32_t slot) { return conditions_[slot]; }
  void close(VoicePlace place, const Word& word);
  void lapse(VoicePlace place);
  /// A speaker speaks of another condition now.
  void move_away(VoicePlace place);
  /// `firing` and `severity` of the voices. A severity of none is that of before.
  void sum_up(std::uint32_t slot);
  /// All its voices are looked at again at their next word.
  void look_again_at_words(std::uint32_t slot);
  /// A firing of a voice that the condition has not, where none fires: late if it is for one of those that were closed.
  bool is_late_for(std::uint32_t slot, const Word& word, Duration lateness) const;
  /// The newest word of any voice.
  Instant last_seen(const Condition& condition) const;
  /// Of one that has ended: none of its voices was closed by its source after it was heard last.
  bool ended_in_silence(std::uint32_t slot) const;
  /// When it has ended if nothing more is heard; kNever: that does not end it.
  Instant expires_at(std::uint32_t slot) const;

  /// Deadlines of leases that are remembered, void ones too.
  std::size_t lease_deadlines() const { return leases_.size() + extra_leases_.size(); }

  // Forgetting.
  void forget_at(std::uint32_t slot, Instant at);
  void forget(std::uint32_t slot);
  /// Conditions that have ended and are in no incident, beyond kEndedConditionsMax: the one that is forgotten first.
  std::uint32_t one_too_many();

  // Deadlines by kind. Each `next` may be early, never late.
  Instant next_deadline() const;
  /// A lease that has run out at `now`, to be ended by who asks; nothing: none has, or none any more.
  VoicePlace take_lapsed(Instant now);
  Instant next_lapse() const { return std::min(leases_.next(), extra_leases_.next()); }
  void add_flap(std::uint32_t slot, Instant at) { add_to(flaps_, slot, at); }
  void add_settle(std::uint32_t slot, Instant at) { add_to(settles_, slot, at); }
  /// The condition of the deadline that is due at `now`; kNoSlot: it is void.
  std::uint32_t take_flap(Instant now) { return take_from(flaps_, now); }
  std::uint32_t take_settle(Instant now) { return take_from(settles_, now); }
  std::uint32_t take_forgotten(Instant now);
  Instant next_flap() const { return flaps_.next(); }
  Instant next_settle() const { return settles_.next(); }
  Instant next_forgotten() const { return ended_.empty() ? kNever : ended_.begin()->at; }

  /// Sources could not be heard before `at`: what was heard before it ends no sooner than `grace(source)` after it.
  template <typename F>
  void give_grace(Instant at, F&& grace) {
    TOCSIN_CHECK(grace_at_ == kUnset || grace_at_ <= at, "time does not go back");
    grace_at_ = at;
    graces_.clear();
    for (const std::string& source : sources_) graces_.push_back(grace(source));
  }

  void use_scale(const std::vector<std::string>& scale) { scales_.use(scale); }
  const ScaleHistory& scales() const { return scales_; }
  std::uint64_t newest_number() const { return number_; }

  /// Conditions that flap, in order of number: number → slot.
  const absl::btree_map<std::uint64_t, std::uint32_t>& flapping() const { return flapping_; }
  void begin_flap(std::uint32_t slot) { flapping_.emplace(conditions_[slot].number, slot); }
  void end_flap(std::uint32_t slot) { flapping_.erase(conditions_[slot].number); }

  // For queries: where conditions with a value may be. See ValueSketch.
  void note_texts(std::uint32_t slot) { sketch_.note(slot, conditions_[slot].texts); }
  const ValueSketch& sketch() const { return sketch_; }
  /// Makes the sketch of a block anew, where much has gone since.
  void refresh_sketch(std::uint32_t slot) const;

  /// Where texts of conditions lie.
  TextPool& pool() { return pool_; }
  const TextPool& pool() const { return pool_; }

  /// Slots in order of number.
  std::vector<std::uint32_t> in_order() const;
  /// Without memberships and roles, which those write who give them.
  void write(CanonicalWriter& out) const;
  /// Requires: empty.
  void read(CanonicalReader& in);
  /// Every invariant, by a walk over everything.
  void check() const;

 private:
  Condition& on_scale(std::uint32_t slot) const {
    TOCSIN_CHECK(conditions_.holds(slot), "a condition that is asked for is known");
    Condition& condition = conditions_[slot];
    if (condition.scale != scales_.current()) [[unlikely]]
      move_to_scale(condition);
    return condition;
  }
  void move_to_scale(Condition& condition) const;
  void watch_lease(Voice& voice, VoicePlace place);
  void sweep_leases();
  Instant lease_end(const Voice& voice) const;
  void add_to(Deadlines& deadlines, std::uint32_t slot, Instant at) {
    const Condition& condition = conditions_[slot];
    deadlines.add(at, condition.number, slot, condition.generation);
  }
  std::uint32_t take_from(Deadlines& deadlines, Instant now);
  void drop_extra(std::uint32_t slot, std::uint32_t extra);
  // A voice's number in the table: the slot of its condition, or of an extra voice with a bit that says so.
  static constexpr std::uint32_t kExtra = 0x8000'0000;
  static bool is_extra(std::uint32_t number) { return (number & kExtra) != 0; }
  static std::uint32_t number_of(VoicePlace place) {
    return place.extra == kNoSlot ? place.condition : place.extra | kExtra;
  }
  VoicePlace place_of(std::uint32_t number) const {
    if (!is_extra(number)) return {number, kNoSlot};
    return {extras_[number & ~kExtra].condition, number & ~kExtra};
  }
  const Voice& numbered(std::uint32_t number) const {
    return is_extra(number) ? extras_[number & ~kExtra].voice : conditions_[number].voice;
  }
  void name(const Voice& voice, VoicePlace place);
  void unname(const Voice& voice, VoicePlace place);
  void remember_again(Condition& condition, std::uint32_t slot);
  void write_voice(CanonicalWriter& out, const Voice& voice) const;
  void read_voice(CanonicalReader& in, Voice& voice);

  TextPool pool_;                        // outlives what has texts of it
  mutable Slots<Condition> conditions_;  // a severity is moved to the present scale when it is looked at
  mutable Slots<ExtraVoice> extras_;
  TagTable by_voice_;  // what a word is found by
  DedupKeys keys_;     // what a word of a voice that is not known is found by
  ScaleHistory scales_;
  std::vector<std::string> sources_;
  std::vector<Duration> graces_;  // of each source
  std::uint64_t number_ = 0;      // of the newest condition or extra voice
  std::uint64_t kept_up_to_ = 0;
  Instant grace_at_ = kUnset;
  Deadlines leases_;        // of first voices, by condition
  Deadlines extra_leases_;  // of the others
  Deadlines flaps_;
  Deadlines settles_;
  /// What has ended outside of an incident, in the order of being forgotten.
  struct Ended {
    Instant at;
    std::uint64_t number;
    std::uint32_t slot;
    friend auto operator<=>(const Ended&, const Ended&) = default;
  };
  absl::btree_set<Ended> ended_;
  absl::btree_map<std::uint64_t, std::uint32_t> flapping_;
  mutable ValueSketch sketch_;  // of the texts, for queries only
};

}  // namespace tocsin
