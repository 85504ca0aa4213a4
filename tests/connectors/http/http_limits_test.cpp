// Bounds of size, time and number; times are shortened, and the tests wait for what the server does at the bound.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/http/server_fixture.h"

namespace tocsin {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

using HttpLimit = ServerTest;

TEST_F(HttpLimit, ATooLargeBodyIs413AndItsFirstBytesAreKept) {
  start();
  auto client = connect();
  client.send(post("/api/v2/alerts", std::string(5 * 1024 * 1024, 'x')));
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(code_of(answer), "body_too_large");
  ASSERT_EQ(engine().submitted().size(), 1U);
  EXPECT_EQ(engine().submitted()[0].kind, InputKind::refused_body);
  EXPECT_EQ(engine().submitted()[0].error.code, Refusal::body_too_large);
  EXPECT_EQ(engine().submitted()[0].body, std::string(64 * 1024, 'x'));
  EXPECT_EQ(refused(Refusal::body_too_large), 1U);
  EXPECT_EQ(connect().ask(post("/api/v2/alerts", "ok 1")).status, 200);
}

TEST_F(HttpLimit, ATooLargeChunkedBodyIs413AndItsFirstBytesAreKept) {
  start();
  auto client = connect();
  std::string request =
      "POST /api/v2/alerts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n";
  for (int chunk = 0; chunk < 5; ++chunk) request += "100000\r\n" + std::string(1024 * 1024, 'y') + "\r\n";
  client.send(request);
  EXPECT_EQ(client.read().status, 413);
  ASSERT_EQ(engine().submitted().size(), 1U);
  EXPECT_EQ(engine().submitted()[0].body, std::string(64 * 1024, 'y'));
}

TEST_F(HttpLimit, ABodyOfTheLargestSizeIsTaken) {
  start();
  auto client = connect();
  std::string body(4 * 1024 * 1024, ' ');
  body.replace(0, 4, "ok 1");
  EXPECT_EQ(client.ask(post("/api/v2/alerts", body)).status, 200);
  EXPECT_EQ(engine().submitted()[0].body, body);
  await([&] { return server->counts().bodies_reading_bytes == 0; });
}

TEST_F(HttpLimit, TooLargeIsToldWithoutABodyToWhoAsksFirst) {
  start();
  auto client = connect();
  client.send("POST /api/v2/alerts HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_EQ(client.read().status, 413);
  EXPECT_TRUE(engine().submitted().empty());
}

TEST_F(HttpLimit, TooLargeIsToldEvenWhenNoByteOfTheBodyComes) {
  options.limits.too_large_span = milliseconds{20};
  start();
  auto client = connect();
  client.send("POST /api/v2/alerts HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_EQ(client.read().status, 413);
  EXPECT_TRUE(engine().submitted().empty());
}

TEST_F(HttpLimit, ASlowHeaderIs408) {
  options.limits.header_span = milliseconds{50};
  start();
  auto client = connect();
  client.send("POST /api/v2/alerts HT");
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(code_of(answer), "timed_out");
  client.read_to_end();
  EXPECT_EQ(refused(Refusal::timed_out), 1U);
  EXPECT_EQ(connect().ask(post("/api/v2/alerts", "ok 1")).status, 200);
}

TEST_F(HttpLimit, ASlowBodyIs408) {
  options.limits.body_span = milliseconds{50};
  start();
  auto client = connect();
  client.send("POST /api/v2/alerts HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nok ");
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(code_of(answer), "timed_out");
  EXPECT_TRUE(engine().submitted().empty()) << "who was cut off knows it, and sends again";
}

TEST_F(HttpLimit, ABodyThatDripsIs408) {
  options.limits.body_rate_grace_span = milliseconds{20};
  options.limits.body_bytes_per_second_min = 1'000'000;
  start();
  auto client = connect();
  client.send("POST /api/v2/alerts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nok 1\r\n");
  EXPECT_EQ(client.read().status, 408);
}

TEST_F(HttpLimit, AnIdleConnectionIsClosedWithoutAWord) {
  options.limits.idle_span = milliseconds{20};
  start();
  auto client = connect();
  EXPECT_EQ(client.ask(get("/-/healthy")).status, 200);
  EXPECT_EQ(client.read().status, 0);
  await([&] { return server->counts().connections_idle_closed == 1; });
}

TEST_F(HttpLimit, AnEngineThatDoesNotAnswerInTimeIs503) {
  options.limits.answer_span = milliseconds{20};
  start();
  engine().set_mode(FakeIntake::Mode::held);
  auto client = connect();
  const Answer answer = client.ask(post("/api/v2/alerts", "ok 1"));
  EXPECT_EQ(answer.status, 503);
  // The receipt that comes too late meets nobody.
  engine().release();
  engine().set_mode(FakeIntake::Mode::at_once);
  EXPECT_EQ(client.ask(post("/api/v2/alerts", "ok 2")).body, R"({"accepted":2,"rejected":[],"position":"2"})");
}

TEST_F(HttpLimit, OneConnectionTooManyIsToldSoAndClosed) {
  options.limits.connections_max = 2;
  start();
  auto first = connect();
  auto second = connect();
  EXPECT_EQ(first.ask(get("/")).status, 200);
  EXPECT_EQ(second.ask(get("/")).status, 200);
  auto third = connect();
  const Answer answer = third.read();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(code_of(answer), "overloaded");
  third.read_to_end();
  EXPECT_EQ(server->counts().connections_refused, 1U);
  EXPECT_EQ(first.ask(get("/")).status, 200);
  first.close();
  third.close();
  await([&] { return server->counts().connections_open == 1; });
  EXPECT_EQ(connect().ask(get("/")).status, 200);
}

TEST_F(HttpLimit, BodiesBeingReadAreBoundedTogether) {
  options.limits.reading_bytes_max = 1024 * 1024;
  start();
  std::string body(3 * 1024 * 1024, ' ');
  body.replace(0, 4, "ok 1");
  auto client = connect();
  client.send(post("/api/v2/alerts", body));
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.head, HasSubstr("\r\nRetry-After: 1\r\n"));
  await([&] { return server->counts().bodies_reading_bytes == 0; });
  body.resize(500 * 1024);
  EXPECT_EQ(connect().ask(post("/api/v2/alerts", body)).status, 200);
}

}  // namespace
}  // namespace tocsin
