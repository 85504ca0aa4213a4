#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/canonical.h"
#include "engine/core/conditions/condition.h"
#include "engine/core/deadlines.h"
#include "engine/core/suppression/inhibition.h"
#include "engine/core/suppression/silences.h"
#include "engine/core/suppression/value_columns.h"
#include "engine/model/arena.h"
#include "engine/model/hash.h"
#include "engine/model/input.h"
#include "rules/set/rule_index.h"

namespace tocsin {

/// The phase suppress: what silences and its rules make of the alerts that fire, and until when. It answers whether an
/// alert is held back and by what; what follows from that for incidents is the shard's (hold.cpp).
///
/// A silence is at a point of its own, which is shut before its start. What comes under it is at that point from the
/// beginning, so that its start and end find them without a walk.
///
/// An inhibitor that is held back itself holds back too, as in Alertmanager. A window is an inhibitor that fires by the
/// calendar on the time of day; its deadlines are in the queue while it has possible targets, so that an idle engine
/// writes nothing.
class Suppression {
 public:
  explicit Suppression(rules::RuleSetPtr rules);

  /// An alert fires, or its words have changed: gives it the roles that the rules have for these facts. It costs the
  /// evaluation of the phase, so it is not for repeats.
  void enter(Condition& alert, std::uint32_t slot, const rules::Facts& facts, rules::RuleMemo& memo, Arena& scratch,
             const HashKey& key, Moment now);
  const SilenceBook& silences() const { return silences_; }
  /// Makes one; what fires already is offered to it by the caller, before `turn`.
  std::uint32_t add_silence(Silence silence, Instant now);
  /// What `candidates` passes over by; true: every alert that fires is to be given to `note` first.
  bool prepare(std::uint32_t silence);
  void note(const Condition& alert, std::uint32_t slot) {
    columns_.note(slot, {&alert.texts, rules::name_of(*rules_, alert.severity)});
  }
  /// Slots below `end` at which an alert may be that the silence holds for, in order. Requires: it was prepared.
  std::vector<std::uint32_t> candidates(std::uint32_t silence, std::uint32_t end);
  /// An alert that fires comes under the silence if that holds for it.
  void offer(std::uint32_t silence, Condition& alert, std::uint32_t slot);
  void set_silence_end(std::uint32_t silence, Instant ends_at) { silences_.set_end(silence, ends_at); }
  /// The next start or end of one.
  Instant next_silence() const { return silences_.next_turn(); }
  std::uint32_t take_silence(Instant now) { return silences_.take_turn(now); }
  /// Holds back from now on, or does not: what is at its point turns.
  void turn(std::uint32_t silence, Instant now);
  /// Who is under it, in order of arrival; each is let go of before `end_silence`.
  std::vector<std::uint32_t> under(std::uint32_t silence) const;
  void let_go(std::uint32_t silence, Condition& alert, std::uint32_t slot);
  void end_silence(std::uint32_t silence, Instant now);
  /// It held one back of this priority.
  void count_held(HoldReason reason, Priority priority);
  /// Other rules: the silences go on. Who is under them is entered anew, and counts for them again only after
  /// `count_matches`.
  void take_silences(Suppression& before, Instant now);
  void count_matches() { counts_matches_ = true; }
  /// Before the roles of conditions are read.
  void write_silences(CanonicalWriter& out) const { silences_.write(out); }
  void read_silences(CanonicalReader& in, Instant now);
  void check() const { silences_.check(); }

  /// It does not fire any more.
  void leave(Condition& alert, std::uint32_t slot, Instant now);

  /// Windows that open or shut, and targets that have lingered for long enough.
  Instant next_deadline() const { return std::min(turns_.next(), inhibition_.next_linger_end()); }
  /// Requires: a deadline is due at `now.at`.
  void meet_deadline(Moment now);
  /// The time of day went back: what is known of windows does not hold any more.
  void forget_windows();
  /// The time of day went otherwise than the engine's time: windows may turn now, or at another instant.
  void look_at_windows(Moment now);

  /// Why an alert with these roles is held back; nothing: it is not. Of several rules the first in the file.
  std::optional<HoldReason> reason(const Condition& alert) const;
  /// How long it waits for inhibitors that may come.
  Duration settle(const Condition& alert) const;

  bool has_rules() const { return !windows_.empty(); }
  bool has_silences() const { return silences_.live() > 0; }
  /// Whether these rules are the same, in the same order: then `adopt` lets everything stay as it is.
  bool says_the_same(const rules::RuleSet& rules) const;
  void adopt(rules::RuleSetPtr rules);

  /// The next alert for which the answer may have changed, taken off the list; kNoSlot: none.
  std::uint32_t take_turned();

  /// The id of the rule or silence.
  std::string_view name_of(HoldReason reason) const {
    if (reason.kind == HoldReason::Kind::silence) return silences_[reason.index].id;
    return rules_->suppress[reason.index].id;
  }
  void write_reason(CanonicalWriter& out, HoldReason reason) const;
  HoldReason read_reason(CanonicalReader& in) const;
  /// The rule that a point is of. Requires: `is_rule_at`.
  std::uint32_t rule_at(std::uint32_t point) const { return inhibition_.rule_of(point); }
  /// Whether a point is of a rule; else it is a silence's.
  bool is_rule_at(std::uint32_t point) const { return (inhibition_.rule_of(point) & kSilence) == 0; }

  /// What lingers. Windows follow from the calendar, points from the roles of conditions.
  void write(CanonicalWriter& out) const;
  void read(CanonicalReader& in);
  void write_roles(CanonicalWriter& out, const Condition& alert) const;
  /// Enters with them; what turns by it is not told, for nothing has changed.
  void read_roles(CanonicalReader& in, Condition& alert, std::uint32_t slot, Moment now);

 private:
  struct Wanted {
    std::uint32_t rule = 0;
    bool is_target = false;
    bool is_inhibitor = false;
  };
  struct Window {
    std::uint32_t point = kNoSlot;
    Instant until = kUnset;         // of the day: its state is known up to here
    Instant scheduled_at = kNever;  // its deadline in the queue that counts
  };

  void find_wanted(const rules::Facts& facts, rules::RuleMemo& memo, Arena& scratch);
  Hash128 key_of(std::uint32_t rule, const rules::Facts& facts, const HashKey& key);
  std::uint32_t point_for(std::uint32_t rule, const rules::Facts& facts, const HashKey& key, Moment now);
  void leave(const SuppressRole& role, Inhibition::Who who, Instant now);
  /// What a silence's point has for the number of a rule.
  static constexpr std::uint32_t kSilence = 0x8000'0000;
  static bool is_silence(std::uint32_t rule) { return (rule & kSilence) != 0; }
  void give_point(std::uint32_t silence, Instant now);
  /// Brings a window up to the time of day. Requires: the rule has one.
  void look_at_window(std::uint32_t rule, Instant wall);
  /// Requires: the window is up to `now`.
  void schedule(std::uint32_t rule, Moment now);

  rules::RuleSetPtr rules_;
  std::vector<std::uint32_t> inhibit_rules_;  // those without windows, as the index numbers them
  std::vector<Window> windows_;               // for each rule; those without windows have no point
  Inhibition inhibition_;
  SilenceBook silences_;
  ValueColumns columns_;
  bool counts_matches_ = true;
  Deadlines turns_;  // of windows, by rule
  Inhibition::Turned turned_;
  std::size_t taken_ = 0;  // of turned_
  // Of the call in progress.
  std::vector<Wanted> wanted_;
  std::vector<std::uint32_t> silences_wanted_;
  std::string key_text_;
};

}  // namespace tocsin
