#include <algorithm>
#include <utility>

#include "engine/core/record.h"
#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/hash.h"
#include "engine/model/limits.h"

namespace tocsin {
namespace {

constexpr Duration kOldestEventTime = std::chrono::minutes{15};
constexpr Duration kNewestEventTime = std::chrono::minutes{5};
constexpr std::size_t kSimilarMax = 64;

/// Windows go by event time, within bounds of the instant at which the alert is looked at: a source with a wrong clock
/// cannot open or close windows at will, and what was held back counts as new at its release. By the clock of receipt
/// the source has no say at all.
Instant window_time(const AlertState& alert, Instant now, rules::WindowClock clock) {
  if (clock == rules::WindowClock::received) return now;
  return std::clamp(alert.event_time, now - kOldestEventTime, now + kNewestEventTime);
}

/// bytes: [rule id][0xff]([value][0xff])…
void write_group_key(const rules::GroupRule& rule, const AlertTexts& texts, std::string& out) {
  out.assign(texts[Field::tenant]);
  out += '\xff';
  (out += rule.id) += '\xff';
  for (const Field field : rule.by_fields) (out += texts[field]) += '\xff';
  for (const std::string& name : rule.by_labels) (out += texts.label_value(name)) += '\xff';
}

std::string_view similar_text(const rules::GroupRule& rule, const AlertTexts& texts) {
  return rule.similar_label.empty() ? texts[rule.similar_field] : texts.label_value(rule.similar_label);
}

/// `service=checkout,environment=prod`, for people.
std::string correlation_key(const rules::GroupRule& rule, const AlertTexts& texts) {
  std::string text;
  const auto add = [&text](std::string_view name, std::string_view value) {
    if (!text.empty()) text += ',';
    ((text += name) += '=') += value;
  };
  for (const Field field : rule.by_fields) add(name_of(field), texts[field]);
  for (const std::string& name : rule.by_labels) add("labels." + name, texts.label_value(name));
  return text;
}

bool window_is_open(const rules::GroupRule& rule, const IncidentState& incident, Instant event_time) {
  return event_time - incident.newest_member_at <= rule.idle && event_time - incident.first_event_at <= rule.max;
}

}  // namespace

void ShardState::join(std::uint32_t alert_slot, const CategorisedAlert& categorised) {
  const AlertState& alert = alerts_[alert_slot];
  const std::uint32_t index = rule_memo_.groups(categorised.facts, scratch_).next();
  if (index == rules::Walk::kEnd) return;
  const rules::GroupRule& rule = rules_->groups[index];
  GroupKey key = group_key_of(rule, alert);
  const auto newest = newest_of_group_.find(key.key);
  if (newest != newest_of_group_.end()) {
    if (takes(rule, incidents_[newest->second], alert)) return add_member(newest->second, alert_slot);
    drop_key(newest->second);
  }
  if (const std::uint32_t alike = find_similar(rule, alert, key); alike != kNoSlot)
    return add_member(alike, alert_slot);
  if (!make_room(rule)) return;
  open_incident(alert_slot, index, std::move(key));
}

ShardState::GroupKey ShardState::group_key_of(const rules::GroupRule& rule, const AlertState& alert) {
  write_group_key(rule, alert.texts, scratch_text_);
  GroupKey key;
  key.key = key_.hash(scratch_text_);
  if (rule.similar_percent == 0) return key;
  key.similarity_key = key.key;
  const std::string_view text = similar_text(rule, alert.texts);
  key.words = Words(text);
  key.key = key_.hash(scratch_text_ += text);
  return key;
}

bool ShardState::takes(const rules::GroupRule& rule, const IncidentState& incident, const AlertState& alert) const {
  return incident.status != IncidentStatus::closed &&
         window_is_open(rule, incident, window_time(alert, now_, rules_->defaults.clock));
}

/// The group whose text is most alike, the newest of several; kNoSlot: none is alike enough. Only the newest are
/// looked at, so that an alert costs no more when there are very many.
std::uint32_t ShardState::find_similar(const rules::GroupRule& rule, const AlertState& alert,
                                       const GroupKey& key) const {
  if (rule.similar_percent == 0) return kNoSlot;
  const auto groups = groups_by_similarity_key_.find(key.similarity_key);
  if (groups == groups_by_similarity_key_.end()) return kNoSlot;
  std::uint32_t best = kNoSlot;
  Similarity most;
  std::size_t looked_at = 0;
  for (auto group = groups->second.rbegin(); group != groups->second.rend() && looked_at < kSimilarMax; ++group) {
    ++looked_at;
    const IncidentState& incident = incidents_[group->second];
    const Similarity similarity(incident.words, key.words);
    if (!similarity.is_at_least(rule.similar_percent) || similarity <= most || !takes(rule, incident, alert)) continue;
    best = group->second;
    most = similarity;
  }
  return best;
}

void ShardState::open_incident(std::uint32_t alert_slot, std::uint32_t rule_index, GroupKey key) {
  const rules::GroupRule& rule = rules_->groups[rule_index];
  const AlertState& alert = alerts_[alert_slot];
  const std::uint32_t slot = incidents_.take();
  IncidentState& incident = incidents_[slot];
  incident.number = ++incident_number_;
  incident.opening = position_;
  incident.losses = losses_;
  // The name is the same on every machine, so it is hashed under the published key. The number tells apart two
  // incidents of one group that one body opens.
  write_group_key(rule, alert.texts, scratch_text_);
  scratch_text_ += std::to_string(position_.value());
  scratch_text_ += '\xff';
  scratch_text_ += std::to_string(incident.number);
  if (life_.epoch > 0) {
    for (const std::uint64_t part : {life_.journal, std::uint64_t{life_.epoch}})
      (scratch_text_ += '\xff') += std::to_string(part);
  }
  incident.id = IncidentId{published_key().hash(scratch_text_)};
  incident.group_key = key.key;
  incident.similarity_key = key.similarity_key;
  incident.words = std::move(key.words);
  incident.rule_id = rule.id;
  incident.rule_set = rules_->name;
  incident.correlation_key = correlation_key(rule, alert.texts);
  incident.tenant = alert.texts[Field::tenant];
  incident.opened_at = incident.updated_at = now_;
  incident.first_event_at = incident.last_event_at = incident.newest_member_at =
      window_time(alert, now_, rules_->defaults.clock);
  keep_key(slot);
  by_incident_id_.emplace(incident.id.bits, slot);
  by_number_.emplace(incident.number, slot);
  ++counts_.incidents_opened;
  ++counts_.incidents_open;
  touch(slot, IncidentChange::opened);
  add_member(slot, alert_slot);
  watch_age(slot);
}

void ShardState::add_member(std::uint32_t incident_slot, std::uint32_t alert_slot) {
  IncidentState& incident = incidents_[incident_slot];
  AlertState& alert = alerts_[alert_slot];
  alert.incident = incident_slot;
  incident.members.push_back(alert_slot);
  // Records will list it.
  if (incident.members.size() <= limits::kRecordAlertsMax) alert.fingerprint = fingerprint_of(alert);
  ++incident.by_severity[alert.severity.level];
  ++incident.by_priority[static_cast<std::size_t>(alert.priority)];
  if (alert.flaps()) ++incident.flapping;
  const Instant at = window_time(alert, now_, rules_->defaults.clock);
  incident.first_event_at = std::min(incident.first_event_at, at);
  lead_if_higher(incident, alert_slot);
  member_fires_again(alert_slot);
}

void ShardState::member_fires_again(std::uint32_t alert_slot) {
  AlertState& alert = alerts_[alert_slot];
  IncidentState& incident = incidents_[alert.incident];
  alert.standing = Standing::active;
  const bool reopens = incident.status == IncidentStatus::resolved;
  touch(alert.incident, reopens ? IncidentChange::reopened : IncidentChange::updated);
  ++incident.active;
  member_changed(alert_slot);
  member_heard(alert_slot);
  if (!reopens) return;
  incident.status = IncidentStatus::open;
  incident.resolved_at = kUnset;
  ++counts_.incidents_reopened;
  ++counts_.incidents_open;
}

/// A member fires anew, or does again what it did before: the group is not idle.
void ShardState::member_heard(std::uint32_t alert_slot) {
  const AlertState& alert = alerts_[alert_slot];
  IncidentState& incident = incidents_[alert.incident];
  const Instant at = window_time(alert, now_, rules_->defaults.clock);
  incident.last_event_at = std::max(incident.last_event_at, at);
  incident.newest_member_at = std::max(incident.newest_member_at, at);
}

void ShardState::member_ended(std::uint32_t alert_slot) {
  AlertState& alert = alerts_[alert_slot];
  const Standing was = std::exchange(alert.standing, Standing::idle);
  alert.held_by = {};
  alert.settled_at = kNever;
  if (was == Standing::held) --counts_.alerts_held;
  if (alert.incident == kNoSlot) return;
  member_changed(alert_slot);
  if (was != Standing::active && was != Standing::held) return;
  IncidentState& incident = incidents_[alert.incident];
  std::uint64_t& count = was == Standing::active ? incident.active : incident.held;
  TOCSIN_CHECK(count > 0, "a member that ends was counted");
  if (!is_live(incident)) {  // it was held back from reopening it
    --count;
    return;
  }
  const bool last = incident.active + incident.held == 1;
  touch(alert.incident, last ? IncidentChange::resolved : IncidentChange::updated);
  --count;
  incident.last_event_at = std::max(incident.last_event_at, now_);
  if (!last) return;
  incident.status = IncidentStatus::resolved;
  incident.resolved_at = now_;
  ++counts_.incidents_resolved;
  --counts_.incidents_open;
  // The bound of `reopen.within` is inclusive: it closes at the first instant after it.
  incident.closes_at = now_ + rules_->dedup.reopen_within + Duration{1};
  deadlines_.add(incident.closes_at, DeadlineKind::incident_closes, alert.incident, incident.generation);
}

void ShardState::member_ranked(std::uint32_t alert_slot, Severity old_severity, Priority old_priority) {
  const AlertState& alert = alerts_[alert_slot];
  IncidentState& incident = incidents_[alert.incident];
  --incident.by_severity[old_severity.level];
  --incident.by_priority[static_cast<std::size_t>(old_priority)];
  ++incident.by_severity[alert.severity.level];
  ++incident.by_priority[static_cast<std::size_t>(alert.priority)];
  incident.newest_member_at = std::max(incident.newest_member_at, window_time(alert, now_, rules_->defaults.clock));
  if (alert_slot == incident.lead) {
    // The lead itself moved: whoever ranks highest now leads, the earliest of equals.
    for (const std::uint32_t member : incident.members) lead_if_higher(incident, member);
  } else {
    lead_if_higher(incident, alert_slot);
  }
  touch(alert.incident, IncidentChange::updated);
}

void ShardState::lead_if_higher(IncidentState& incident, std::uint32_t alert_slot) {
  if (incident.lead != kNoSlot) {
    const AlertState& lead = alerts_[incident.lead];
    const AlertState& other = alerts_[alert_slot];
    const bool higher =
        other.priority != lead.priority ? other.priority < lead.priority : other.severity > lead.severity;
    if (!higher) return;
  }
  incident.lead = alert_slot;
  incident.listed.clear();
}

void ShardState::member_changed(std::uint32_t alert_slot) {
  const std::uint32_t slot = alerts_[alert_slot].incident;
  if (slot != kNoSlot && is_listed(incidents_[slot], alert_slot)) incidents_[slot].listed.clear();
}

void ShardState::close_incident(std::uint32_t slot) {
  IncidentState& incident = incidents_[slot];
  if (incident.status != IncidentStatus::resolved) return;
  // It was reopened and resolved again since this deadline was set: a later one is in the queue.
  if (incident.closes_at != now_) return;
  touch(slot, IncidentChange::closed);
  incident.status = IncidentStatus::closed;
  incident.closed_at = now_;
  ++counts_.incidents_closed;
}

std::uint32_t ShardState::find_incident(IncidentId id) const {
  const auto found = by_incident_id_.find(id.bits);
  return found == by_incident_id_.end() ? kNoSlot : found->second;
}

}  // namespace tocsin
