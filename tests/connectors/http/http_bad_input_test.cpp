// Bad bodies through the real decoders: the answer names the place, a counter counts, the bytes are kept, and the next
// good request is served on the same connection.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/sources/decoders.h"
#include "tests/connectors/http/server_fixture.h"

namespace tocsin {
namespace {

using testing::HasSubstr;

constexpr std::string_view kGood = R"([{"labels":{"alertname":"DiskFull"}}])";

struct BadBody {
  const char* name;
  std::string body;
  Refusal code;
  std::string pointer;
};

class RealDecoders : public ServerTest {
 protected:
  std::unique_ptr<DecoderSet> make_decoders() override { return tocsin::make_decoders(); }
};

class HttpBadBody : public RealDecoders, public testing::WithParamInterface<BadBody> {
 protected:
  void expect_refused(const Answer& answer) {
    const BadBody& one = GetParam();
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(code_of(answer), name_of(one.code)) << answer.body;
    if (one.pointer.empty()) {
      EXPECT_THAT(answer.body, testing::Not(HasSubstr(R"("pointer")")));
    } else {
      EXPECT_THAT(answer.body, HasSubstr(R"("pointer":")" + one.pointer + "\""));
    }
  }
};

TEST_P(HttpBadBody, IsKeptCountedAndRefusedWithThePlace) {
  start();
  auto client = connect();
  expect_refused(client.ask(post("/api/v2/alerts", GetParam().body)));
  const auto submitted = engine().submitted();
  ASSERT_EQ(submitted.size(), 1U);
  EXPECT_EQ(submitted[0].kind, InputKind::refused_body);
  EXPECT_EQ(submitted[0].body, GetParam().body);
  EXPECT_EQ(submitted[0].error.code, GetParam().code);
  EXPECT_EQ(submitted[0].error.pointer, GetParam().pointer);
  EXPECT_EQ(refused(GetParam().code), 1U);
  EXPECT_EQ(server->counts().dead_letters, 1U);
  EXPECT_EQ(client.ask(post("/api/v2/alerts", kGood)).status, 200);
}

TEST_P(HttpBadBody, IsRefusedAlikeInSmallPieces) {
  start();
  auto client = connect();
  const std::string request = post("/api/v2/alerts", GetParam().body);
  client.send_in_pieces(request, request.size() > 10'000 ? 997 : 1);
  expect_refused(client.read());
}

std::string many_alerts(int count) {
  std::string body = "[";
  for (int alert = 0; alert < count; ++alert) {
    if (alert > 0) body += ',';
    body += R"({"labels":{"alertname":"a)" + std::to_string(alert) + R"("}})";
  }
  return body + "]";
}

INSTANTIATE_TEST_SUITE_P(
    Table, HttpBadBody,
    testing::Values(
        BadBody{"cut_off", R"([{"labels":{"alertname":"Disk)", Refusal::malformed, ""},
        BadBody{"nothing_but_space", "  ", Refusal::malformed, ""},
        BadBody{"trailing", R"([] x)", Refusal::malformed, ""},
        BadBody{"an_object", R"({"labels":{}})", Refusal::wrong_type, ""},
        BadBody{"alert_of_wrong_type", "[7]", Refusal::wrong_type, "/0"},
        BadBody{"labels_of_wrong_type", R"([{"labels":[]}])", Refusal::wrong_type, "/0/labels"},
        BadBody{"label_of_wrong_type", R"([{"labels":{"alertname":7}}])", Refusal::wrong_type, "/0/labels/alertname"},
        BadBody{"alerts_10001", many_alerts(10'001), Refusal::too_many_alerts, ""},
        BadBody{"brackets_100000", std::string(100'000, '['), Refusal::too_deep, ""},
        BadBody{"invalid_utf8", "[{\"labels\":{\"alertname\":\"\xff\"}}]", Refusal::invalid_utf8, ""},
        BadBody{"duplicate_key", R"([{"labels":{"alertname":"a","alertname":"b"}}])", Refusal::duplicate_key,
                "/0/labels/alertname"},
        BadBody{"label_of_a_number", R"([{"labels":{"alertname":1}}])", Refusal::wrong_type, "/0/labels/alertname"},
        BadBody{"label_twice", R"([{"labels":{"alertname":"a","alertname":"b"},"startsAt":"2026-01-02T00:00:00Z"}])",
                Refusal::duplicate_key, "/0/labels/alertname"}),
    [](const auto& one) { return one.param.name; });

using HttpMixedBody = RealDecoders;

TEST_F(HttpMixedBody, TheGoodAlertsAreTakenAndTheBadOnesNamed) {
  start();
  auto client = connect();
  const Answer answer = client.ask(post(
      "/api/v2/alerts",
      R"([{"labels":{"alertname":"a"}},{"labels":{"b-c":""}},{"labels":{"alertname":"e"}},{"labels":{"alertname":1}}])"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr(R"("accepted":2,)"));
  EXPECT_THAT(answer.body, HasSubstr(R"({"index":1,"code":"missing_field","reason":)"));
  EXPECT_THAT(answer.body, HasSubstr(R"("pointer":"/1/labels")"));
  EXPECT_THAT(answer.body, HasSubstr(R"({"index":3,"code":"wrong_type","reason":)"));
  EXPECT_EQ(engine().submitted().at(0).kind, InputKind::alerts);
  EXPECT_EQ(engine().submitted().at(0).alerts, 2U);
  EXPECT_EQ(refused(Refusal::missing_field), 1U);
  EXPECT_EQ(refused(Refusal::wrong_type), 1U);
  EXPECT_EQ(server->counts().alerts_accepted, 2U);
  EXPECT_EQ(server->counts().alerts_refused, 2U);
}

TEST_F(HttpMixedBody, AWebhookAndGenericJsonAreTakenToo) {
  start();
  auto client = connect();
  const std::string webhook =
      R"({"version":"4","status":"firing","receiver":"tocsin","groupKey":"{}","groupLabels":{},"commonLabels":{},)"
      R"("commonAnnotations":{},"externalURL":"","alerts":[{"status":"firing","labels":{"alertname":"a"},)"
      R"("annotations":{},"startsAt":"2026-01-01T00:00:00Z","endsAt":"0001-01-01T00:00:00Z"}]})";
  EXPECT_EQ(client.ask(post("/v1/sources/alertmanager", webhook)).status, 202);
  EXPECT_EQ(engine().submitted().at(0).source, "alertmanager-webhook");
  EXPECT_EQ(engine().submitted().at(0).alerts, 1U);
  const Answer generic = client.ask(post("/v1/sources/generic", R"({"title":"Disk full","status":"firing"})"));
  EXPECT_EQ(generic.status, 202) << generic.body;
}

TEST_F(HttpMixedBody, TenThousandAlertsAreTaken) {
  start();
  EXPECT_EQ(connect().ask(post("/api/v2/alerts", many_alerts(10'000))).status, 200);
  EXPECT_EQ(engine().submitted().at(0).alerts, 10'000U);
}

}  // namespace
}  // namespace tocsin
