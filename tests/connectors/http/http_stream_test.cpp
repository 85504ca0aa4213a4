#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/http/server_fixture.h"

namespace tocsin {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class HttpStream : public ServerTest {
 protected:
  /// A client that is subscribed.
  RawClient subscribe() {
    auto client = connect();
    client.send(get("/v1/stream"));
    head = client.read_until("\r\n\r\n");
    EXPECT_EQ(client.read_until("\n\n"), ": connected\n\n");
    return client;
  }

  static EffectPtr effect(std::uint64_t position, std::string value, EffectKind kind = EffectKind::incident) {
    auto one = std::make_shared<Effect>();
    one->name = {Position{position}, 0};
    one->kind = kind;
    one->value = std::move(value);
    return one;
  }

  std::string head;
};

TEST_F(HttpStream, EveryRevisionReachesEveryClientInOrder) {
  start(2);
  auto first = subscribe();
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nContent-Type: text/event-stream\r\n"));
  auto second = subscribe();
  server->publish(effect(1, R"({"revision":1})"));
  server->publish(effect(2, "a dead letter", EffectKind::dead_letter));
  server->publish(effect(3, R"({"revision":2})"));
  for (RawClient* client : {&first, &second}) {
    EXPECT_EQ(client->read_until("\n\n"), "id: journal-1-0\nevent: incident\ndata: {\"revision\":1}\n\n");
    EXPECT_EQ(client->read_until("\n\n"), "id: journal-3-0\nevent: incident\ndata: {\"revision\":2}\n\n");
  }
  EXPECT_EQ(server->counts().stream_clients, 2U);
  EXPECT_EQ(server->counts().stream_events, 4U);
}

TEST_F(HttpStream, AQuietStreamShowsThatItLives) {
  options.limits.stream_heartbeat_span = std::chrono::milliseconds{10};
  start();
  auto client = subscribe();
  EXPECT_THAT(client.read_until("\n\n"), StartsWith(":"));
  EXPECT_THAT(client.read_until("\n\n"), StartsWith(":"));
}

TEST_F(HttpStream, ASlowClientIsCutOffAndTheOthersAreServed) {
  options.limits.stream_buffer_bytes_max = 256 * 1024;
  start();
  auto slow = subscribe();
  auto quick = subscribe();
  const std::string value(64 * 1024, 'x');
  std::uint64_t position = 0;
  // Lockstep with the client that reads: only the other's buffers fill.
  while (server->counts().stream_clients_cut == 0) {
    server->publish(effect(++position, value));
    ASSERT_THAT(quick.read_until("\n\n"), StartsWith("id: journal-" + std::to_string(position) + "-0\n"));
  }
  slow.read_to_end();
  await([&] { return server->counts().stream_clients == 1; });
  server->publish(effect(++position, "last"));
  EXPECT_THAT(quick.read_until("\n\n"), HasSubstr("data: last\n"));
}

TEST_F(HttpStream, AClientThatGoesIsForgotten) {
  start();
  auto client = subscribe();
  client.close();
  await([&] { return server->counts().stream_clients == 0; });
  server->publish(effect(1, "{}"));
  EXPECT_EQ(connect().ask(get("/")).status, 200);
}

TEST_F(HttpStream, ClientsAreBoundedInNumber) {
  options.limits.stream_clients_max = 1;
  start();
  auto client = subscribe();
  EXPECT_EQ(connect().ask(get("/v1/stream")).status, 503);
}

TEST_F(HttpStream, StoppingEndsIt) {
  start();
  auto client = subscribe();
  server->stop();
  EXPECT_EQ(client.read_until("\n\n"), "");
  server->publish(effect(1, "{}"));
}

}  // namespace
}  // namespace tocsin
