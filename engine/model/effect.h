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
};

/// Something the outside must be told. Complete: a sink needs nothing else to write it. Equal inputs give equal bytes.
struct Effect {
  EffectName name{};
  EffectKind kind = EffectKind::incident;
  Instant at{};  // ce_time and the record's time stamp: the receive instant of the input

  // Of an incident's revision.
  IncidentId incident{};
  Revision revision{};
  IncidentChange change = IncidentChange::opened;
  Priority priority = Priority::p5;
  std::string tenant{};
  /// Audience topics besides the two that every revision goes to; in order of first addition, only ever added.
  std::vector<std::string> audiences{};

  /// The record's value: JSON, UTF-8, one line.
  std::string value{};
};

/// Effects are shared between the sinks and never change.
using EffectPtr = std::shared_ptr<const Effect>;

}  // namespace tocsin
