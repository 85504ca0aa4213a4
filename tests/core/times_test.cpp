// How long incidents took: in their records, and counted by priority, service and team when they close.
#include <gmock/gmock.h>

#include "engine/model/limits.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string rules_with(const std::string& defaults, const std::string& suppress = "[]") {
  return "tocsin: 1\nruleset: test\ndefaults: " + defaults + R"(
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, team: labels.team, level: labels.severity}}]
dedup: {resolve: {expire: 12h}, reopen: {within: 10m}}
priority: {impact: [{is: high}], urgency: [{is: medium}], raise: []}
suppress: )" +
         suppress +
         R"(
correlate: [{id: per-service, kind: group, by: [service], window: {idle: 1h, max: 4h}}]
route: [{id: every, topic: all}]
)";
}

constexpr const char* kNothing = "{fold: {min: 1s}}";

Said alert(const std::string& service = "ledger") {
  return {{{"alertname", "DbSlow"}, {"service", service}, {"severity", "error"}, {"team", "dba"}}, {}};
}

Said begun(Said said, Duration at) {
  said.starts_at = kStart + at;
  return said;
}

Said ended(Said said, Duration at) {
  said.ends_at = kStart + at;
  return said;
}

Command command(CommandKind kind, const std::string& incident = "1") {
  Command one;
  one.kind = kind;
  one.incident = incident;
  one.by = "ana";
  return one;
}

std::uint64_t total(const TimesBook::Spans& spans) {
  std::uint64_t all = 0;
  for (const std::uint64_t count : spans.counts) all += count;
  return all;
}

const TimesBook::Spans& of(const TimesBook::Series& series, TimesBook::Kind kind) {
  return series.spans[static_cast<std::size_t>(kind)];
}

TEST(Times, GoFromInstantToInstantAsTheyAreDefined) {
  TestShard t{load_rules(rules_with(kNothing))};
  t.send(60s, {begun(alert(), 20s)});
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("time_to_detect_s":40,"time_to_acknowledge_s":null)"));
  t.command(160s, command(CommandKind::ack));
  EXPECT_THAT(t.all[1]->value, HasSubstr(R"("time_to_acknowledge_s":100)"));
  t.send(300s, {ended(begun(alert(), 20s), 300s)});
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("time_to_resolve_s":240)"));
  EXPECT_THAT(t.all.back()->value, Not(HasSubstr("reopen")));
  t.send(360s, {begun(alert(), 360s)});
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("reopen_count":1,"reopened_at":")"));
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("time_to_reopen_s":60)"));
  t.send(400s, {ended(begun(alert(), 360s), 400s)});
  EXPECT_THAT(t.shard.times().series(), IsEmpty()) << "nothing counts before it closes";
  t.pass(2h);
  ASSERT_EQ(t.shard.times().series().size(), 1U);
  const TimesBook::Series& one = t.shard.times().series()[0];
  EXPECT_EQ(one.priority, Priority::p2);
  EXPECT_EQ(one.service, "ledger");
  EXPECT_EQ(one.team, "dba");
  EXPECT_EQ(one.reopened, 1U);
  EXPECT_EQ(of(one, TimesBook::Kind::detect).seconds, 40U);
  EXPECT_EQ(of(one, TimesBook::Kind::acknowledge).seconds, 100U);
  EXPECT_EQ(of(one, TimesBook::Kind::resolve).seconds, 340U) << "to the last resolution";
  EXPECT_EQ(of(one, TimesBook::Kind::detect).counts[3], 1U) << "above 30 s, at most 60 s";
  t.cut();
  EXPECT_EQ(t.shard.times().series().size(), 1U);
}

TEST(Times, OfWhatNobodyAcknowledgedHaveNoAcknowledgement) {
  TestShard t{load_rules(rules_with(kNothing))};
  t.send(0s, {alert()});
  t.send(5s, {ended(alert(), 5s)});
  t.pass(1h);
  ASSERT_EQ(t.shard.times().series().size(), 1U);
  EXPECT_EQ(total(of(t.shard.times().series()[0], TimesBook::Kind::acknowledge)), 0U);
  EXPECT_EQ(of(t.shard.times().series()[0], TimesBook::Kind::resolve).counts[0], 1U) << "bounds are inclusive";
}

TEST(Times, OfDrillsAreLeftOut) {
  TestShard t{load_rules(rules_with(kNothing))};
  t.send(0s, {alert()});
  t.command(1s, command(CommandKind::drill));
  t.send(5s, {ended(alert(), 5s)});
  t.pass(1h);
  EXPECT_THAT(t.shard.times().series(), IsEmpty());
  EXPECT_EQ(t.shard.times().left_out(), 1U);
}

constexpr const char* kWindow =
    "[{id: patch, when: 'name == \"DbSlow\"', during: {cron: '* * * * *', for: 1m, tz: UTC}}]";
constexpr const char* kNoWindow = "[]";

/// Opens, is held back by a window that a new rule set brings, is released by another, ends and closes.
void live_through_maintenance(TestShard& t, const std::string& defaults) {
  t.send(0s, {alert()});
  t.switch_to(1s, load_rules(rules_with(defaults, kWindow)));
  t.switch_to(100s, load_rules(rules_with(defaults, kNoWindow)));
  t.send(200s, {ended(alert(), 200s)});
  t.pass(2h);
  ASSERT_EQ(t.counts().incidents_closed, 1U);
}

TEST(Times, OfWhatMaintenanceTouchedAreLeftOut) {
  TestShard t{load_rules(rules_with(kNothing))};
  live_through_maintenance(t, kNothing);
  EXPECT_THAT(t.shard.times().series(), IsEmpty());
  EXPECT_EQ(t.shard.times().left_out(), 1U);
  EXPECT_THAT(t.all.back()->value, HasSubstr(R"("in_maintenance":true)"));
}

TEST(Times, CountWhatTheRuleSays) {
  TestShard all{load_rules(rules_with("{times: {when: 'true'}}"))};
  live_through_maintenance(all, "{times: {when: 'true'}}");
  EXPECT_EQ(all.shard.times().series().size(), 1U);

  TestShard some{load_rules(rules_with("{times: {when: 'incident.service == \"web\"'}}"))};
  some.send(0s, {alert("ledger"), alert("web")});
  some.send(5s, {ended(alert("ledger"), 5s), ended(alert("web"), 5s)});
  some.pass(1h);
  ASSERT_EQ(some.shard.times().series().size(), 1U);
  EXPECT_EQ(some.shard.times().series()[0].service, "web");
  EXPECT_EQ(some.shard.times().left_out(), 1U);
}

TEST(Times, OfWhatGoesOnInAnotherAreThoseOfTheOther) {
  TestShard t{load_rules(rules_with(kNothing))};
  t.send(0s, {alert("ledger")});
  t.send(10s, {alert("web")});
  Command merge = command(CommandKind::merge, "2");
  merge.to = "1";
  t.command(20s, merge);
  t.send(50s, {ended(alert("ledger"), 50s), ended(alert("web"), 50s)});
  t.pass(1h);
  ASSERT_EQ(t.shard.times().series().size(), 1U);
  EXPECT_EQ(of(t.shard.times().series()[0], TimesBook::Kind::resolve).seconds, 50U);
}

TEST(Times, OfVeryManyServicesAreBounded) {
  TimesBook book;
  for (int i = 0; i < 2000; ++i)
    book.count(static_cast<Priority>(1 + i % 5), "s" + std::to_string(i), "t", Duration{0}, std::nullopt, 1s, 0);
  book.check();
  EXPECT_LE(book.series().size(), limits::kTimeSeriesMax + TimesBook::kOtherSeriesMax);
  EXPECT_EQ(book.series().back().service, TimesBook::kOther);
}

}  // namespace
}  // namespace tocsin
