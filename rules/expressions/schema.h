#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/model/arena.h"
#include "rules/cel/environment.h"
#include "rules/cel/table.h"
#include "rules/expressions/fact_place.h"
#include "rules/expressions/facts.h"

namespace tocsin::cel {
struct Read;
}  // namespace tocsin::cel

namespace tocsin::rules {

/// What an expression may name, by the phase that it belongs to.
enum class Scope : std::uint8_t {
  source,    // normalise, dedup, severity.from: the alert, before it has a severity
  alert,     // from severity rules to correlate: the alert and its severity
  incident,  // route, raise: `incident.NAME`
  window,    // emit: the derived alert as far as it is known, and the alerts that it is made of
};
inline constexpr std::size_t kScopeCount = 4;

/// The names and types that expressions of a rule set may use, and how their values come from Facts. Immutable.
class Schema {
 public:
  /// Null: a table that could not be read; what names it is not checked, and the rule set is refused.
  using Tables = std::vector<std::pair<std::string, std::shared_ptr<const cel::Table>>>;
  /// Further names for severities: (name, level).
  using Aliases = std::vector<std::pair<std::string, std::uint32_t>>;
  /// A value that a file gives a name: texts, ints and bools, or a list of one of these.
  struct Constant {
    std::string name;
    bool is_list = false;
    std::vector<std::variant<std::string, std::int64_t, bool>> values;  // one, where it is no list
  };
  using Constants = std::vector<Constant>;

  /// `scale`: lowest first. Names of tables and severities differ from each other and from those of fields.
  Schema(const std::vector<std::string>& scale, Tables tables, Aliases aliases = {}, Constants constants = {});

  /// Before anything is compiled.
  void add_functions(const std::vector<cel::HostFunction>& functions);

  /// Null when there is none of the name, or it could not be read.
  const cel::Table* table(std::string_view name) const;

  const cel::Environment& environment(Scope scope) const { return of(scope).environment; }
  std::size_t slot_count(Scope scope) const { return of(scope).slots.size(); }

  /// What an index can go by: the part of the facts that `read` reads; nullopt for times, whole maps, ids and counts.
  std::optional<FactPlace> place(Scope scope, const cel::Read& read) const;
  /// True for what is the same for all facts: tables, names of severities.
  bool is_fixed(Scope scope, std::uint32_t slot) const;

  static constexpr std::size_t kIncidentFieldCount = 27;

  /// Room on the stack for what a value borrows.
  struct Borrowed {
    Borrowed() {}  // the fields stay as they are until an incident is asked for: most expressions never do
    union {
      cel::Value incident_fields[kIncidentFieldCount];
    };
    union {
      cel::Value lead_fields[kFieldCount];
    };
    cel::Record incident{};
    cel::Record lead{};
  };
  /// The value of a variable. `scratch` holds the incident's id as text, when `with_id` asks for it.
  cel::Value value(Scope scope, std::uint32_t slot, const Facts& facts, bool with_id, Borrowed& borrowed,
                   Arena& scratch) const;

 private:
  enum class Source : std::uint8_t {
    field,
    tier,
    status,
    severity,
    starts_at,
    received_at,
    labels,
    annotations,
    table,
    alias,
    incident,
    count,
    first_at,
    last_at,
    values,
    steps,
  };
  struct Slot {
    Source source;
    std::uint32_t index;  // of the field, the table, or the alias' level
  };

  struct Names {
    cel::Environment environment;
    std::vector<Slot> slots;
    std::shared_ptr<const cel::EnumType> severity;
    std::shared_ptr<const cel::RecordType> incident;
    std::shared_ptr<const cel::RecordType> lead;  // of the incident
  };

  static cel::Value window_value(Source source, const WindowFacts& window, Arena& scratch);
  const Names& of(Scope scope) const { return names_[static_cast<std::size_t>(scope)]; }
  static void declare(Names& names, std::string name, cel::Type type, Slot slot);
  void declare_alert(Names& names);
  void declare_severity(Names& names, const std::vector<std::string>& scale, const Aliases& aliases);
  cel::Value incident_value(const Names& names, const IncidentFacts& incident, bool with_id, Borrowed& borrowed,
                            Arena& scratch) const;

  void declare_constants(Names& names);

  Tables tables_;
  Constants constants_;
  std::deque<std::vector<cel::Value>> lists_;  // what constants that are lists borrow
  std::array<Names, kScopeCount> names_;
};

/// True for names that expressions have already: fields, `severity`, `labels`, `incident`, …
bool is_taken_name(std::string_view name);
/// A letter or `_`, then letters, digits, `_`; no word that CEL reserves.
bool is_identifier(std::string_view name);

}  // namespace tocsin::rules
