// The rooms of the core alone: each is a value with a face and needs no shard.
#include <gmock/gmock.h>

#include "engine/core/conditions/condition_book.h"
#include "engine/core/incidents/member_list.h"
#include "engine/core/incidents/spread.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;

constexpr Severity kLow{1};
constexpr Severity kHigh{4};

TEST(MemberList, IsLedByTheFirstOfTheHighestRankAlsoWhenItIsLong) {
  for (const std::uint32_t others : {3U, 100U}) {
    MemberList list;
    std::vector<std::uint32_t> places;
    for (std::uint32_t slot = 0; slot < others; ++slot) places.push_back(list.join(slot, kLow, Priority::p3, false));
    EXPECT_EQ(list.lead(), 0U);
    const std::uint32_t high = list.join(1000, kHigh, Priority::p3, false);
    list.join(1001, kHigh, Priority::p3, false);
    EXPECT_EQ(list.lead(), 1000U) << "the first of equals";
    list.rank(high, kLow, Priority::p3);
    EXPECT_EQ(list.lead(), 1001U) << "the lead has fallen";
    list.rank(places[1], kHigh, Priority::p2);
    EXPECT_EQ(list.lead(), 1U) << "priority comes before severity";
    EXPECT_EQ(list.severity(), kHigh);
    EXPECT_EQ(list.priority(), Priority::p2);
    list.check();
  }
}

TEST(MemberList, LetsGoOfThoseThatEndedFirstAndKeepsTheirRankAndNumber) {
  MemberList list;
  std::vector<std::uint32_t> places;
  for (std::uint32_t slot = 0; slot < 200; ++slot) {
    places.push_back(list.join(slot, slot == 5 ? kHigh : kLow, Priority::p3, false));
    list.stand(places.back(), MemberList::Standing::active);
  }
  for (std::uint32_t slot = 199; slot > 99; --slot) {
    list.stand(places[slot], MemberList::Standing::idle);
    list.end(places[slot]);
  }
  list.stand(places[199], MemberList::Standing::active);  // fires again: it has not ended
  EXPECT_EQ(list.one_ended_too_many(99), std::nullopt);
  ASSERT_EQ(list.one_ended_too_many(98), places[198]);
  while (const auto place = list.one_ended_too_many(10)) list.let_go(*place);
  EXPECT_EQ(list.joined(), 200U);
  EXPECT_EQ(list.present(), 111U);
  EXPECT_EQ(list.severity(), kHigh);
  std::size_t moved = 0;
  while (const auto place = list.one_ended_too_many(0)) list.let_go(*place);
  for (std::uint32_t slot = 0; slot < 40; ++slot) {
    list.stand(places[slot], MemberList::Standing::idle);
    list.end(places[slot]);
  }
  while (const auto place = list.one_ended_too_many(0)) list.let_go(*place);
  list.compact([&](std::uint32_t condition, std::uint32_t place) {
    EXPECT_EQ(list[place].condition, condition);
    ++moved;
  });
  EXPECT_EQ(moved, list.present());
  EXPECT_EQ(list.lead(), 5U) << "the lead is not let go";
  list.check();
}

TEST(MemberList, ListsTheLeadAndTheNewestInTheOrderOfJoining) {
  MemberList list;
  for (std::uint32_t slot = 0; slot < 6; ++slot) list.join(slot, slot == 2 ? kHigh : kLow, Priority::p3, false);
  std::vector<std::uint32_t> listed;
  list.newest(4, listed);
  EXPECT_THAT(listed, ElementsAre(2, 3, 4, 5));
  list.newest(20, listed);
  EXPECT_THAT(listed, ElementsAre(2, 0, 1, 3, 4, 5));
}

TEST(ValueCounts, CountsDifferentValuesAsTheyComeAndGo) {
  ValueCounts counts;
  for (const char* value : {"a", "b", "a", ""}) counts.add(value);
  EXPECT_EQ(counts.different(), 2U);
  counts.remove("a");
  EXPECT_EQ(counts.different(), 2U);
  counts.remove("a");
  counts.remove("");
  EXPECT_EQ(counts.different(), 1U);
}

Word word(std::uint64_t voice, Duration came) {
  Word word;
  word.voice = word.identity = Hash128{0, voice};
  word.content = Hash128{1, voice};
  word.came = word.said = word.start = word.since = kStart + came;
  return word;
}

TEST(ConditionBook, FiresWhileAVoiceDoesAndIsAsSevereAsTheWorstThatFires) {
  ConditionBook book({"ok", "info", "warning", "error", "critical"});
  book.source_number("a");
  const std::uint32_t slot = book.add(Hash128{0, 1}, kStart);
  const VoicePlace first = book.add_voice(slot, word(1, 0s));
  book.fire(first, word(1, 0s), kLow);
  const VoicePlace second = book.add_voice(slot, word(2, 5s));
  book.fire(second, word(2, 5s), kHigh);
  EXPECT_EQ(book[slot].severity, kHigh);
  EXPECT_EQ(book[slot].starts_at, kStart);
  Word close = word(2, 9s);
  close.ended = kStart + 9s;
  book.close(second, close);
  EXPECT_TRUE(book[slot].firing);
  EXPECT_EQ(book[slot].severity, kLow);
  book.lapse(first);
  EXPECT_FALSE(book[slot].firing);
  EXPECT_EQ(book[slot].severity, kLow) << "what has ended keeps what it was";
}

TEST(ConditionBook, ALeaseThatWasMovedIsMetWhereItIsNow) {
  ConditionBook book({"ok", "info"});
  book.source_number("a");
  const std::uint32_t slot = book.add(Hash128{0, 1}, kStart);
  Word leased = word(1, 0s);
  leased.expires_at = kStart + 1min;
  const VoicePlace voice = book.add_voice(slot, leased);
  book.fire(voice, leased, kLow);
  book.repeat(voice, kStart + 30s, kUnset, kStart + 90s);
  EXPECT_EQ(book.next_lapse(), kStart + 1min);
  EXPECT_FALSE(book.take_lapsed(kStart + 1min));
  EXPECT_EQ(book.next_lapse(), kStart + 90s);
  EXPECT_TRUE(book.take_lapsed(kStart + 90s));
}

TEST(ConditionBook, EndsThatAreStatedYearsAheadDoNotPileUp) {
  ConditionBook book({"ok", "info"});
  book.source_number("a");
  for (std::uint64_t n = 1; n <= 10'000; ++n) {
    const std::uint32_t slot = book.add(Hash128{0, n}, kStart);
    Word said = word(n, 0s);
    said.expires_at = kStart + 24h * 365;
    const VoicePlace voice = book.add_voice(slot, said);
    book.fire(voice, said, kLow);
    Word close = word(n, 1s);
    close.ended = close.came;
    book.close(voice, close);
    if (n % 100 != 0) book.forget(slot);
  }
  EXPECT_LE(book.lease_deadlines(), 300U) << "a hundred are remembered";
  EXPECT_GE(book.lease_deadlines(), 100U);
}

TEST(ConditionBook, BeyondTheBoundTheVoiceThatWasSilentLongestGivesWay) {
  ConditionBook book({"ok", "info"});
  book.source_number("a");
  const std::uint32_t slot = book.add(Hash128{0, 1}, kStart);
  for (std::uint64_t n = 1; n <= limits::kVoicesMax; ++n) {
    const Word said = word(n, std::chrono::seconds(n));
    book.fire(book.add_voice(slot, said), said, kLow);
  }
  Word close = word(500, 2h);
  close.ended = close.came;
  book.close(book.find(Hash128{0, 500}), close);
  const Word more = word(5000, 3h);
  book.fire(book.add_voice(slot, more), more, kLow);
  EXPECT_FALSE(book.find(Hash128{0, 500})) << "one that has ended comes first";
  EXPECT_TRUE(book.find(Hash128{0, 2}));
  const Word most = word(5001, 4h);
  book.fire(book.add_voice(slot, most), most, kLow);
  EXPECT_FALSE(book.find(Hash128{0, 2}));
  EXPECT_TRUE(book.find(Hash128{0, 3}));
  EXPECT_TRUE(book[slot].firing);
}

constexpr const char* kRules = R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, level: labels.severity}}]
dedup: {resolve: {expire: 1h}}
correlate: [{id: per-service, kind: group, by: [service]}]
)";

Said alert(const std::string& name) { return {{{"alertname", name}, {"service", "s"}, {"severity", "error"}}, {}}; }

TEST(StateBytes, ThatAreCutShortAreNoState) {
  TestShard t{load_rules(kRules)};
  t.send(0s, {alert("A"), alert("B")});
  Said over = alert("A");
  over.ends_at = kStart + 1s;
  t.send(1s, {over});
  std::string bytes;
  t.shard.write(bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(Shard::read(std::string_view{bytes}.substr(0, size), t.rules, t.key), nullptr) << size;
  }
  EXPECT_EQ(Shard::read(bytes + "x", t.rules, t.key), nullptr);
  EXPECT_EQ(Shard::read(bytes, builtin_rules(), t.key), nullptr) << "of other rules";
  EXPECT_NE(Shard::read(bytes, t.rules, t.key), nullptr);
}

TEST(StateBytes, AreAnotherAfterAnotherInput) {
  TestShard a{load_rules(kRules)};
  TestShard b{load_rules(kRules)};
  a.send(0s, {alert("A")});
  b.send(0s, {alert("A")});
  EXPECT_EQ(a.shard.fingerprint(), b.shard.fingerprint());
  b.send(1s, {alert("A")});
  EXPECT_NE(a.shard.fingerprint(), b.shard.fingerprint());
}

TEST(Derived, AlertsEnterAsOthersDoAndAreDerivedFromEachOther) {
  std::string text = kRules;
  text.replace(text.find("correlate: "), std::string::npos, R"(correlate:
  - {id: per-service, kind: group, by: [service]}
  - {id: one, kind: threshold, when: name == "A", by: [service], count: 1, within: 1m, emit: {severity: info}}
  - {id: two, kind: threshold, when: name == "one", by: [service], count: 1, within: 1m, emit: {severity: error}}
  - {id: three, kind: threshold, when: name == "two", by: [service], count: 1, within: 1m, emit: {severity: critical}}
)");
  TestShard t{load_rules(text)};
  const auto opened = t.send(0s, {alert("A")});
  ASSERT_FALSE(opened.empty());
  EXPECT_THAT(opened.back()->value, testing::HasSubstr(R"("severity":"critical")"));
  EXPECT_THAT(opened.back()->value, testing::HasSubstr(R"("alert_count":4)"));
  EXPECT_EQ(t.counts().alerts_derived, 3U);
  EXPECT_EQ(t.counts().derived_refused, 0U);
  EXPECT_EQ(t.shard.state().temporal().standing_count(), 3U);
  t.cut();
  Said over = alert("A");
  over.ends_at = kStart + 1s;
  t.send(1s, {over});
  t.pass(2min - 1ns);
  EXPECT_EQ(t.counts().incidents_open, 1U);
  t.pass(2min);
  EXPECT_EQ(t.counts().incidents_open, 0U) << "each ends one `within` after it held last";
  EXPECT_EQ(t.shard.state().temporal().standing_count(), 0U);
}

class Listener final : public Trace {
 public:
  void heard(const Alert&, const Condition*, const Voice*, Heard heard) override {
    words.push_back(std::to_string(static_cast<int>(heard)));
  }
  void grouped(const Condition&, const rules::Facts&, const rules::GroupRule* rule) override {
    words.push_back(rule ? rule->id : "none");
  }
  void told(const IncidentState&, IncidentChange change) override { words.emplace_back(name_of(change)); }
  void folded(const IncidentState&, Instant) override { words.emplace_back("folded"); }
  std::vector<std::string> words;
};

TEST(Trace, HearsOfWhatIsDecidedAndChangesNothing) {
  TestShard silent{load_rules(kRules)};
  TestShard heard{load_rules(kRules)};
  Listener listener;
  heard.shard.state().set_trace(&listener);
  for (TestShard* t : {&silent, &heard}) {
    t->send(0s, {alert("A")});
    t->send(100ms, {alert("B"), alert("A")});
    t->pass(1s);
  }
  EXPECT_THAT(listener.words, ElementsAre("per-service", "1", "opened", "per-service", "1", "0", "folded", "updated"));
  ASSERT_EQ(silent.all.size(), heard.all.size());
  for (std::size_t i = 0; i < silent.all.size(); ++i) EXPECT_EQ(silent.all[i]->value, heard.all[i]->value);
  EXPECT_EQ(silent.shard.fingerprint(), heard.shard.fingerprint());
}

TEST(Members, ThatEndedFirstAreLetGoAndTheIncidentCountsThem) {
  TestShard t{load_rules(kRules)};
  t.checks = false;
  t.send(0s, {alert("stays")});
  const std::size_t count = limits::kEndedMembersMax + 50;
  std::vector<Said> fire;
  std::vector<Said> end;
  for (std::size_t n = 0; n < count; ++n) {
    fire.push_back(alert("A" + std::to_string(n)));
    end.push_back(fire.back());
    end.back().ends_at = kStart + 4s;
  }
  t.send(3s, fire);
  t.send(4s, end);
  t.pass(1min);
  t.shard.check();
  EXPECT_EQ(t.counts().members_let_go, 50U);
  EXPECT_THAT(t.all.back()->value, testing::HasSubstr(R"("alert_count":)" + std::to_string(count + 1)));
  EXPECT_THAT(t.all.back()->value, testing::HasSubstr(R"("active_alert_count":1)"));
}

/// Bytes of all records that a storm makes, in bodies of five, of alerts of 0.7 KB each; and of the alerts.
std::pair<std::size_t, std::size_t> storm(std::size_t services, Duration between) {
  TestShard t{load_rules(kRules)};
  t.checks = false;
  std::size_t in = 0;
  std::size_t out = 0;
  Duration at{};
  for (std::size_t n = 0; n < 10'000;) {
    std::vector<Said> body;
    for (int i = 0; i < 5; ++i, ++n) {
      Said said{{{"alertname", "PodCrash"},
                 {"pod", "pod-" + std::to_string(n)},
                 {"service", "service-" + std::to_string(n % services)},
                 {"severity", "error"}},
                {{"summary", std::string(620, 'x')}}};
      for (const auto& [name, value] : said.labels) in += name.size() + value.size() + 6;
      in += said.annotations[0].second.size() + 12;
      body.push_back(std::move(said));
    }
    for (const EffectPtr& effect : t.send(at, body)) out += effect->value.size();
    at += between;
    t.all.clear();
  }
  for (const EffectPtr& effect : t.pass(at + 1min)) out += effect->value.size();
  return {in, out};
}

TEST(Storms, TellFewerBytesThanTheyHear) {
  for (const std::size_t services : {1U, 20U, 200U}) {
    const auto [in, out] = storm(services, 5ms);
    EXPECT_LE(out, in) << services << " services, at once";
    RecordProperty("out_of_in_percent_" + std::to_string(services), static_cast<int>(100 * out / in));
  }
  const auto [in, out] = storm(20, 100ms);
  EXPECT_LE(out, in) << "fifty alerts a second";
}

}  // namespace
}  // namespace tocsin
