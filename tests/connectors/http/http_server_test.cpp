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

QueryAnswer heard_as(std::initializer_list<Heard> words) {
  QueryAnswer answer;
  answer.heard = HeardCounts{};
  for (const Heard one : words) answer.heard->add(one);
  return answer;
}

TEST_F(HttpServerTest, AnAnswerTellsWhatOfTheAcceptedHadNoEffect) {
  start();
  auto client = connect();
  engine().set_answer(heard_as({Heard::opened, Heard::late, Heard::unheard_of, Heard::earlier_life, Heard::dropped}));
  EXPECT_EQ(client.ask(post("/v1/sources/generic", "ok 5")).body,
            R"({"accepted":5,"rejected":[],"late":1,"stale":2,"dropped":1,"position":"1"})");
  EXPECT_EQ(engine().queries().at(0).after_position, Position{1}) << "asked behind the body";
  engine().set_answer(heard_as({Heard::opened, Heard::closed, Heard::repeat}));
  EXPECT_EQ(client.ask(post("/v1/sources/generic", "ok 3")).body, R"({"accepted":3,"rejected":[],"position":"2"})");
  // Prometheus reads no answer, and waits for none.
  EXPECT_EQ(client.ask(post("/api/v2/alerts", "ok 3")).body, R"({"accepted":3,"rejected":[],"position":"3"})");
  EXPECT_EQ(engine().queries().size(), 2U);
}

TEST_F(HttpServerTest, WhoAsksIsToldWhatBecameOfEveryAlert) {
  start();
  auto client = connect();
  engine().set_answer(
      heard_as({Heard::opened, Heard::changed, Heard::repeat, Heard::close_again, Heard::closed, Heard::voice_closed}));
  const std::string counts =
      R"("opened":1,"updated":1,"repeated":2,"closed":1,"still_firing":1,"late":0,"stale":0,"dropped":0)";
  for (const std::string path : {"/api/v2/alerts?wait=applied", "/v1/sources/generic?wait=applied"})
    EXPECT_THAT(client.ask(post(path, "ok 6")).body,
                HasSubstr(R"({"accepted":6,"rejected":[],"applied":true,)" + counts + R"(,"position":")"));
  EXPECT_EQ(client.ask(get("/v1/bodies/2")).body, R"({"position":"2","applied":true,)" + counts + "}");
  EXPECT_EQ(engine().queries().back().after_position, Position{}) << "what is not applied is not waited for";
  engine().set_answer({});
  EXPECT_EQ(client.ask(get("/v1/bodies/7")).status, 404);
  EXPECT_EQ(client.ask(get("/v1/bodies/x7")).status, 400);
  const std::size_t asked = engine().queries().size();
  EXPECT_EQ(client.ask(post("/v1/sources/generic?wait=durable", "ok 1")).status, 202);
  EXPECT_EQ(engine().queries().size(), asked);
  EXPECT_EQ(client.ask(post("/v1/sources/generic?wait=never", "ok 1")).status, 400);
  EXPECT_EQ(client.ask(post("/v1/sources/generic?token=mine%", "ok 1")).status, 202) << "not our parameters";
}

TEST_F(HttpServerTest, AnAnswerThatCannotKnowYetSaysSo) {
  start();
  engine().set_mode(FakeIntake::Mode::held);
  auto client = connect();
  client.send(post("/v1/sources/generic", "ok 1"));
  engine().wait_for(1);
  engine().release();
  engine().wait_for_queries(1);
  EXPECT_EQ(client.read().body, R"({"accepted":1,"rejected":[],"applied":false,"position":"1"})");
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
