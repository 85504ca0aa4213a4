#include "engine/app/incident_table.h"

#include <gmock/gmock.h>

#include "engine/app/terminal_text.h"
#include "engine/model/time_text.h"

namespace tocsin::app {
namespace {

using testing::HasSubstr;
using testing::Not;

const Instant kNow = *parse_rfc3339("2026-03-28T23:10:00Z");

std::string incident(const std::string& priority, const std::string& status, const std::string& title,
                     const std::string& opened_at = "2026-03-28T23:00:00.000Z") {
  return R"({"incident_id":"inc-4f7k2q9zzzzzzzzzzzzzzzzzzz","priority":")" + priority + R"(","status":")" + status +
         R"(","title":")" + title +
         R"(","service":"checkout","alert_count":4,"active_alert_count":3,"duplicate_count":200,"opened_at":")" +
         opened_at +
         R"(","priority_reason":"impact high, urgency high: NodeDown is critical","rule_id":"per-service",)" +
         R"("correlation_key":"service=checkout"})";
}

std::string page(const std::string& incidents) { return R"({"incidents":[)" + incidents + R"(],"next":null})"; }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; start = end + 1, end = text.find('\n', start))
    lines.push_back(text.substr(start, end - start));
  return lines;
}

TEST(IncidentTable, KeepsTheOrderOfTheEngine) {
  const auto table = draw_incidents(page(incident("P3", "open", "third") + "," + incident("P1", "open", "first")), kNow,
                                    {.width = 0, .colour = false});
  ASSERT_TRUE(table);
  EXPECT_LT(table->find("third"), table->find("first"));
}

TEST(IncidentTable, SaysHowManyAreNotThere) {
  const auto said = [](const std::string& rest) {
    return lines_of(
               *draw_incidents(R"({"incidents":[)" + incident("P1", "open", "one") + R"(],"next":"1.1.1")" + rest + "}",
                               kNow, {.width = 0, .colour = false}))
        .back();
  };
  EXPECT_EQ(said(R"(,"left_out":74)"), "74 more");
  EXPECT_EQ(said(R"(,"left_out":9000,"left_out_at_least":true)"), "at least 9000 more");
}

TEST(IncidentTable, TheBottomIsCutNotTheTop) {
  std::string many;
  for (int i = 0; i < 30; ++i) many += (i == 0 ? "" : ",") + incident("P1", "open", "number " + std::to_string(i));
  const auto lines = lines_of(*draw_incidents(page(many), kNow, {.width = 100, .height = 10, .colour = false}));
  ASSERT_EQ(lines.size(), 10U);
  EXPECT_THAT(lines[0], HasSubstr("TITLE"));
  EXPECT_THAT(lines[1], HasSubstr("number 0"));
  EXPECT_EQ(lines[9], "22 more");
}

TEST(IncidentTable, WideCharactersTakeTwoColumns) {
  const auto lines = lines_of(
      *draw_incidents(page(incident("P1", "open", "資料庫無法連線") + "," + incident("P1", "open", "no connection")),
                      kNow, {.width = 0, .colour = false}));
  const auto column = [](const std::string& line) { return columns_of(line.substr(0, line.find("checkout"))); };
  EXPECT_EQ(column(lines.at(1)), column(lines.at(2)));
}

TEST(IncidentTable, TitleAndReasonShareANarrowScreenByWhatTheySay) {
  const std::string one = incident("P1", "open", "disk full");
  const auto lines = lines_of(*draw_incidents(page(one), kNow, {.width = 80, .colour = false}));
  EXPECT_LE(columns_of(lines.at(1)), 80U);
  EXPECT_THAT(lines.at(1), HasSubstr("disk full  "));
  EXPECT_THAT(lines.at(1), HasSubstr("NodeDown is"));
  EXPECT_THAT(lines.at(1), Not(HasSubstr("impact")));
}

TEST(IncidentTable, ShowsAShortId) {
  const auto table = draw_incidents(page(incident("P1", "open", "x")), kNow, {.width = 0, .colour = false});
  EXPECT_THAT(*table, HasSubstr("  4f7k2q9  "));
}

TEST(IncidentTable, ShowsCountsAgeAndWhy) {
  const auto table = draw_incidents(page(incident("P1", "open", "no power")), kNow, {.width = 0, .colour = false});
  ASSERT_TRUE(table);
  EXPECT_THAT(*table, HasSubstr("3 of 4 (+200 rep.)"));
  EXPECT_THAT(*table, HasSubstr("10m"));
  EXPECT_THAT(*table, HasSubstr("NodeDown is critical; per-service: service=checkout"));
  EXPECT_THAT(*table, Not(HasSubstr("\033"))) << "no colour in a pipe";
}

TEST(IncidentTable, FitsTheScreenAndCutsBetweenCharacters) {
  const auto table = draw_incidents(
      page(incident("P1", "open", "größte Störung im Rechenzentrum seit dem Jahr der Gründung des Hauses")), kNow,
      {.width = 100, .colour = false});
  ASSERT_TRUE(table);
  EXPECT_THAT(*table, HasSubstr("…"));
  for (const std::string& line : lines_of(*table)) EXPECT_LE(columns_of(line), 100U);
}

TEST(IncidentTable, AStrangersTitleDoesNotSteerTheTerminal) {
  const auto table =
      draw_incidents(page(incident("P1", "open", "\\u001b[2Jgone")), kNow, {.width = 0, .colour = false});
  ASSERT_TRUE(table);
  EXPECT_THAT(*table, Not(HasSubstr("\033")));
  const auto hidden =
      draw_incidents(page(incident("P1", "open", "a\u009b2Jb\u202egnp")), kNow, {.width = 0, .colour = false});
  EXPECT_THAT(*hidden, HasSubstr("a\uFFFD2Jb\uFFFDgnp"));
}

TEST(IncidentTable, SaysWhenThereIsNone) { EXPECT_EQ(draw_incidents(page(""), kNow, {}), "no incidents\n"); }

TEST(IncidentTable, RefusesWhatIsNoAnswer) {
  EXPECT_FALSE(draw_incidents("<html>", kNow, {}));
  EXPECT_FALSE(draw_incidents(R"({"alerts":[]})", kNow, {}));
}

}  // namespace
}  // namespace tocsin::app
