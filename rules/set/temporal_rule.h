#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/field.h"
#include "engine/model/instant.h"
#include "engine/model/severity.h"
#include "rules/expressions/expression.h"

namespace tocsin::rules {

/// A field or a label of an alert.
struct AlertPart {
  Field field{};
  std::string label;  // not empty: this label and no field
  friend bool operator==(const AlertPart&, const AlertPart&) = default;
};

/// What a derived alert is made of besides its `by` values. Expressions are of the scope `window`.
struct Emission {
  struct Assignment {
    AlertPart part;
    Expression expression;
  };
  std::optional<Severity> severity;  // nullopt: that of the alert that completed it
  std::vector<std::pair<AlertPart, std::string>> texts;
  std::vector<Assignment> set;
  bool reads_window = false;      // its values change while it fires
  bool reads_values = false;      // `values`: of a distinct rule
  std::vector<bool> reads_steps;  // of each step, whether it asks for its alert: `steps.fail.host`
};

/// What members and their incident are told.
struct Annotation {
  std::string tag;                      // "": none
  std::optional<std::uint32_t> change;  // the step whose alert is the change
};

/// A rule of a kind that sees patterns in time: threshold, distinct, sequence, all, absence.
struct TemporalRule {
  enum class Kind : std::uint8_t { threshold, distinct, sequence, all, absence };
  struct Step {
    std::string name;
    Expression when;
  };
  std::string id;
  Kind kind = Kind::threshold;
  Expression when;          // of all steps
  std::vector<Step> steps;  // sequence, all; absence: `start`, unless it is a heartbeat, then `expect`
  std::vector<Field> by_fields;
  std::vector<std::string> by_labels;   // after the fields
  AlertPart counted;                    // distinct
  std::size_t count = 0;                // threshold, distinct; all: how many of the steps
  Duration within{};                    // of a heartbeat: after how long a silence it is missed
  Duration every{};                     // of a heartbeat, else 0
  std::optional<std::size_t> max_keys;  // nullopt: that of the defaults
  std::optional<Emission> emit;
  std::optional<Annotation> annotate;

  bool is_heartbeat() const { return every != Duration{0}; }
  bool has_steps() const { return kind == Kind::sequence || kind == Kind::all; }
};

/// A condition that sets a temporal rule going: its own, or that of one of its steps.
struct TemporalTrigger {
  std::uint32_t rule = 0;
  std::uint32_t step = 0;
  bool is_expected = false;  // what an absence rule waits for
};

}  // namespace tocsin::rules
