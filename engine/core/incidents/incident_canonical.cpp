// The canonical bytes of incidents.
#include <algorithm>

#include "engine/core/incidents/incident_book.h"
#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {
namespace {

void write_name(CanonicalWriter& out, const EffectName& name) {
  out.u64(name.position.value());
  out.u32(name.index);
  out.u32(name.shard);
  out.u64(name.life.journal);
  out.u32(name.life.epoch);
}

EffectName read_name(CanonicalReader& in) {
  EffectName name;
  name.position = Position{in.u64()};
  name.index = in.u32();
  name.shard = in.u32();
  name.life.journal = in.u64();
  name.life.epoch = in.u32();
  return name;
}

void write_audiences(CanonicalWriter& out, const std::vector<Audience>& audiences) {
  out.u32(static_cast<std::uint32_t>(audiences.size()));
  for (const Audience& one : audiences) {
    out.text(one.topic);
    out.text(one.key);
    out.flag(one.flat);
  }
}

std::vector<Audience> read_audiences(CanonicalReader& in) {
  std::vector<Audience> audiences;
  const std::uint32_t count = in.count(9);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    Audience& one = audiences.emplace_back();
    one.topic = in.text();
    one.key = in.text();
    one.flat = in.flag();
  }
  return audiences;
}

/// By content: the rule set that it is of may be gone.
void write_plan(CanonicalWriter& out, const rules::PlanPtr& plan) {
  out.flag(plan != nullptr);
  if (plan == nullptr) return;
  out.text(plan->id);
  out.u32(static_cast<std::uint32_t>(plan->roles.size()));
  for (const auto& [role, who] : plan->roles) {
    out.text(role);
    out.text(who);
  }
  out.u32(static_cast<std::uint32_t>(plan->steps.size()));
  for (const std::string& step : plan->steps) out.text(step);
  out.text(plan->channel);
  out.text(plan->runbook);
  out.text(plan->standby_group);
  out.duration(plan->update_every);
}

rules::PlanPtr read_plan(CanonicalReader& in) {
  if (!in.flag()) return nullptr;
  auto plan = std::make_shared<rules::Plan>();
  plan->id = in.text();
  const std::uint32_t roles = in.count(8);
  for (std::uint32_t i = 0; i < roles && !in.failed(); ++i) {
    std::string role{in.text()};
    plan->roles.emplace_back(std::move(role), in.text());
  }
  const std::uint32_t steps = in.count(4);
  for (std::uint32_t i = 0; i < steps && !in.failed(); ++i) plan->steps.emplace_back(in.text());
  plan->channel = in.text();
  plan->runbook = in.text();
  plan->standby_group = in.text();
  plan->update_every = in.duration();
  return plan;
}

void write_closed(CanonicalWriter& out, const EffectPtr& effect) {
  out.flag(effect != nullptr);
  if (effect != nullptr) out.text(effect->value);
}

EffectPtr read_closed(CanonicalReader& in) {
  if (!in.flag()) return nullptr;
  auto effect = std::make_shared<Effect>();
  effect->value = in.text();
  return effect;
}

void write_telling(CanonicalWriter& out, const Telling& telling) {
  TOCSIN_CHECK(!telling.is_touched && telling.said.empty(), "a state is written between two inputs");
  out.u64(telling.revision.value());
  write_name(out, telling.newest);
  out.u8(static_cast<std::uint8_t>(telling.newest_change));
  out.flag(telling.pending.has_value());
  out.u8(static_cast<std::uint8_t>(telling.pending.value_or(IncidentChange::opened)));
  out.duration(telling.span);
  for (const Instant at : {telling.told_at, telling.changed_at, telling.fold_due}) out.instant(at);
  out.u8(telling.severity.level);
  out.u8(static_cast<std::uint8_t>(telling.priority));
  for (const std::uint64_t count :
       {telling.alerts, telling.active, telling.held, telling.flapping, telling.absorbed, telling.escalations})
    out.u64(count);
  out.text(telling.cause);
  out.u64(telling.repeats);
  out.flag(telling.update_overdue);
  out.flag(telling.is_stale);
  out.text(telling.change);
  out.text(telling.reason);
  write_closed(out, telling.closed);
}

void read_telling(CanonicalReader& in, Telling& telling) {
  telling.revision = Revision{in.u64()};
  telling.newest = read_name(in);
  telling.newest_change = static_cast<IncidentChange>(in.u8_below(8));
  const bool is_pending = in.flag();
  const auto pending = static_cast<IncidentChange>(in.u8_below(8));
  if (is_pending) telling.pending = pending;
  telling.span = in.duration();
  for (Instant* at : {&telling.told_at, &telling.changed_at, &telling.fold_due}) *at = in.instant();
  telling.severity.level = in.u8_below(kSeverityLevelsMax);
  telling.priority = static_cast<Priority>(in.u8_below(6));
  for (std::uint64_t* count :
       {&telling.alerts, &telling.active, &telling.held, &telling.flapping, &telling.absorbed, &telling.escalations})
    *count = in.u64();
  telling.cause = in.text();
  telling.repeats = in.u64();
  telling.update_overdue = in.flag();
  telling.is_stale = in.flag();
  telling.change = in.text();
  telling.reason = in.text();
  telling.closed = read_closed(in);
}

void write_claims(CanonicalWriter& out, const IncidentState& incident) {
  out.u32(static_cast<std::uint32_t>(incident.claims.size()));
  for (const auto& [order, claim] : incident.claims) {
    out.u64(order);
    out.hash(claim.key);
    out.hash(claim.similarity_key);
    claim.words.write(out);
    out.text(claim.rule_id);
  }
}

void read_claims(CanonicalReader& in, IncidentState& incident) {
  const std::uint32_t count = in.count(40);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint64_t order = in.u64();
    if (!incident.claims.empty() && order <= incident.claims.rbegin()->first) return in.fail();
    GroupClaim& claim = incident.claims[order];
    claim.key = in.hash();
    claim.similarity_key = in.hash();
    claim.words.read(in);
    claim.rule_id = in.text();
  }
}

void write_handling(CanonicalWriter& out, const Handling& handling) {
  out.instant(handling.acknowledged_at);
  out.text(handling.acknowledged_by);
  out.u8(handling.acknowledged_severity.level);
  out.text(handling.owner);
  out.flag(handling.owns_by_ack);
  out.instant(handling.snoozed_until);
  out.flag(handling.resolved_by_hand);
  out.u8(handling.severity ? static_cast<std::uint8_t>(handling.severity->level + 1) : 0);
  out.u8(handling.priority ? static_cast<std::uint8_t>(*handling.priority) : 0);
  out.text(handling.ranked_by);
  out.flag(handling.drill);
  out.u32(static_cast<std::uint32_t>(handling.notes.size()));
  for (const Handling::Note& note : handling.notes) {
    out.instant(note.at);
    out.text(note.by);
    out.text(note.text);
  }
  out.flag(handling.score.has_value());
  if (!handling.score) return;
  out.u8(static_cast<std::uint8_t>(handling.score->points));
  out.instant(handling.score->at);
  out.text(handling.score->by);
  out.text(handling.score->comment);
}

void read_handling(CanonicalReader& in, Handling& handling) {
  handling.acknowledged_at = in.instant();
  handling.acknowledged_by = in.text();
  handling.acknowledged_severity.level = in.u8_below(kSeverityLevelsMax);
  handling.owner = in.text();
  handling.owns_by_ack = in.flag();
  handling.snoozed_until = in.instant();
  handling.resolved_by_hand = in.flag();
  if (const std::uint8_t severity = in.u8_below(kSeverityLevelsMax + 1); severity > 0)
    handling.severity = Severity{static_cast<std::uint8_t>(severity - 1)};
  if (const std::uint8_t priority = in.u8_below(6); priority > 0) handling.priority = static_cast<Priority>(priority);
  handling.ranked_by = in.text();
  handling.drill = in.flag();
  const std::uint32_t notes = in.count(16);
  for (std::uint32_t i = 0; i < notes && !in.failed(); ++i) {
    Handling::Note& note = handling.notes.emplace_back();
    note.at = in.instant();
    note.by = in.text();
    note.text = in.text();
  }
  if (!in.flag()) return;
  Handling::Score& score = handling.score.emplace();
  score.points = in.u8();
  score.at = in.instant();
  score.by = in.text();
  score.comment = in.text();
  if (score.points < 1 || score.points > limits::kScoreMax) in.fail();
}

}  // namespace

void IncidentBook::write_one(CanonicalWriter& out, const IncidentState& incident) const {
  out.hash(incident.id.bits);
  out.u64(incident.number);
  out.u64(incident.opening.value());
  out.u8(static_cast<std::uint8_t>(incident.status));
  out.hash(incident.group_key);
  write_claims(out, incident);
  out.hash(incident.merged_into.bits);
  out.flag(incident.by_hand);
  out.u64(incident.absorbed);
  out.text(incident.cause);
  for (const std::string* text : {&incident.rule_id, &incident.rule_set, &incident.correlation_key, &incident.tenant})
    out.text(*text);
  for (const Instant at :
       {incident.opened_at, incident.updated_at, incident.resolved_at, incident.closes_at, incident.closed_at,
        incident.first_event_at, incident.last_event_at, incident.newest_member_at, incident.ages_at})
    out.instant(at);
  out.u64(incident.repeats);
  out.flag(incident.raised.has_value());
  if (incident.raised) {
    out.u8(static_cast<std::uint8_t>(incident.raised->to));
    out.text(incident.raised->rule);
    out.duration(incident.raised->age);
    out.duration(incident.raised->waited);
    out.u8(static_cast<std::uint8_t>(incident.raised->of_members));
  }
  out.u32(static_cast<std::uint32_t>(incident.notes.size()));
  for (const Note& note : incident.notes) {
    for (const std::string* text : {&note.rule, &note.tag, &note.change}) out.text(*text);
  }
  write_audiences(out, incident.audiences);
  write_plan(out, incident.plan);
  out.flag(incident.progress != nullptr);
  if (incident.progress != nullptr) incident.progress->write(out);
  out.text(incident.title);
  out.text(incident.description);
  out.u32(static_cast<std::uint32_t>(incident.fields.size()));
  for (const auto& [name, value] : incident.fields) {
    out.text(name);
    out.text(value);
  }
  write_handling(out, incident.handling);
  incident.escalation.write(out);
  incident.times.write(out);
  write_telling(out, incident.telling);
}

void IncidentBook::read_one(CanonicalReader& in, IncidentState& incident) {
  incident.id.bits = in.hash();
  incident.number = in.u64();
  incident.opening = Position{in.u64()};
  incident.status = static_cast<IncidentStatus>(in.u8_below(kIncidentStatusCount));
  incident.group_key = in.hash();
  read_claims(in, incident);
  incident.merged_into.bits = in.hash();
  incident.by_hand = in.flag();
  incident.absorbed = in.u64();
  incident.cause = in.text();
  for (std::string* text : {&incident.rule_id, &incident.rule_set, &incident.correlation_key, &incident.tenant})
    *text = in.text();
  for (Instant* at :
       {&incident.opened_at, &incident.updated_at, &incident.resolved_at, &incident.closes_at, &incident.closed_at,
        &incident.first_event_at, &incident.last_event_at, &incident.newest_member_at, &incident.ages_at})
    *at = in.instant();
  if (incident.status == IncidentStatus::resolved && incident.closes_at == kNever) in.fail();
  incident.repeats = in.u64();
  if (in.flag()) {
    IncidentState::Raise raise;
    raise.to = static_cast<Priority>(in.u8_below(6));
    raise.rule = in.text();
    raise.age = in.duration();
    raise.waited = in.duration();
    raise.of_members = static_cast<Priority>(in.u8_below(6));
    incident.raised = std::move(raise);
  }
  const std::uint32_t notes = in.count(12);
  for (std::uint32_t i = 0; i < notes && !in.failed(); ++i) {
    Note& note = incident.notes.emplace_back();
    for (std::string* text : {&note.rule, &note.tag, &note.change}) *text = in.text();
  }
  incident.audiences = read_audiences(in);
  incident.plan = read_plan(in);
  if (in.flag()) {
    incident.progress = std::make_unique<PlanProgress>();
    incident.progress->read(in);
  }
  incident.title = in.text();
  incident.description = in.text();
  const std::uint32_t fields = in.count(8);
  for (std::uint32_t i = 0; i < fields && !in.failed(); ++i) {
    std::string name{in.text()};
    std::string value{in.text()};
    if (i > 0 && incident.fields.back().first >= name) in.fail();
    incident.fields.emplace_back(std::move(name), std::move(value));
  }
  if (incident.fields.size() > limits::kIncidentFieldsMax) in.fail();
  read_handling(in, incident.handling);
  incident.escalation.read(in);
  incident.times.read(in);
  read_telling(in, incident.telling);
}

}  // namespace tocsin
