// What the core writes, by the schemas that are shipped for consumers: every record of a hostile little history.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

#include "tests/core/testing.h"
#include "tests/json_schema.h"
#include "tests/places.h"

namespace tocsin {
namespace {

using namespace testing_core;

boost::json::value schema(const char* name) {
  std::ifstream file(source_dir() / "connectors/schema" / name);
  return boost::json::parse(std::string{std::istreambuf_iterator<char>(file), {}});
}

void expect_valid(const std::vector<EffectPtr>& effects) {
  static const boost::json::value incident = schema("incident.v1.schema.json");
  static const boost::json::value dead_letter = schema("dead_letter.v1.schema.json");
  for (const EffectPtr& effect : effects) {
    boost::system::error_code error;
    const boost::json::value record = boost::json::parse(effect->value, error);
    ASSERT_FALSE(error) << effect->value;
    const auto& by = effect->kind == EffectKind::incident ? incident : dead_letter;
    EXPECT_THAT(test::schema_errors(record, by), testing::IsEmpty()) << effect->value;
  }
}

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Records, AreValidBySchemaThroughAWholeLife) {
  TestShard t{builtin_rules()};
  std::vector<Said> storm;
  for (int i = 0; i < 45; ++i) {
    // Texts of every length around the eight bytes that the writer looks at, with what must be escaped at every place.
    std::string text(static_cast<std::size_t>(i), 'x');
    if (i > 0) text[static_cast<std::size_t>(i * 7 % i)] = "\"\\\n\t\x01"[i % 5];
    storm.push_back({{{"alertname", "Crash" + text},
                      {"instance", std::to_string(i)},
                      {"service", "ledger"},
                      {"severity", i % 2 == 0 ? "critical" : "warning"}},
                     {{"description", repeated("größe \"", i * 40)}, {"summary", text + repeated("é", i * 6)}}});
  }
  for (std::size_t i = 0; i < storm.size(); i += 5) {
    t.send(std::chrono::seconds(i),
           {storm.begin() + static_cast<std::ptrdiff_t>(i), storm.begin() + static_cast<std::ptrdiff_t>(i) + 5});
  }
  for (Said& said : storm) said.ends_at = kStart + 60s;
  t.send(60s, {storm.begin(), storm.begin() + 30});
  t.send(61s, storm);
  storm[3].starts_at = kStart + 62s;
  storm[3].ends_at = kUnset;
  t.send(62s, {storm[3]});
  t.pass(24h);
  ASSERT_GE(t.all.size(), 10U);
  EXPECT_EQ(t.all.back()->change, IncidentChange::closed);
  expect_valid(t.all);
}

TEST(Records, WithAPlanThatWereRaisedAndFlatOnesAreValid) {
  TestShard t{load_rules(R"(
tocsin: 1
ruleset: plans
priority:
  raise:
    - {id: nobody, unacknowledged: 10m, to: {standby_group: true, plan_step: Look}}
    - {id: old, after: 1h, to: P1}
plans:
  - id: all
    when: "true"
    roles: {commander: ana, liaison: bo}
    steps: [Look, "Say \"ready\""]
    channel: "#inc"
    runbook: https://runbooks.example/all
    standby_group: reserve
    update_every: 30m
route: [{id: flat, topic: tickets, flat: true}]
)")};
  t.send(0s, {{{{"alertname", "A"}, {"severity", "critical"}}, {}, kUnset, kStart + 2h}});
  t.pass(24h);
  ASSERT_EQ(changes(t.all),
            (std::vector<std::string>{"opened", "escalated", "updated", "escalated", "resolved", "closed"}));
  EXPECT_THAT(t.all[1]->value,
              testing::HasSubstr(R"("standby_group":"reserve","escalation_count":1,"escalated_to":"reserve",)"
                                 R"("escalated_step":"Look","next_escalation_at":")"));
  expect_valid(t.all);
  for (const EffectPtr& effect : t.all) {
    Effect flat = *effect;
    flat.value = effect->flat_value;
    expect_valid({std::make_shared<const Effect>(flat)});
    const boost::json::value record = boost::json::parse(flat.value);
    for (const auto& [name, value] : record.as_object()) {
      EXPECT_FALSE(value.is_structured()) << name;
    }
  }
}

TEST(Records, OfWhatHasNothingButALabelAreValid) {
  TestShard t{builtin_rules()};
  t.send(0s, {{{{"x", "y"}}, {}}});
  t.send(1s, {{{{"alertname", "A"}, {"severity", "critical"}}, {}}});
  expect_valid(t.all);
}

TEST(Records, OfDeadLettersAreValid) {
  TestShard t{builtin_rules()};
  const std::vector<std::string> bodies{"[{", std::string("\xff\x00\"", 3), std::string(300'000, 'a') + "é", ""};
  for (const std::string& body : bodies) {
    const Error error{Refusal::malformed, "not \"JSON\"", -1, ""};
    Input input;
    input.kind = InputKind::refused_body;
    input.error = &error;
    input.source = "alertmanager";
    input.bytes = body;
    t.apply(0s, input);
  }
  AlertBatch batch;
  fill(batch, {}, t.key);
  for (int i = 0; i < 500; ++i)
    batch.refused.push_back({Error{Refusal::bad_time, "no time", i, "/" + std::to_string(i) + "/startsAt"}});
  Input input;
  input.kind = InputKind::alerts;
  input.batch = &batch;
  input.bytes = "[]";
  t.apply(1s, input);
  ASSERT_EQ(t.all.size(), 5U);
  expect_valid(t.all);
}

TEST(Records, ListTheirAlertsAsTheyAre) {
  TestShard t{builtin_rules()};
  const Said one{{{"alertname", "One"}, {"service", "s"}, {"severity", "critical"}}, {}};
  const Said two{{{"alertname", "Two"}, {"service", "s"}, {"severity", "critical"}}, {}};
  t.send(0s, {one, two});
  Said ended = two;
  ended.ends_at = kStart + 5s;
  t.send(5s, {ended});
  const auto listed = boost::json::parse(t.all.back()->value).at("alerts").as_array();
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0].at("status"), "firing");
  EXPECT_EQ(listed[1].at("status"), "resolved") << "the list that was kept from the revision before would say firing";
}

}  // namespace
}  // namespace tocsin
