// Other rules while the engine runs: all or nothing, at a position of the journal, and the same at every replay.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/runtime/metrics.h"
#include "tests/runtime/rule_world.h"

namespace tocsin {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const char* const kByService = R"(tocsin: 1
ruleset: by-service
correlate: [{id: group, kind: group, by: [service]}]
route: [{id: page, topic: incidents.page}]
)";

const char* const kByName = R"(tocsin: 1
ruleset: by-name
correlate: [{id: group, kind: group, by: [name]}]
route: [{id: page, topic: incidents.page}, {id: queue, topic: incidents.queue}]
)";

const char* const kBad = R"(tocsin: 1
correlate: [{id: group, kind: group, by: [nmae]}]
)";

const char* const kDisk = "alertname=DiskFull service=ledger severity=error\n";
const char* const kCpu = "alertname=LedgerLost service=ledger severity=critical\n";  // a rise: told at once

class RuleReload : public testing::Test {
 protected:
  RuleReload() { w.folder.files["rules.yaml"] = kByService; }
  RuleWorld w;
};

TEST_F(RuleReload, ANewJournalBeginsWithItsRuleSet) {
  w.begin();
  w.send(kDisk);
  w.end();
  EXPECT_THAT(w.kinds(), ElementsAre(InputKind::rule_set, InputKind::alerts));
  const auto entry = read_journal_record(Position{1}, w.disk.records.at(Position{1}));
  const auto bundle = unpack_rules(entry->payload);
  ASSERT_TRUE(bundle);
  ASSERT_EQ(bundle->files.size(), 2U) << "the file, and the built-in rules that fill in";
  EXPECT_EQ(bundle->files[0].bytes, kByService);
  EXPECT_EQ(bundle->files[1].bytes, rules::builtin_rules().bytes);
}

TEST_F(RuleReload, ARestartWithTheSameRulesWritesThemNoSecondTime) {
  w.begin();
  w.end();
  w.begin();
  w.end();
  EXPECT_THAT(w.kinds(), ElementsAre(InputKind::rule_set, InputKind::started));
}

TEST_F(RuleReload, ARestartWithOtherRulesWritesThemAndLeavesHistoryAsItWas) {
  w.begin();
  w.send(kDisk);
  w.send(kCpu);
  w.end();
  const auto before = w.told();
  ASSERT_EQ(before.size(), 2U) << "opened, updated: one incident";
  w.folder.files["rules.yaml"] = kByName;
  w.sink = std::make_unique<SinkScript>();
  w.disk.confirmed.clear();  // a new sink sees all of history
  w.begin();
  w.sink->wait_until_taken(2);
  EXPECT_EQ(w.told(), before) << "told as under the rules of then";
  w.send("alertname=LedgerLost instance=b service=ledger severity=error\n");
  w.sink->wait_until_taken(3);
  EXPECT_THAT(w.told()[2], HasSubstr(R"("event_type":"opened")")) << "the new rule groups otherwise";
  w.end();
  EXPECT_THAT(w.kinds(), ElementsAre(InputKind::rule_set, InputKind::alerts, InputKind::alerts, InputKind::started,
                                     InputKind::rule_set, InputKind::alerts));
}

TEST_F(RuleReload, SwitchesAtAPositionAndSaysWhatIsKeptResetNewAndRemoved) {
  w.begin();
  w.folder.files["rules.yaml"] = kByName;
  const ReloadOutcome outcome = w.reload();
  EXPECT_EQ(outcome.result, ReloadResult::switched);
  EXPECT_EQ(outcome.rule_set, "by-name");
  EXPECT_EQ(outcome.position, Position{2});
  EXPECT_THAT(outcome.changes.kept, Contains("page"));
  EXPECT_THAT(outcome.changes.reset, ElementsAre("group"));
  EXPECT_THAT(outcome.changes.added, ElementsAre("queue"));
  EXPECT_THAT(outcome.changes.removed, IsEmpty());
  EXPECT_EQ(w.reloader->trouble(), "");
  EXPECT_THAT(w.kinds(), ElementsAre(InputKind::rule_set, InputKind::rule_set));
}

TEST_F(RuleReload, ABadFileLeavesTheOldRulesAndSaysWhy) {
  w.begin();
  w.send(kDisk);
  w.folder.files["rules.yaml"] = kBad;
  const ReloadOutcome outcome = w.reload();
  EXPECT_EQ(outcome.result, ReloadResult::refused);
  EXPECT_EQ(outcome.rule_set, "by-service");
  EXPECT_EQ(outcome.position, Position{1});
  ASSERT_EQ(outcome.diagnostics.size(), 1U);
  EXPECT_EQ(outcome.diagnostics[0].code, "unknown_field");
  EXPECT_EQ(outcome.diagnostics[0].line, 2U);
  EXPECT_EQ(outcome.diagnostics[0].column, 43U);
  EXPECT_THAT(w.reloader->trouble(), HasSubstr("rules.yaml:2:43: error[unknown_field]"));
  w.send(kCpu);
  w.sink->wait_until_taken(2);
  EXPECT_THAT(w.told()[1], HasSubstr(R"("event_type":"updated")")) << "grouped by the old rules";
  EXPECT_THAT(w.kinds(), ElementsAre(InputKind::rule_set, InputKind::alerts, InputKind::alerts));

  w.folder.files["rules.yaml"] = kByName;
  EXPECT_EQ(w.reload().result, ReloadResult::switched);
  EXPECT_EQ(w.reloader->trouble(), "");
}

TEST_F(RuleReload, OfWhatIsInForceAlreadyChangesNothing) {
  w.begin();
  const ReloadOutcome outcome = w.reload();
  EXPECT_EQ(outcome.result, ReloadResult::unchanged);
  EXPECT_EQ(outcome.position, Position{1});
  EXPECT_THAT(outcome.changes.kept, Contains("group"));
  EXPECT_THAT(w.kinds(), ElementsAre(InputKind::rule_set));
}

TEST_F(RuleReload, AnotherTableIsAnotherRuleSet) {
  w.folder.files["rules.yaml"] = R"(tocsin: 1
tables: {owners: {file: owners.csv, key: service}}
normalise: [{id: owner, when: 'service in owners', set: {team: 'owners[service].team'}}]
)";
  w.folder.tables["owners.csv"] = "service,team\nledger,money\n";
  w.begin();
  w.send(kDisk);
  w.folder.tables["owners.csv"] = "service,team\nledger,payments\n";
  EXPECT_EQ(w.reload().result, ReloadResult::switched);
  w.send("alertname=LedgerLost instance=b service=ledger severity=error\n");
  w.end();
  const auto from_journal = w.replayed(w.folder.load().rules);
  EXPECT_THAT(from_journal.front(), HasSubstr(R"("team":"money")"));
  w.folder.tables.clear();
  w.folder.files["rules.yaml"] = kByName;
  EXPECT_EQ(w.replayed(w.folder.load().rules), from_journal) << "the journal has the tables too";

  w.folder.files["rules.yaml"] = "tocsin: 1\ntables: {owners: {file: gone.csv, key: service}}\n";
  EXPECT_EQ(w.folder.load().rules, nullptr);
}

TEST_F(RuleReload, AReplaySwitchesAtTheSamePositionsByteForByte) {
  w.begin();
  w.send(kDisk);
  w.folder.files["rules.yaml"] = kByName;
  ASSERT_EQ(w.reload().result, ReloadResult::switched);
  w.send(kCpu);
  w.clock.advance(minutes{1});
  w.folder.files["rules.yaml"] = kByService;
  ASSERT_EQ(w.reload().result, ReloadResult::switched);
  w.send("alertname=LedgerLost instance=c service=ledger severity=critical\nend " + std::string(kDisk));
  w.end();
  const auto told = w.told();
  ASSERT_FALSE(told.empty());
  RuleFolder other;
  other.files["x.yaml"] = "tocsin: 1\nruleset: other\n";
  EXPECT_EQ(w.replayed(other.load().rules), told) << "whatever rules the replay begins with";
}

TEST_F(RuleReload, AJournalWithoutARuleSetBeginsWithTheConfiguredOnes) {
  const std::string packed = pack_body(kDisk);
  const JournalEntry old[] = {{Position{1}, w.clock.now(), InputKind::alerts, "lines", "", packed}};
  ASSERT_TRUE(w.disk.open().journal->append(old));
  w.begin();
  w.sink->wait_until_taken(1);
  EXPECT_THAT(w.told()[0], HasSubstr(R"("rule_set":"by-service")"));
  w.end();
  EXPECT_THAT(w.kinds(), ElementsAre(InputKind::alerts, InputKind::started, InputKind::rule_set));
}

TEST_F(RuleReload, FailsWhenTheJournalDoesAndTheOldRulesStay) {
  w.disk.fail_at_append = 1;
  w.begin();
  w.folder.files["rules.yaml"] = kByName;
  for (int round = 0; round < 2; ++round) {
    const ReloadOutcome outcome = w.reload();
    EXPECT_EQ(outcome.result, ReloadResult::failed);
    EXPECT_EQ(outcome.error.code, Refusal::storage_failed);
    EXPECT_EQ(outcome.rule_set, "by-service");
    EXPECT_THAT(w.reloader->trouble(), HasSubstr("the test's disk is full"));
  }
  EXPECT_EQ(w.send(kDisk).durable, false);
}

TEST_F(RuleReload, WhoAsksWhileOneRunsWaitsForTheNextAndSharesIt) {
  Doorbell reading;
  Doorbell go_on;
  Doorbell all_answered;
  int reads = 0;
  std::vector<int> answered_after;
  RuleReloader::Parts parts;
  parts.read = [&] {
    ++reads;
    reading.ring();
    go_on.wait();
    return w.folder.load();
  };
  parts.position = [] { return Position{}; };
  parts.clock = &w.clock;
  RuleReloader reloader(std::move(parts), w.folder.load().rules);
  const auto answer = [&](const ReloadOutcome& outcome) {
    EXPECT_EQ(outcome.result, ReloadResult::unchanged);
    answered_after.push_back(reads);
    if (answered_after.size() == 3) all_answered.ring();
  };
  reloader.request(answer);
  reading.wait();
  reloader.request(answer);
  reloader.request(answer);
  go_on.ring();
  reading.wait();
  go_on.ring();
  all_answered.wait();
  reloader.stop();
  EXPECT_THAT(answered_after, ElementsAre(1, 2, 2));
}

TEST_F(RuleReload, AfterTheEndIsAnsweredToo) {
  w.begin();
  w.reloader->stop();
  EXPECT_EQ(w.reload().error.code, Refusal::stopping);
}

TEST_F(RuleReload, AnEngineThatHasStoppedSwitchesNoMore) {
  w.begin();
  w.engine->stop();
  w.folder.files["rules.yaml"] = kByName;
  const ReloadOutcome outcome = w.reload();
  EXPECT_EQ(outcome.result, ReloadResult::failed);
  EXPECT_EQ(outcome.error.code, Refusal::stopping);
}

TEST_F(RuleReload, IsSeenInTheMetrics) {
  w.begin();
  const auto text = [&] {
    MetricsPage page;
    w.reloader->write(page);
    return page.text();
  };
  EXPECT_THAT(text(), HasSubstr("tocsin_rules_reload_last_success 1"));
  const std::string before = text();
  w.clock.advance(seconds{90});
  w.folder.files["rules.yaml"] = kBad;
  w.reload();
  EXPECT_THAT(text(), HasSubstr("tocsin_rules_reload_last_success 0"));
  EXPECT_THAT(text(), HasSubstr(R"(tocsin_rules_reloads_total{result="refused"} 1)"));
  EXPECT_THAT(text(), HasSubstr(R"(rule_set="by-service")"));
  w.folder.files["rules.yaml"] = kByName;
  w.reload();
  EXPECT_THAT(text(), HasSubstr("tocsin_rules_reload_last_success 1"));
  EXPECT_THAT(text(), HasSubstr(R"(tocsin_rules_reloads_total{result="switched"} 1)"));
  EXPECT_THAT(text(), HasSubstr(R"(rule_set="by-name")"));
}

TEST(RuleBundleBytes, ComeBackAsTheyWere) {
  const RuleBundle bundle{{{"a.yaml", "tocsin: 1\n"}, {"b.yaml", std::string("\0x", 2)}},
                          {{"a.yaml", "t.csv", "k,v\n"}}};
  const auto read = unpack_rules(pack_rules(bundle));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->files.size(), 2U);
  EXPECT_EQ(read->files[1].name, "b.yaml");
  EXPECT_EQ(read->files[1].bytes, std::string("\0x", 2));
  ASSERT_EQ(read->tables.size(), 1U);
  EXPECT_EQ(read->tables[0].rule_file, "a.yaml");
  EXPECT_EQ(read->tables[0].table_file, "t.csv");
  EXPECT_EQ(read->tables[0].bytes, "k,v\n");
}

TEST(RuleBundleBytes, ThatAreDamagedAreAnError) {
  const std::string packed = pack_rules({{{"a.yaml", "tocsin: 1\n"}}, {{"a.yaml", "t.csv", "k,v\n"}}});
  std::string buffer;
  const std::string bytes(unpack_body(packed, buffer).value());
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(unpack_rules(pack_body(bytes.substr(0, length)))) << length;
  EXPECT_FALSE(unpack_rules(pack_body(bytes + "x")));
  EXPECT_FALSE(unpack_rules("damaged"));
}

TEST(RuleBundleBytes, OfARuleSetThatLoadsNoMoreAreAnErrorThatSaysWhere) {
  const auto loaded = load_packed_rules(pack_rules({{{"a.yaml", kBad}}, {}}));
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("a.yaml:2:43: error[unknown_field]"));
}

TEST(RuleBundleBytes, BeyondTheBoundAreRefusedLikeAMistake) {
  RuleFolder folder;
  const std::string row(1 << 20, 'x');
  std::string files = "tocsin: 1\ntables:\n";
  for (int i = 0; i < 5; ++i) {
    const std::string name = "t" + std::to_string(i);
    files += "  " + name + ": {file: " + name + ".csv, key: k}\n";
    std::string& table = folder.tables[name + ".csv"] = "k,v\n";
    for (int line = 0; line < 13; ++line) table += std::to_string(line) + "," + row + "\n";
  }
  folder.files["rules.yaml"] = files;
  const RuleReading reading = folder.load();
  EXPECT_EQ(reading.rules, nullptr);
  ASSERT_FALSE(reading.diagnostics.empty());
  EXPECT_EQ(reading.diagnostics.back().code, "rule_set_too_large");
}

}  // namespace
}  // namespace tocsin
