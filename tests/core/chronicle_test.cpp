#include "engine/core/explain/chronicle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core/explain/standing.h"
#include "engine/story/story_run.h"
#include "tests/core/testing.h"

// Why something is so, and why something is not: the words that people read, with the values that decided.

namespace tocsin {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_core::kStart;
using testing_core::load_rules;
using testing_core::Said;
using testing_core::TestShard;
using namespace std::chrono_literals;

constexpr const char* kRules = R"(tocsin: 1
ruleset: shop
priority:
  raise: [{id: aged, when: 'incident.priority == "P2" && incident.active_alert_count > 1', after: 2m, to: P1}]
suppress:
  - {id: node-mutes-pods, when: 'name.startsWith("Pod")', inhibited_by: 'name == "NodeDown"', equal: [host], settle: 20s}
correlate:
  - {id: per-service, kind: group, when: 'severity >= error && labels.env != "test"', by: [service], window: {idle: 1m, max: 1h}}
route:
  - {id: page, when: 'incident.priority in ["P1", "P2"]', topic: page}
  - {id: rest, topic: queue}
)";

Said alert(std::string name, std::string severity, Duration start = 0s) {
  Said said;
  said.labels = {
      {"alertname", std::move(name)}, {"instance", "n1:9100"}, {"service", "a"}, {"severity", std::move(severity)}};
  std::ranges::sort(said.labels);
  said.starts_at = kStart + start;
  said.ends_at = kStart + 24h;
  return said;
}

Said ended(Said said, Duration end) {
  said.ends_at = kStart + end;
  return said;
}

class Explained : public testing::Test {
 protected:
  Explained() {
    ChronicleInterest interest;
    interest.everything = true;
    chronicle_.emplace(t_.shard.state(), std::move(interest), TimeForPeople{kStart});
    t_.shard.state().set_trace(&*chronicle_);
  }
  ~Explained() override { t_.shard.state().set_trace(nullptr); }

  /// `KIND ALERT: words`.
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const ChronicleEntry& entry : chronicle_->entries())
      lines.push_back(std::string{name_of(entry.kind)} + ": " + entry.words);
    return lines;
  }
  std::vector<std::string> standing(std::string_view name) const {
    const ShardState& state = t_.shard.state();
    for (const std::uint32_t slot : state.conditions().in_order()) {
      if (state.conditions()[slot].texts[Field::name] == name)
        return why_it_stands_so(state, slot, TimeForPeople{kStart});
    }
    return {};
  }

  TestShard t_{load_rules(kRules)};
  std::optional<Chronicle> chronicle_;
};

TEST_F(Explained, WhichConditionOfAGroupRuleFailedAndWithWhatValue) {
  t_.send(0s, {alert("DiskFull", "info")});
  EXPECT_THAT(standing("DiskFull"),
              ElementsAre("in no incident: no group rule holds for it",
                          "per-service (test.yaml:8): `severity >= error` (severity is info) does not hold"));
}

TEST_F(Explained, WhatIsHeardStandsBeforeWhatFollowsFromIt) {
  t_.send(0s, {alert("DiskFull", "critical")});
  const auto all = lines();
  ASSERT_EQ(all.size(), 5U);
  EXPECT_THAT(all[0], HasSubstr("alert: fires; severity critical: the word \"critical\"; priority P2: impact medium"));
  EXPECT_THAT(all[1],
              HasSubstr("by per-service (test.yaml:8) for service=a: `severity >= error` (severity is critical)"));
  EXPECT_THAT(all[2], HasSubstr("page is told from here on by route page (test.yaml:10): `incident.priority in"));
  EXPECT_THAT(all[4], HasSubstr("revision 1, opened: P2 open"));
}

TEST_F(Explained, WhoHoldsAnAlertBackAndThatItWaited) {
  t_.send(0s, {alert("PodCrash", "error")});
  EXPECT_THAT(standing("PodCrash"), Contains("it waits until 20s for an inhibitor that may come"));
  t_.send(5s, {alert("NodeDown", "critical")});
  EXPECT_THAT(standing("PodCrash"),
              Contains("held back by node-mutes-pods (test.yaml:6), while NodeDown {service=machines, host=n1} fires"));
}

TEST_F(Explained, ByHowMuchAnAlertIsLate) {
  t_.send(0s, {alert("NodeDown", "critical")});
  t_.send(10s, {ended(alert("NodeDown", "critical"), 10s)});
  t_.send(12s, {alert("NodeDown", "critical", 5s)});
  EXPECT_THAT(
      lines(),
      Contains(HasSubstr("late by 5s: it began at 5s, before the close of 10s, which came 2s ago (lateness is 30s)")));
}

TEST_F(Explained, WhichRaiseRuleHoldsAndWhichNot) {
  t_.send(0s, {alert("A", "critical")});
  t_.pass(2min);
  EXPECT_THAT(lines(), Contains(HasSubstr(
                           "not raised to P1 by aged (test.yaml:4) at the age of 2m: "
                           "`incident.active_alert_count > 1` (incident.active_alert_count is 1) does not hold")));
  t_.send(3min, {alert("B", "critical")});
  EXPECT_THAT(
      lines(),
      Contains(HasSubstr("raised to P1 by aged (test.yaml:4) at the age of 3m: `incident.priority == \"P2\"`")));
}

TEST_F(Explained, WhyTheIncidentOfItsGroupDidNotTakeAnAlert) {
  t_.send(0s, {alert("A", "error")});
  t_.send(10s, {ended(alert("A", "error"), 10s)});
  t_.send(2min, {alert("B", "error", 2min)});
  EXPECT_THAT(lines(), Contains(HasSubstr("does not take it: its newest member is 2m old, `idle` is 1m")));
}

TEST_F(Explained, WhoIsNotToldAndForWhichCondition) {
  t_.send(0s, {alert("A", "error")});
  EXPECT_THAT(standing("A"),
              Contains("not told to page: route page (test.yaml:10): `incident.priority in [\"P1\", \"P2\"]` "
                       "(incident.priority is \"P3\") does not hold"));
}

TEST_F(Explained, NothingOfItChangesTheState) {
  TestShard silent{load_rules(kRules)};
  for (TestShard* t : {&silent, &t_}) {
    t->send(0s, {alert("PodCrash", "error"), alert("A", "info")});
    t->send(5s, {alert("NodeDown", "critical")});
    t->pass(10min);
  }
  EXPECT_EQ(silent.shard.fingerprint(), t_.shard.fingerprint());
}

TEST(Chronicle, OfOneIncidentHasNothingOfOthers) {
  TestShard t{load_rules(kRules)};
  t.send(0s, {alert("A", "error")});
  ChronicleInterest interest;
  interest.incident = t.all[0]->incident;
  Chronicle chronicle(t.shard.state(), std::move(interest));
  t.shard.state().set_trace(&chronicle);
  Said other = alert("B", "error");
  other.labels[2].second = "b";
  t.send(1s, {other});
  EXPECT_THAT(chronicle.entries(), IsEmpty());
  t.send(2s, {alert("C", "critical")});
  EXPECT_FALSE(chronicle.entries().empty());
  t.shard.state().set_trace(nullptr);
}

TEST(Stories, ThatFailSayWhatHappenedBefore) {
  testing_core::NoTables tables;
  const rules::Loaded loaded = rules::load({{"test.yaml", std::string(kRules) + R"(tests:
  - name: fails
    send:
      - {at: 0s, alert: {alertname: A, service: a, severity: error}}
      - {at: 10s, resolve: {alertname: A, service: a, severity: error}}
      - {at: 5s, arrives: 12s, alert: {alertname: A, service: a, severity: error}}
    expect: [{at: 15s, incidents: [{alerts: [A]}]}]
)"}},
                                           tables);
  ASSERT_EQ(loaded.stories.size(), 1U);
  const StoryResult result = explain_story(loaded.stories[0], loaded.rules, {});
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_THAT(result.failures[0].because, HasSubstr("at 12s A {service=a}: late by 5s"));
  EXPECT_THAT(result.failures[0].because, HasSubstr("it has ended at 10s: alertmanager said so"));
}

Command by_ana(CommandKind kind) {
  Command command;
  command.kind = kind;
  command.incident = "1";
  command.by = "ana";
  command.from = "http";
  return command;
}

TEST_F(Explained, WhatPeopleDidAndWhatHadNoEffect) {
  t_.send(0s, {alert("A", "error")});
  Command note = by_ana(CommandKind::note);
  note.text = "the disk is swapped";
  t_.command(1min, by_ana(CommandKind::ack));
  t_.command(2min, note);
  t_.command(3min, by_ana(CommandKind::ack));
  EXPECT_THAT(lines(), Contains("command: ack by ana (http): status open to acknowledged, owner nobody to ana"));
  EXPECT_THAT(lines(), Contains("command: note by ana (http); \"the disk is swapped\""));
  EXPECT_THAT(lines(), Contains("command: ack by ana (http) had no effect: unchanged"));
}

/// What is written down as it happens, of everything, and what a replay writes down of one incident and its alerts.
TEST(Chronicle, IsTheSameWhenItIsKeptAndWhenItIsWorkedOutAgain) {
  struct Given {
    Duration at;
    std::vector<Said> said{};
    std::optional<Command> command{};
  };
  Command split = by_ana(CommandKind::split);
  split.alerts = {"B"};
  Command note = by_ana(CommandKind::note);
  note.text = "looking";
  const std::vector<Given> given{{0s, {alert("A", "error")}, {}},
                                 {5s, {alert("PodCrash", "error", 5s)}, {}},
                                 {10s, {alert("NodeDown", "critical", 10s)}, {}},
                                 {20s, {alert("B", "critical", 20s), alert("A", "error")}, {}},
                                 {1min, {}, note},
                                 {2min, {}, split},
                                 {3min, {ended(alert("A", "error"), 3min)}, {}},
                                 {4min, {ended(alert("NodeDown", "critical"), 4min)}, {}},
                                 {5min, {ended(alert("PodCrash", "error", 5s), 5min)}, {}},
                                 {20min, {}, {}}};
  const auto told = [&](const ChronicleInterest& interest) {
    TestShard t{load_rules(kRules)};
    Chronicle chronicle(t.shard.state(), interest, TimeForPeople{kStart});
    t.shard.state().set_trace(&chronicle);
    for (const Given& one : given) {
      if (one.command) {
        t.command(one.at, *one.command);
      } else {
        t.send(one.at, one.said);
      }
    }
    t.shard.state().set_trace(nullptr);
    return chronicle.entries();
  };
  ChronicleInterest everything;
  everything.everything = true;
  const auto kept = told(everything);
  std::string id;
  for (const ChronicleEntry& entry : kept) {
    if (id.empty()) id = entry.incident;
  }
  ChronicleInterest of_one;
  IncidentId incident;
  ASSERT_TRUE(parse_incident_id(id, incident));
  of_one.incident = incident;
  for (const ChronicleEntry& entry : kept) {
    if (entry.incident == id && entry.alert_number > 0) of_one.alerts.insert(entry.alert_number);
  }
  const auto of = [&](const std::vector<ChronicleEntry>& entries) {
    std::vector<std::string> lines;
    for (const ChronicleEntry& entry : entries) {
      if (entry.incident != id) continue;
      lines.push_back(TimeForPeople{kStart}(entry.at) + " " + std::string{name_of(entry.kind)} + " " + entry.alert +
                      ": " + entry.words);
    }
    return lines;
  };
  EXPECT_EQ(of(kept), of(told(of_one)));
  EXPECT_THAT(of(kept), Contains(HasSubstr("command : split by ana (http)")));
  EXPECT_GT(of(kept).size(), 12U);
}

}  // namespace
}  // namespace tocsin
