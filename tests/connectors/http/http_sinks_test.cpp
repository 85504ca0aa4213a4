// GET /v1/sinks and what is undeliverable.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/http/server_fixture.h"

namespace tocsin {
namespace {

using testing::HasSubstr;

class HttpSinks : public ServerTest {
 protected:
  HttpSinks() {
    hooks.sinks = [] {
      return std::vector<SinkStatus>{{.name = "kafka",
                                      .effects_waiting = 3,
                                      .bytes_waiting = 2000,
                                      .disk_bytes_max = 1 << 20,
                                      .trouble = "Kafka: away",
                                      .full_since = from_unix_ns(1'000'000'000),
                                      .undeliverable = 1,
                                      .undeliverable_bytes = 77}};
    };
    hooks.undeliverable = [](std::string_view sink) -> Result<std::vector<HeldRecord>> {
      if (sink != "events:/var/a b") return refuse(Refusal::not_found, "there is no sink of this name");
      return std::vector<HeldRecord>{{{Position{4}, 1}, "incidents.page", "too large", from_unix_ns(0), 77}};
    };
    hooks.resend = [this](std::string_view sink) -> Result<std::uint64_t> {
      asked += "resend " + std::string(sink) + ";";
      return 1;
    };
    hooks.discard = [this](std::string_view sink) -> Result<std::uint64_t> {
      asked += "discard " + std::string(sink) + ";";
      return refuse(Refusal::storage_failed, "the disk takes nothing");
    };
    start();
  }
  std::string asked;  // by one client, one request after the other
};

std::string request(std::string_view method, std::string_view path) {
  return std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
}

TEST_F(HttpSinks, AreListedWithWhatWaits) {
  const Answer answer = connect().ask(get("/v1/sinks"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"sinks":[{"name":"kafka","effects_waiting":3,"bytes_waiting":2000,"disk_bytes":0,)"
                         R"("disk_bytes_max":1048576,"full_since":"1970-01-01T00:00:01.000Z","stuck_since":null,)"
                         R"("trouble":"Kafka: away","undeliverable":1,"undeliverable_bytes":77}]})");
}

TEST_F(HttpSinks, ListSendAgainAndGiveUpWhatIsUndeliverable) {
  auto client = connect();
  Answer answer = client.ask(get("/v1/sinks/events:%2Fvar%2Fa%20b/undeliverable"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body,
            R"({"undeliverable":[{"event_id":"journal-4-1","topic":"incidents.page","bytes":77,"why":"too large",)"
            R"("since":"1970-01-01T00:00:00.000Z"}]})");
  EXPECT_EQ(client.ask(get("/v1/sinks/other/undeliverable")).status, 404);
  answer = client.ask(request("POST", "/v1/sinks/kafka/undeliverable/resend"));
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, R"({"sending":1})");
  EXPECT_EQ(client.ask(request("DELETE", "/v1/sinks/kafka/undeliverable")).status, 503);
  EXPECT_EQ(asked, "resend kafka;discard kafka;");
}

TEST_F(HttpSinks, NothingIsSentAgainOrGivenUpByAnotherMethod) {
  auto client = connect();
  Answer answer = client.ask(get("/v1/sinks/kafka/undeliverable/resend"));
  EXPECT_EQ(answer.status, 405);
  EXPECT_THAT(answer.head, HasSubstr("\r\nAllow: POST\r\n"));
  answer = client.ask(request("POST", "/v1/sinks/kafka/undeliverable"));
  EXPECT_EQ(answer.status, 405);
  EXPECT_THAT(answer.head, HasSubstr("\r\nAllow: GET, HEAD, DELETE\r\n"));
  EXPECT_EQ(client.ask(request("DELETE", "/v1/sinks")).status, 405);
  EXPECT_EQ(client.ask(request("DELETE", "/v1/incidents")).status, 405);
  EXPECT_EQ(asked, "");
}

}  // namespace
}  // namespace tocsin
