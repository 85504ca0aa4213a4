// The server as a client sees it: raw bytes over the loopback, with an engine that the test plays.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/http/server_fixture.h"

namespace tocsin {
namespace {

using testing::HasSubstr;

using HttpServerTest = ServerTest;

TEST_F(HttpServerTest, PrometheusGetsItsAnswerWhenTheBodyIsDurable) {
  start();
  engine().set_mode(FakeIntake::Mode::held);
  auto client = connect();
  client.send(post("/api/v2/alerts", "ok 3"));
  engine().wait_for(1);
  EXPECT_EQ(client.socket().available(), 0U);
  engine().release();
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"accepted":3,"rejected":[],"position":"1"})");
  const auto submitted = engine().submitted();
  ASSERT_EQ(submitted.size(), 1U);
  EXPECT_EQ(submitted[0].kind, InputKind::alerts);
  EXPECT_EQ(submitted[0].source, "alertmanager");
  EXPECT_EQ(submitted[0].body, "ok 3");
  EXPECT_EQ(submitted[0].alerts, 3U);
}

TEST_F(HttpServerTest, AWebhookIsAnswered202AndTellsWhatWasRefused) {
  start();
  auto client = connect();
  const Answer answer = client.ask(post("/v1/sources/alertmanager", "mixed"));
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, R"({"accepted":1,"rejected":[{"index":1,"code":"bad_label_name","reason":"not a label name",)"
                         R"("pointer":"/1/labels/a-b"}],"position":"1"})");
  EXPECT_EQ(engine().submitted().at(0).source, "alertmanager-webhook");
  EXPECT_EQ(refused(Refusal::bad_label_name), 1U);
}

TEST_F(HttpServerTest, AnAnswerTellsHowManyWereMendedWhereSomeWere) {
  start();
  auto client = connect();
  EXPECT_EQ(client.ask(post("/v1/sources/generic", "mended")).body,
            R"({"accepted":2,"rejected":[],"mended":1,"position":"1"})");
}

TEST_F(HttpServerTest, ARefusedBodyIsKeptBeforeItIsAnswered) {
  start();
  engine().set_mode(FakeIntake::Mode::held);
  auto client = connect();
  client.send(post("/api/v2/alerts", "nonsense"));
  engine().wait_for(1);
  EXPECT_EQ(client.socket().available(), 0U);
  engine().release();
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body,
            R"({"error":{"code":"malformed","message":"not what was expected","index":0,"pointer":"/0"}})");
  const auto submitted = engine().submitted();
  EXPECT_EQ(submitted[0].kind, InputKind::refused_body);
  EXPECT_EQ(submitted[0].source, "alertmanager");
  EXPECT_EQ(submitted[0].body, "nonsense");
  EXPECT_EQ(submitted[0].error.code, Refusal::malformed);
  engine().set_mode(FakeIntake::Mode::at_once);
  EXPECT_EQ(client.ask(post("/api/v2/alerts", "ok 1")).status, 200);
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  auto client = connect();
  client.send(post("/api/v2/alerts", "ok 1") + post("/api/v2/alerts", "bad") + get("/-/healthy") +
              post("/v1/sources/generic", "ok 4"));
  EXPECT_EQ(client.read().body, R"({"accepted":1,"rejected":[],"position":"1"})");
  EXPECT_EQ(client.read().status, 400);
  EXPECT_EQ(client.read().body, "healthy\n");
  EXPECT_EQ(client.read().body, R"({"accepted":4,"rejected":[],"position":"3"})");
}

TEST_F(HttpServerTest, OverloadIsAnswered503AndSaysWhenToComeBack) {
  start();
  auto client = connect();
  engine().set_mode(FakeIntake::Mode::full);
  Answer answer = client.ask(post("/api/v2/alerts", "ok 1"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(code_of(answer), "overloaded");
  EXPECT_THAT(answer.head, HasSubstr("\r\nRetry-After: 1\r\n"));
  // A body that cannot be kept as a dead letter is not refused for good.
  answer = client.ask(post("/api/v2/alerts", "bad"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(client.ask(get("/v1/incidents")).status, 503);
  engine().set_refusing(Refusal::sink_full);
  answer = client.ask(post("/api/v2/alerts", "ok 1"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(code_of(answer), "sink_full");
  EXPECT_THAT(answer.head, HasSubstr("\r\nRetry-After: 10\r\n"));
  engine().set_refusing(std::nullopt);
  engine().set_mode(FakeIntake::Mode::storage_failed);
  answer = client.ask(post("/api/v2/alerts", "ok 1"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(code_of(answer), "storage_failed");
  engine().set_mode(FakeIntake::Mode::at_once);
  engine().set_refusing(Refusal::stopping);
  EXPECT_EQ(code_of(client.ask(post("/api/v2/alerts", "ok 1"))), "stopping");
  engine().set_refusing(std::nullopt);
  EXPECT_EQ(client.ask(post("/api/v2/alerts", "ok 1")).status, 200);
}

}  // namespace
}  // namespace tocsin
