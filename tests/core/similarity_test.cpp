// How much alike two texts are, and groups that ask for it.
#include "engine/core/correlation/similarity.h"

#include <gmock/gmock.h>

#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using testing::ElementsAre;

bool are_similar(std::string_view a, std::string_view b, std::size_t percent) {
  return Similarity(Words(a), Words(b)).is_at_least(percent) && Similarity(Words(b), Words(a)).is_at_least(percent);
}

TEST(Similarity, IsTheShareOfWordsInCommon) {
  EXPECT_TRUE(are_similar("disk full on node 3", "disk full on node 14", 80));
  EXPECT_FALSE(are_similar("disk full on node 3", "disk full on node 14", 81));
  EXPECT_TRUE(are_similar("a b", "a b c d", 66));
  EXPECT_FALSE(are_similar("a b", "a b c d", 67));
  EXPECT_FALSE(are_similar("disk full", "queue long", 1));
}

TEST(Similarity, KnowsNeitherOrderNorCaseNorPunctuation) {
  EXPECT_TRUE(are_similar("Disk /var: FULL (97%)", "97 full disk var", 100));
  EXPECT_TRUE(are_similar("Größe überschritten", "größe-überschritten", 100));
}

TEST(Similarity, CountsAWordAsOftenAsItComes) {
  EXPECT_TRUE(are_similar("a a b", "a b b", 66));
  EXPECT_FALSE(are_similar("a a b", "a b b", 67));
}

TEST(Similarity, TextsWithoutWordsAreAlikeAmongThemselvesOnly) {
  EXPECT_TRUE(are_similar("", "!?", 100));
  EXPECT_FALSE(are_similar("", "a", 1));
}

TEST(Similarity, LooksAtTheFirstWordsOfALongText) {
  std::string text;
  for (std::size_t i = 0; i < Words::kWordsMax; ++i) text += "w" + std::to_string(i) + ' ';
  EXPECT_TRUE(are_similar(text, text + "and more", 100));
  const std::string word(Words::kWordBytesMax, 'x');
  EXPECT_TRUE(are_similar(word + "a", word + "b", 100)) << "and at the beginning of a long word";
}

constexpr const char* kSimilar = R"(
tocsin: 1
ruleset: test
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, title: labels.title, level: labels.severity}}]
dedup: {resolve: {expire: 12h}, reopen: {within: 1m}}
correlate:
  - {id: alike, kind: group, by: [service], similar: {field: title, at_least: 80}, window: {idle: 10m, max: 1h}, max_keys: 3}
)";

Said alert(const std::string& title, const std::string& service = "pay") {
  return {{{"alertname", "A"}, {"service", service}, {"severity", "error"}, {"title", title}}, {}};
}

IncidentId incident_of(const std::vector<EffectPtr>& effects) { return effects.at(0)->incident; }

TEST(SimilarGroups, TakeWhatIsAlikeAndNothingElse) {
  TestShard t{load_rules(kSimilar)};
  const auto disk = t.send(0s, {alert("disk full on node 1")});
  const auto queue = t.send(1s, {alert("queue of mails is long")});
  EXPECT_THAT(changes(queue), ElementsAre("opened"));
  EXPECT_EQ(incident_of(t.send(2s, {alert("disk full on node 2")})), incident_of(disk));
  EXPECT_EQ(incident_of(t.send(3s, {alert("queue of jobs is long")})), incident_of(queue));
  EXPECT_THAT(changes(t.send(4s, {alert("disk full on node 3", "search")})), ElementsAre("opened")) << "by comes first";
}

TEST(SimilarGroups, CompareWithTheAlertThatOpened) {
  TestShard t{load_rules(kSimilar)};
  const auto first = t.send(0s, {alert("a b c d e")});
  EXPECT_EQ(incident_of(t.send(1s, {alert("a b c d x")})), incident_of(first));
  EXPECT_THAT(changes(t.send(2s, {alert("a b c y x")})), ElementsAre("opened")) << "alike to the second only";
}

TEST(SimilarGroups, TheMostAlikeTakesIt) {
  TestShard t{load_rules(kSimilar)};
  const auto most = t.send(0s, {alert("a b c d e f g h i j")});
  t.send(1s, {alert("a b c d e f g x y z")});
  EXPECT_EQ(incident_of(t.send(2s, {alert("a b c d e f g h i x")})), incident_of(most));
}

TEST(SimilarGroups, AnIdleOneTakesNoMore) {
  TestShard t{load_rules(kSimilar)};
  t.send(0min, {alert("disk full on node 1")});
  Said over = alert("disk full on node 1");
  over.ends_at = kStart + 10min;
  t.send(10min, {over});
  EXPECT_THAT(changes(t.send(11min, {alert("disk full on node 2")})), ElementsAre("opened"));
  const auto later = t.send(12min, {alert("disk full on node 9")});
  EXPECT_THAT(changes(later), testing::Contains("updated"));
}

TEST(SimilarGroups, AreBoundedAsOthersAre) {
  TestShard t{load_rules(kSimilar)};
  t.send(0s, {alert("one")});
  for (const char* title : {"two", "three", "four"}) t.send(1s, {alert(title)});
  EXPECT_EQ(t.counts().groups_evicted, 1U);
  EXPECT_THAT(changes(t.send(2s, {alert("one more")})), ElementsAre("opened"));
}

}  // namespace
}  // namespace tocsin
