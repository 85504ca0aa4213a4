// The plan that goes with an incident: steps, roles, updates for stakeholders, and what people say of the handling.
#include <gmock/gmock.h>

#include "engine/core/incidents/plan_progress.h"
#include "engine/core/telling/query.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kPlans = R"([
  {id: small, when: 'incident.priority != "P1"', steps: [Look, Act], roles: {commander: ana, liaison: cleo},
   channel: '#small', update_every: 30m},
  {id: major, when: 'incident.priority == "P1"', steps: [Freeze deploys, Act], roles: {commander: bo},
   runbook: 'https://runbook/major', update_every: 10m}])";

std::string rules_with(const std::string& plans, const std::string& more = {}) {
  return R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, level: labels.severity, category: labels.category}}]
dedup: {resolve: {expire: 12h}, reopen: {within: 10m}}
priority:
  impact: [{is: high}]
  urgency: [{when: severity == critical, is: high}, {when: severity == error, is: medium}, {is: low}]
  matrix: {high: [P1, P2, P3], medium: [P2, P3, P4], low: [P3, P4, P5]}
correlate: [{id: per-service, kind: group, by: [service], window: {idle: 1h, max: 4h}}]
route: [{id: network, when: 'incident.category == "network"', topic: netops},
        {id: late, when: incident.update_overdue, topic: late}, {id: rest, topic: all}]
plans: )" +
         plans + "\n" + more;
}

Said alert(const std::string& name, const std::string& severity, const std::string& category = "software") {
  return {{{"alertname", name}, {"category", category}, {"service", "ledger"}, {"severity", severity}}, {}};
}

Command command(CommandKind kind, const std::string& by = "ana") {
  Command made;
  made.kind = kind;
  made.incident = "1";
  made.by = by;
  return made;
}

Command step(std::int64_t number, bool done = true) {
  Command made = command(CommandKind::plan_step);
  made.number = number;
  if (!done) made.on = false;
  return made;
}

Command roles(std::vector<std::pair<std::string, std::string>> given) {
  Command made = command(CommandKind::roles);
  made.roles = std::move(given);
  return made;
}

std::string outcome(const std::vector<EffectPtr>& effects) {
  for (const EffectPtr& effect : effects) {
    if (effect->kind != EffectKind::audit) continue;
    const std::size_t at = effect->value.find(R"("result":")") + 10;
    return effect->value.substr(at, effect->value.find('"', at) - at);
  }
  return "no audit";
}

std::string audit(const std::vector<EffectPtr>& effects) {
  for (const EffectPtr& effect : effects) {
    if (effect->kind == EffectKind::audit) return effect->value;
  }
  return {};
}

TEST(PlanStep, IsDoneOnceByWhomAndWhenAndTold) {
  TestShard t{load_rules(rules_with(kPlans))};
  EXPECT_THAT(t.send(0s, {alert("A", "error")})[0]->value,
              HasSubstr(R"("plan_steps":"Look\nAct","plan_progress":"1. [ ] Look\n2. [ ] Act","plan_steps_count":2,)"
                        R"("plan_steps_done":0)"));
  const auto effects = t.command(60s, step(1));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("change":"step 1 done by ana")"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("plan_progress":"1. [x] Look (ana, 2026-)"));
  EXPECT_THAT(audit(effects), HasSubstr(R"("change":"steps 0 of 2 done to 1 of 2 done")"));
  t.cut();
  EXPECT_EQ(outcome(t.command(61s, step(1))), "unchanged");
  EXPECT_EQ(outcome(t.command(62s, step(3))), "bad_value");
  EXPECT_EQ(outcome(t.command(62s, step(0))), "bad_value");
  EXPECT_EQ(outcome(t.command(63s, step(1, false))), "applied");
  Command named = command(CommandKind::plan_step, "bo");
  named.to = "Ac";
  EXPECT_THAT(t.command(64s, named)[0]->value, HasSubstr(R"("change":"step 2 done by bo")"));
  named.to = "Nothing like it";
  EXPECT_EQ(outcome(t.command(65s, named)), "bad_value");
}

TEST(PlanStep, OfNoPlanIsNotPossible) {
  TestShard t{load_rules(rules_with("[]"))};
  t.send(0s, {alert("A", "error")});
  EXPECT_EQ(outcome(t.command(60s, step(1))), "not_possible");
}

TEST(Roles, AreGivenByCommandAndGoBackToThePlan) {
  TestShard t{load_rules(rules_with(kPlans))};
  t.send(0s, {alert("A", "error")});
  const auto effects = t.command(60s, roles({{"commander", "dora"}, {"safety", "emil"}}));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("commander":"dora")"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("roles":{"commander":"dora","liaison":"cleo","safety":"emil"})"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("change":"commander is dora, safety is emil by ana")"));
  EXPECT_THAT(audit(effects),
              HasSubstr(R"(roles commander ana; liaison cleo to commander dora; liaison cleo; safety emil)"));
  EXPECT_EQ(outcome(t.command(61s, roles({{"safety", "emil"}}))), "unchanged");
  t.cut();
  EXPECT_THAT(t.command(62s, roles({{"commander", ""}, {"safety", ""}}))[0]->value,
              HasSubstr(R"("roles":{"commander":"ana","liaison":"cleo"})"));
  EXPECT_EQ(outcome(t.command(63s, roles({{"", "x"}}))), "bad_value");
}

TEST(Plan, OfAnotherPriorityTakesNothingAway) {
  TestShard t{load_rules(rules_with(kPlans))};
  t.send(0s, {alert("A", "error")});
  t.command(60s, step(1));
  t.command(61s, roles({{"safety", "emil"}}));
  const std::string value = t.send(120s, {alert("B", "critical")})[0]->value;
  EXPECT_THAT(value, HasSubstr(R"("plan":"major")"));
  EXPECT_THAT(value, HasSubstr(R"("channel":"#small")")) << "what the new one does not say stays";
  EXPECT_THAT(value, HasSubstr(R"("runbook_url":"https://runbook/major")"));
  EXPECT_THAT(value, HasSubstr(R"("roles":{"commander":"bo","liaison":"cleo","safety":"emil"})"));
  EXPECT_THAT(value, HasSubstr(R"("plan_steps":"Look\nFreeze deploys\nAct")")) << "what is done stays";
}

TEST(Plan, ThatAReloadEditsKeepsItsStepsAndWhoWasNamed) {
  TestShard t{load_rules(rules_with(kPlans))};
  t.send(0s, {alert("A", "error")});
  t.command(60s, step(2));
  t.command(61s, roles({{"commander", "dora"}}));
  t.switch_to(
      90s,
      load_rules(rules_with(
          R"([{id: small, when: 'true', steps: [Tell everybody, Act], roles: {commander: zoe}, channel: '#new'}])")));
  t.cut();
  const std::string value = t.send(120s, {alert("B", "critical")})[0]->value;
  EXPECT_THAT(value, HasSubstr(R"("commander":"dora")"));
  EXPECT_THAT(value, HasSubstr(R"("channel":"#new")"));
  EXPECT_THAT(value, HasSubstr(R"("plan_progress":"1. [ ] Look\n2. [x] Act)")) << "numbers are those that people know";
  EXPECT_THAT(value, HasSubstr(R"(\n3. [ ] Tell everybody)"));
  EXPECT_THAT(value, HasSubstr(R"("update_every_s":1800)"));
  t.switch_to(150s, load_rules(rules_with("[]")));
  EXPECT_THAT(t.send(180s, {alert("C", "critical")})[0]->value, HasSubstr(R"("plan":"small")"));
}

TEST(Update, IsDueAfterThePlansSpanAndOverdueIsToldOnce) {
  TestShard t{load_rules(rules_with(kPlans))};
  EXPECT_THAT(t.send(0s, {alert("A", "error")})[0]->value,
              HasSubstr(R"("update_every_s":1800,"next_update_at":"2026-09-21T14:43:20.000Z","update_overdue":false)"));
  EXPECT_EQ(t.shard.next_deadline(), kStart + 30min);
  EXPECT_THAT(t.pass(30min - 1ns), IsEmpty());
  t.cut();
  const auto effects = t.pass(30min);
  ASSERT_THAT(changes(effects), ElementsAre("updated"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("change":"an update for stakeholders is overdue: due every 30m")"));
  EXPECT_THAT(effects[0]->value, HasSubstr(R"("update_overdue":true)"));
  EXPECT_THAT(topics(effects[0]), ElementsAre("all", "late")) << "routes know it";
  t.cut();
  EXPECT_THAT(t.pass(3h), IsEmpty());
  Command note = command(CommandKind::note);
  note.text = "still looking";
  const auto told = t.command(3h + 1s, note);
  EXPECT_THAT(told[0]->value, HasSubstr(R"("update_overdue":false)"));
  EXPECT_THAT(audit(told), HasSubstr("next update since "));
  EXPECT_THAT(changes(t.pass(3h + 1s + 30min)), ElementsAre("updated"));
}

TEST(Update, IsNotAskedForWhileNothingFiresAndBeginsAnewWithAReopening) {
  TestShard t{load_rules(rules_with(kPlans))};
  t.send(0s, {alert("A", "error")});
  Said ended = alert("A", "error");
  ended.ends_at = kStart + 10min;
  EXPECT_THAT(t.send(10min, {ended})[0]->value, HasSubstr(R"("next_update_at":null)"));
  Said again = alert("A", "error");
  again.starts_at = kStart + 15min;
  t.send(15min, {again});
  EXPECT_THAT(t.pass(44min), IsEmpty());
  EXPECT_THAT(changes(t.pass(45min)), ElementsAre("updated"));
}

TEST(Update, OfASnoozedIncidentIsToldAtTheEndOfTheSnooze) {
  TestShard t{load_rules(rules_with(kPlans))};
  t.send(0s, {alert("A", "error")});
  Command snooze = command(CommandKind::snooze);
  snooze.span = 1h;
  t.command(60s, snooze);
  EXPECT_THAT(t.pass(1h), IsEmpty());
  const auto effects = t.pass(1h + 60s);
  ASSERT_THAT(effects, SizeIs(1));
  EXPECT_THAT(effects[0]->value, HasSubstr("an update for stakeholders is overdue"));
}

TEST(Update, OfAPlanThatComesLaterIsCountedFromThen) {
  TestShard t{load_rules(rules_with(R"([{id: major, when: 'incident.priority == "P1"', update_every: 10m}])"))};
  EXPECT_THAT(t.send(0s, {alert("A", "error")})[0]->value, Not(HasSubstr("next_update_at")));
  t.send(1h, {alert("B", "critical")});
  EXPECT_THAT(t.pass(1h + 10min - 1ns), IsEmpty());
  EXPECT_THAT(changes(t.pass(1h + 10min)), ElementsAre("updated"));
}

TEST(Score, IsTakenOnceItIsResolvedAndSeenAfterTheClose) {
  TestShard t{load_rules(rules_with(kPlans))};
  t.send(0s, {alert("A", "error")});
  Command score = command(CommandKind::score, "shop");
  score.number = 4;
  score.text = "fast, but \"silent\"";
  EXPECT_EQ(outcome(t.command(60s, score)), "not_resolved");
  Said ended = alert("A", "error");
  ended.ends_at = kStart + 10min;
  t.send(10min, {ended});
  EXPECT_THAT(t.command(11min, score)[0]->value,
              HasSubstr(R"("score":4,"score_by":"shop","score_comment":"fast, but \"silent\"")"));
  EXPECT_THAT(t.pass(40min)[0]->value, HasSubstr(R"("score":4)"));
  t.cut();
  score.number = 2;
  score.command_id = "s1";
  const auto effects = t.command(1h, score);
  EXPECT_THAT(changes(effects), SizeIs(1)) << "nothing is told of what is closed but the audit";
  EXPECT_THAT(audit(effects), HasSubstr(R"("change":"score 4 to 2")"));
  EXPECT_EQ(outcome(t.command(1h, score)), "repeated");
  t.cut();
  Query query;
  query.kind = QueryKind::incident;
  query.id = std::string(t.all[0]->value.substr(t.all[0]->value.find("inc-"), 30));
  query.id = query.id.substr(0, query.id.find('"'));
  const std::string record = answer(t.shard, query).json;
  EXPECT_THAT(record, HasSubstr(R"("score":2,"score_by":"shop","score_comment":"fast, but \"silent\"")"));
  EXPECT_THAT(record, Not(HasSubstr(R"("score":4)")));
  score.command_id.clear();
  score.number = 6;
  EXPECT_EQ(outcome(t.command(2h, score)), "bad_value");
}

TEST(Category, IsRoutedBy) {
  TestShard t{load_rules(rules_with(kPlans))};
  EXPECT_THAT(topics(t.send(0s, {alert("A", "error", "network")})[0]), ElementsAre("netops", "all"));
}

TEST(Merging, KeepsWhatWasDoneAlongThePlanOfTheOneThatEnds) {
  TestShard t{load_rules(rules_with(kPlans))};
  t.send(0s, {alert("A", "error")});
  Said other = alert("B", "error");
  other.labels[2].second = "cart";
  t.send(1s, {other});
  Command done = step(1);
  done.incident = "2";
  t.command(60s, done);
  Command safety = roles({{"safety", "emil"}});
  safety.incident = "2";
  t.command(61s, safety);
  Command merge = command(CommandKind::merge);
  merge.incident = "2";
  merge.to = "1";
  const auto effects = t.command(62s, merge);
  ASSERT_GE(effects.size(), 2U);
  EXPECT_THAT(effects[1]->value, HasSubstr("1. [x] Look"));
  EXPECT_THAT(effects[1]->value, HasSubstr(R"("safety":"emil")"));
}

}  // namespace
}  // namespace tocsin
