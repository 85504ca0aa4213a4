// The canonical bytes of a shard: its rooms, each in its own words, and between them who is a member of what and who
// stands at which point of suppression.
#include <algorithm>
#include <map>

#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {

void ShardState::write(std::string& out) const {
  TOCSIN_CHECK(!agenda_.has_more(), "a state is written between two inputs");
  CanonicalWriter writer(out);
  writer.part("tocsin shard 1");
  writer.hash(rules_->digest);
  writer.u32(rules_number_);
  writer.u64(position_.value());
  writer.u64(life_.journal);
  writer.u32(life_.epoch);
  writer.instant(received_at_);
  writer.instant(wall_clock_);
  writer.instant(now_);
  suppression_.write_silences(writer);
  conditions_.write(writer);
  for (const std::uint32_t slot : conditions_.in_order()) {
    const Condition& condition = conditions_[slot];
    suppression_.write_reason(writer, condition.held_by);
    suppression_.write_roles(writer, condition);
  }
  suppression_.write(writer);
  groups_.write(writer);
  incidents_.write(writer, [this](std::uint32_t slot) { return conditions_[slot].number; });
  write_memberships(writer);
  write_topology(writer);
  temporal_.write(writer, numbers());
  storms_.write(writer);
  sources_.write(writer);
  log_.write(writer);
  times_.write(writer);
  writer.part("counts");
  for (const std::uint64_t count : counts_.all()) writer.u64(count);
}

/// Which incidents a condition is a member of follows from their lists, the order from this: the primary first.
void ShardState::write_memberships(CanonicalWriter& out) const {
  for (const std::uint32_t slot : conditions_.in_order()) {
    const Condition& condition = conditions_[slot];
    const std::size_t others = condition.others == nullptr ? 0 : condition.others->size();
    out.u32(static_cast<std::uint32_t>(others + (condition.primary ? 1 : 0)));
    if (condition.primary) out.u64(incidents_[condition.primary.incident].number);
    for (std::size_t i = 0; i < others; ++i) out.u64(incidents_[(*condition.others)[i].incident].number);
  }
}

void ShardState::write_topology(CanonicalWriter& out) const {
  for (const std::uint32_t slot : conditions_.in_order()) {
    out.u32(conditions_[slot].node);
    out.flag(conditions_[slot].lost_primary);
  }
  topology_.write(out, [this](std::uint64_t incident) { return number_now(incident); });
  for (const auto& [number, slot] : incidents_.by_number()) {
    const IncidentState& incident = incidents_[slot];
    out.flag(incident.nodes != nullptr);
    if (incident.nodes == nullptr) continue;
    incident.nodes->write(out, [this](std::uint32_t condition) { return conditions_[condition].number; });
  }
}

bool ShardState::read_topology(CanonicalReader& in, const std::map<std::uint64_t, std::uint32_t>& by_number) {
  for (const auto& [number, slot] : by_number) {
    conditions_[slot].node = in.u32();
    conditions_[slot].lost_primary = in.flag();
  }
  topology_.read(in);
  for (const auto& [number, slot] : incidents_.by_number()) {
    IncidentState& incident = incidents_[slot];
    if (!in.flag()) continue;
    incident.nodes = std::make_unique<FiringNodes>();
    const bool is_sound = incident.nodes->read(in, [&](std::uint64_t condition) {
      const auto found = by_number.find(condition);
      return found == by_number.end() ? kNoSlot : found->second;
    });
    if (!is_sound) return false;
    const std::uint32_t cause = incident.nodes->known_cause();
    incident.cause_is_called = cause != kNoSlot && topology_.rule_of(cause).called.has_value();
  }
  return !in.failed();
}

bool ShardState::read(std::string_view bytes) {
  TOCSIN_CHECK(counts_.inputs == 0, "a state is read into a shard that has seen nothing");
  CanonicalReader reader(bytes);
  reader.part("tocsin shard 1");
  if (reader.hash() != rules_->digest) return false;
  rules_number_ = reader.u32();
  position_ = Position{reader.u64()};
  life_.journal = reader.u64();
  life_.epoch = reader.u32();
  received_at_ = reader.instant();
  wall_clock_ = reader.instant();
  now_ = reader.instant();
  suppression_.read_silences(reader, now_);
  conditions_.read(reader);
  if (reader.failed()) return false;
  std::map<std::uint64_t, std::uint32_t> by_number;
  for (const std::uint32_t slot : conditions_.in_order()) {
    Condition& condition = conditions_[slot];
    by_number.emplace(condition.number, slot);
    condition.held_by = suppression_.read_reason(reader);
    suppression_.read_roles(reader, condition, slot, {received_at_, wall_clock_});
  }
  suppression_.read(reader);
  groups_.read(reader);
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> places;  // (condition, incident) → place
  incidents_.read(reader, [&](std::uint64_t number, std::uint32_t incident, std::uint32_t place) {
    const auto found = by_number.find(number);
    if (found == by_number.end()) return kNoSlot;
    places.emplace(std::pair{found->second, incident}, place);
    return found->second;
  });
  for (const auto& [number, slot] : by_number) {
    Condition& condition = conditions_[slot];
    const std::uint32_t count = reader.count(8);
    for (std::uint32_t i = 0; i < count && !reader.failed(); ++i) {
      const auto incident = incidents_.by_number().find(reader.u64());
      if (incident == incidents_.by_number().end()) return false;
      const auto place = places.find({slot, incident->second});
      if (place == places.end()) return false;
      const Membership membership{incident->second, place->second};
      if (i == 0) {
        condition.primary = membership;
      } else {
        if (condition.others == nullptr) condition.others = std::make_unique<std::vector<Membership>>();
        condition.others->push_back(membership);
        has_several_ = true;
      }
    }
  }
  if (!read_topology(reader, by_number)) return false;
  for (const auto& [number, slot] : incidents_.by_number()) {
    if (!groups_.restore(slot, incidents_[slot])) return false;
    teller_.take_up(slot);
  }
  ConditionNumbers names = numbers();
  names.ref_of = [&](std::uint64_t number) {
    const auto found = by_number.find(number);
    return found == by_number.end() ? ConditionRef{}
                                    : ConditionRef{found->second, conditions_[found->second].generation};
  };
  temporal_.read(reader, names);
  storms_.read(reader);
  sources_.read(reader);
  log_.read(reader);
  times_.read(reader);
  reader.part("counts");
  for (std::uint64_t& count : counts_.all()) count = reader.u64();
  return !reader.failed() && reader.at_end();
}

void ShardState::check() const {
  TOCSIN_CHECK(!agenda_.has_more() && aged_.empty(), "an input leaves nothing behind");
  conditions_.check();
  incidents_.check();
  teller_.check();
  temporal_.check();
  suppression_.check();
  log_.check();
  times_.check();
  TOCSIN_CHECK(times_.version() == counts_.incidents_closed, "each close is counted in the times, or left out");
  TOCSIN_CHECK(counts_.alerts_taken == counts_.alerts_repeated + counts_.alerts_updated + counts_.alerts_opened +
                                           counts_.alerts_resolved + counts_.alerts_stale + counts_.alerts_dropped,
               "each word is counted as one thing");
  TOCSIN_CHECK(counts_.incidents_opened >= counts_.incidents_closed + counts_.incidents_merged,
               "what closes was opened, and what was merged does not close");
  std::uint64_t firing = 0;
  std::uint64_t held = 0;
  std::uint64_t members = 0;
  std::uint64_t standing_on_nodes = 0;
  for (const std::uint32_t slot : conditions_.in_order()) {
    const Condition& condition = conditions_[slot];
    firing += condition.firing ? 1 : 0;
    held += condition.standing == Standing::held ? 1 : 0;
    TOCSIN_CHECK(!condition.counts_as_firing() ||
                     static_cast<bool>(suppression_.reason(condition)) == (condition.standing == Standing::held),
                 "who has a reason is held back, and nobody else");
    TOCSIN_CHECK(!condition.dismissed || !condition.is_member(), "who is a member was not dismissed");
    TOCSIN_CHECK(condition.standing != Standing::active || condition.is_member(), "who is active is a member");
    TOCSIN_CHECK(condition.others == nullptr || (condition.primary && !condition.others->empty()),
                 "who is in several incidents has a primary one");
    const_cast<Condition&>(condition).for_each_membership([&](const Membership& one) {
      TOCSIN_CHECK(incidents_.holds(one.incident), "who is a member is one of something");
      const IncidentState& incident = incidents_[one.incident];
      const MemberList::Member& member = incident.members[one.place];
      TOCSIN_CHECK(member.condition == slot, "a member stands where it says");
      standing_on_nodes += condition.node != kNoSlot && condition.standing == Standing::active ? 1 : 0;
      TOCSIN_CHECK(member.severity == condition.severity && member.priority == condition.priority,
                   "a member is counted with the rank that it has");
      TOCSIN_CHECK(member.flaps == condition.flaps(), "a member flaps as its condition does");
      TOCSIN_CHECK((member.standing == MemberList::Standing::active) == (condition.standing == Standing::active) &&
                       (member.standing == MemberList::Standing::held) == (condition.standing == Standing::held),
                   "a member stands as its condition does");
      ++members;
    });
  }
  TOCSIN_CHECK(firing == counts_.alerts_firing && held == counts_.alerts_held,
               "those that fire and are held are counted");
  TOCSIN_CHECK(conditions_.count() == counts_.alerts_known, "those that are known are counted");
  topology_.check();
  storms_.check();
  sources_.check();
  storms_.for_each_on([this](const StormBook::Scope& scope, const Storm& storm) {
    TOCSIN_CHECK(storm.account.lost(folded_now(scope)) == 0, "the account of a storm adds up");
  });
  std::uint64_t open = 0;
  std::uint64_t on_nodes = 0;
  std::uint64_t listed = 0;
  std::size_t keyed = 0;
  for (const auto& [number, slot] : incidents_.by_number()) {
    const IncidentState& incident = incidents_[slot];
    open += is_live(incident) ? 1U : 0U;
    listed += incident.members.present();
    if (incident.nodes != nullptr) {
      incident.nodes->check();
      on_nodes += incident.nodes->members();
    }
    keyed += incident.claims.size();
    if (incident.shared_labels != nullptr) {
      SharedLabels anew;
      incident.members.for_each([&](std::uint32_t member) { anew.add(conditions_[member].texts, key_); });
      TOCSIN_CHECK(incident.shared_labels->agrees_with(anew), "what members share is counted as they come and go");
    }
    TOCSIN_CHECK(incident.fields.size() <= limits::kIncidentFieldsMax &&
                     std::ranges::is_sorted(incident.fields, {}, &std::pair<std::string, std::string>::first),
                 "own fields are bounded and in order of name");
    for (const auto& [order, claim] : incident.claims) {
      TOCSIN_CHECK(groups_.newest(claim.key) == slot, "what takes in is found by its key");
    }
  }
  TOCSIN_CHECK(open == counts_.incidents_open, "open incidents are counted");
  TOCSIN_CHECK(listed == members, "lists and members agree");
  TOCSIN_CHECK(on_nodes == standing_on_nodes, "who fires on a node is counted there");
  TOCSIN_CHECK(keyed == groups_.count(), "each group has an incident");
}

}  // namespace tocsin
