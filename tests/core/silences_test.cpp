#include "engine/core/suppression/silences.h"

#include <gmock/gmock.h>

#include "engine/model/limits.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;
using testing::IsEmpty;

/// An alert with these labels, by its texts.
AlertTexts texts_of(const std::vector<Label>& labels) {
  rules::Facts facts;
  facts.labels = labels;
  return AlertTexts(facts);
}

Silence silence_of(std::vector<std::string> matchers, std::string id) {
  Silence silence;
  silence.matchers = *parse_matchers(matchers);
  silence.id = std::move(id);
  silence.starts_at = kStart;
  silence.ends_at = kStart + 1h;
  silence.point = 0;
  return silence;
}

TEST(Silences, AreFoundByAValueOrAskedOneByOne) {
  SilenceBook book;
  for (int i = 0; i < 1000; ++i)
    book.add(silence_of({"alertname=\"Down\"", "instance=\"host-" + std::to_string(i) + "\""}, "h" + std::to_string(i)),
             kStart);
  book.add(silence_of({"instance=~\"host-7.*\""}, "seven"), kStart);
  book.add(silence_of({"alertname!=\"Up\"", "instance=\"host-70\""}, "not-up"), kStart);
  const auto found = [&](const std::vector<Label>& labels) {
    const AlertTexts texts = texts_of(labels);
    std::vector<std::uint32_t> slots;
    book.find_for({&texts, {}}, slots);
    std::vector<std::string> ids;
    for (const std::uint32_t slot : slots) ids.push_back(book[slot].id);
    return ids;
  };
  EXPECT_THAT(found({{"alertname", "Down"}, {"instance", "host-70"}}), ElementsAre("h70", "seven", "not-up"));
  EXPECT_THAT(found({{"alertname", "Up"}, {"instance", "host-70"}}), ElementsAre("seven"));
  EXPECT_THAT(found({{"alertname", "Down"}, {"instance", "host-8"}}), ElementsAre("h8"));
  EXPECT_THAT(found({{"alertname", "Down"}}), IsEmpty());
  book.end(book.find("h70"), kStart + 1s);
  book.end(book.find("seven"), kStart + 1s);
  EXPECT_THAT(found({{"alertname", "Down"}, {"instance", "host-70"}}), ElementsAre("not-up"));
  EXPECT_EQ(book.live(), 1000U);
  book.check();
}

TEST(Silences, EndedOnesAreBoundedAndTheirIdsFreeAgain) {
  SilenceBook book;
  for (std::size_t i = 0; i < limits::kEndedSilencesMax + 5; ++i)
    book.end(book.add(silence_of({"a=\"b\""}, "s" + std::to_string(i)), kStart), kStart);
  EXPECT_EQ(book.by_number().size(), limits::kEndedSilencesMax);
  EXPECT_EQ(book.find("s4"), kNoSlot);
  EXPECT_NE(book.find("s5"), kNoSlot);
  book.check();
}

TEST(Matchers, AreReadAsAlertmanagerWritesThem) {
  struct Case {
    const char* text;
    MatcherParts parts;
  };
  const Case kCases[] = {
      {"a=\"b\"", {"a", true, false, "b"}},
      {" a != b ", {"a", false, false, "b"}},
      {"a=~\"b|c\"", {"a", true, true, "b|c"}},
      {"{\"dienst.name\"!~\"x\\\\.y\"}", {"dienst.name", false, true, "x\\.y"}},
      {"a=\"say \\\"b\\\"\\n\"", {"a", true, false, "say \"b\"\n"}},
      {"größe=\"1\"", {"größe", true, false, "1"}},
  };
  for (const Case& one : kCases) {
    const std::vector<std::string> texts{one.text, "z=1"};
    const auto read = parse_matchers(texts);
    ASSERT_TRUE(read) << one.text << ": " << read.error().message;
    EXPECT_EQ(read->front().parts(), one.parts) << one.text;
    const std::vector<std::string> written{to_text(read->front().parts()), "z=1"};
    EXPECT_EQ(parse_matchers(written)->front().parts(), one.parts) << written.front();
  }
  for (const char* text : {"", "a", "=b", "a=\"b", "a=~\"(\"", "{a=b} c", "a=~\".*\"", "a!=\"x\""}) {
    const std::vector<std::string> texts{text};
    EXPECT_FALSE(parse_matchers(texts)) << text;
  }
}

TEST(Matchers, SayTheirValuesOrHowTheyBeginWhereTheyCan) {
  struct Row {
    const char* matcher;
    std::vector<std::string> values;
    const char* prefix;
  };
  const std::vector<Row> rows{{R"m(a="x")m", {"x"}, ""},
                              {R"m(a=~"x|y|x")m", {"x", "y"}, ""},
                              {R"m(a=~"(node-1|node-2)")m", {"node-1", "node-2"}, ""},
                              {R"m(a=~"node-1\.example")m", {"node-1.example"}, ""},
                              {R"m(a=~"Node.*")m", {}, "Node"},
                              {R"m(a=~"Nodes?Down")m", {}, "Node"},
                              {R"m(a=~"x+")m", {}, "x"},
                              {R"m(a=~"averylongbeginning.*")m", {}, "averylon"},
                              {R"m(a=~"Node.*|Pod.*")m", {}, ""},
                              {R"m(a=~"(a|b)c")m", {}, ""},
                              {R"m(a=~"(a)(b)")m", {}, ""},
                              {R"m(a=~".*x")m", {}, ""},
                              {R"m(a=~"(?i)x")m", {}, ""},
                              {R"m(a=~"x|")m", {}, ""},
                              {R"m(a=~"^x$")m", {}, ""},
                              {R"m(a!="x")m", {}, ""},
                              {R"m(a!~"x|y")m", {}, ""}};
  for (const Row& row : rows) {
    const std::vector<std::string> texts{row.matcher, R"(b="y")"};
    const auto read = parse_matchers(texts);
    ASSERT_TRUE(read) << row.matcher;
    EXPECT_EQ((*read)[0].values(), row.values) << row.matcher;
    EXPECT_EQ((*read)[0].prefix(), row.prefix) << row.matcher;
  }
}

TEST(Silences, OfEveryKindOfMatcherAreThoseThatAWalkFinds) {
  TestShard t{load_rules(R"(
tocsin: 1
ruleset: test
correlate: [{id: all, kind: group, by: [service]}]
)")};
  t.checks = false;
  const std::vector<std::string> names{"NodeDown", "NodeSlow", "PodCrash", "Pod", "DiskFull", "x.y", "xzy"};
  const auto send = [&](Duration at, const std::string& host) {
    std::vector<Said> said;
    for (const std::string& name : names)
      said.push_back({{{"alertname", name}, {"instance", host}, {"service", name.substr(0, 1)}}, {}});
    t.send(at, said);
  };
  send(0s, "h1");  // before the silences
  const std::vector<std::string> matchers{R"(alertname="NodeDown")",
                                          R"(alertname=~"Node.*")",
                                          R"(alertname=~"Pod|x\\.y")",
                                          R"(alertname=~"P.*|D.*")",
                                          R"(alertname=~"x.y")",
                                          R"(alertname!~"Pod.*",service="P")",
                                          R"(alertname=~"DiskFulls?")",
                                          R"(service=~"N|D",instance="h2")",
                                          R"(severity!="critical",service="x")"};
  std::uint64_t number = 0;
  for (const std::string& matcher : matchers) {
    Command command;
    command.kind = CommandKind::silence;
    command.matchers = {matcher};
    command.span = 1h;
    t.command(std::chrono::seconds(++number), command);
  }
  send(1min, "h2");  // behind them
  t.shard.check();
  const ShardState& state = t.shard.state();
  const SilenceBook& silences = state.suppression().silences();
  std::vector<std::uint64_t> matched(matchers.size() + 1);
  for (const std::uint32_t slot : state.conditions().in_order()) {
    const Condition& alert = state.conditions()[slot];
    std::string first;
    for (const auto& [of, one] : silences.by_number()) {
      if (!silences[one].holds_for({&alert.texts, "warning"})) continue;
      ++matched[of];
      if (first.empty()) first = silences[one].id;
    }
    EXPECT_EQ(state.held_by(alert), first) << alert.texts[Field::name];
  }
  for (const auto& [of, one] : silences.by_number()) EXPECT_EQ(silences[one].matched, matched[of]) << matchers[of - 1];
}

TEST(Silences, ThatHideWhatBecomesAP1OnlyWhileItIsHeldBackSaySo) {
  TestShard t{load_rules(R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, level: labels.severity}}]
dedup: {key: [service, name], resolve: {expire: 12h}}
priority:
  impact: [{is: high}]
  urgency: [{when: severity == critical, is: high}, {is: low}]
  matrix: {high: [P1, P2, P3], medium: [P2, P3, P4], low: [P3, P4, P5]}
correlate: [{id: per-service, kind: group, by: [service]}]
)")};
  const auto said = [](const std::string& name, const std::string& severity) {
    return Said{{{"alertname", name}, {"service", "a"}, {"severity", severity}}, {}};
  };
  t.send(0s, {said("A", "warning")});
  for (const char* name : {"A", "B", "C"}) {
    Command command;
    command.kind = CommandKind::silence;
    command.matchers = {std::string{"alertname=\""} + name + "\""};
    command.span = 1h;
    t.command(10s, command);
  }
  t.send(20s, {said("B", "warning"), said("C", "warning")});
  t.send(30s, {said("A", "critical"), said("B", "critical")});
  std::vector<std::string> changes;
  for (const EffectPtr& effect : t.pass(2h)) {
    if (effect->kind != EffectKind::audit) continue;
    const std::size_t at = effect->value.find(R"("change":")") + 10;
    changes.push_back(effect->value.substr(at, effect->value.find('"', at) - at));
  }
  EXPECT_THAT(changes, ElementsAre("ended: 1 alert came under it, a P1 among those that it held back",
                                   "ended: 1 alert came under it, a P1 among those that it held back",
                                   "ended: 1 alert came under it"));
  EXPECT_EQ(t.counts().silences_hid_p1, 2U);
}

}  // namespace
}  // namespace tocsin
