#include "connectors/http/bound_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/http/server_fixture.h"

namespace tocsin {
namespace {

using testing::HasSubstr;
using Kind = BindError::Kind;

TEST(BoundSocket, HasAPortThatNobodyIsAnsweredOnYet) {
  const auto bound = BoundSocket::bind("127.0.0.1:0");
  ASSERT_TRUE(bound);
  EXPECT_GT(bound->endpoint().port(), 0);
  EXPECT_THROW(RawClient{text_of(bound->endpoint())}, std::exception);
}

TEST(BoundSocket, IsRefusedWhereAnotherListens) {
  boost::asio::io_context io;
  const boost::asio::ip::tcp::acceptor other(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  const auto bound = BoundSocket::bind(text_of(other.local_endpoint()));
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().kind, Kind::in_use);
  EXPECT_THAT(bound.error().message, HasSubstr("another program has it"));
}

TEST(BoundSocket, IsRefusedForAnAddressOfAnotherMachine) {
  const auto bound = BoundSocket::bind("192.0.2.1:0");  // RFC 5737: nobody's
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().kind, Kind::not_possible);
}

TEST(BoundSocket, AllThatIsWrongIsTold) {
  const auto first = BoundSocket::bind("127.0.0.1:0");
  ASSERT_TRUE(first);
  const std::string port = std::to_string(first->endpoint().port());
  std::vector<BindError> errors;
  bind_all({"127.0.0.1:0", "nowhere", "127.0.0.1:" + port, "0.0.0.0:" + port, "192.0.2.1:1"}, errors);
  ASSERT_EQ(errors.size(), 3U);
  EXPECT_EQ(errors[0].kind, Kind::not_an_address);
  EXPECT_THAT(errors[1].message, HasSubstr("'0.0.0.0:" + port + "' is to be listened on twice"));
  EXPECT_EQ(errors[2].kind, Kind::not_possible);
}

TEST(BoundSocket, AServerListensOnWhatWasBoundBefore) {
  std::vector<BindError> errors;
  std::vector<BoundSocket> sockets = bind_all({"127.0.0.1:0", "127.0.0.1:0"}, errors);
  ASSERT_EQ(sockets.size(), 2U);
  const std::vector<std::string> expected{text_of(sockets[0].endpoint()), text_of(sockets[1].endpoint())};
  FakeIntake intake;
  FakeDecoders decoders;
  const HashKey key{HashKey::Seed{}};
  HttpServer server({}, {}, key, {{&intake, &decoders}});
  ASSERT_TRUE(server.start(std::move(sockets)));
  EXPECT_EQ(server.addresses(), expected);
  for (const std::string& address : expected) EXPECT_EQ(RawClient(address).ask(get("/-/ready")).status, 200);
}

TEST(BoundSocket, OfAPortThatAnotherGotMeanwhileIsAnErrorThatMayGo) {
  std::vector<BindError> errors;
  std::vector<BoundSocket> sockets = bind_all({"127.0.0.1:0"}, errors);
  auto other = BoundSocket::bind(text_of(sockets.at(0).endpoint()));
  ASSERT_TRUE(other) << "who does not listen yet does not keep others who do not";
  ASSERT_EQ(::listen(other->release(), 1), 0);
  FakeIntake intake;
  FakeDecoders decoders;
  const HashKey key{HashKey::Seed{}};
  HttpServer server({}, {}, key, {{&intake, &decoders}});
  const auto started = server.start(std::move(sockets));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Refusal::overloaded);
}

}  // namespace
}  // namespace tocsin
