#include "engine/model/json_writer.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>
#include <simdjson.h>

namespace tocsin {
namespace {

TEST(JsonWriter, WritesFieldsInTheOrderOfTheCalls) {
  std::string out = "x";
  JsonWriter json(out);
  json.begin_object().field("b", "text").field("a", 1).field("t", true).field("f", false);
  json.key("none").null().key("raw").raw("[1.50]");
  json.key("list").begin_array().value(1U + std::uint64_t{0}).value("two").begin_object().end_object().end_array();
  json.field("last", std::string("s")).end_object();
  EXPECT_EQ(out, R"(x{"b":"text","a":1,"t":true,"f":false,"none":null,"raw":[1.50],"list":[1,"two",{}],"last":"s"})");
}

TEST(JsonWriter, SeparatesEmptyArraysAndObjectsAsWell) {
  std::string out;
  JsonWriter json(out);
  json.begin_array().begin_array().end_array().begin_object().end_object().begin_array().value("").end_array();
  json.end_array();
  EXPECT_EQ(out, R"([[],{},[""]])");
}

TEST(JsonWriter, WritesNumbersOfAllSizes) {
  std::string out;
  JsonWriter json(out);
  json.begin_array().value(std::int64_t{INT64_MIN}).value(std::int64_t{-1}).value(std::uint64_t{UINT64_MAX});
  json.end_array();
  EXPECT_EQ(out, "[-9223372036854775808,-1,18446744073709551615]");
  std::string fields;
  JsonWriter object(fields);
  object.begin_object().field("i8", std::int8_t{-8}).field("u32", std::uint32_t{32}).end_object();
  EXPECT_EQ(fields, R"({"i8":-8,"u32":32})");
}

TEST(JsonWriter, EscapesOnlyWhatMustBe) {
  std::string out;
  append_json_string(out, "a\"b\\c/d\b\f\n\r\t\x01\x1f\x7f \u00fc\U0001f600");
  EXPECT_EQ(out, "\"a\\\"b\\\\c/d\\b\\f\\n\\r\\t\\u0001\\u001f\x7f \u00fc\U0001f600\"");
  std::string empty;
  append_json_string(empty, "");
  EXPECT_EQ(empty, "\"\"");
}

TEST(JsonWriter, EscapesNamesToo) {
  std::string out;
  JsonWriter json(out);
  const std::string_view name = "a\"\n";
  json.begin_object().field(name, 1).field("b", "c\"").field("d", true).field("", "").end_object();
  EXPECT_EQ(out, R"({"a\"\n":1,"b":"c\"","d":true,"":""})");
}

TEST(JsonWriter, WhatMustBeEscapedIsFoundWhereverItStands) {
  simdjson::dom::parser parser;
  for (std::size_t size = 0; size < 70; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      for (const char special : {'"', '\\', '\x1f', '\x00', '\x7f', '\x20', '!', '#', '['}) {
        std::string text(size, 'x');
        if (at < size) text[at] = special;
        std::string out;
        JsonWriter json(out);
        json.begin_object().field("text", text).field(std::string_view{"again"}, text).end_object();
        simdjson::dom::element read;
        ASSERT_EQ(parser.parse(out).get(read), simdjson::SUCCESS) << out;
        ASSERT_EQ(std::string_view{read["text"]}, text);
        ASSERT_EQ(std::string_view{read["again"]}, text);
      }
    }
  }
}

TEST(JsonWriter, EveryCharacterIsReadAsItWasWritten) {
  simdjson::dom::parser parser;
  for (int c = 0; c < 0x80; ++c) {
    const std::string text = "<" + std::string(1, static_cast<char>(c)) + ">";
    std::string out;
    append_json_string(out, text);
    std::string_view read;
    ASSERT_EQ(parser.parse(out).get(read), simdjson::SUCCESS) << c;
    EXPECT_EQ(read, text) << c;
  }
}

}  // namespace
}  // namespace tocsin
