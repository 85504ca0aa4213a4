#include "engine/core/explain/chronicle.h"

#include <algorithm>

#include "engine/core/commands/command_log.h"
#include "engine/core/explain/known_alert.h"
#include "engine/core/explain/rating.h"
#include "engine/core/shard_state.h"
#include "engine/model/time_text.h"
#include "rules/expressions/condition_parts.h"

namespace tocsin {
namespace {

using Kind = ChronicleEntry::Kind;

constexpr std::size_t kNearestMax = 3;

}  // namespace

std::string_view name_of(ChronicleEntry::Kind kind) {
  switch (kind) {
    case Kind::heard:
      return "alert";
    case Kind::lapsed:
      return "lapsed";
    case Kind::held:
      return "held_back";
    case Kind::released:
      return "released";
    case Kind::waits:
      return "waits";
    case Kind::no_group:
      return "no_group";
    case Kind::passed:
      return "not_taken";
    case Kind::no_room:
      return "no_room";
    case Kind::counted:
      return "counted";
    case Kind::joined:
      return "joined";
    case Kind::raised:
      return "raised";
    case Kind::not_raised:
      return "not_raised";
    case Kind::routed:
      return "routed";
    case Kind::told:
      return "revision";
    case Kind::merged:
      return "merged";
    case Kind::command:
      return "command";
    case Kind::forgotten:
      return "forgotten";
    case Kind::near:
      return "near";
    case Kind::cause:
      return "cause";
    case Kind::annotated:
      return "annotated";
    case Kind::derived:
      return "derived";
    case Kind::overdue:
      return "update_overdue";
  }
  return "unknown";
}

std::vector<ChronicleEntry> Chronicle::entries() const {
  std::vector<ChronicleEntry> all = first_;
  for (std::size_t i = 0; i < newest_.size(); ++i) all.push_back(newest_[(oldest_ + i) % newest_.size()]);
  // What is heard is known as such after what follows from it; people want it before.
  std::size_t begin = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && (all[i].position != all[i - 1].position || all[i].at != all[i - 1].at)) begin = i;
    if (all[i].kind == Kind::lapsed) begin = i;
    if (all[i].kind != Kind::heard) continue;
    std::rotate(all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(i),
                all.begin() + static_cast<std::ptrdiff_t>(i + 1));
    begin = i + 1;
  }
  return all;
}

bool Chronicle::is_asked(const Condition& condition) const {
  return interest_.everything || interest_.alerts.contains(condition.number) ||
         (interest_.is_alert && interest_.is_alert(condition));
}

bool Chronicle::is_asked(const IncidentState& incident) const {
  return interest_.everything || (interest_.incident && *interest_.incident == incident.id);
}

ChronicleEntry& Chronicle::add(Kind kind) {
  ChronicleEntry* entry = nullptr;
  if (first_.size() < kFirstMax) {
    entry = &first_.emplace_back();
  } else if (newest_.size() < kNewestMax) {
    entry = &newest_.emplace_back();
  } else {
    entry = &(newest_[oldest_] = ChronicleEntry{});
    oldest_ = (oldest_ + 1) % kNewestMax;
    ++left_out_;
  }
  entry->kind = kind;
  entry->at = state_.now();
  entry->position = state_.position();
  return *entry;
}

ChronicleEntry& Chronicle::add(Kind kind, const Condition& condition) {
  ChronicleEntry& entry = add(kind);
  entry.alert_number = condition.number;
  entry.alert = name_for_people(condition);
  if (condition.primary && state_.incidents().holds(condition.primary.incident))
    entry.incident = to_text(state_.incidents()[condition.primary.incident].id);
  return entry;
}

ChronicleEntry& Chronicle::add(Kind kind, const IncidentState& incident) {
  ChronicleEntry& entry = add(kind);
  entry.incident = to_text(incident.id);
  return entry;
}

std::string Chronicle::words_of(const Alert& alert, const Condition& condition, const Voice* voice, Heard heard) {
  const rules::RuleSet& rules = state_.rules();
  switch (heard) {
    case Heard::repeat:
      return "says the same again";
    case Heard::opened:
    case Heard::changed: {
      const KnownAlert known(condition, state_.day());
      scratch_.clear();
      std::string text = heard == Heard::opened ? "fires" : "fires as before, with other words or labels";
      text += "; severity " + why_severity(rules, known.facts(), scratch_);
      return text + "; priority " + why_priority(rules, known.facts(), scratch_);
    }
    case Heard::late: {
      std::string text = "late: no effect";
      const Voice& of = voice != nullptr ? *voice : condition.voice;
      const Instant began = alert.starts_at != kUnset ? alert.starts_at : alert.said_at;
      if (began == kUnset || of.closed_at == kUnset) return text;
      text = "late by " + to_text(std::max(of.closed_at - began, Duration{0})) + ": it began at " + time_(began) +
             ", before the close of " + time_(of.closed_at);
      if (of.close_came != kUnset) {
        text += ", which came " + to_text(state_.now() - of.close_came) + " ago (lateness is " +
                to_text(rules.defaults.lateness) + ")";
      }
      return text;
    }
    case Heard::closed:
      return "has ended: its source says so";
    case Heard::voice_closed:
      return "one of its sources says that it has ended; it fires by another";
    case Heard::close_again:
      return "a close of what has ended already";
    case Heard::earlier_life:
      return "a close of an earlier life, no effect: it states the end " + time_(alert.ends_at) +
             ", and what fires began at " + time_(voice != nullptr ? voice->stated_start : condition.starts_at);
    case Heard::unheard_of:
      return "a close of what never fired";
    case Heard::dropped:
      return "a rule drops it: no effect";
  }
  return {};
}

void Chronicle::heard(const Alert& alert, const Condition* condition, const Voice* voice, Heard heard) {
  if (condition == nullptr || !is_asked(*condition)) return;
  if (heard == Heard::repeat) {
    ++repeats_[condition->number];
    return;
  }
  std::string words = words_of(alert, *condition, voice, heard);
  ChronicleEntry& entry = add(Kind::heard, *condition);
  const bool ends = heard != Heard::opened && heard != Heard::changed && heard != Heard::late;
  entry.event_at = ends ? alert.ends_at : alert.starts_at;
  entry.words = std::move(words);
}

void Chronicle::lapsed(const Condition& condition) {
  if (!is_asked(condition)) return;
  const std::string since = time_(condition.voice.heard_at);
  add(Kind::lapsed, condition).words = "has ended by time: nothing was heard of it since " + since;
}

void Chronicle::held_back(const Condition& condition, std::string_view by) {
  if (!is_asked(condition)) return;
  if (by.empty()) {
    add(Kind::released, condition).words = "is held back no more: it is looked at as if it arrived now";
    return;
  }
  const std::string how = held_back_by(state_, condition, time_);
  ChronicleEntry& entry = add(Kind::held, condition);
  entry.rule = rule_for_people(state_.rules(), by);
  entry.words = "held back by " + how;
}

void Chronicle::waits(const Condition& condition, Duration settle, Duration hold) {
  if (!is_asked(condition)) return;
  std::string words;
  if (settle > Duration{0}) words = "waits " + to_text(settle) + " for an inhibitor that may come";
  if (hold > Duration{0}) {
    words += words.empty() ? "" : ", and ";
    words += "is held for " + to_text(hold) + ": its group opens only what still fires then";
  }
  add(Kind::waits, condition).words = std::move(words);
}

void Chronicle::grouped(const Condition& condition, const rules::Facts& facts, const rules::GroupRule* rule) {
  if (!is_asked(condition)) return;
  scratch_.clear();
  if (rule != nullptr) {
    grouped_[condition.number] = rules::what_holds(rule->when, facts, scratch_);
    return;
  }
  std::string words = "no group rule holds for it";
  for (const std::string& line : nearest_group_rules(state_, facts, kNearestMax)) words += "; " + line;
  add(Kind::no_group, condition).words = std::move(words);
}

void Chronicle::not_taken(const Condition& condition, const IncidentState& incident, Duration age, Duration idle) {
  if (!is_asked(condition)) return;
  const auto& groups = state_.rules().groups;
  const auto rule = std::ranges::find(groups, incident.rule_id, &rules::GroupRule::id);
  std::string words = "incident " + to_text(incident.id) + " of its group does not take it: ";
  if (rule != groups.end() && age > rule->max) {
    words += "it is " + to_text(age) + " old, `max` is " + to_text(rule->max);
  } else if (rule != groups.end()) {
    words += "its newest member is " + to_text(idle) + " old, `idle` is " + to_text(rule->idle);
  } else {
    words += "its rule is gone";
  }
  ChronicleEntry& entry = add(Kind::passed, condition);
  entry.rule = rule_for_people(state_.rules(), incident.rule_id);
  entry.words = std::move(words);
}

void Chronicle::joined(const Condition& condition, const IncidentState& incident) {
  if (!is_asked(condition) && !is_asked(incident)) return;
  std::string why;
  if (const auto found = grouped_.find(condition.number); found != grouped_.end()) {
    why = std::move(found->second);
    grouped_.erase(found);
  }
  if (const auto made = made_.find(condition.identity); made != made_.end()) {
    ChronicleEntry& entry = add(Kind::derived, condition);
    entry.incident = to_text(incident.id);
    entry.rule = std::move(made->second.first);
    entry.words = std::move(made->second.second);
    made_.erase(made);
  }
  const bool opens = incident.members.joined() == 1;
  ChronicleEntry& entry = add(Kind::joined, condition);
  entry.incident = to_text(incident.id);
  entry.rule = rule_for_people(state_.rules(), incident.rule_id);
  entry.words = opens ? "opens incident " : "joins incident ";
  if (incident.rule_id == rules::kStormRule && condition.depth == 0) {
    entry.words = "folded into storm " + entry.incident;
    if (!incident.correlation_key.empty()) entry.words += " of " + incident.correlation_key;
    entry.words += ": it would have opened an incident";
    if (!why.empty()) entry.words += " by a group rule that holds: " + why;
    return;
  }
  entry.words += entry.incident + " by " + entry.rule;
  if (!incident.correlation_key.empty()) entry.words += " for " + incident.correlation_key;
  if (!why.empty()) entry.words += ": " + why;
}

void Chronicle::no_room(const Condition& condition, const rules::GroupRule& rule, std::size_t bound) {
  if (!is_asked(condition)) return;
  ChronicleEntry& entry = add(Kind::no_room, condition);
  entry.rule = rule_for_people(state_.rules(), rule.id);
  entry.words = entry.rule + " has " + std::to_string(bound) + " groups, as many as it may: ";
  entry.words += state_.rules().defaults.on_overflow == rules::Overflow::refuse_new
                     ? "it is in no incident (`on_overflow: refuse_new`)"
                     : "the oldest takes no more alerts (`on_overflow: evict_oldest_and_count`)";
}

void Chronicle::remarked(const Condition& condition, std::string_view rule, std::string_view words) {
  if (!is_asked(condition)) return;
  ChronicleEntry& entry = add(Kind::counted, condition);
  entry.rule = rule_for_people(state_.rules(), rule);
  (entry.words = entry.rule + ": ") += words;
}

void Chronicle::raise_asked(const IncidentState& incident, const rules::PriorityPolicy::Raise& rule,
                            const rules::Facts& facts, Duration age, bool holds) {
  if (!is_asked(incident)) return;
  scratch_.clear();
  const std::string why = holds ? rules::what_holds(rule.when, facts, scratch_)
                                : rules::what_fails(rule.when, facts, scratch_) + " does not hold";
  if (!holds) {
    std::string& last = not_raised_[{incident.number, rule.id}];
    if (last == why) return;  // it is asked at each revision
    last = why;
  }
  ChronicleEntry& entry = add(holds ? Kind::raised : Kind::not_raised, incident);
  entry.rule = rule_for_people(state_.rules(), rule.id);
  entry.words = (holds ? "" : "not ") + rules::in_words(rule) + " by " + entry.rule + " at the age of " + to_text(age);
  if (!why.empty()) entry.words += ": " + why;
}

void Chronicle::routed(const IncidentState& incident, const rules::Facts& facts) {
  if (!is_asked(incident)) return;
  std::set<std::string>& known = topics_[incident.number];
  for (const Audience& audience : incident.audiences) {
    if (!known.insert(audience.topic).second) continue;
    scratch_.clear();
    const auto names = [&](const rules::RouteRule& rule) {
      const bool is_pattern = rule.topic.find('{') != std::string::npos;
      return (rule.topic == audience.topic || is_pattern) && rule.when.holds(facts, scratch_);
    };
    const auto rule = std::ranges::find_if(state_.rules().routes, names);
    ChronicleEntry& entry = add(Kind::routed, incident);
    entry.words = audience.topic + " is told from here on";
    if (rule == state_.rules().routes.end()) continue;
    entry.rule = rule_for_people(state_.rules(), rule->id);
    entry.words += " by route " + entry.rule;
    if (const std::string why = rules::what_holds(rule->when, facts, scratch_); !why.empty()) entry.words += ": " + why;
  }
}

void Chronicle::told(const IncidentState& incident, IncidentChange change) {
  if (!is_asked(incident)) return;
  ChronicleEntry& entry = add(Kind::told, incident);
  entry.revision = incident.telling.revision.value();
  entry.words = "revision " + std::to_string(entry.revision) + ", " + std::string{name_of(change)} + ": " +
                std::string{name_of(incident.priority())} + " " + std::string{name_of(incident.status)} +
                ", severity " + std::string{rules::name_of(state_.rules(), incident.severity())};
  if (!incident.telling.change.empty()) entry.words += "; " + incident.telling.change;
}

void Chronicle::merged(const IncidentState& from, const IncidentState& into) {
  if (is_asked(from)) add(Kind::merged, from).words = "is merged into incident " + to_text(into.id);
  if (is_asked(into)) {
    add(Kind::merged, into).words = "takes in incident " + to_text(from.id) + ", which " +
                                    rule_for_people(state_.rules(), from.rule_id) + " opened for " +
                                    from.correlation_key;
  }
}

void Chronicle::neighbours(const Condition& condition, const rules::TopologyRule& rule, std::size_t incidents) {
  if (!is_asked(condition)) return;
  ChronicleEntry& entry = add(Kind::near, condition);
  entry.rule = rule_for_people(state_.rules(), rule.id);
  entry.words = "is within reach of " + std::to_string(incidents) + (incidents == 1 ? " incident" : " incidents") +
                " by topology " + entry.rule;
}

void Chronicle::cause_found(const IncidentState& incident, std::string_view cause) {
  if (!is_asked(incident)) return;
  ChronicleEntry& entry = add(Kind::cause, incident);
  entry.words = incident.cause.empty() ? "its cause is found: " : "its cause is no longer " + incident.cause + " but ";
  entry.words += cause;
}

/// Who was counted last is remembered: what a rule makes of them is told when it is in an incident.
void Chronicle::counted(const Condition& condition, const rules::TemporalRule& rule, const Pattern&) {
  counted_[rule.id] = {name_for_people(condition), rule_for_people(state_.rules(), rule.id)};
}

void Chronicle::derived(const rules::TemporalRule& rule, const TemporalBook::Outcome& outcome) {
  if (outcome.kind != TemporalBook::Outcome::Kind::began) return;
  const std::string id = rule_for_people(state_.rules(), rule.id);
  std::string words = "is made by rule " + id;
  if (outcome.pattern.needed > 0) {
    words += ": " + std::to_string(outcome.pattern.count) + " of " + std::to_string(outcome.pattern.needed);
    words += " within " + to_text(rule.within);
  }
  if (const auto last = counted_.find(rule.id); last != counted_.end()) words += ", the last " + last->second.first;
  made_[outcome.alert.key] = {id, std::move(words)};
}

void Chronicle::annotated(const Condition& condition, const Note& note) {
  if (!is_asked(condition)) return;
  ChronicleEntry& entry = add(Kind::annotated, condition);
  entry.rule = rule_for_people(state_.rules(), note.rule);
  entry.words = "is annotated by " + entry.rule;
  if (!note.tag.empty()) entry.words += ": " + note.tag;
  if (!note.change.empty()) entry.words += "; it may follow from " + note.change;
}

void Chronicle::obeyed(const AuditEntry& audit) {
  if (audit.incident == IncidentId{} || audit.outcome == CommandOutcome::repeated) return;
  if (!interest_.everything && (!interest_.incident || *interest_.incident != audit.incident)) return;
  ChronicleEntry& entry = add(Kind::command);
  entry.incident = to_text(audit.incident);
  entry.words = name_of(audit.kind);
  if (!audit.by.empty()) entry.words += " by " + audit.by;
  if (!audit.from.empty()) entry.words += " (" + audit.from + ")";
  if (audit.outcome != CommandOutcome::applied) (entry.words += " had no effect: ") += name_of(audit.outcome);
  if (!audit.change.empty()) entry.words += ": " + audit.change;
  if (!audit.text.empty()) entry.words += "; \"" + audit.text + "\"";
}

void Chronicle::update_overdue(const IncidentState& incident) {
  if (!is_asked(incident) || incident.progress == nullptr) return;
  const PlanProgress& progress = *incident.progress;
  ChronicleEntry& entry = add(Kind::overdue, incident);
  entry.words = "an update for stakeholders is overdue: plan " + plan_of(incident).id + " asks for one every " +
                to_text(plan_of(incident).update_every) + ", ";
  entry.words +=
      progress.updated_by.empty() ? "and there was none since " : "the last was by " + progress.updated_by + " at ";
  entry.words += time_(progress.update_from);
}

void Chronicle::forgotten(const Condition& condition) {
  grouped_.erase(condition.number);
  made_.erase(condition.identity);
  if (!is_asked(condition)) return;
  add(Kind::forgotten, condition).words = "has ended, is in no incident, and is forgotten";
}

}  // namespace tocsin
