#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/alert_state.h"
#include "engine/core/deadlines.h"
#include "engine/core/inhibition.h"
#include "engine/model/arena.h"
#include "engine/model/hash.h"
#include "engine/model/input.h"
#include "rules/rule_index.h"

namespace tocsin {

/// The phase suppress: what its rules make of the alerts that fire, and until when. It answers whether an alert is held
/// back and by what; what follows from that for incidents is the shard's (hold.cpp).
///
/// An inhibitor that is held back itself holds back too, as in Alertmanager. A window is an inhibitor that fires by the
/// calendar on the time of day; its deadlines are in the queue while it has possible targets, so that an idle engine
/// writes nothing.
class Suppression {
 public:
  /// `generation` tells the deadlines of this rule set from those of the one before.
  Suppression(rules::RuleSetPtr rules, std::uint32_t generation);

  /// An alert fires, or its words have changed: gives it the roles that the rules have for these facts. It costs the
  /// evaluation of the phase, so it is not for repeats.
  void enter(AlertState& alert, std::uint32_t slot, const rules::Facts& facts, rules::RuleMemo& memo, Arena& scratch,
             const HashKey& key, Moment now, Deadlines& deadlines);
  /// It does not fire any more.
  void leave(AlertState& alert, std::uint32_t slot);
  /// Meets the deadline of a window.
  void turn_window(std::uint32_t rule, std::uint32_t generation, Moment now, Deadlines& deadlines);
  /// The time of day went back: what is known of windows does not hold any more.
  void forget_windows();
  /// The time of day went otherwise than the engine's time: windows may turn now, or at another instant.
  void look_at_windows(Moment now, Deadlines& deadlines);

  /// Why an alert with these roles is held back; nothing: it is not. Of several rules the first in the file.
  std::optional<HoldReason> reason(const AlertState& alert) const;
  /// How long it waits for inhibitors that may come.
  Duration settle(const AlertState& alert) const;

  bool has_rules() const { return !windows_.empty(); }

  /// The next alert for which the answer may have changed, taken off the list; kNoSlot: none.
  std::uint32_t take_turned();

  /// The id of the rule.
  std::string_view name_of(HoldReason reason) const { return rules_->suppress[reason.index].id; }

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
  /// Brings a window up to the time of day. Requires: the rule has one.
  void look_at_window(std::uint32_t rule, Instant wall);
  /// Requires: the window is up to `now`.
  void schedule(std::uint32_t rule, Moment now, Deadlines& deadlines);

  rules::RuleSetPtr rules_;
  std::uint32_t generation_;
  std::vector<std::uint32_t> inhibit_rules_;  // those without windows, as the index numbers them
  std::vector<Window> windows_;               // for each rule; those without windows have no point
  Inhibition inhibition_;
  Inhibition::Turned turned_;
  std::size_t taken_ = 0;  // of turned_
  // Of the call in progress.
  std::vector<Wanted> wanted_;
  std::string key_text_;
};

}  // namespace tocsin
