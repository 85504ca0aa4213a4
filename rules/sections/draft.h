#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rules/calendar/calendar.h"
#include "rules/expressions/compiler.h"
#include "rules/expressions/tables.h"
#include "rules/set/rule_set.h"
#include "rules/set/story.h"
#include "rules/yaml/map_reader.h"
#include "rules/yaml/report.h"

namespace tocsin::rules {

/// A list of fields of alerts: names and `labels.NAME`.
struct FieldList {
  std::vector<Field> fields;
  std::vector<std::string> labels;
};

/// The rule set while it is put together from its files.
struct Draft {
  /// A rule that sets a scalar of an alert.
  struct Write {
    std::string_view what;  // a field, `tier`, `severity`
    std::string_view value;
    const YamlNode* at;
    std::string rule;
    Expression when;
    std::size_t file;
  };
  /// A rule that emits an alert: it is set off where `when` holds, and one of `any_of` if there are some.
  struct Derivation {
    std::string id;
    const YamlNode* at = nullptr;
    Expression when;
    std::vector<Expression> any_of;
    FieldList open;     // parts of the alert whose values are not known before: `by`, `set`
    FieldList counted;  // whose values are counted: an alert that has none is not
    std::optional<Severity> severity;
    bool is_sound = true;  // its conditions could be read
  };

  RuleSet rules;
  std::vector<Story> stories;
  /// Names of rules, and where each was first used.
  std::map<std::string, Place, std::less<>> ids;
  Schema::Tables tables;                                        // those with a key
  std::map<std::string, TopologyGraphPtr, std::less<>> graphs;  // tables with edges; null: one that cannot be read
  std::set<std::string, std::less<>> table_names;
  std::map<std::string, std::string, std::less<>> table_keys;  // the column that a table is looked up by
  std::set<std::string, std::less<>> plans;
  std::set<std::string, std::less<>> own_fields;  // of incidents, that rules set
  std::set<std::string, std::less<>> plans_used;  // by a route; of those of this draft or of any
  Schema::Constants constants;                    // of `let`
  /// Where what may turn out to be of no use is named.
  std::vector<std::pair<std::string, const YamlNode*>> table_nodes;
  std::vector<std::pair<std::string, const YamlNode*>> column_nodes;  // as `TABLE.COLUMN`
  std::vector<std::pair<std::string, const YamlNode*>> plan_nodes;    // those that are only chosen by name
  std::vector<std::pair<std::string, const YamlNode*>> constant_nodes;
  /// The first of its kind that always holds: nothing below it is ever looked at.
  const YamlNode* last_normalise = nullptr;
  const YamlNode* last_group = nullptr;
  const YamlNode* last_route = nullptr;
  const YamlNode* route_node = nullptr;      // of the newest route
  bool has_catch_all = false;                // a route that always holds
  std::vector<const YamlNode*> raise_nodes;  // `to` of each raise rule, in their order
  std::vector<Expression> tellers;           // conditions of the others that tell somebody or nobody
  /// By name; nullopt: one that could not be read.
  std::map<std::string, std::optional<Calendar>, std::less<>> calendars;
  std::size_t file = 0;  // that is read, counted in order of layers
  std::vector<Write> writes;
  std::vector<Derivation> derivations;
  Schema::Aliases aliases;  // names of the built-in scale on a scale of the operator's own
  // What was said, so that what was not comes from the built-in rules, and nothing is said twice.
  bool has_defaults = false;
  bool has_storm = false;
  bool has_blind = false;
  bool has_scale = false;
  bool has_key = false;
  bool has_resolve = false;
  bool has_reopen = false;
  bool has_flap = false;
  bool has_map = false;
  bool has_severity_rules = false;
  bool has_impact = false;
  bool has_urgency = false;
  bool has_matrix = false;
};

/// What reading a section needs: where findings go, what compiles expressions, what it adds to.
struct Context {
  Report& report;
  Compiler& compiler;
  Draft& draft;
};

/// Reads and remembers `id`: required, a name, used once in a rule set. What the item says goes to the set's
/// definitions, as other files made it.
std::string read_id(const MapReader& item, Context& context);
/// `when`, or the empty expression, which always holds.
/// `incident: {title, description, fields: {NAME: …}}` of a rule.
IncidentText read_incident_text(const MapReader& item, Context& context);
Expression read_when(const MapReader& item, Scope scope, Context& context);
/// A name of the scale. A diagnostic when it is none.
std::optional<Severity> read_severity(const YamlNode& node, std::string_view what, Context& context);
/// Takes `said` for this file: a diagnostic at `key` when another place of the rule set said it before. What it says
/// goes to the set's sections under `name`: "dedup.key".
bool say_once(bool& said, std::string_view name, const YamlNode& key, const YamlNode& value, Context& context);

/// Reads `by`, `equal`: may be empty. Texts in it are warned of: they change while the condition stays.
FieldList read_fields(const YamlNode& node, std::string_view what, Context& context);
/// One field or label of such a list; true when it was one. `warn_text`: texts are warned of.
bool read_field(const YamlNode& node, std::string_view what, FieldList& into, Context& context);

/// Whether a rule holds for everything: it has no condition, or one that is always true.
bool always_holds(const MapReader& item, const Expression& when);
/// A warning that nothing comes to `item`, when one before it always holds; else remembers `item` when it `ends` here.
void tell_unreachable(const YamlNode& item, bool ends, const YamlNode*& last, std::string_view why, Context& context);
/// Of `let`: before any expression is compiled.
void read_constants(const YamlNode& node, Context& context);

// The sections: each takes the value of its key.
void read_scale(const YamlNode& severity, Context& context);  // before any expression is compiled
void read_normalise(const YamlNode& node, Context& context);
void read_dedup(const YamlNode& node, Context& context);
void read_severity_section(const YamlNode& node, Context& context);
void read_priority(const YamlNode& node, Context& context);
void read_suppress(const YamlNode& node, Context& context);
void read_correlate(const YamlNode& node, Context& context);
void read_route(const YamlNode& node, Context& context);
void read_plans(const YamlNode& node, Context& context);
void read_defaults(const YamlNode& node, Context& context);
void read_stories(const YamlNode& node, Context& context);
void read_storm(const YamlNode& node, Context& context);
void read_blind(const YamlNode& node, Context& context);

/// What the sections `storm` and `blind` are where they say nothing, on this scale. It is not empty.
void set_storm_defaults(RuleSet& rules, const std::vector<std::string>& scale);

/// How many keys a rule may have.
std::optional<std::size_t> read_max_keys(const YamlNode& node, Context& context);

/// A name of the IANA database, or UTC. Nullopt when it is none, which is in the report.
std::optional<Zone> read_zone(const YamlNode& node, Context& context);
/// The section `calendars`: before those that name one.
void read_calendars(const YamlNode& node, Context& context);
/// A `{cron, tz}` or the name of a calendar: hours. Without `tz` it is UTC. Nullopt when it is not sound, which is in
/// the report.
std::optional<Calendar> read_calendar(const YamlNode& node, std::string_view what, Context& context);
/// A `{cron, for, tz}` or `{cron, until, tz}`: windows.
std::optional<Windows> read_windows(const YamlNode& node, std::string_view what, Context& context);

}  // namespace tocsin::rules
