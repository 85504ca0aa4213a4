// How incidents are worded, and why they are as pressing as they are.
#include <gmock/gmock.h>

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
              HasSubstr(R"(NodeDown is critical; impact high: labels.rack != \"\" && severity >= error)"));
  const Said other{{{"alertname", "Slow"}, {"severity", "critical"}}, {}};
  EXPECT_THAT(t.send(1s, {other}).at(0)->value, Not(HasSubstr("; impact")));
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
