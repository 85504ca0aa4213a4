#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/field.h"
#include "engine/model/ids.h"
#include "engine/model/instant.h"
#include "engine/model/severity.h"
#include "rules/calendar/calendar.h"
#include "rules/expressions/expression.h"
#include "rules/expressions/fact_place.h"
#include "rules/set/alias_table.h"
#include "rules/set/storm_policy.h"
#include "rules/set/temporal_rule.h"
#include "rules/set/topology_graph.h"
#include "rules/yaml/place.h"

namespace tocsin::rules {

inline constexpr std::size_t kAliasesMax = 64;

/// `when` and `set` of one normalise rule. An empty `when` holds always.
struct NormaliseRule {
  struct Assignment {
    Target target;  // a text field or `tier`
    Expression expression;
  };
  std::string id;
  Expression when;
  std::vector<Assignment> set;
  bool final = false;
  bool drop = false;  // what it holds for is as if it had never come; sets nothing
};

/// An alert whose status changed `changes` times within `within` flaps, until its status has been the same for `hold`.
struct FlapPolicy {
  std::size_t changes = 0;
  Duration within{};
  Duration hold{};
};

/// How long a firing word is good for that states no end. What is said once, and not again until it is over, has none.
struct LeasePolicy {
  std::optional<Duration> otherwise;  // of sources that are not listed; nullopt: none
  std::vector<std::pair<std::string, std::optional<Duration>>> of_source{{"alertmanager", std::chrono::minutes{5}}};

  std::optional<Duration> of(std::string_view source) const;
};

/// What makes two alerts the same condition, and when one ends without its source saying so.
struct DedupPolicy {
  std::vector<Field> fields;             // the identity; empty with no label_names: the source's own (the default)
  std::vector<std::string> label_names;  // labels named in `key` as labels.NAME, after the fields
  /// Without a key: labels that are left out of the identity, where the labels are the identity.
  std::vector<std::string> ignored_labels;
  Expression resolve_when;  // empty: the alert's own status decides
  /// Of a voice that states no end; a stated one comes before it.
  LeasePolicy expire;
  /// A resolved incident reopens when a member fires again within this, and closes after it.
  Duration reopen_within = std::chrono::minutes{10};
  std::optional<FlapPolicy> flap;  // nullopt: nothing flaps
};

/// The scale, the source's words, and rules on context.
struct SeverityPolicy {
  struct Word {
    std::string word;
    Severity is;
  };
  struct Rule {
    std::string id;
    Expression when;
    Severity is;
  };
  std::vector<std::string> scale;  // lowest first; the index is Severity::level
  Expression from;                 // the source's word; default the field `level`
  std::vector<Word> words;         // sorted by word
  Severity otherwise;              // for words not listed
  std::vector<Rule> rules;         // in order, later wins
};

/// Impact × urgency.
struct PriorityPolicy {
  template <typename Degree>
  struct Choice {
    Expression when;                // empty: holds always
    std::optional<Calendar> hours;  // holds only when they cover the instant of receipt
    Degree is{};
    std::string because{};           // why it is chosen, in the author's words; "": not said
    std::vector<FactPlace> reads{};  // what its `when` goes by, each once: their values say why it holds
  };
  /// Escalates an incident: once all its clocks have come so far, within its hours, while its condition holds.
  struct Raise {
    std::string id;
    Expression when;                           // over incident.*
    Duration after{};                          // since it opened; 0: at any age
    std::optional<Duration> unacknowledged{};  // since when it waits for somebody to take it on
    std::optional<Duration> overdue{};         // since the update that its plan promises was due
    std::optional<Calendar> hours{};           // it acts only in minutes that they cover
    Priority to = Priority::p5;                // P5: it raises nothing
    std::string group{};                       // that it calls in; "": none
    bool calls_standby = false;                // the standby group of the incident's plan, not `group`
    std::string plan_step{};                   // that it asks for; "": none
    std::string because{};                     // in the author's words; "": not said

    /// Besides raising: such a rule acts once, and again when its clock has begun anew.
    bool acts_once() const { return calls_standby || !group.empty() || !plan_step.empty(); }
  };
  std::vector<Choice<Impact>> impact;    // the first that holds
  std::vector<Choice<Urgency>> urgency;  // the first that holds
  Priority matrix[3][3];                 // [impact][urgency], high first
  std::vector<Raise> raises;             // in order: each sees what those above it raised
};

/// Holds alerts back, in maintenance windows or while an inhibitor fires.
struct SuppressRule {
  std::string id;
  Expression when;                // possible targets
  std::optional<Windows> during;  // either this or `inhibited_by`
  Expression inhibited_by;
  std::vector<Field> equal_fields;        // what an inhibitor and its targets have in common; "" equals ""
  std::vector<std::string> equal_labels;  // labels.NAME, after the fields
  Duration settle{};                      // how long a possible target waits for an inhibitor
  Duration linger{};                      // how long targets stay held back after the inhibitor's end
};

/// Which instants windows go by.
enum class WindowClock : std::uint8_t { event, received };
/// What happens to a key beyond `max_keys`.
enum class Overflow : std::uint8_t { evict_oldest, refuse_new };

/// Whose clock a time goes by that a source says without a zone.
struct SourceZones {
  Zone otherwise;  // of sources that are not listed
  std::vector<std::pair<std::string, Zone>> of_source;

  const Zone& of(std::string_view source) const;
};

/// For rules that keep state by key and do not say it themselves.
struct Defaults {
  WindowClock clock = WindowClock::event;
  std::size_t max_keys = 1'000'000;
  Overflow on_overflow = Overflow::evict_oldest;
  /// How long after a close a firing that began before it may come and change nothing.
  Duration lateness = std::chrono::seconds{30};
  /// How long changes that nobody acts on are gathered before a revision tells them: at first, and at most.
  Duration fold_min = std::chrono::seconds{1};
  Duration fold_max = std::chrono::seconds{30};
  /// Where people find this engine, without a slash at the end: `url` of a record leads to the incident there. "": it
  /// leads to the alert at its source.
  std::string external_url;
  SourceZones zones;
  /// Which incidents count in the times that are measured, over incident.*, asked when they close; empty: all that no
  /// maintenance window touched. Drills never do.
  Expression times_when;
};

/// How an incident is worded: over incident.*; empty: as its lead is.
struct IncidentText {
  Expression title;
  Expression description;
  /// Fields of its own: name, value; in order of name. At most limits::kIncidentFieldsMax names in a rule set.
  std::vector<std::pair<std::string, Expression>> fields;
};

/// kind: group. Alerts with equal `by` values join one incident.
struct GroupRule {
  std::string id;
  Expression when;
  std::vector<Field> by_fields;
  std::vector<std::string> by_labels;  // labels.NAME, after the fields
  Duration idle = std::chrono::minutes{10};
  Duration max = Duration::max();       // no bound
  Duration hold{};                      // what would open an incident waits so long, and opens it if it fires still
  std::size_t similar_percent = 0;      // 0: `by` alone tells groups apart
  Field similar_field{};                // of which the text is compared, unless
  std::string similar_label;            // this label's is
  std::optional<std::size_t> max_keys;  // nullopt: that of the defaults
  IncidentText incident;
  bool goes_on = false;  // `continue`: rules below are looked at too, for further incidents
};

/// A field of alerts, or a label.
struct FieldOrLabel {
  Field field{};
  std::string label;  // "": the field
};

/// Which of the firing nodes of an incident is its cause.
enum class CausePick : std::uint8_t { most_upstream, most_downstream, earliest };

/// kind: topology. Incidents with alerts on nodes within reach of each other become one.
struct TopologyRule {
  std::string id;
  Expression when;
  std::string table;
  TopologyGraphPtr graph;
  std::vector<FieldOrLabel> node;   // of these the first whose value the table knows
  std::vector<FieldOrLabel> equal;  // what differs in these never meets
  std::size_t hops = 0;
  Duration within{};
  CausePick cause = CausePick::most_upstream;
  bool same_node = true;                // alerts on one node are near each other, also of different incidents
  std::optional<Field> called;          // the cause is called as this field of the alert on it; nullopt: as its node
  std::optional<std::size_t> max_keys;  // nodes with alerts; nullopt: that of the defaults
};

/// What people do about an incident, and where: the engine carries it, people and tools act on it.
struct Plan {
  std::string id;
  Expression when;  // over incident.*; empty: only a route that names it chooses it
  std::vector<std::pair<std::string, std::string>> roles;  // role, person or group; in the order of the file
  std::vector<std::string> steps;
  std::string channel;
  std::string runbook;
  std::string standby_group;
  Duration update_every{};  // 0: not said
};
using PlanPtr = std::shared_ptr<const Plan>;

/// Who is told. Evaluated at each revision; audiences are only added.
struct RouteRule {
  std::string id;
  Expression when;    // over incident.*
  std::string topic;  // may hold `{priority}`; empty: it only names a plan
  Expression key;     // of the records, over incident.*; empty: the incident's id
  std::string plan;   // id of one; empty: none
  bool flat = false;  // records without nested parts
  IncidentText incident;
  bool final = false;
};

/// What a rule with an id says, or a section without: to tell whether a new rule set leaves it as it is.
struct Definition {
  std::string id;
  Hash128 digest;
  Place place{};  // of a rule: where it stands
};

struct RuleIndex;

/// How incidents of the engine's own alerts are opened: one for each tenant and values of `by`, which takes all that is
/// of it until it is closed.
GroupRule own_group_rule(std::string_view id, const std::vector<Field>& by_fields,
                         const std::vector<std::string>& by_labels);

/// Everything that rule files say, compiled; immutable. The core runs it, this module knows how it is written.
struct RuleSet {
  std::string name;
  Hash128 digest;  // of the files' bytes: equal rule sets are equal here
  Defaults defaults;
  std::vector<NormaliseRule> normalise;
  std::vector<AliasRule> aliases;  // of several for a field the first whose table knows the value; at most kAliasesMax
  DedupPolicy dedup;
  SeverityPolicy severity;
  PriorityPolicy priority;
  std::vector<SuppressRule> suppress;  // in order, the first that holds is the reason
  std::vector<GroupRule> groups;
  std::vector<TemporalRule> temporal;
  std::vector<TopologyRule> topologies;
  std::vector<RouteRule> routes;
  StormPolicy storm;
  BlindPolicy blind;
  std::vector<PlanPtr> plans;        // those without a `when` are only chosen by name
  GroupRule storm_group;             // of storms; made by load()
  bool has_hold = false;             // a group rule has one
  bool calls_standby = false;        // a raise rule calls in the group that a plan has in reserve
  bool reads_lead = false;           // a rule asks for incident.lead
  bool reads_shared_labels = false;  // a rule asks for incident.labels, which are counted once one does
  bool reads_spread = false;  // a rule asks for incident.service_count or .host_count, which are a walk over members
  std::vector<Definition> definitions;           // of every rule with an id, in the order of reading
  std::vector<std::uint32_t> definitions_by_id;  // places in it, in order of id; made by load()
  std::vector<Definition>
      sections;  // of what has no id, by its keys: "dedup.key", "tables.services"; in order of these
  std::shared_ptr<const RuleIndex> index;  // of the conditions above; made by load()
};

using RuleSetPtr = std::shared_ptr<const RuleSet>;

/// Sets what expressions over incidents read: reads_spread, reads_lead, reads_shared_labels.
void find_what_is_read(RuleSet& rules);

/// The plan with this id; null when there is none.
PlanPtr plan_named(const RuleSet& rules, std::string_view id);

/// Where the rule with this id stands; null: none has it.
const Place* place_of(const RuleSet& rules, std::string_view id);

/// What a raise rule does: "raised to P1", "escalated to standby group dba, step call the vendor".
std::string in_words(const PriorityPolicy::Raise& rule);

/// The severity's name on the set's scale.
std::string_view name_of(const RuleSet& rules, Severity severity);

}  // namespace tocsin::rules
