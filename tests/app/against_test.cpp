#include "engine/app/against.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/sources/decoders.h"
#include "engine/model/hash.h"
#include "rules/load.h"

namespace tocsin::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class NoTables : public rules::TableReader {
 public:
  bool read(std::string_view, std::string_view, std::string&) override { return false; }
};

std::vector<Decision> decisions_on(std::string_view text) {
  std::string trouble;
  std::string body = alerts_body(text, trouble);
  EXPECT_EQ(trouble, "");
  const std::size_t size = body.size();
  body.resize(size + SourceDecoder::kBodyPadding);
  const auto decoders = make_decoders();
  AlertBatch batch;
  batch.source = "alertmanager";
  EXPECT_TRUE(decoders->find(batch.source)->decode({body.data(), size}, published_key(), batch).has_value());
  NoTables tables;
  return decide(rules::load({rules::builtin_rules()}, tables).rules, batch);
}

TEST(Against, AnAlertIsDecidedAsIfItCameAlone) {
  const auto decisions = decisions_on(
      R"([{"labels":{"alertname":"CartRequestsFail","service":"cart","severity":"critical","cluster":"eu"},
           "annotations":{"summary":"Requests of the cart fail"}},
          {"labels":{"alertname":"CartSlow","service":"cart","severity":"warning","cluster":"eu"}}])");
  ASSERT_EQ(decisions.size(), 2U);
  EXPECT_EQ(decisions[0].service, "cart");
  EXPECT_EQ(decisions[0].category, "application");
  EXPECT_EQ(decisions[0].priority, "P2");
  EXPECT_THAT(decisions[0].group, HasSubstr("builtin.service "));
  EXPECT_EQ(decisions[0].topics, "incidents.page");
  EXPECT_THAT(decisions[0].defaults, IsEmpty());
  // The first, which would hold it back, is not there.
  EXPECT_THAT(decisions[1].group, HasSubstr("builtin.service "));
  EXPECT_EQ(decisions[1].topics, "incidents.queue");
}

TEST(Against, WhatNobodySaidIsNamed) {
  const auto decisions = decisions_on(R"([{"labels":{"alertname":"Odd","severity":"purple"}},
                                          {"labels":{"alertname":"Odd","severity":"info","service":"a"}}])");
  ASSERT_EQ(decisions.size(), 2U);
  EXPECT_THAT(decisions[0].defaults, ElementsAre("service", "severity", "category", "title"));
  EXPECT_THAT(decisions[1].defaults, ElementsAre("category", "group"));
  EXPECT_THAT(decisions_text(decisions), HasSubstr("2 alerts, 1 groups; fell to defaults: category 2, group 1"));
}

TEST(Against, ALineMayBeARuleOfACatalogue) {
  const auto decisions = decisions_on(
      "{\"name\":\"PostgresqlDown\",\"severity\":\"critical\",\"labels\":{\"job\":\"postgres-exporter\"},\"summary\":"
      "\"It is "
      "down\"}\n\n{\"labels\":{\"alertname\":\"A\"}}\n");
  ASSERT_EQ(decisions.size(), 2U);
  EXPECT_EQ(decisions[0].name, "PostgresqlDown");
  EXPECT_EQ(decisions[0].title, "It is down (postgres)");
  EXPECT_THAT(decisions_json(decisions), HasSubstr(R"("name":"PostgresqlDown","service":"postgres")"));
}

TEST(Against, WhatIsNoListOfAlertsIsRefused) {
  for (const char* text : {"", "  \n", "[", "{}\nnot json", "3"}) {
    std::string trouble;
    EXPECT_EQ(alerts_body(text, trouble), "") << text;
    EXPECT_NE(trouble, "") << text;
  }
}

}  // namespace
}  // namespace tocsin::app
