#include "engine/app/incident_table.h"

#include <gmock/gmock.h>

#include "engine/model/time_text.h"

namespace tocsin::app {
namespace {

using testing::HasSubstr;
using testing::Not;

const Instant kNow = *parse_rfc3339("2026-03-28T23:10:00Z");

std::string incident(const std::string& priority, const std::string& status, const std::string& title,
                     const std::string& opened_at = "2026-03-28T23:00:00.000Z") {
  return R"({"priority":")" + priority + R"(","status":")" + status + R"(","title":")" + title +
         R"(","service":"checkout","alert_count":4,"active_alert_count":3,"duplicate_count":200,"opened_at":")" +
         opened_at +
         R"(","priority_reason":"impact high, urgency high: NodeDown is critical","rule_id":"per-service",)" +
         R"("correlation_key":"service=checkout"})";
}

std::string page(const std::string& incidents) { return R"({"incidents":[)" + incidents + R"(],"next":null})"; }

TEST(IncidentTable, MostPressingFirstEndedLast) {
  const auto table = draw_incidents(page(incident("P1", "resolved", "ended") + "," + incident("P3", "open", "third") +
                                         "," + incident("P1", "open", "first")),
                                    kNow, {.width = 0, .colour = false});
  ASSERT_TRUE(table);
  EXPECT_LT(table->find("first"), table->find("third"));
  EXPECT_LT(table->find("third"), table->find("ended"));
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
  std::size_t line_start = 0;
  for (std::size_t end = table->find('\n'); end != std::string::npos;
       line_start = end + 1, end = table->find('\n', line_start)) {
    std::size_t width = 0;
    for (const char c : table->substr(line_start, end - line_start))
      width += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    EXPECT_LE(width, 100U);
  }
}

TEST(IncidentTable, AStrangersTitleDoesNotSteerTheTerminal) {
  const auto table =
      draw_incidents(page(incident("P1", "open", "\\u001b[2Jgone")), kNow, {.width = 0, .colour = false});
  ASSERT_TRUE(table);
  EXPECT_THAT(*table, Not(HasSubstr("\033")));
}

TEST(IncidentTable, SaysWhenThereIsNone) { EXPECT_EQ(draw_incidents(page(""), kNow, {}), "no incidents\n"); }

TEST(IncidentTable, RefusesWhatIsNoAnswer) {
  EXPECT_FALSE(draw_incidents("<html>", kNow, {}));
  EXPECT_FALSE(draw_incidents(R"({"alerts":[]})", kNow, {}));
}

}  // namespace
}  // namespace tocsin::app
