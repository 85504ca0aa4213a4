#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/http/server_fixture.h"

namespace tocsin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

using HttpRoutes = ServerTest;

TEST_F(HttpRoutes, AQueryReachesTheEngineAndItsPageTheClient) {
  start();
  engine().set_answer({.ticket = 0, .found = true, .error = {}, .ok = true, .json = R"({"incidents":[],"next":null})"});
  auto client = connect();
  const Answer answer = client.ask(get("/v1/incidents?limit=7&after=9&status=open%2Cacknowledged"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"incidents":[],"next":null})");
  EXPECT_EQ(client.ask(get("/v1/incidents/inc-1")).status, 200);
  EXPECT_EQ(client.ask(get("/v1/alerts")).status, 200);
  const auto queries = engine().queries();
  ASSERT_EQ(queries.size(), 3U);
  EXPECT_EQ(queries[0].kind, QueryKind::incidents);
  EXPECT_EQ(queries[0].limit, 7U);
  EXPECT_EQ(queries[0].after, "9");
  EXPECT_THAT(queries[0].filters, ElementsAre(Pair("status", "open,acknowledged")));
  EXPECT_EQ(queries[1].kind, QueryKind::incident);
  EXPECT_EQ(queries[1].id, "inc-1");
  EXPECT_EQ(queries[2].kind, QueryKind::alerts);
  EXPECT_EQ(queries[2].limit, 100U);
}

TEST_F(HttpRoutes, WhatTheEngineDoesNotKnowIs404AndWhatItDoesNotUnderstand400) {
  start();
  auto client = connect();
  engine().set_answer({.ticket = 0, .found = false, .error = {}, .ok = true, .json = {}});
  EXPECT_EQ(client.ask(get("/v1/incidents/inc-1")).status, 404);
  engine().set_answer({.ticket = 0, .found = false, .error = Error{Refusal::not_found, "no"}, .ok = false, .json = {}});
  EXPECT_EQ(client.ask(get("/v1/incidents/inc-1")).status, 404);
  engine().set_answer(
      {.ticket = 0, .found = true, .error = Error{Refusal::bad_value, "no such field"}, .ok = false, .json = {}});
  const Answer answer = client.ask(get("/v1/incidents?colour=red"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(code_of(answer), "bad_value");
  EXPECT_EQ(client.ask(get("/v1/incidents?limit=none")).status, 400);
  EXPECT_EQ(engine().queries().size(), 3U);
}

TEST_F(HttpRoutes, UnknownPathsAre404AndOtherMethods405) {
  start();
  auto client = connect();
  EXPECT_EQ(code_of(client.ask(get("/nowhere"))), "not_found");
  EXPECT_THAT(client.ask(post("/api/v1/alerts", "[]")).body, HasSubstr("/api/v2/alerts"));
  EXPECT_EQ(client.ask(post("//api/v2/alerts/", "ok 1")).status, 200);
  EXPECT_EQ(code_of(client.ask(post("/v1/sources/unheard-of", "ok 1"))), "unknown_source");
  Answer answer = client.ask(post("/v1/incidents", "{}"));
  EXPECT_EQ(answer.status, 405);
  EXPECT_THAT(answer.head, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
  answer = client.ask("DELETE /api/v2/alerts HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(answer.status, 405);
  EXPECT_THAT(answer.head, HasSubstr("\r\nAllow: POST\r\n"));
  EXPECT_EQ(client.ask(get("/")).status, 200);
  EXPECT_EQ(server->counts().requests[static_cast<std::size_t>(Route::unknown)][status_index(404)], 2U);
}

TEST_F(HttpRoutes, ABodyThatDoesNotSayJsonIsKeptAndRefusedWithTheRemedy) {
  start();
  auto client = connect();
  Answer answer = client.ask(
      "POST /api/v2/alerts HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Content-Length: 4\r\n\r\nok 1");
  EXPECT_EQ(answer.status, 415);
  EXPECT_EQ(code_of(answer), "unsupported_media");
  EXPECT_THAT(answer.body, HasSubstr("-H 'Content-Type: application/json'"));
  EXPECT_EQ(engine().submitted().at(0).kind, InputKind::refused_body);
  EXPECT_EQ(engine().submitted().at(0).body, "ok 1");
  EXPECT_EQ(client.ask(post("/api/v2/alerts", "ok 1", "Content-Encoding: gzip\r\n")).status, 415);
  EXPECT_EQ(client.ask(post("/api/v2/alerts", "ok 1", "Content-Encoding: identity\r\n")).status, 200);
}

TEST_F(HttpRoutes, JsonIsRecognisedWithParametersAndWithoutATypeAtAll) {
  start();
  auto client = connect();
  const std::string line = "POST /api/v2/alerts HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n";
  EXPECT_EQ(client.ask(line + "\r\nok 1").status, 200);
  EXPECT_EQ(client.ask(line + "Content-Type: Application/JSON; charset=\"UTF-8\"\r\n\r\nok 1").status, 200);
  EXPECT_EQ(client.ask(line + "Content-Type: application/json;charset=latin1\r\n\r\nok 1").status, 415);
  EXPECT_EQ(client.ask(line + "Content-Type: application/jsonl\r\n\r\nok 1").status, 415);
}

TEST_F(HttpRoutes, HeadIsGetWithoutTheBody) {
  start();
  auto client = connect();
  client.send("HEAD /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n" + get("/-/healthy"));
  const Answer head = client.read(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_THAT(head.head, HasSubstr("\r\nContent-Length: 8\r\n"));
  EXPECT_EQ(client.read().body, "healthy\n");
}

TEST_F(HttpRoutes, ProbesAndMetricsSayWhatTheProcessSays) {
  hooks.unhealthy = [] { return std::string("the disk is full"); };
  hooks.unready = [] { return std::string("replaying the journal"); };
  hooks.metrics = [] { return std::string("tocsin_up 1\n"); };
  start();
  auto client = connect();
  const Answer sick = client.ask(get("/-/healthy"));
  EXPECT_EQ(sick.status, 503);
  EXPECT_THAT(sick.body, HasSubstr("the disk is full"));
  EXPECT_EQ(client.ask(get("/-/ready")).status, 503);
  const Answer metrics = client.ask(get("/metrics"));
  EXPECT_EQ(metrics.body, "tocsin_up 1\n");
  EXPECT_THAT(metrics.head, HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
}

TEST_F(HttpRoutes, ATokenIsAskedForWhenOneIsConfigured) {
  options.tokens = {"first", "second"};
  start();
  auto client = connect();
  const Answer answer = client.ask(post("/api/v2/alerts", "ok 1"));
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(code_of(answer), "unauthorized");
  EXPECT_THAT(answer.head, HasSubstr("\r\nWWW-Authenticate: Bearer\r\n"));
  EXPECT_EQ(client.ask(post("/api/v2/alerts", "ok 1", "Authorization: Bearer secon\r\n")).status, 401);
  EXPECT_EQ(client.ask(post("/api/v2/alerts", "ok 1", "Authorization: Basic second\r\n")).status, 401);
  EXPECT_EQ(client.ask(post("/api/v2/alerts", "ok 1", "Authorization: bearer second\r\n")).status, 200);
  EXPECT_EQ(client.ask(get("/-/ready")).status, 200);
  EXPECT_EQ(server->counts().refused_unauthorized, 3U);
}

TEST_F(HttpRoutes, AClientThatGoesWhileItWaitsDisturbsNobody) {
  start();
  engine().set_mode(FakeIntake::Mode::held);
  auto client = connect();
  client.send(post("/api/v2/alerts", "ok 1"));
  engine().wait_for(1);
  client.close();
  auto other = connect();
  other.send(post("/api/v2/alerts", "ok 2"));
  engine().wait_for(2);
  engine().release();
  EXPECT_EQ(other.read().status, 200);
  await([&] { return server->counts().connections_open == 1; });
}

TEST_F(HttpRoutes, ConnectionsAreSpreadEvenlyOverTheThreads) {
  start(2);
  for (auto& intake : intakes) intake->set_mode(FakeIntake::Mode::held);
  std::vector<RawClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(connect());
    clients.back().send(post("/api/v2/alerts", "ok 1"));
  }
  engine(0).wait_for(2);
  engine(1).wait_for(2);
  engine(0).release();
  engine(1).release();
  for (RawClient& client : clients) EXPECT_EQ(client.read().status, 200);
}

}  // namespace
}  // namespace tocsin
