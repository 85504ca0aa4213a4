#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/http/server_fixture.h"

namespace tocsin {
namespace {

using testing::HasSubstr;

using HttpStop = ServerTest;

TEST_F(HttpStop, IdleConnectionsAreClosedAndNewOnesNotTaken) {
  start(2);
  auto idle = connect();
  EXPECT_EQ(idle.ask(get("/")).status, 200);
  auto silent = connect();
  const std::string address = server->addresses().front();
  server->stop();
  EXPECT_EQ(idle.read().status, 0);
  EXPECT_EQ(silent.read().status, 0);
  EXPECT_THROW(RawClient{address}, std::exception);
  EXPECT_EQ(server->counts().connections_open, 0U);
}

TEST_F(HttpStop, ARequestInProgressGetsItsAnswer) {
  start();
  engine().set_mode(FakeIntake::Mode::held);
  auto client = connect();
  client.send(post("/api/v2/alerts", "ok 1"));
  engine().wait_for(1);
  auto idle = connect();
  EXPECT_EQ(idle.ask(get("/")).status, 200);
  std::thread stopping([&] { server->stop(); });
  EXPECT_EQ(idle.read().status, 0);  // the stop is under way
  engine().release();
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.head, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(client.read().status, 0);
  stopping.join();
}

TEST_F(HttpStop, ARequestThatTheEngineDoesNotAnswerIsGivenUp) {
  options.limits.stop_span = std::chrono::milliseconds{20};
  start();
  engine().set_mode(FakeIntake::Mode::held);
  auto client = connect();
  client.send(post("/api/v2/alerts", "ok 1"));
  engine().wait_for(1);
  server->stop();
  const Answer answer = client.read();
  if (answer.status != 0) {
    EXPECT_EQ(code_of(answer), "stopping");
  }
}

TEST_F(HttpStop, AQueryInProgressGetsItsAnswer) {
  start();
  engine().set_mode(FakeIntake::Mode::held);
  auto client = connect();
  client.send(get("/v1/alerts"));
  engine().wait_for_queries(1);
  auto idle = connect();
  EXPECT_EQ(idle.ask(get("/")).status, 200);
  std::thread stopping([&] { server->stop(); });
  EXPECT_EQ(idle.read().status, 0);  // the stop is under way
  engine().release();
  EXPECT_EQ(client.read().status, 200);
  stopping.join();
}

TEST_F(HttpStop, AQueryAndAReloadThatNobodyAnswersAreGivenUp) {
  options.limits.stop_span = std::chrono::milliseconds{20};
  std::promise<RuleReloader::Answer> asked;
  hooks.reload = [&](RuleReloader::Answer answer) { asked.set_value(std::move(answer)); };
  start();
  engine().set_mode(FakeIntake::Mode::held);
  auto reload = connect();
  reload.send(post("/-/reload", ""));
  const RuleReloader::Answer late = asked.get_future().get();
  auto query = connect();
  query.send(get("/v1/incidents"));
  engine().wait_for_queries(1);
  server->stop();
  for (RawClient* client : {&reload, &query}) {
    const Answer answer = client->read();
    if (answer.status != 0) {
      EXPECT_EQ(code_of(answer), "stopping");
    }
  }
  late(ReloadOutcome{});  // nobody's by now
}

TEST_F(HttpStop, AClientOfTheStreamDoesNotHoldItUp) {
  start();
  auto client = connect();
  client.send(get("/v1/stream"));
  EXPECT_THAT(client.read_until(":"), HasSubstr("200 OK"));
  server->stop();
  client.read_to_end();
  EXPECT_EQ(server->counts().connections_open, 0U);
}

TEST_F(HttpStop, AHalfSentRequestDoesNotHoldItUp) {
  options.limits.stop_span = std::chrono::milliseconds{20};
  start();
  auto client = connect();
  client.send("POST /api/v2/alerts HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\no");
  await([&] { return server->counts().bytes_received > 0; });
  server->stop();
  EXPECT_EQ(client.read().status, 0);
}

TEST_F(HttpStop, AnAddressInUseIsAnError) {
  start();
  HttpOptions again;
  again.listen = {server->addresses().front()};
  FakeIntake intake;
  FakeDecoders decoders_of_it;
  HttpServer second(again, {}, key, {{&intake, &decoders_of_it}});
  const auto started = second.start();
  ASSERT_FALSE(started.has_value());
  EXPECT_THAT(started.error().message, HasSubstr("cannot listen on " + again.listen[0]));
}

TEST(HttpAddresses, ThatAreNoneAreRefused) {
  for (const char* text :
       {"", "9099", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "[::1", "a.b:1", ":1"}) {
    HttpOptions options;
    options.listen = {text};
    FakeIntake intake;
    FakeDecoders decoders;
    const HashKey key{HashKey::Seed{}};
    HttpServer server(options, {}, key, {{&intake, &decoders}});
    EXPECT_FALSE(server.start().has_value()) << text;
  }
}

}  // namespace
}  // namespace tocsin
