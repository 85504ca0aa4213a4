// How incidents are worded, and why they are as pressing as they are.
#include <algorithm>
#include <array>

#include <gmock/gmock.h>

#include "engine/core/incidents/shared_labels.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kMachines = R"(
tocsin: 1
ruleset: own
normalise:
  - {id: names, set: {host: labels.host, service: labels.service, url: annotations.link}}
priority:
  impact:
    - {when: 'labels.rack != "" &&
           severity >= error', is: high}
    - {is: low}
correlate:
  - id: machines
    kind: group
    by: [labels.rack]
    incident:
      title: >-
        incident.host_count == 1 ? incident.lead.host + " is down"
        : string(incident.host_count) + " machines of rack " + incident.labels.rack + " are down"
      description: '"all have os=" + incident.labels.os'
route:
  - {id: big, when: incident.host_count > 3, topic: big, incident: {title: '"rack " + incident.labels.rack + " is gone"'}}
)";

Said down(const std::string& host, const std::string& os = "linux") {
  return {{{"alertname", "NodeDown"}, {"host", host}, {"os", os}, {"rack", "r12"}, {"severity", "critical"}},
          {{"link", "https://source.example"}}};
}

TEST(IncidentText, ComesFromItsGroupAndThenFromRoutes) {
  TestShard t{load_rules(kMachines)};
  EXPECT_THAT(t.send(0s, {down("m1")}).at(0)->value, HasSubstr(R"("title":"m1 is down")"));
  t.send(1s, {down("m2")});
  t.pass(10s);
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("title":"2 machines of rack r12 are down")"));
  t.send(20s, {down("m3"), down("m4")});
  t.pass(60s);
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("title":"rack r12 is gone")"));
}

TEST(IncidentText, LabelsAreThoseThatAllMembersHave) {
  TestShard t{load_rules(kMachines)};
  EXPECT_THAT(t.send(0s, {down("m1")}).at(0)->value, HasSubstr(R"("description":"all have os=linux")"));
  t.send(1s, {down("m2", "bsd")});
  t.pass(10s);
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("description":"all have os=")"));
}

TEST(IncidentText, OfWhatHasEndedIsWhatItWas) {
  TestShard t{load_rules(kMachines)};
  t.send(0s, {down("m1"), down("m2")});
  Said first = down("m1");
  Said second = down("m2");
  first.status = second.status = AlertStatus::resolved;
  first.ends_at = second.ends_at = kStart + 30s;
  t.send(30s, {first, second});
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("status":"resolved")"));
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("title":"2 machines of rack r12 are down")"));
}

TEST(IncidentText, SurvivesAStateThatIsWrittenAndReadBack) {
  TestShard t{load_rules(kMachines)};
  t.send(0s, {down("m1"), down("m2")});
  std::string bytes;
  t.shard.state().write(bytes);
  ShardState other(t.rules, t.key, 0);
  ASSERT_TRUE(other.read(bytes));
  std::string again;
  other.write(again);
  EXPECT_EQ(bytes, again);
  EXPECT_EQ(other.incidents()[other.incidents().by_number().begin()->second].title, "2 machines of rack r12 are down");
}

TEST(PriorityReason, SaysWhichChoiceMadeTheImpact) {
  TestShard t{load_rules(kMachines)};
  EXPECT_THAT(t.send(0s, {down("m1")}).at(0)->value,
              HasSubstr(R"(NodeDown is critical; impact high: label rack is r12")"));
  const Said other{{{"alertname", "Slow"}, {"severity", "critical"}}, {}};
  EXPECT_THAT(t.send(1s, {other}).at(0)->value, Not(HasSubstr("; impact")));
}

constexpr const char* kReasons = R"yaml(
tocsin: 1
ruleset: own
normalise:
  - {id: names, set: {environment: labels.env, service: labels.service, tier: 'labels.tier == "1" ? 1 : 0'}}
priority:
  impact:
    - {when: 'environment.lowerAscii().matches("^(prod|prd|live)") && (tier == 1 || labels.vip != "")', is: high, because: customers pay here}
    - {is: low}
  urgency:
    - {when: 'severity == critical && name == "Down"', is: high}
    - {when: 'service in ["cart", "pay"]', is: medium}
    - {is: low}
  raise:
    - {id: many, when: incident.active_alert_count >= 2, to: P1, because: two are no accident}
correlate:
  - {id: all, kind: group, by: []}
)yaml";

TEST(PriorityReason, IsInTheAuthorsWordsWithTheValuesThatDecided) {
  TestShard t{load_rules(kReasons)};
  const Said pay{
      {{"alertname", "Slow"}, {"env", "Production"}, {"service", "pay"}, {"severity", "error"}, {"tier", "1"}}, {}};
  EXPECT_THAT(
      t.send(0s, {pay}).at(0)->value,
      HasSubstr(R"("priority_reason":"impact high, urgency medium: Slow is error; impact high: customers pay here )"
                R"x((environment is Production, tier is 1, no label vip); urgency medium: service is pay")x"));
  const Said down{{{"alertname", "Down"}, {"env", "live"}, {"severity", "critical"}, {"vip", "yes"}}, {}};
  // What is said of its name and severity already is not said again.
  EXPECT_THAT(
      t.send(1s, {down}).at(0)->value,
      HasSubstr(
          R"x(Down is critical; impact high: customers pay here (environment is live, no tier, label vip is yes))x"));
  EXPECT_THAT(t.send(2s, {pay}), testing::IsEmpty());
}

TEST(PriorityReason, OfARaiseIsInTheAuthorsWordsToo) {
  TestShard t{load_rules(kReasons)};
  t.send(0s, {Said{{{"alertname", "A"}, {"severity", "warning"}}, {}}});
  t.send(1s, {Said{{{"alertname", "B"}, {"severity", "warning"}}, {}}});
  EXPECT_THAT(t.all.back()->value, HasSubstr("raised from P5 to P1 by many (two are no accident), open for 1s; "));
}

constexpr const char* kFields = R"(
tocsin: 1
ruleset: own
normalise:
  - {id: names, set: {service: labels.service}}
correlate:
  - id: all
    kind: group
    by: []
    incident: {fields: {team: incident.labels.team, size: string(incident.active_alert_count), none: 'incident.labels.no'}}
route:
  - {id: pays, when: 'incident.fields.team == "pay"', topic: pay, flat: true, incident: {fields: {approver: '"cfo"'}}}
  - {id: late, when: 'incident.fields.approver == "cfo"', topic: late}
)";

Said of_team(const std::string& name, const std::string& team) {
  return {{{"alertname", name}, {"severity", "error"}, {"team", team}}, {}};
}

TEST(OwnFields, AreSetRoutedByToldAndKept) {
  TestShard t{load_rules(kFields)};
  const auto told = t.send(0s, {of_team("A", "pay")});
  // Routes see what their group set, and what routes above them did.
  EXPECT_THAT(topics(told.at(0)), testing::ElementsAre("pay", "late"));
  EXPECT_THAT(told.at(0)->value, HasSubstr(R"("x_approver":"cfo","x_size":"1","x_team":"pay")"));
  EXPECT_THAT(told.at(0)->value, Not(HasSubstr("x_none"))) << "what has no value is not there";
  EXPECT_THAT(told.at(0)->flat_value, HasSubstr(R"("x_team":"pay")"));
  t.cut();
  // What has no value any more leaves the field as it was.
  t.send(1s, {of_team("B", "shop")});
  t.pass(10s);
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("x_size":"2","x_team":"pay")"));
}

TEST(OwnFields, AreNoMoreThanABoundAfterWhateverReloads) {
  const auto with = [](int first) {
    std::string fields;
    for (int i = first; i < first + 20; ++i)
      fields += (fields.empty() ? "" : ", ") + ("f" + std::to_string(i)) + ": '\"x\"'";
    return load_rules(
        "tocsin: 1\nruleset: own\ncorrelate: [{id: all, kind: group, by: []}]\nroute:\n  - {id: r, topic: a, incident: "
        "{fields: {" +
        fields + "}}}\n");
  };
  TestShard t{with(0)};
  t.send(0s, {of_team("A", "pay")});
  t.switch_to(1s, with(40));
  t.send(2s, {of_team("B", "pay")});
  t.pass(20s);
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("x_f51":"x")"));
  EXPECT_THAT(t.all.back()->value, Not(HasSubstr("x_f52"))) << "32 are there";
  t.cut();
}

TEST(SharedLabels, FollowMembersThatComeChangeGoAndMerge) {
  TestShard t{load_rules(kMachines)};
  const auto shared = [&] {
    t.pass(100s * t.position);
    const std::string& value = t.all.back()->value;
    const std::size_t at = value.find("all have os=") + 12;
    return value.substr(at, value.find('"', at) - at);
  };
  t.send(0s, {down("m1"), down("m2")});
  EXPECT_EQ(shared(), "linux");
  t.send(100s * t.position, {down("m3", "bsd")});
  EXPECT_EQ(shared(), "");
  Said was = down("m3", "bsd");
  was.status = AlertStatus::resolved;
  t.send(100s * t.position, {was});  // it has ended, and is a member still
  EXPECT_EQ(shared(), "");
  t.cut();
  t.send(100s * t.position, {down("m4")});
  EXPECT_EQ(shared(), "");
}

TEST(SharedLabels, AgreeWithAWalkOverTheMembers) {
  HashKey key{HashKey::Seed{}};
  std::uint64_t seed = 7;
  const auto draw = [&](std::uint64_t below) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (seed >> 33) % below;
  };
  for (int round = 0; round < 50; ++round) {
    SharedLabels shared;
    std::vector<AlertTexts> members;
    const std::uint64_t names = 1 + draw(4);
    for (int step = 0; step < 60; ++step) {
      if (!members.empty() && draw(2) == 0) {
        const std::size_t at = draw(members.size());
        shared.remove(members[at], key);
        members.erase(members.begin() + static_cast<std::ptrdiff_t>(at));
      } else {
        std::vector<Label> labels;
        static constexpr std::array<std::string_view, 4> kNames{"a", "b", "c", "d"};
        static constexpr std::array<std::string_view, 2> kValues{"1", "2"};
        for (std::size_t n = 0; n < names; ++n)
          if (draw(4) != 0) labels.push_back({kNames[n], kValues[draw(5) == 0 ? 1 : 0]});
        rules::Facts facts;
        facts.labels = labels;
        members.emplace_back(facts);
        shared.add(members.back(), key);
      }
      ASSERT_EQ(shared.members(), members.size());
      if (members.empty()) continue;
      const AlertTexts& lead = members.front();
      for (std::size_t i = 0; i < lead.label_count(); ++i) {
        const bool all = std::ranges::all_of(
            members, [&](const AlertTexts& one) { return one.label_value(lead.label(i).name) == lead.label(i).value; });
        EXPECT_EQ(shared.has(lead.label(i), key), all);
      }
    }
  }
}

TEST(SharedLabels, OfMoreNamesThanTheBoundTheFirstAreFollowed) {
  HashKey key{HashKey::Seed{}};
  SharedLabels shared;
  std::vector<AlertTexts> members;
  for (std::size_t n = 0; n < SharedLabels::kNamesMax + 50; ++n) {
    const std::string name = "n" + std::to_string(n);
    std::vector<Label> labels{{"all", "x"}, {name, "1"}};
    rules::Facts facts;
    facts.labels = labels;
    shared.add(members.emplace_back(facts), key);
  }
  EXPECT_TRUE(shared.has({"all", "x"}, key));
  for (std::size_t n = members.size(); n-- > 1;) shared.remove(members[n], key);
  EXPECT_TRUE(shared.has({"all", "x"}, key));
  EXPECT_TRUE(shared.has({"n0", "1"}, key));
  shared.remove(members[0], key);
  EXPECT_EQ(shared.members(), 0U);
}

TEST(ExternalUrl, LeadsToTheIncidentAndTheSourceIsAmongTheLinks) {
  TestShard t{load_rules(std::string(kMachines) + "defaults: {external_url: \"https://tocsin.example/\"}\n")};
  const auto told = t.send(0s, {down("m1")});
  EXPECT_THAT(told.at(0)->value,
              HasSubstr(R"("url":"https://tocsin.example/v1/incidents/)" + to_text(told.at(0)->incident) + "\""));
  EXPECT_THAT(told.at(0)->value, HasSubstr(R"({"title":"source","url":"https://source.example"})"));
}

}  // namespace
}  // namespace tocsin
