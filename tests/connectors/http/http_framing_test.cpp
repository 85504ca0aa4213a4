// What RFC 9112 does not allow, and what has been used to smuggle requests past a proxy.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/http/server_fixture.h"

namespace tocsin {
namespace {

using namespace std::string_literals;

using testing::HasSubstr;

const std::string kPost = "POST /api/v2/alerts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
const std::string kOneChunk = "\r\n4\r\nok 1\r\n0\r\n\r\n";

struct FramingCase {
  const char* name;
  std::string request;
  int status;
};

class HttpFraming : public ServerTest, public testing::WithParamInterface<FramingCase> {};

TEST_P(HttpFraming, IsRefusedAndTheConnectionClosed) {
  start();
  auto client = connect();
  const Answer answer = client.ask(GetParam().request);
  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_EQ(code_of(answer), "bad_request");
  EXPECT_THAT(answer.head, HasSubstr("\r\nConnection: close\r\n"));
  client.close();
  EXPECT_EQ(refused(Refusal::bad_request), 1U);
  EXPECT_TRUE(engine().submitted().empty()) << "no alert may come in by a doubtful request";
  EXPECT_EQ(connect().ask(post("/api/v2/alerts", "ok 1")).status, 200);
}

TEST_P(HttpFraming, IsRefusedAlikeByteByByte) {
  start();
  auto client = connect();
  client.send_bytewise(GetParam().request);
  const Answer answer = client.read();
  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_EQ(code_of(answer), "bad_request");
  EXPECT_TRUE(engine().submitted().empty());
}

std::string many_fields(int count) {
  std::string fields;
  for (int field = 0; field < count; ++field) fields += "X-" + std::to_string(field) + ": y\r\n";
  return fields;
}

INSTANTIATE_TEST_SUITE_P(
    Table, HttpFraming,
    testing::Values(
        FramingCase{"coding_gzip", kPost + "Transfer-Encoding: gzip, chunked\r\n" + kOneChunk, 400},
        FramingCase{"coding_chunked_twice", kPost + "Transfer-Encoding: chunked, chunked\r\n" + kOneChunk, 400},
        FramingCase{"coding_in_two_fields",
                    kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + kOneChunk, 400},
        FramingCase{"coding_identity", kPost + "Transfer-Encoding: identity\r\nContent-Length: 4\r\n\r\nok 1", 400},
        FramingCase{"coding_misspelt", kPost + "Transfer-Encoding: xchunked\r\n" + kOneChunk, 400},
        FramingCase{"coding_with_parameter", kPost + "Transfer-Encoding: chunked;q=1\r\n" + kOneChunk, 400},
        FramingCase{"coding_quoted", kPost + "Transfer-Encoding: \"chunked\"\r\n" + kOneChunk, 400},
        FramingCase{"coding_with_vertical_tab", kPost + "Transfer-Encoding: \vchunked\r\n" + kOneChunk, 400},
        FramingCase{"coding_then_length", kPost + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n" + kOneChunk,
                    400},
        FramingCase{"length_then_coding", kPost + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n" + kOneChunk,
                    400},
        FramingCase{"coding_in_http10", "POST /api/v2/alerts HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" + kOneChunk,
                    400},
        FramingCase{"no_host", "GET / HTTP/1.1\r\n\r\n", 400},
        FramingCase{"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        FramingCase{"host_list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
        FramingCase{"two_lengths", kPost + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nok 11", 400},
        FramingCase{"two_equal_lengths", kPost + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nok 1", 400},
        FramingCase{"length_list", kPost + "Content-Length: 4, 4\r\n\r\nok 1", 400},
        FramingCase{"length_negative", kPost + "Content-Length: -4\r\n\r\nok 1", 400},
        FramingCase{"length_plus", kPost + "Content-Length: +4\r\n\r\nok 1", 400},
        FramingCase{"length_hexadecimal", kPost + "Content-Length: 0x4\r\n\r\nok 1", 400},
        FramingCase{"length_empty", kPost + "Content-Length: \r\n\r\nok 1", 400},
        FramingCase{"length_overflow", kPost + "Content-Length: 18446744073709551620\r\n\r\nok 1", 400},
        FramingCase{"folded_line", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400},
        FramingCase{"folded_first_line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
        FramingCase{"space_before_colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        FramingCase{"nul_in_value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"s, 400},
        FramingCase{"control_in_value", "GET / HTTP/1.1\r\nHost: a\r\nX: b\x01\r\n\r\n", 400},
        FramingCase{"control_in_name", "GET / HTTP/1.1\r\nHost: a\r\nX\x01: b\r\n\r\n", 400},
        FramingCase{"bare_lf", "GET / HTTP/1.1\nHost: a\n\n", 400},
        FramingCase{"bare_cr", "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", 400},
        FramingCase{"no_colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400},
        FramingCase{"https_url", "GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        FramingCase{"url_without_host", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        FramingCase{"authority", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        FramingCase{"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        FramingCase{"http09", "GET /\r\n\r\n", 400},
        FramingCase{"two_spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        FramingCase{"tls", "\x16\x03\x01\x02\x00\x01"s, 400},
        FramingCase{"http2_preface", "PRI * HTTP/2.0\r\n\r\n", 505},
        FramingCase{"http12", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
        FramingCase{"too_many_fields", "GET / HTTP/1.1\r\nHost: a\r\n" + many_fields(64) + "\r\n", 431},
        FramingCase{"header_too_long", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(8192, 'y') + "\r\n\r\n", 431},
        FramingCase{"unknown_expectation", kPost + "Expect: tea\r\nContent-Length: 4\r\n\r\nok 1", 417},
        FramingCase{"trailer", kPost + "Transfer-Encoding: chunked\r\n\r\n4\r\nok 1\r\n0\r\nX: y\r\n\r\n", 400},
        FramingCase{"chunk_extensions",
                    kPost + "Transfer-Encoding: chunked\r\n\r\n4;" + std::string(2000, 'x') + "\r\nok 1\r\n0\r\n\r\n",
                    400},
        FramingCase{"chunk_size", kPost + "Transfer-Encoding: chunked\r\n\r\n4 \r\nok 1\r\n0\r\n\r\n", 400}),
    [](const auto& one) { return one.param.name; });

using HttpFramingTakes = ServerTest;

TEST_F(HttpFramingTakes, WhatTheStandardAllows) {
  start();
  auto client = connect();
  for (const std::string& request : {
           kPost + "Transfer-Encoding: chunked\r\n" + kOneChunk,
           kPost + "Transfer-Encoding: CHUNKED\r\n\r\n1\r\no\r\n3;x=y\r\nk 1\r\n0\r\n\r\n",
           kPost + "Content-Length: 4\r\n\r\nok 1",
           kPost + "content-length:4\r\n\r\nok 1",
           "\r\n" + kPost + "Content-Length: \t4 \r\n\r\nok 1",
           std::string(
               "POST http://tocsin:9099/api/v2/alerts?x=y HTTP/1.1\r\nHost: a:9099\r\nContent-Length: 4\r\n\r\nok 1"),
           std::string("POST /api/v2/alerts HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\nok 1"),
       }) {
    const Answer whole = client.ask(request);
    EXPECT_EQ(whole.status, 200) << request;
    client.send_bytewise(request);
    EXPECT_EQ(client.read().status, 200) << request;
  }
  EXPECT_EQ(engine().submitted().size(), 14U);
  for (const Submitted& one : engine().submitted()) EXPECT_EQ(one.body, "ok 1");
}

TEST_F(HttpFramingTakes, ContinueIsSaidToWhoWaitsForIt) {
  start();
  auto client = connect();
  client.send(kPost + "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.ask("ok 1").status, 200);
  // Who is refused anyway is not asked to send the body.
  client.send("POST /nowhere HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.read().status, 404);
}

TEST_F(HttpFramingTakes, OldClientsAreClosedOnUnlessTheyAskToStay) {
  start();
  auto client = connect();
  EXPECT_EQ(client.ask("GET / HTTP/1.0\r\n\r\n").status, 200);
  client.read_to_end();
  auto other = connect();
  EXPECT_EQ(other.ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").status, 200);
  other.read_to_end();
}

}  // namespace
}  // namespace tocsin
