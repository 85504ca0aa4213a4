#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/canonical.h"
#include "engine/model/instant.h"
#include "rules/set/rule_set.h"

namespace tocsin {

/// What people did along an incident's plan: steps done, who was named for a role, and until when stakeholders are to
/// hear of it again. It is there once an incident has a plan or somebody was named.
///
/// Invariants: a step is done once; a role is given once; what is overdue has no deadline any more.
struct PlanProgress {
  struct Done {
    std::string step{};  // its text: numbers are those of a plan, which may be another by now
    Instant at{};
    std::string by{};
    std::string comment{};
  };
  struct Given {
    std::string role{};
    std::string who{};
    std::string by{};
  };

  std::vector<Done> done{};      // in order of doing
  std::vector<Given> roles{};    // by command, in order of name; a plan's own are the plan's
  Instant update_from = kUnset;  // the last word for stakeholders; before there is one: since when the plan asks
  std::string updated_by{};      // who had it; "": nobody yet
  Instant update_due = kNever;   // when the next one is due; kNever: none is asked for now
  bool update_overdue = false;   // it was due, and nobody has said anything since

  const Done* find_done(std::string_view step) const;
  const Given* find_role(std::string_view role) const;
  /// Names somebody; "": what was said before by command does not count any more. False: it was so.
  bool give(std::string_view role, std::string_view who, std::string_view by);

  void write(CanonicalWriter& out) const;
  void read(CanonicalReader& in);
  void check() const;
};

/// The plan that an incident follows once `next` is chosen where it followed `before`. Nothing is taken away: a role, a
/// channel, a runbook … that the new one does not name stays as it was. Steps of the same plan keep their numbers, new
/// ones come behind them; of another plan its own steps count, behind those of before that are done.
rules::PlanPtr follow(const rules::PlanPtr& before, const rules::PlanPtr& next, const PlanProgress* progress);

/// Who has a role: whom a command named, else the plan; "": nobody.
std::string_view who_is(std::string_view role, const rules::Plan* plan, const PlanProgress* progress);
/// All roles that somebody has: those of the plan in its order, then those that people added, by name.
std::vector<std::pair<std::string_view, std::string_view>> roles_of(const rules::Plan* plan,
                                                                    const PlanProgress* progress);

/// The number (from 1) of the step that `text` names: it is the whole of it or the beginning of one only. 0: none, or
/// several.
std::size_t step_named(const rules::Plan& plan, std::string_view text);
/// How many of the plan's steps are done.
std::size_t steps_done(const rules::Plan& plan, const PlanProgress* progress);
/// One step a line, with who did it and when: "1. [x] Look (ana, 2026-03-28T23:05:00.000Z: all red)".
std::string steps_text(const rules::Plan& plan, const PlanProgress* progress);

}  // namespace tocsin
