#include "connectors/http/query_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(QueryText, DecodesPercentAndPlus) {
  EXPECT_EQ(decode_percent("a%20b+c%2Bd", true).value(), "a b c+d");
  EXPECT_EQ(decode_percent("a+b", false).value(), "a+b");
  EXPECT_EQ(decode_percent("%C3%A4", true).value(), "\xC3\xA4");
}

TEST(QueryText, RefusesWhatIsNoText) {
  for (const char* text :
       {"%", "%4", "%zz", "a%00b", "%0A", "%7f", "%ff", "%c0%af", "%ed%a0%80", "%c2%80", "%f4%90%80%80", "%e2%82"})
    EXPECT_FALSE(decode_percent(text, true).has_value()) << text;
}

TEST(QueryText, AskedPagesHaveALimitACursorAndFilters) {
  const auto query = read_query({Route::incidents, {}}, "limit=5&after=12&service=pay+ments&priority=P1,P2&");
  ASSERT_TRUE(query.has_value());
  EXPECT_EQ(query->kind, QueryKind::incidents);
  EXPECT_EQ(query->limit, 5U);
  EXPECT_EQ(query->after, "12");
  EXPECT_THAT(query->filters, ElementsAre(Pair("service", "pay ments"), Pair("priority", "P1,P2")));
}

TEST(QueryText, RefusesParametersThatItDoesNotUnderstand) {
  for (const char* text :
       {"limit=0", "limit=1001", "limit=-1", "limit=5x", "limit=", "limit=1&limit=2", "=x", "a=%zz"}) {
    const auto query = read_query({Route::alerts, {}}, text);
    ASSERT_FALSE(query.has_value()) << text;
    EXPECT_EQ(query.error().status, 400) << text;
    EXPECT_EQ(query.error().error.code, Refusal::bad_value) << text;
  }
  EXPECT_FALSE(read_query({Route::incident, "inc-1"}, "limit=1").has_value());
}

TEST(QueryText, AnIncidentIsAskedForByItsDecodedId) {
  EXPECT_EQ(read_query({Route::incident, "inc%2D1"}, "")->id, "inc-1");
}

TEST(Routes, KnowTheirPathsAndNoOthers) {
  EXPECT_EQ(match_route("/api/v2/alerts").route, Route::alerts_api);
  EXPECT_EQ(match_route("/v1/sources/generic").argument, "generic");
  EXPECT_EQ(match_route("/v1/incidents/inc-1").route, Route::incident);
  for (const char* path : {"//api/v2/alerts", "/api/v2/alerts/", "/api//v2/alerts", "///api/v2//alerts//"})
    EXPECT_EQ(match_route(path).route, Route::alerts_api) << path;
  EXPECT_EQ(match_route("//v1/sources/generic/").argument, "generic");
  EXPECT_EQ(match_route("/v1/incidents/").route, Route::incidents);
  EXPECT_EQ(match_route("/v1/sources/").route, match_route("/v1/sources").route);
  EXPECT_EQ(match_route("//").route, Route::root);
  for (const char* path : {"/v1/sources/a/b", "/v1/incidents/a/b/ack", "/V1/alerts", "/api/v2", "/api/v2alerts"})
    EXPECT_EQ(match_route(path).route, Route::unknown) << path;
}

}  // namespace
}  // namespace tocsin
