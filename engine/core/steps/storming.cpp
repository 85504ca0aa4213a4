// Storms: while so much comes that single incidents help nobody, what would open an incident of its own is folded into
// that of the storm. Folded alerts are members like any others, so nothing that is said of them is lost; who gets too
// severe, and who fires still when the storm is over, leaves and is looked at as if he arrived then.
#include <algorithm>

#include "engine/core/shard_state.h"
#include "engine/core/storm/storm_words.h"
#include "engine/core/telling/incident_record.h"
#include "engine/model/check.h"
#include "engine/model/command.h"
#include "engine/model/limits.h"

namespace tocsin {

/// A condition from outside began to fire.
void ShardState::count_for_storm(std::uint32_t slot) {
  const Condition& alert = conditions_[slot];
  if (rules_->storm.mode == rules::StormPolicy::Mode::off || alert.depth > 0) return;
  if (alert.texts[Field::source] == kHeartbeatSource) return;  // that it comes is good
  const GroupKey key = GroupBook::key_of(rules_->storm_group, alert.texts, key_, scratch_text_);
  StormBook::Scope* const begun = storms_.hear(key.key, now_, [&](StormBook::Scope& scope) {
    scope.tenant = alert.texts[Field::tenant];
    scope.words = GroupBook::correlation_key(rules_->storm_group, alert.texts);
    scope.is_drill = is_drill(alert.texts);
  });
  if (begun == nullptr) return;
  if (trace_ != nullptr) trace_->remarked(alert, rules::kStormRule, storm_begins(*begun));
  counts_.storms_begun = storms_.begun();
  counts_.storms_on = storms_.on_count();
  if (!begun->storm->is_shadow) add_derived(storm_alert(*begun, alert, false));
}

/// What says that there is a storm: it opens the storm's incident, whatever is folded, and leads it. `of`: an alert of
/// its scope.
DerivedAlert ShardState::storm_alert(const StormBook::Scope& scope, const Condition& of, bool ends) const {
  DerivedAlert derived;
  derived.identity = scope.storm->alert;
  derived.ends = ends;
  derived.depth = 1;
  derived.severity = rules_->storm.severity;
  const auto text = [&](Field field) -> std::string& { return derived.texts[static_cast<std::size_t>(field)]; };
  std::vector<Label> labels{{"alertname", rules::kStormRule}};  // what silences go by
  if (scope.is_drill) labels.push_back({"drill", "true"});
  for (const std::string& name : rules_->storm.by_labels) {
    if (const std::string_view value = of.texts.label_value(name);
        !value.empty() && name != "drill" && name != "alertname")
      labels.push_back({name, value});
  }
  std::ranges::sort(labels, {}, &Label::name);
  for (const Field field : rules_->storm.by_fields) text(field) = of.texts[field];
  text(Field::tenant) = scope.tenant;
  text(Field::source) = kDerivedSource;
  text(Field::name) = rules::kStormRule;
  text(Field::level) = rules::name_of(*rules_, derived.severity);
  text(Field::title) = storm_begins(scope);
  derived.labels = LabelSet(labels);
  return derived;
}

bool ShardState::is_storm_alert(const Condition& alert) const {
  return alert.depth > 0 && storms_.is_alert(alert.identity);
}

/// It is a member of a storm's incident, and not the storm's own alert.
bool ShardState::is_folded(const Condition& alert) const {
  return storms_.has_any() && alert.primary && incidents_[alert.primary.incident].rule_id == rules::kStormRule &&
         !is_storm_alert(alert);
}

/// The scope of an alert, if there is a storm in it; else null.
StormBook::Scope* ShardState::storm_of(const Condition& alert) {
  if (!storms_.has_any()) return nullptr;
  return storms_.on(GroupBook::key_of(rules_->storm_group, alert.texts, key_, scratch_text_).key);
}

bool ShardState::is_severe_in_storm(const Condition& alert) const { return alert.severity >= rules_->storm.fold_below; }

/// It would open an incident of its own: true: it is folded, or this would be one of several that it is in.
bool ShardState::fold(std::uint32_t slot, bool is_primary) {
  const Condition& alert = conditions_[slot];
  StormBook::Scope* const scope = storm_of(alert);
  if (scope == nullptr || scope->storm->is_ending || is_severe_in_storm(alert) || is_silence_alert(alert)) return false;
  if (scope->storm->is_shadow) {
    if (is_primary) ++scope->storm->account.would_fold;
    if (trace_ != nullptr) trace_->remarked(alert, rules::kStormRule, "would be folded into a storm: it is a shadow");
    return false;
  }
  if (is_primary || !alert.is_member()) join_storm(slot, *scope);
  return true;
}

/// It joins the storm's incident, and does not fire there yet.
void ShardState::join_storm(std::uint32_t slot, StormBook::Scope& scope) {
  std::uint32_t incident = groups_.newest(scope.key);
  if (incident == kNoSlot) {
    ((scratch_text_.assign(scope.tenant) += '\xff') += rules::kStormRule) += '\xff';
    (scratch_text_ += scope.words) += '\xff';
    incident = open_incident(slot, rules_->storm_group, GroupKey{scope.key, {}, {}});
    incidents_[incident].correlation_key = scope.words;
  }
  TOCSIN_CHECK(incidents_[incident].rule_id == rules::kStormRule, "what is folded is of a storm's incident");
  scope.storm->incident = incidents_[incident].number;
  if (!is_in(conditions_[slot], incident)) add_member(incident, slot, true);
}

/// An incident of its scope opened on its own.
void ShardState::count_opened_in_storm(const Condition& alert) {
  StormBook::Scope* const scope = storm_of(alert);
  if (scope == nullptr) return;
  StormAccount& account = scope->storm->account;
  ++(scope->storm->is_ending ? account.incidents_after : account.incidents);
}

/// How many fire in the storm's incident besides its own alert: a count of its own.
std::uint64_t ShardState::folded_now(const StormBook::Scope& scope) const {
  const auto found = incidents_.by_number().find(scope.storm->incident);
  if (found == incidents_.by_number().end() || is_over(incidents_[found->second])) return 0;
  const MemberList& members = incidents_[found->second].members;
  const VoicePlace own = conditions_.find(scope.storm->alert);
  const bool own_fires = own && is_in(conditions_[own.condition], found->second) &&
                         (conditions_[own.condition].standing == Standing::active ||
                          conditions_[own.condition].standing == Standing::held);
  return members.active() + members.held() - (own_fires ? 1 : 0);
}

/// A folded alert begins or ceases to fire there.
void ShardState::count_folded(const Condition& alert, bool fires, StormExit exit) {
  StormBook::Scope* const scope = storms_.on(incidents_[alert.primary.incident].group_key);
  TOCSIN_CHECK(scope != nullptr && !scope->storm->is_shadow, "who is folded is so by a storm that lasts");
  StormAccount& account = scope->storm->account;
  if (fires) {
    ++account.folded;
    ++counts_.alerts_folded;
  } else if (exit == StormExit::again) {
    TOCSIN_CHECK(account.folded > 0, "who is looked at again was counted");
    --account.folded;
    --counts_.alerts_folded;
  } else {
    ++account.left[static_cast<std::size_t>(exit)];
  }
}

/// It leaves the storm's incident, and is idle. The last member of an incident ends it.
void ShardState::leave_storm(std::uint32_t slot, StormExit exit) {
  Condition& alert = conditions_[slot];
  const Membership membership = alert.primary;
  IncidentState& incident = incidents_[membership.incident];
  if (alert.standing == Standing::held) --counts_.alerts_held;
  alert.held_by = {};
  alert.settled_at = kNever;
  if (is_live(incident)) touch(membership.incident, IncidentChange::updated);
  stand(slot, Standing::idle, exit);
  if (is_live(incident) && !incident.members.any_fires()) resolve_incident(membership.incident);
  if (incident.members.present() == 1) {
    close_incident(membership.incident);
    tell(membership.incident);  // lets go of it
    return;
  }
  incident.members.let_go(membership.place);
  leave_incident(slot, membership.incident);
}

/// Who got too severe to be folded.
void ShardState::rise_out_of_storm(std::uint32_t slot) {
  const Condition& alert = conditions_[slot];
  if (!is_folded(alert) || !is_severe_in_storm(alert)) return;
  if (trace_ != nullptr) trace_->remarked(alert, rules::kStormRule, "too severe to be folded: it leaves the storm");
  leave_storm(slot, StormExit::risen);
}

void ShardState::resolve_incident(std::uint32_t incident_slot) {
  touch(incident_slot, IncidentChange::resolved);
  incidents_.resolve(incident_slot, now_, rules_->dedup.reopen_within);
  ++counts_.incidents_resolved;
  TOCSIN_CHECK(counts_.incidents_open > 0, "what resolves was counted as open");
  --counts_.incidents_open;
}

void ShardState::meet_storm() {
  if (StormBook::Scope* const over = storms_.meet(now_)) end_storm(*over);
}

/// Those that fire leave its incident and are looked at one by one, in the order of joining; then it is told how it
/// adds up, and closes.
void ShardState::end_storm(StormBook::Scope& scope) {
  Storm& storm = *scope.storm;
  storm.is_ending = true;
  const auto found = incidents_.by_number().find(storm.incident);
  const std::uint32_t incident_slot =
      found == incidents_.by_number().end() || is_over(incidents_[found->second]) ? kNoSlot : found->second;
  std::uint32_t last = kNoSlot;
  if (incident_slot != kNoSlot) {
    IncidentState& incident = incidents_[incident_slot];
    std::vector<std::uint32_t> firing;
    incident.members.for_each([&](std::uint32_t slot) {
      if (conditions_[slot].counts_as_firing() && conditions_[slot].primary.incident == incident_slot)
        firing.push_back(slot);
    });
    const VoicePlace own = conditions_.find(storm.alert);
    if (own && conditions_[own.condition].primary.incident == incident_slot) {
      std::erase(firing, own.condition);
      if (conditions_[own.condition].standing == Standing::held) --counts_.alerts_held;
      conditions_[own.condition].held_by = {};
      stand(own.condition, Standing::idle);
    }
    for (const std::uint32_t slot : firing) {
      Condition& alert = conditions_[slot];
      if (alert.standing == Standing::held) --counts_.alerts_held;
      alert.held_by = {};
      alert.settled_at = kNever;
      stand(slot, Standing::idle, StormExit::released);
    }
    if (is_live(incident)) resolve_incident(incident_slot);
    for (const std::uint32_t slot : firing) {
      // What a member says of an incident goes with the last of them: that one is looked at when it is closed.
      if (incident.members.present() == 1) {
        last = slot;
        break;
      }
      incident.members.let_go(conditions_[slot].primary.place);
      leave_incident(slot, incident_slot);
      admit(slot, recall(slot));
      take_facts();
    }
    TOCSIN_CHECK(storm.account.lost(folded_now(scope)) == 0, "the account of a storm adds up");
    if (!is_over(incident)) close_incident(incident_slot);
    tell(incident_slot);
    if (last != kNoSlot && conditions_[last].counts_as_firing()) admit(last, recall(last));
  }
  const VoicePlace own = conditions_.find(storm.alert);
  if (own && conditions_[own.condition].firing) {
    DerivedAlert ended = storm_alert(scope, conditions_[own.condition], true);
    storms_.end(scope, now_);
    add_derived(std::move(ended));
  } else {
    storms_.end(scope, now_);
  }
  counts_.storms_on = storms_.on_count();
  take_facts();
}

/// What its incident says of it, at each revision.
void ShardState::word_storm(IncidentState& incident) {
  const StormBook::Scope* const scope = storms_.on(incident.group_key);
  if (scope == nullptr || scope->storm->incident != incident.number) return;
  incident.title = cut_text(storm_title(scope->words, *scope->storm, now_), limits::kTitleBytesMax);
  incident.description = storm_description(*scope->storm, folded_now(*scope), now_);
}

/// Under another policy.
void ShardState::storms_anew() {
  for (const Hash128 key : storms_.use(rules_->storm)) {
    StormBook::Scope* const scope = storms_.find(key);
    TOCSIN_CHECK(scope != nullptr && scope->storm != nullptr, "what a policy ends lasts");
    end_storm(*scope);
  }
  storms_.settle_in();
}

}  // namespace tocsin
