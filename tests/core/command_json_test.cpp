#include "engine/core/commands/command_json.h"

#include <gmock/gmock.h>

namespace tocsin {
namespace {

using namespace std::chrono_literals;

TEST(CommandJson, WhatIsWrittenIsReadAsTheSame) {
  const char* const kBodies[] = {
      R"({"command":"ack","incident":"inc-2r4k","by":"ana","command_id":"T-1/3","if_revision":4,"text":"größe \"x\""})",
      R"({"command":"close","incident":7})",
      R"({"command":"assign","incident":"1","owner":"bob"})",
      R"({"command":"snooze","incident":1,"for":"1h30m"})",
      R"({"command":"snooze","incident":1,"until":"2026-03-28T23:00:00.123456789+02:00"})",
      R"({"command":"silence","matchers":["a=\"b\"",{"name":"c","value":"d.*","isRegex":true,"isEqual":false}],
          "startsAt":"2026-03-28T23:00:00Z","endsAt":"2026-03-29T23:00:00Z","createdBy":"ana","comment":"x"})",
      R"({"command":"extend_silence","silence":"silence-1","for":"250ms"})",
      R"({"command":"unsilence","id":3})",
      R"({"command":"priority","incident":1,"priority":"P2"})",
      R"({"command":"severity","incident":1,"severity":"info"})",
      R"({"command":"drill","incident":1,"drill":false})",
      R"({"command":"roles","incident":1,"roles":{"liaison":"eve","commander":"bob"}})",
      R"({"command":"score","incident":1,"score":-4,"comment":"late"})",
      R"({"command":"split","incident":1,"alerts":["a","b"]})",
      R"({"command":"merge","incident":1,"into":2})",
  };
  for (const char* body : kBodies) {
    const auto read = parse_command(body);
    ASSERT_TRUE(read) << body << ": " << read.error().message;
    std::string written;
    write_command(*read, written);
    const auto again = parse_command(written);
    ASSERT_TRUE(again) << written << ": " << again.error().message;
    EXPECT_EQ(*again, *read) << written;
  }
}

TEST(CommandJson, ThePathSaysWhatTheBodyNeedNot) {
  const auto read = parse_command("", CommandKind::ack, "inc-2r4k");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->incident, "inc-2r4k");
  EXPECT_EQ(parse_command(R"({"incident":"other"})", CommandKind::ack, "inc-2r4k").error().pointer, "/incident");
  EXPECT_EQ(parse_command(R"({"command":"unack"})", CommandKind::ack, "inc-2r4k").error().pointer, "/command");
  EXPECT_EQ(parse_command(R"({"for":"1h"})", CommandKind::extend_silence, {}, "s1")->silence, "s1");
}

struct Case {
  const char* body;
  Refusal code;
  const char* pointer;
};

TEST(CommandJson, RefusesWithThePlace) {
  const Case kCases[] = {
      {"", Refusal::malformed, ""},
      {"[]", Refusal::wrong_type, ""},
      {R"({"command":"ack"})", Refusal::missing_field, "/incident"},
      {R"({"incident":1})", Refusal::missing_field, "/command"},
      {R"({"command":"dance","incident":1})", Refusal::bad_value, "/command"},
      {R"({"command":"ack","incident":1,"if_revison":2})", Refusal::bad_value, "/if_revison"},
      {R"({"command":"ack","incident":1,"if_revision":"2"})", Refusal::wrong_type, "/if_revision"},
      {R"({"command":"ack","incident":1,"by":"a","by":"b"})", Refusal::duplicate_key, "/by"},
      {R"({"command":"snooze","incident":1})", Refusal::missing_field, "/for"},
      {R"({"command":"snooze","incident":1,"for":"soon"})", Refusal::bad_value, "/for"},
      {R"({"command":"note","incident":1})", Refusal::missing_field, "/text"},
      {R"({"command":"priority","incident":1,"priority":"P9"})", Refusal::bad_value, "/priority"},
      {R"({"command":"silence","matchers":["a=~\"(\""],"for":"1h"})", Refusal::bad_value, "/matchers"},
      {R"({"command":"silence","matchers":["a=~\".*\""],"for":"1h"})", Refusal::bad_value, "/matchers"},
      {R"({"command":"silence","matchers":["a"],"for":"1h"})", Refusal::bad_value, "/matchers"},
      {R"({"command":"silence","matchers":["a=b"]})", Refusal::missing_field, "/for"},
  };
  for (const Case& one : kCases) {
    const auto read = parse_command(one.body);
    ASSERT_FALSE(read) << one.body;
    EXPECT_EQ(read.error().code, one.code) << one.body << ": " << read.error().message;
    EXPECT_EQ(read.error().pointer, one.pointer) << one.body;
  }
}

}  // namespace
}  // namespace tocsin
