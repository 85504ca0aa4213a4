#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/instant.h"
#include "rules/yaml/place.h"

namespace tocsin::rules {

using Texts = std::vector<std::pair<std::string, std::string>>;  // in the order of the file

/// One `send` of a test: what arrives, when. Durations count from the start of the story.
struct StoryStep {
  enum class Kind : std::uint8_t { alert, resolve, body, command, queue_age };
  Place place;
  Kind kind = Kind::alert;
  Duration at{};            // event time
  Duration arrives{};       // when it is received
  Duration every{};         // with `times`
  std::uint32_t times = 1;  // {n} in texts counts from 1
  bool repeats = false;     // alert: each of `times` states the first start, as Prometheus does
  Duration lease{};         // alert: states an end so far ahead; 0: it states none
  Texts labels;             // alert, resolve
  Texts annotations;
  std::string source;     // body: the source's name
  std::string body;       // body: JSON
  std::string command;    // command: its name (ack, silence, …); not every engine version knows each
  std::string arguments;  // command: JSON
  Duration queue_age{};   // queue_age: so long has what is received waited
};

/// An incident as a test wants it; what is not stated does not matter.
struct ExpectedIncident {
  /// What raise rules will do next, if nothing changes.
  struct Next {
    bool none = false;               // nothing
    std::optional<Duration> at;      // counted from the start of the story
    std::optional<Instant> instant;  // the same as an instant
    std::optional<std::string> rule;
    std::optional<std::string> to;    // a priority, a group, or as records have it: "P1, standby group dba"
    std::optional<std::string> text;  // either of these, or both as records have it: "P1 by aged"
  };
  Place place;
  std::optional<std::string> priority, status, severity, cause, topic, title, service;
  std::optional<std::uint64_t> revision;
  std::optional<Next> next_escalation;
  std::optional<std::string> escalated_to;         // the group that was called in last; "": none
  std::optional<std::string> plan;                 // the id of the one that it follows; "": none
  std::optional<std::uint64_t> steps_done;         // of its plan
  std::optional<bool> update_overdue;              // stakeholders were to hear of it, and have not
  Texts roles;                                     // who has them; "": nobody
  std::vector<std::string> why;                    // each a part of what `tocsin why` says of it
  std::optional<bool> acknowledged;                // somebody has taken it on
  std::optional<std::vector<std::string>> alerts;  // complete set of names of active, unsuppressed members
  std::optional<std::vector<std::string>> tags;
  std::optional<std::vector<std::string>> topics;  // complete set of the topics that it was told to
  Texts fields;                                    // of its lead, by the names that rules have for them
  Texts own_fields;                                // that rules set: `incident.fields.NAME`; "" for one that it has not
};

/// One `expect` of a test.
struct StoryExpectation {
  Place place;
  Duration at{};
  std::optional<std::vector<ExpectedIncident>> incidents;  // the complete list of open or acknowledged ones
  std::optional<Texts> suppressed;                         // alert name, by which rule
  std::optional<std::uint64_t> closed;
  Texts last;  // topic, type of its newest record
};

/// A test of a rule file: a story on a virtual clock.
struct Story {
  Place place;
  std::string name;
  Instant start{};
  std::vector<StoryStep> steps;
  std::vector<StoryExpectation> expectations;
};

}  // namespace tocsin::rules
