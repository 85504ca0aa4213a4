// Two incidents that turn out to be one.
#include <map>

#include <gmock/gmock.h>

#include "engine/core/telling/query.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kRules = R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, host: labels.host, level: labels.severity}}]
dedup: {resolve: {expire: 12h}}
priority: {raise: [{id: old, when: 'incident.service_count > 90', after: 4h, to: P1}]}
correlate: [{id: per-service, kind: group, by: [service], incident: {fields: {host: incident.labels.host}}}]
route: [{id: of-service, topic: 'of.{priority}'}]
)";

Said alert(const std::string& name, const std::string& service, const std::string& severity = "error") {
  return {{{"alertname", name}, {"host", "h-" + name}, {"service", service}, {"severity", severity}}, {}};
}
Said over(Said said, Duration at) {
  said.ends_at = kStart + at;
  return said;
}

/// A shard whose incidents can be merged between two inputs, as a command would.
struct Merging : TestShard {
  using TestShard::TestShard;
  std::vector<EffectPtr> merge(Duration at, std::uint64_t from, std::uint64_t into) {
    auto& state = const_cast<ShardState&>(shard.state());
    const auto slot = [&](std::uint64_t number) { return state.incidents().by_number().at(number); };
    Input input;
    input.position = Position{++position};
    input.at = kStart + at;
    std::vector<EffectPtr> effects;
    state.apply(input, effects, [&] { state.merge(slot(from), slot(into)); });
    shard.check();
    all.insert(all.end(), effects.begin(), effects.end());
    return effects;
  }
  const IncidentState& incident(std::uint64_t number) const {
    return shard.state().incidents()[shard.state().incidents().by_number().at(number)];
  }
};

TEST(Merging, EndsOneAndItsMembersAndGroupsGoOnInTheOther) {
  Merging t{load_rules(kRules)};
  t.send(0s, {alert("A", "a"), alert("B", "a")});
  t.send(1s, {alert("C", "c", "critical")});
  t.cut();
  const auto told = t.merge(5min, 2, 1);
  EXPECT_THAT(changes(told), ElementsAre("merged", "updated")) << "the one that ends is told first";
  EXPECT_THAT(told[0]->value, HasSubstr(R"("status":"merged")"));
  EXPECT_THAT(told[0]->value, HasSubstr(R"("merged_into":")" + to_text(t.incident(1).id)));
  EXPECT_THAT(told[1]->value, HasSubstr(R"("alert_count":3)"));
  EXPECT_THAT(told[1]->value, HasSubstr("1 incident merged into it"));
  EXPECT_THAT(topics(told[0]), ElementsAre("of.p2"));
  EXPECT_THAT(topics(told[1]), ElementsAre("of.p3", "of.p2")) << "its own audiences, by its own routes";
  t.cut();
  t.send(6min, {alert("D", "c")});
  EXPECT_EQ(t.incident(1).members.active(), 4U) << "what is of the other's group joins";
  t.cut();
  t.send(7min, {over(alert("A", "a"), 7min), over(alert("B", "a"), 7min), over(alert("C", "c", "critical"), 7min),
                over(alert("D", "c"), 7min)});
  EXPECT_EQ(t.incident(1).status, IncidentStatus::resolved);
  t.cut();
  t.pass(1h);
  EXPECT_EQ(t.incident(1).status, IncidentStatus::closed);
  EXPECT_EQ(t.counts().incidents_merged, 1U);
  EXPECT_EQ(t.counts().incidents_closed, 1U);
  EXPECT_EQ(t.counts().incidents_open, 0U);
}

TEST(Merging, WhatFiresReopensTheOneThatGoesOn) {
  Merging t{load_rules(kRules)};
  t.send(0s, {alert("A", "a")});
  t.send(1s, {alert("C", "c")});
  t.send(1min, {over(alert("A", "a"), 1min)});
  const auto told = t.merge(2min, 2, 1);
  EXPECT_THAT(changes(told), ElementsAre("merged", "reopened"));
  EXPECT_EQ(t.counts().incidents_open, 1U);
  t.cut();
}

TEST(Merging, OfTwoThatAreResolvedTheLaterCloseCounts) {
  Merging t{load_rules(kRules)};
  t.send(0s, {alert("A", "a")});
  t.send(1s, {alert("C", "c")});
  t.send(1min, {over(alert("A", "a"), 1min)});
  t.send(5min, {over(alert("C", "c"), 5min)});
  EXPECT_THAT(changes(t.merge(6min, 2, 1)), ElementsAre("merged", "updated"));
  t.cut();
  EXPECT_THAT(changes(t.pass(14min)), ElementsAre()) << "the first would have closed at 11 minutes";
  EXPECT_THAT(changes(t.pass(16min)), ElementsAre("closed"));
}

TEST(Merging, IsAskedForAsItEnded) {
  Merging t{load_rules(kRules)};
  t.send(0s, {alert("A", "a")});
  t.send(1s, {alert("C", "c")});
  const auto told = t.merge(2min, 2, 1);
  Query query;
  query.kind = QueryKind::incidents;
  query.filters = {{"status", "merged"}};
  EXPECT_EQ(answer(t.shard, query).json, R"({"incidents":[)" + told[0]->value + R"(],"next":null})");
}

TEST(SeveralGroups, TheOthersSayWhereThePrimaryIncidentIs) {
  Merging t{load_rules(R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, host: labels.host, level: labels.severity}}]
dedup: {resolve: {expire: 12h}}
correlate:
  - {id: per-service, kind: group, by: [service], continue: true}
  - {id: everything, kind: group, by: []}
)")};
  const auto told = t.send(0s, {alert("A", "a")});
  ASSERT_EQ(told.size(), 2U);
  const std::string says = R"("primary_incident_id":")" + to_text(t.incident(1).id);
  EXPECT_THAT(told[0]->value, testing::Not(HasSubstr("primary_incident_id")));
  EXPECT_THAT(told[1]->value, HasSubstr(says));
  t.send(1s, {alert("B", "b")});
  t.cut();
  const auto merged = t.merge(1min, 3, 1);
  EXPECT_THAT(changes(merged), ElementsAre("merged", "updated"));
  EXPECT_THAT(changes(t.merge(2min, 2, 1)), ElementsAre("merged", "updated")) << "who is in both stays once";
  EXPECT_EQ(t.incident(1).members.joined(), 2U);
  t.cut();
  t.send(3min, {over(alert("A", "a"), 3min), over(alert("B", "b"), 3min)});
  EXPECT_EQ(t.counts().incidents_open, 0U);
}

/// One older incident of one alert, and a younger one of many, of which some have ended.
struct OldAndSmall : Merging {
  OldAndSmall() : Merging(load_rules(kRules)) {
    send(0s, {alert("Old", "a")});
    std::vector<Said> many;
    for (int i = 0; i < 40; ++i) many.push_back(alert("N" + std::to_string(i), "c"));
    send(1s, many);
    send(2s, {over(alert("N3", "c"), 2s), over(alert("N5", "c"), 2s)});
  }
};

TEST(MergingIntoASmallerOne, TheOlderGoesOnByItsNameAndLead) {
  OldAndSmall t;
  const IncidentId old = t.incident(1).id;
  const auto told = t.merge(1min, 2, 1);
  EXPECT_THAT(changes(told), ElementsAre("merged", "updated"));
  EXPECT_THAT(told[0]->value, HasSubstr(R"("alert_count":40)")) << "its members are its own when it is told";
  EXPECT_THAT(told[0]->value, HasSubstr(R"("merged_into":")" + to_text(old)));
  EXPECT_THAT(told[1]->value, HasSubstr(R"("alert_count":41)"));
  EXPECT_THAT(told[1]->value, HasSubstr(R"("incident_id":")" + to_text(old)));
  EXPECT_EQ(told[1]->revision.value(), 2U) << "it goes on with its own revisions";
  EXPECT_THAT(told[1]->value, HasSubstr(R"(:"Old)")) << "by its own lead";
  const IncidentState& one = t.incident(1);
  EXPECT_EQ(one.members.active(), 39U);
  EXPECT_EQ(t.shard.state().conditions()[one.members.lead()].texts[Field::name], "Old");
  t.cut();
  // New alerts of either group join it.
  t.send(2min, {alert("New", "c"), alert("New", "a")});
  EXPECT_EQ(t.incident(1).members.active(), 41U);
  EXPECT_EQ(t.counts().incidents_open, 1U);
  t.cut();
}

TEST(MergingIntoASmallerOne, ItsAlertsAreListedInOrderTheOldFirst) {
  OldAndSmall t;
  t.merge(1min, 2, 1);
  Query query;
  query.kind = QueryKind::alerts;
  query.limit = 2;
  query.filters = {{"incident_id", to_text(t.incident(1).id)}};
  const std::string first = answer(t.shard, query).json;
  EXPECT_LT(first.find(R"("name":"Old")"), first.find(R"("name":"N0")")) << first;
  std::size_t seen = 0;
  query.limit = 7;
  for (std::string next = "0"; next != "null"; ++seen) {
    ASSERT_LT(seen, 10U);
    query.after = next;
    const std::string page = answer(t.shard, query).json;
    const std::size_t at = page.rfind(R"("next":)");
    next = page.substr(at + 7, page.size() - at - 8);
    if (next.starts_with('"')) next = next.substr(1, next.size() - 2);
  }
  EXPECT_GE(seen, 6U);
}

TEST(MergingIntoASmallerOne, DeadlinesOfBothAreMetWhereTheyAre) {
  OldAndSmall t;
  Command snooze;
  snooze.kind = CommandKind::snooze;
  snooze.incident = "1";
  snooze.by = "ana";
  snooze.span = 10min;
  t.command(30s, snooze);
  t.merge(1min, 2, 1);
  EXPECT_NE(t.incident(1).handling.snoozed_until, kUnset);
  t.cut();
  t.pass(11min);
  EXPECT_EQ(t.incident(1).handling.snoozed_until, kUnset) << "its snooze has ended";
  std::vector<Said> all{over(alert("Old", "a"), 12min)};
  for (int i = 0; i < 40; ++i) all.push_back(over(alert("N" + std::to_string(i), "c"), 12min));
  t.send(12min, all);
  EXPECT_EQ(t.incident(1).status, IncidentStatus::resolved);
  t.cut();
  t.pass(1h);
  EXPECT_EQ(t.incident(1).status, IncidentStatus::closed);
  EXPECT_EQ(t.counts().incidents_closed, 1U);
}

/// Found by seed 599 of the kinds' simulation: those that did not move kept lines that said their incident's old name.
TEST(MergingIntoASmallerOne, OtherIncidentsOfThoseThatDidNotMoveSayWhereTheirPrimaryIsNow) {
  Merging t{load_rules(R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, host: labels.host, level: labels.severity}}]
dedup: {resolve: {expire: 12h}}
correlate:
  - {id: per-service, kind: group, by: [service], continue: true}
  - {id: per-host, kind: group, by: [host]}
)")};
  t.send(0s, {alert("Old", "a")});
  std::vector<Said> many;
  for (const char* name : {"A", "B", "C", "D"}) many.push_back(alert(name, "c"));
  t.send(1s, many);
  const auto number_of = [&](const std::string& service) {
    for (const auto& [number, slot] : t.shard.state().incidents().by_number()) {
      const IncidentState& one = t.shard.state().incidents()[slot];
      if (one.rule_id == "per-service" && one.correlation_key == "service=" + service) return number;
    }
    return std::uint64_t{0};
  };
  const IncidentId old = t.incident(number_of("a")).id;
  t.merge(1min, number_of("c"), number_of("a"));
  t.cut();
  // Its incident by host is told anew.
  const auto told = t.send(2min, {alert("A", "c", "critical")});
  bool says = false;
  for (const EffectPtr& one : told) {
    if (one->value.find("host=h-A") == std::string::npos) continue;
    EXPECT_THAT(one->value, HasSubstr(R"("primary_incident_id":")" + to_text(old)));
    says = true;
  }
  EXPECT_TRUE(says);
}

TEST(MergingIntoASmallerOne, ACommandSaysWhatItDid) {
  OldAndSmall t;
  Command merge;
  merge.kind = CommandKind::merge;
  merge.incident = "2";
  merge.to = "1";
  merge.by = "ana";
  t.command(1min, merge);
  EXPECT_EQ(t.counts().commands[static_cast<std::size_t>(CommandOutcome::applied)], 1U);
  EXPECT_EQ(t.incident(2).status, IncidentStatus::merged);
  EXPECT_EQ(t.incident(1).members.active(), 39U);
  t.cut();
}

TEST(MemberList, TakesOverAnotherBeforeItsOwn) {
  MemberList from;
  MemberList into;
  for (std::uint32_t slot = 0; slot < 100; ++slot) {
    into.stand(into.join(slot, Severity{2}, Priority::p3, false), MemberList::Standing::active);
  }
  const std::uint32_t second = from.join(200, Severity{2}, Priority::p3, false);
  const std::uint32_t first = from.join(201, Severity{2}, Priority::p3, true);
  const std::uint32_t both = from.join(7, Severity{2}, Priority::p3, false);
  from.rank(second, Severity{1}, Priority::p3);
  from.rank(second, Severity{2}, Priority::p3);  // it came to its rank after the other
  from.stand(first, MemberList::Standing::active);
  from.end(second);
  into.stand(into.join(101, Severity{2}, Priority::p3, false), MemberList::Standing::idle);
  into.end(into.join(102, Severity{2}, Priority::p3, false));
  (void)both;
  std::map<std::uint32_t, std::uint32_t> moved;
  into.take_over_before(
      from, [](std::uint32_t slot) { return slot == 7; },
      [&](std::uint32_t slot, std::uint32_t place) { moved[slot] = place; });
  into.check();
  from.check();
  EXPECT_EQ(from.joined(), 0U);
  EXPECT_EQ(into.joined(), 100U + 2U + 3U - 1U);
  EXPECT_EQ(into.active(), 101U);
  EXPECT_EQ(into.flapping(), 1U);
  EXPECT_EQ(into.lead(), 201U) << "who came to the rank first of those that were there before";
  for (const auto& [slot, place] : moved) EXPECT_EQ(into[place].condition, slot);
  EXPECT_EQ(into[into.one_ended_too_many(1).value()].condition, 200U) << "it ended before the other";
  std::vector<std::uint32_t> order;
  into.for_each([&](std::uint32_t slot) { order.push_back(slot); });
  EXPECT_EQ(order[0], 200U);
  EXPECT_EQ(order[1], 201U);
  EXPECT_EQ(order[2], 0U);
  // Again and again: what moves is what comes.
  for (std::uint32_t round = 0; round < 200; ++round) {
    MemberList one;
    one.stand(one.join(1000 + round, Severity{2}, Priority::p3, false), MemberList::Standing::active);
    into.take_over_before(one, [](std::uint32_t) { return false; }, [](std::uint32_t, std::uint32_t) {});
    into.check();
    EXPECT_EQ(into.lead(), 1000 + round);
  }
  EXPECT_LT(into.places(), 4 * into.present() + 64) << "the room before it is bounded";
}

TEST(MemberList, TakesOverAllOfAnotherThoseThatWereLetGoIncluded) {
  MemberList from;
  MemberList into;
  into.join(7, Severity{1}, Priority::p3, false);
  into.join(8, Severity{1}, Priority::p3, false);
  for (std::uint32_t slot = 0; slot < 30; ++slot) {
    const std::uint32_t place =
        from.join(slot, Severity{slot == 9 ? std::uint8_t{4} : std::uint8_t{2}}, Priority::p3, slot == 3);
    if (slot % 2 == 0) {
      from.stand(place, MemberList::Standing::active);
      continue;
    }
    from.end(place);
  }
  while (const auto place = from.one_ended_too_many(10)) from.let_go(*place);
  std::vector<std::uint32_t> moved;
  into.take_over(
      from, [](std::uint32_t slot) { return slot == 8; },
      [&](std::uint32_t slot, std::uint32_t) { moved.push_back(slot); });
  into.check();
  from.check();
  EXPECT_EQ(into.joined(), 2U + 30U - 1U) << "who is in both is counted once";
  EXPECT_EQ(into.active(), 14U);
  EXPECT_EQ(into.flapping(), 0U) << "the one that flapped had ended and was let go";
  EXPECT_EQ(into.severity(), Severity{4});
  EXPECT_EQ(into[into.one_ended_too_many(9).value()].condition, 13U) << "who ended first there is let go first here";
  EXPECT_EQ(from.joined(), 0U);
  EXPECT_EQ(moved.size(), 24U);
}

}  // namespace
}  // namespace tocsin
