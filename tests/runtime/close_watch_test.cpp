#include "engine/runtime/outbox/close_watch.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

struct Told {
  std::uint64_t incident;
  std::uint64_t revision;
  IncidentChange change;
  std::vector<std::string> topics{};
  std::uint32_t epoch = 0;
};

Effect effect(const Told& told) {
  Effect made;
  made.incident = IncidentId{Hash128{0, told.incident}};
  made.revision = Revision{told.revision};
  made.change = told.change;
  made.name.life.epoch = told.epoch;
  for (const std::string& topic : told.topics) made.audiences.push_back({topic, {}, false});
  return made;
}

CloseWatch watch(const std::vector<Told>& all) {
  CloseWatch watch;
  for (const Told& told : all) watch.see(effect(told));
  return watch;
}

using enum IncidentChange;

TEST(CloseWatch, IsContentWithWhatIsToldToItsEnd) {
  const CloseWatch told = watch({{1, 1, opened, {"a"}},
                                 {2, 1, opened},
                                 {1, 2, escalated, {"a", "b"}},
                                 {1, 3, resolved, {"a", "b"}},
                                 {2, 2, merged},
                                 {1, 4, closed, {"a", "b"}}});
  EXPECT_EQ(told.open(), 0U);
  EXPECT_EQ(told.wronged(), 0U) << told.last_wrong();
}

TEST(CloseWatch, MissesACloseThatSomebodyElseCountsAsDone) {
  const CloseWatch told = watch({{1, 1, opened, {"a"}}, {1, 2, resolved, {"a"}}});
  EXPECT_EQ(told.lost(1), 0U) << "it may be closed yet";
  EXPECT_EQ(told.lost(0), 1U);
  EXPECT_EQ(told.lost(5), 0U);
}

TEST(CloseWatch, MissesACloseForAnAudienceThatSawTheOpening) {
  const CloseWatch told = watch({{1, 1, opened, {"a", "b"}}, {1, 2, resolved, {"a", "b"}}, {1, 3, closed, {"b"}}});
  EXPECT_EQ(told.wronged(), 1U);
  EXPECT_NE(told.last_wrong().find("revision 3: not told to a"), std::string::npos) << told.last_wrong();
}

TEST(CloseWatch, CountsAnIncidentOnceHoweverOftenItIsToldWrongly) {
  const CloseWatch told = watch({{1, 1, opened, {"a"}}, {1, 2, updated}, {1, 3, updated}, {1, 4, closed}});
  EXPECT_EQ(told.wronged(), 1U);
}

TEST(CloseWatch, SeesARevisionThatIsLeftOut) {
  EXPECT_EQ(watch({{1, 1, opened}, {1, 3, updated}}).wronged(), 1U);
  EXPECT_EQ(watch({{1, 2, opened}}).wronged(), 1U);
}

TEST(CloseWatch, SeesWhatComesAfterTheEndAndASecondOpening) {
  EXPECT_EQ(watch({{1, 1, opened}, {1, 2, closed}, {1, 3, updated}}).wronged(), 1U);
  EXPECT_EQ(watch({{1, 1, opened}, {1, 2, opened}}).wronged(), 1U);
}

TEST(CloseWatch, KnowsThatNumbersJumpAheadWhereAnEpochBegins) {
  EXPECT_EQ(watch({{1, 1, opened}, {1, 1'000'002, updated, {}, 1}, {1, 1'000'003, closed, {}, 1}}).wronged(), 0U);
  EXPECT_EQ(watch({{1, 2, opened}, {1, 1, updated, {}, 1}}).wronged(), 1U) << "never back";
}

TEST(CloseWatch, ReadsRevisionsOnly) {
  Effect audit;
  audit.kind = EffectKind::audit;
  CloseWatch none;
  none.see(audit);
  EXPECT_EQ(none.open(), 0U);
}

}  // namespace
}  // namespace tocsin
