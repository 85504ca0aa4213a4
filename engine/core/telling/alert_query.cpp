#include "engine/core/telling/alert_query.h"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/core/telling/incident_record.h"
#include "engine/core/telling/no_incident.h"
#include "engine/core/telling/query_parts.h"
#include "engine/model/json_writer.h"
#include "engine/model/limits.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

/// What is no text field, in the order of the answer; the text fields but name and tenant stand between the two lists.
enum Column : std::size_t {
  kFingerprint,
  kName,
  kStatus,
  kFlapping,
  kSeverity,
  kImpact,
  kUrgency,
  kPriority,
  kTenant,
  kIncident,
  kOtherIncidents,
  kNoIncident,
  kSuppressedBy,
  kDuplicates,
  kStartsAt,
  kFirstSeen,
  kLastSeen,
  kExpiresAt,
  kEndedAt,
  kLabels,
  kAnnotations,
  kMended,
  kTexts,  // and behind it the text fields, in the order of Field
};
constexpr std::array<std::string_view, kTexts> kNames{"fingerprint",
                                                      "name",
                                                      "status",
                                                      "flapping",
                                                      "severity",
                                                      "impact",
                                                      "urgency",
                                                      "priority",
                                                      "tenant",
                                                      "incident_id",
                                                      "other_incident_ids",
                                                      "no_incident",
                                                      "suppressed_by",
                                                      "duplicate_count",
                                                      "starts_at",
                                                      "first_seen_at",
                                                      "last_seen_at",
                                                      "expires_at",
                                                      "ended_at",
                                                      "labels",
                                                      "annotations",
                                                      "mended"};
static_assert(kTexts + kFieldCount <= 64, "a bit for each");

bool is_text_column(Field field) { return field != Field::name && field != Field::tenant; }
std::size_t column_of(Field field) { return kTexts + static_cast<std::size_t>(field); }

std::size_t column_named(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found != kNames.end()) return static_cast<std::size_t>(found - kNames.begin());
  const auto field = field_from(name);
  return field && is_text_column(*field) ? column_of(*field) : 64;
}

void write_labels(JsonWriter& json, std::string_view name, Labels labels) {
  json.key(name).begin_object();
  for (const Label& label : labels) json.field(label.name, label.value);
  json.end_object();
}

/// An alert while it is written; a field that is not shown is not worked out.
class AlertWriter {
 public:
  AlertWriter(const ShardState& state, std::uint32_t slot, const AlertColumns& columns, std::string& out)
      : state_(state), slot_(slot), alert_(state.conditions()[slot]), columns_(columns), json_(out) {}

  void write() {
    json_.begin_object();
    write_what();
    write_where();
    write_when();
    write_as_sent();
    json_.end_object();
  }

 private:
  void write_what() {
    if (columns_.shows(kFingerprint)) json_.field("fingerprint", to_text(fingerprint_of(alert_)));
    if (columns_.shows(kName)) json_.field("name", alert_.texts[Field::name]);
    if (columns_.shows(kStatus)) json_.field("status", alert_.counts_as_firing() ? "firing" : "resolved");
    if (columns_.shows(kFlapping)) json_.field("flapping", alert_.flaps());
    if (columns_.shows(kSeverity)) json_.field("severity", rules::name_of(state_.rules(), alert_.severity));
    if (columns_.shows(kImpact)) json_.field("impact", name_of(alert_.impact));
    if (columns_.shows(kUrgency)) json_.field("urgency", name_of(alert_.urgency));
    if (columns_.shows(kPriority)) json_.field("priority", name_of(alert_.priority));
    for (const FieldInfo& info : fields()) {
      if (is_text_column(info.field) && columns_.shows(column_of(info.field)))
        json_.field(info.name, alert_.texts[info.field]);
    }
    if (columns_.shows(kTenant)) {
      const std::string_view tenant = alert_.texts[Field::tenant];
      json_.field("tenant", tenant.empty() ? std::string_view{"default"} : tenant);
    }
  }

  void write_where() {
    if (columns_.shows(kIncident)) {
      json_.key("incident_id");
      if (!alert_.primary) {
        json_.null();
      } else {
        json_.value(to_text(state_.incidents()[alert_.primary.incident].id));
      }
    }
    if (columns_.shows(kOtherIncidents) && alert_.others != nullptr) {
      json_.key("other_incident_ids").begin_array();
      for (const Membership& one : *alert_.others) json_.value(to_text(state_.incidents()[one.incident].id));
      json_.end_array();
    }
    if (columns_.shows(kNoIncident)) {
      if (const std::string why = why_no_incident(state_, alert_); !why.empty()) json_.field("no_incident", why);
    }
    if (columns_.shows(kSuppressedBy)) {
      json_.key("suppressed_by");
      if (alert_.held_by) {
        json_.value(state_.held_by(alert_));
      } else {
        json_.null();
      }
    }
    if (columns_.shows(kDuplicates)) json_.field("duplicate_count", alert_.repeats);
  }

  void write_time(Column column, Instant at) {
    if (columns_.shows(column)) json_.field(kNames[column], to_rfc3339(at));
  }

  void write_time_or_null(Column column, bool is_there, Instant at) {
    if (is_there) return write_time(column, at);
    if (columns_.shows(column)) json_.key(kNames[column]).null();
  }

  void write_when() {
    const bool has_start = alert_.starts_at != kUnset && alert_.starts_at != Instant{};
    write_time(kStartsAt, has_start ? alert_.starts_at : alert_.first_seen);
    write_time(kFirstSeen, alert_.first_seen);
    write_time(kLastSeen, state_.conditions().last_seen(alert_));
    if (columns_.shows(kExpiresAt)) {
      const Instant end = state_.conditions().expires_at(slot_);
      write_time_or_null(kExpiresAt, alert_.firing && end != kNever, end);
    }
    write_time_or_null(kEndedAt, alert_.ended_at != kUnset, alert_.ended_at);
  }

  void write_as_sent() {
    if (columns_.shows(kLabels) || columns_.shows(kAnnotations)) {
      std::vector<Label> labels;
      std::vector<Label> annotations;
      alert_.texts.list(labels, annotations);
      if (columns_.shows(kLabels)) write_labels(json_, "labels", labels);
      if (columns_.shows(kAnnotations)) write_labels(json_, "annotations", annotations);
    }
    if (columns_.shows(kMended) && !alert_.mended.is_empty()) {
      json_.key("mended").begin_array();
      alert_.mended.for_each([&](Mending kind) { json_.value(name_of(kind)); });
      json_.end_array();
    }
  }

  const ShardState& state_;
  const std::uint32_t slot_;
  const Condition& alert_;
  const AlertColumns& columns_;
  JsonWriter json_;
};

void write_alert(const ShardState& state, std::uint32_t slot, const AlertColumns& columns, std::string& out) {
  AlertWriter(state, slot, columns, out).write();
}

/// The alerts of one incident, in the order of joining; the cursor is the place where the next page goes on. Those that
/// it let go of are not there: a closed incident has none.
QueryAnswer list_members(const ShardState& state, const Query& query, const QueryFilter& filter,
                         const AlertColumns& columns, std::uint64_t at) {
  QueryAnswer answer;
  answer.ticket = query.ticket;
  const std::uint32_t slot = find_incident(state, query, *filter.incident_id(), answer);
  if (slot == kNoSlot) return answer;
  std::string& out = answer.json;
  out = R"({"alerts":[)";
  const MemberList& members = state.incidents()[slot].members;
  at = std::max<std::uint64_t>(at, members.room_before());
  const std::size_t limit = page_limit(query);
  std::size_t told = 0;
  std::size_t looked_at = 0;
  for (; at < members.places() && told < limit && looked_at < limits::kQueryLookedAtMax; ++at, ++looked_at) {
    const std::uint32_t condition = members.nth(static_cast<std::uint32_t>(at)).condition;
    if (condition == kNoSlot || !filter.matches(state, state.conditions()[condition])) continue;
    if (told++ > 0) out += ',';
    write_alert(state, condition, columns, out);
  }
  out += R"(],"next":)";
  out += at < members.places() ? '"' + std::to_string(at) + '"' : "null";
  out += '}';
  return answer;
}

}  // namespace

std::expected<AlertColumns, std::string> AlertColumns::from(std::string_view names) {
  AlertColumns columns;
  if (names.empty()) return columns;
  columns.shown_ = 0;
  while (true) {
    const std::size_t comma = names.find(',');
    const std::string_view name = names.substr(0, comma);
    const std::size_t column = column_named(name);
    if (column >= 64) {
      std::string mistake = "no field `" + std::string(name) + "` to show: ";
      for (const std::string_view known : kNames) (mistake += known) += ", ";
      for (const FieldInfo& info : fields()) {
        if (is_text_column(info.field)) (mistake += info.name) += ", ";
      }
      mistake.resize(mistake.size() - 2);
      return std::unexpected(std::move(mistake));
    }
    columns.shown_ |= std::uint64_t{1} << column;
    if (comma == std::string_view::npos) return columns;
    names.remove_prefix(comma + 1);
  }
}

QueryAnswer list_alerts(const ShardState& state, const Query& query, const QueryFilter& filter) {
  const auto columns = AlertColumns::from(query.fields);
  if (!columns) return refused(query, Refusal::bad_value, columns.error());
  std::uint64_t at = 0;
  if (!query.after.empty()) {
    const auto number = number_from(query.after);
    if (!number) return refused(query, Refusal::bad_value, std::string(kBadCursor));
    at = *number;
  }
  if (filter.incident_id()) return list_members(state, query, filter, *columns, at);
  QueryAnswer answer;
  answer.ticket = query.ticket;
  std::string& out = answer.json;
  out = R"({"alerts":[)";
  const std::size_t limit = page_limit(query);
  const ConditionBook& conditions = state.conditions();
  const auto matchers = parse_matchers(query.matchers);
  const bool is_preview = !query.matchers.empty();
  if (is_preview && !matchers) return refused(query, Refusal::bad_value, matchers.error().message);
  const auto comes_under = [&](const Condition& alert) {
    const MatchedTexts texts{&alert.texts, rules::name_of(state.rules(), alert.severity)};
    return alert.counts_as_firing() &&
           std::ranges::all_of(*matchers, [&](const Matcher& matcher) { return matcher.holds(texts); });
  };
  std::size_t told = 0;
  std::size_t looked_at = 0;
  std::size_t told_before_block = 0;
  for (; at < conditions.end() && told < limit && looked_at < limits::kQueryLookedAtMax; ++at, ++looked_at) {
    const auto slot = static_cast<std::uint32_t>(at);
    const std::uint32_t in_block = slot % ValueSketch::kBlockSlots;
    if (in_block == 0) told_before_block = told;
    if (in_block == 0 && !filter.may_match_near(conditions, slot)) {
      at += ValueSketch::kBlockSlots - 1;  // passed over with one look
      continue;
    }
    if (in_block == ValueSketch::kBlockSlots - 1 && told == told_before_block) conditions.refresh_sketch(slot);
    if (!conditions.holds(slot) || !filter.matches(state, conditions[slot])) continue;
    if (is_preview && !comes_under(conditions[slot])) continue;
    if (told++ > 0) out += ',';
    write_alert(state, slot, *columns, out);
  }
  out += R"(],"next":)";
  out += at < conditions.end() ? '"' + std::to_string(at) + '"' : "null";
  out += '}';
  return answer;
}

}  // namespace tocsin
