#include "engine/app/alert_table.h"

#include <gmock/gmock.h>

#include "engine/app/text_table.h"
#include "engine/model/time_text.h"

namespace tocsin::app {
namespace {

using testing::HasSubstr;
using testing::Not;

const Instant kNow = *parse_rfc3339("2026-03-28T23:10:00Z");

std::string alert(const std::string& name, const std::string& priority, const std::string& rest,
                  const std::string& starts_at = "2026-03-28T23:00:00.000Z") {
  return R"({"name":")" + name + R"(","status":"firing","severity":"error","priority":")" + priority +
         R"(","service":"cart","host":"cart-7","starts_at":")" + starts_at + R"(","ended_at":null,)" + rest + "}";
}

const std::string kInIncident = R"("incident_id":"inc-4f7k2q9zzzzzzzzzzzzzzzzzzz","suppressed_by":null)";

std::string page(const std::string& alerts) { return R"({"alerts":[)" + alerts + R"(],"next":null})"; }

TEST(AlertTable, ThePressingOfAllPagesStandFirstAndOfOnePriorityTheOldest) {
  const auto table = draw_alerts({page(alert("Third", "P3", kInIncident) + "," + alert("Younger", "P1", kInIncident)),
                                  page(alert("Older", "P1", kInIncident, "2026-03-28T22:00:00Z"))},
                                 kNow, {.width = 0});
  ASSERT_TRUE(table);
  EXPECT_LT(table->find("Older"), table->find("Younger"));
  EXPECT_LT(table->find("Younger"), table->find("Third"));
  EXPECT_THAT(*table, HasSubstr("1h10m"));
  EXPECT_THAT(*table, HasSubstr("cart-7"));
}

TEST(AlertTable, SaysInWhichIncidentOrWhyInNone) {
  const auto table =
      draw_alerts({page(alert("In", "P2", kInIncident) + "," +
                        alert("Held", "P4", R"("incident_id":null,"no_incident":"held back by node-down")") + "," +
                        alert("HeldInside", "P4",
                              R"("incident_id":"inc-4f7k2q9zzzzzzzzzzzzzzzzzzz","suppressed_by":"node-down")"))},
                  kNow, {.width = 0});
  ASSERT_TRUE(table);
  EXPECT_THAT(*table, HasSubstr("4f7k2q9\n"));
  EXPECT_THAT(*table, HasSubstr("none: held back by node-down"));
  EXPECT_THAT(*table, HasSubstr("4f7k2q9 (held back by node-down)"));
}

TEST(AlertTable, WhatIsNoListIsSaid) {
  EXPECT_THAT(draw_alerts({"<html>"}, kNow, {}).error(), HasSubstr("is this a tocsin server?"));
  EXPECT_EQ(*draw_alerts({page("")}, kNow, {}), "no alerts\n");
}

TEST(TextTable, IsCutToTheScreenFromTheLastColumn) {
  const std::vector<TextColumn> columns{{"A", 40, 6}, {"B", 40, 4}};
  const std::string table = draw_table(columns, {{{std::string(20, 'a'), std::string(20, 'b')}, ""}}, 30, false);
  EXPECT_EQ(table, "A                     B\naaaaaaaaaaaaaaaaaaaa  bbbbbbb…\n");
  EXPECT_EQ(draw_table(columns, {{{std::string(20, 'a'), std::string(20, 'b')}, ""}}, 14, false),
            "A         B\naaaaaaa…  bbb…\n");
}

TEST(TextTable, AStrangersTextSteersNoTerminal) {
  const std::string table = draw_table({{"A"}, {"B"}}, {{{"x\033[2Jy", "line\nbreak"}, "\033[1m"}}, 0, false);
  EXPECT_THAT(table, Not(HasSubstr("\033")));
  EXPECT_THAT(table, HasSubstr("line break\n"));
  EXPECT_THAT(draw_table({{"A"}}, {{{"x"}, "\033[31m"}}, 0, true), HasSubstr("\033[31mx\033[0m\n"));
}

TEST(IncidentTable, AGroupingIsShownWithoutItsEmptyFields) {
  EXPECT_EQ(shown_key("environment=,service=ledger,labels.cluster="), "service=ledger");
  EXPECT_EQ(shown_key("service=a,environment=prod"), "service=a,environment=prod");
  EXPECT_EQ(shown_key("service="), "service=");
  EXPECT_EQ(shown_key(""), "");
}

}  // namespace
}  // namespace tocsin::app
