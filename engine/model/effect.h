#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/ids.h"
#include "engine/model/incident.h"
#include "engine/model/instant.h"
#include "engine/model/severity.h"

namespace tocsin {

enum class EffectKind : std::uint8_t {
  incident,     // one revision of an incident
  dead_letter,  // an input, or an alert of one, that was refused
  audit,        // what somebody wanted done, and what became of it
};

/// A topic besides the two that every revision goes to, and how it is told there. The same for the incident's whole
/// life, so that its order and its close stay on one partition.
struct Audience {
  std::string topic{};
  std::string key{};  // of the records; "": the incident's id
  bool flat = false;  // records without nested parts
  friend bool operator==(const Audience&, const Audience&) = default;
};

/// Something the outside must be told. Complete: a sink needs nothing else to write it. Equal inputs give equal bytes.
struct Effect {
  EffectName name{};
  EffectKind kind = EffectKind::incident;
  Instant at{};  // ce_time and the record's time stamp: the time of day of the input

  /// Of an incident's revision; of an audit record the incident that it is about, or 0.
  IncidentId incident{};
  // Of an incident's revision.
  Revision revision{};
  IncidentChange change = IncidentChange::opened;
  Priority priority = Priority::p5;
  std::string tenant{};
  /// In order of first addition, only ever added; no topic twice.
  std::vector<Audience> audiences{};

  /// The record's value: JSON, UTF-8, one line.
  std::string value{};
  /// The same without nested parts, for audiences that are flat; "" when there is none.
  std::string flat_value{};
};

/// Effects are shared between the sinks and never change.
using EffectPtr = std::shared_ptr<const Effect>;

}  // namespace tocsin
