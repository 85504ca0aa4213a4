#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/model/effect.h"

namespace tocsin {

/// Where records go and who says so. Part of the bytes of every record: a change shows in what is sent from then on.
struct RecordOptions {
  /// The CloudEvents source, a URI reference: what tells two installations that write to one Kafka apart.
  std::string ce_source = "/tocsin";
  /// Before the name of every topic, audience topics included ("staging.").
  std::string topic_prefix{};
  std::string events_topic = "tocsin.incidents.events";
  std::string state_topic = "tocsin.incidents.state";
  std::string dead_topic = "tocsin.alerts.dead";
  std::string audit_topic = "tocsin.audit";
};

struct RecordHeader {
  std::string_view name;  // a constant
  std::string value;
  friend bool operator==(const RecordHeader&, const RecordHeader&) = default;
};

/// Where a record goes, and what is different there.
struct OutTopic {
  std::string name;
  std::string_view key{};  // borrowed from the effect; "": the record's own
  bool flat = false;       // its flat value
};

/// What an effect becomes: one record, the same on each of its topics but for what OutTopic says. Borrows from the
/// effect.
struct OutRecord {
  /// An incident's: events, state, then its audiences; no topic twice. Order and number are the same on every call.
  std::vector<OutTopic> topics{};
  std::string key{};
  std::vector<RecordHeader> headers{};
  std::string_view value{};
  std::string_view flat_value{};  // without nested parts

  std::string_view key_on(const OutTopic& topic) const { return topic.key.empty() ? key : topic.key; }
  std::string_view value_on(const OutTopic& topic) const { return topic.flat ? flat_value : value; }
};

/// Pure: equal effects and options give equal bytes. Headers are those of CloudEvents 1.0, Kafka protocol binding,
/// binary mode (§3.2), then `tocsin-…`, so that a consumer can filter without parsing. There are no tombstones yet: the
/// closed revision of an incident stays on the state topic as its last word.
OutRecord record_of(const Effect& effect, const RecordOptions& options);

/// The four topics that exist whatever the rules say, with the prefix.
std::vector<std::string> fixed_topics(const RecordOptions& options);

/// Appends the record on `topic` as one line of NDJSON: {"topic":…,"key":…,"headers":{…},"value":{…}}.
void append_line(std::string& out, const OutRecord& record, const OutTopic& topic);

/// The most of a value that `bytes_max` bytes hold, for a destination that takes no more: whole; else with fewer listed
/// alerts (`alerts_truncated` says how many are not), then without links, labels, roles, then with shorter texts, at
/// last what tells the incident, its status and rank, and when (some 400 bytes). All but the whole end with
/// `"shortened":true`. Equal arguments give equal bytes. Empty: nothing fits, or `value` is not a JSON object.
std::string fit_value(std::string_view value, std::size_t bytes_max);

}  // namespace tocsin
