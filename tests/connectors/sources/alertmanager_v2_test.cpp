#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/model/limits.h"
#include "engine/model/time_text.h"
#include "tests/connectors/sources/decoded.h"

namespace tocsin {
namespace {

constexpr std::string_view kSource = "alertmanager";

Decoded good(std::string_view body) { return decode_good(kSource, body); }

TEST(AlertmanagerV2, ReadsEveryFieldOfAnAlert) {
  const Decoded decoded = good(R"([{
    "labels": {"severity": "critical", "alertname": "DiskFull"},
    "annotations": {"summary": "full", "description": "very \"full\" \u00fc"},
    "startsAt": "2026-03-28T23:00:00.5Z", "endsAt": "2026-03-29T01:04:00+02:00",
    "generatorURL": "http://p/graph"}])");
  ASSERT_EQ(decoded.batch.alerts.size(), 1U);
  const Alert& alert = decoded.alert();
  EXPECT_THAT(alert.labels, testing::ElementsAre(Label{"alertname", "DiskFull"}, Label{"severity", "critical"}));
  EXPECT_THAT(alert.annotations,
              testing::ElementsAre(Label{"description", "very \"full\" \u00fc"}, Label{"summary", "full"}));
  EXPECT_EQ(to_rfc3339(alert.starts_at), "2026-03-28T23:00:00.500Z");
  EXPECT_EQ(to_rfc3339(alert.ends_at), "2026-03-28T23:04:00.000Z");
  EXPECT_EQ(alert.link, "http://p/graph");
  EXPECT_EQ(alert.status, AlertStatus::by_end);
  EXPECT_EQ(alert.source_key, "");
  EXPECT_NE(alert.identity, Hash128{});
}

TEST(AlertmanagerV2, TakesAnEmptyArrayAsNoAlerts) {
  const Decoded decoded = good(" [ ] ");
  EXPECT_TRUE(decoded.batch.alerts.empty());
  EXPECT_TRUE(decoded.batch.refused.empty());
}

TEST(AlertmanagerV2, TakesWhatIsLeftOutNullOrZeroAsNotSaid) {
  for (const char* rest : {R"()", R"(,"annotations":null,"startsAt":null,"endsAt":null,"generatorURL":null)",
                           R"(,"annotations":{},"startsAt":"","endsAt":"0001-01-01T00:00:00Z","generatorURL":"")"}) {
    const Decoded decoded = good(R"([{"labels":{"alertname":"A"})" + std::string(rest) + "}]");
    ASSERT_EQ(decoded.batch.alerts.size(), 1U) << rest;
    EXPECT_EQ(decoded.alert().starts_at, kUnset);
    EXPECT_EQ(decoded.alert().ends_at, kUnset);
    EXPECT_EQ(decoded.alert().link, "");
    EXPECT_TRUE(decoded.alert().annotations.empty());
  }
}

TEST(AlertmanagerV2, DropsLabelsWithoutAValue) {
  const Decoded decoded = good(R"([{"labels":{"alertname":"A","empty":"","nothing":null,"not a name":""}}])");
  EXPECT_THAT(decoded.alert().labels, testing::ElementsAre(Label{"alertname", "A"}));
}

TEST(AlertmanagerV2, IgnoresFieldsThatItDoesNotKnow) {
  const Decoded decoded =
      good(R"([{"labels":{"alertname":"A"},"status":{"state":"active"},"values":{"B":22.5,"C":[null]},"x":1}])");
  EXPECT_EQ(decoded.label("alertname"), "A");
  EXPECT_EQ(decoded.alert().status, AlertStatus::by_end);
}

TEST(AlertmanagerV2, TakesAnyTextAsTheNameOfAnAnnotation) {
  const Decoded decoded = good(R"([{"labels":{"alertname":"A"},"annotations":{"runbook-url":"http://r"}}])");
  EXPECT_EQ(decoded.annotation("runbook-url"), "http://r");
}

TEST(AlertmanagerV2, TakesControlCharactersInValuesAsTheyAre) {
  const Decoded decoded = good(R"([{"labels":{"alertname":"a\u0000b\n"}}])");
  EXPECT_EQ(decoded.label("alertname"), (std::string_view{"a\0b\n", 4}));
}

TEST(AlertmanagerV2, SortsLabelsWhateverTheirOrder) {
  const Decoded a = good(R"([{"labels":{"c":"3","a":"1","b":"2"}}])");
  const Decoded b = good(R"([{"labels":{"a":"1","b":"2","c":"3"}}])");
  EXPECT_THAT(a.alert().labels, testing::ElementsAre(Label{"a", "1"}, Label{"b", "2"}, Label{"c", "3"}));
  EXPECT_EQ(a.alert().identity, b.alert().identity);
}

TEST(AlertmanagerV2, ContentDoesNotChangeWithTheEnd) {
  const Decoded a = good(R"([{"labels":{"alertname":"A"},"endsAt":"2026-03-28T23:00:00Z"}])");
  const Decoded b = good(R"([{"labels":{"alertname":"A"},"endsAt":"2026-03-28T23:01:00Z"}])");
  const Decoded c = good(R"([{"labels":{"alertname":"A"},"annotations":{"summary":"new"}}])");
  EXPECT_EQ(a.alert().content, b.alert().content);
  EXPECT_EQ(a.alert().identity, c.alert().identity);
  EXPECT_NE(a.alert().content, c.alert().content);
}

TEST(AlertmanagerV2, OneBadAlertDoesNotRefuseTheOthers) {
  const Decoded decoded = good(R"([{"labels":{"alertname":"A"}}, 7, {"labels":{"alertname":"B","n":"1"}},
      {"labels":{"alertname":"C","n":{}}}, {"labels":{"alertname":"D"}}])");
  ASSERT_EQ(decoded.batch.alerts.size(), 3U);
  EXPECT_EQ(decoded.label("alertname", 0), "A");
  EXPECT_EQ(decoded.label("alertname", 1), "B");
  EXPECT_EQ(decoded.label("n", 1), "1");
  EXPECT_EQ(decoded.label("alertname", 2), "D");
  ASSERT_EQ(decoded.batch.refused.size(), 2U);
  EXPECT_EQ(decoded.batch.refused[0].error.code, Refusal::wrong_type);
  EXPECT_EQ(decoded.batch.refused[0].error.index, 1);
  EXPECT_EQ(decoded.batch.refused[0].error.pointer, "/1");
  EXPECT_EQ(decoded.batch.refused[1].error.code, Refusal::wrong_type);
  EXPECT_EQ(decoded.batch.refused[1].error.index, 3);
  EXPECT_EQ(decoded.batch.refused[1].error.pointer, "/3/labels/n");
}

TEST(AlertmanagerV2, WhenAllAreBadTheBodyIsRefusedWithTheFirst) {
  const Decoded decoded = decode(kSource, R"([{"labels":{"a":1}},{"labels":{}}])");
  ASSERT_FALSE(decoded.result.has_value());
  EXPECT_EQ(decoded.result.error().code, Refusal::wrong_type);
  EXPECT_EQ(decoded.result.error().index, 0);
  EXPECT_EQ(decoded.batch.refused.size(), 2U);
}

std::string labels_of(std::size_t count) {
  std::string text = "{";
  for (std::size_t i = 0; i < count; ++i) {
    text += (i == 0 ? "\"l" : ",\"l") + std::to_string(i) + "\":\"v\"";
  }
  return text + "}";
}

std::string text_of(std::size_t bytes) { return std::string(bytes, 'x'); }

TEST(AlertmanagerV2, TakesWhatIsExactlyAtTheLimits) {
  good(R"([{"labels":)" + labels_of(limits::kLabelsMax) + "}]");
  good(R"([{"labels":{"a":")" + text_of(limits::kLabelValueBytesMax) + R"("}}])");
  good(R"([{"labels":{")" + text_of(limits::kLabelNameBytesMax) + R"(":"v"}}])");
  good(R"([{"labels":{"a":"b"},"annotations":{"a":")" + text_of(limits::kAnnotationBytesMax) + R"("}}])");
}

struct RefusalCase {
  const char* name;
  std::string body;
  Refusal code;
  std::int32_t index;
  std::string pointer;
};

class AlertmanagerV2Refuses : public testing::TestWithParam<RefusalCase> {};

TEST_P(AlertmanagerV2Refuses, WithCodeIndexAndPointer) {
  const RefusalCase& expected = GetParam();
  const Decoded decoded = decode(kSource, expected.body);
  ASSERT_FALSE(decoded.result.has_value());
  const Error& error = decoded.result.error();
  EXPECT_EQ(name_of(error.code), name_of(expected.code)) << error.message;
  EXPECT_EQ(error.index, expected.index);
  EXPECT_EQ(error.pointer, expected.pointer);
  EXPECT_FALSE(error.message.empty());
}

std::string many_alerts(std::size_t count) {
  std::string body = "[";
  for (std::size_t i = 0; i < count; ++i) body += i == 0 ? R"({"labels":{"a":"b"}})" : R"(,{"labels":{"a":"b"}})";
  return body + "]";
}

TEST(AlertmanagerV2, TakesTenThousandAlerts) {
  EXPECT_EQ(good(many_alerts(limits::kAlertsPerBodyMax)).batch.alerts.size(), limits::kAlertsPerBodyMax);
}

INSTANTIATE_TEST_SUITE_P(
    Table, AlertmanagerV2Refuses,
    testing::Values(
        RefusalCase{"an_object", R"({"labels":{"a":"b"}})", Refusal::wrong_type, -1, ""},
        RefusalCase{"a_text", R"("a")", Refusal::wrong_type, -1, ""},
        RefusalCase{"null", "null", Refusal::wrong_type, -1, ""},
        RefusalCase{"nothing", "", Refusal::malformed, -1, ""},
        RefusalCase{"blanks", " \n", Refusal::malformed, -1, ""},
        RefusalCase{"cut_off_in_a_text", R"([{"labels":{"a":"b)", Refusal::malformed, -1, ""},
        RefusalCase{"cut_off_after_an_alert", R"([{"labels":{"a":"b"}})", Refusal::malformed, -1, ""},
        RefusalCase{"bytes_after_the_end", R"([{"labels":{"a":"b"}}]x)", Refusal::malformed, -1, ""},

        RefusalCase{"hundred_thousand_brackets", std::string(100'000, '['), Refusal::too_deep, -1, ""},
        RefusalCase{"deep_and_closed", std::string(65, '[') + std::string(65, ']'), Refusal::too_deep, -1, ""},
        RefusalCase{"not_utf8", "[{\"labels\":{\"a\":\"\xff\"}}]", Refusal::invalid_utf8, -1, ""},

        RefusalCase{"too_many_alerts", many_alerts(limits::kAlertsPerBodyMax + 1), Refusal::too_many_alerts, -1, ""},
        RefusalCase{"byte_order_mark_twice", "\xef\xbb\xbf\xef\xbb\xbf[]", Refusal::malformed, -1, ""},
        RefusalCase{"raw_half_of_a_pair", "[{\"labels\":{\"a\":\"\xed\xa0\xbd\"}}]", Refusal::invalid_utf8, -1, ""},
        RefusalCase{"label_name_not_utf8", "[{\"labels\":{\"a\xff\":\"b\"}}]", Refusal::invalid_utf8, -1, ""},
        RefusalCase{"broken_behind_what_can_be_mended", R"([{"labels":{"a":"\ud83d"},"x":1e999},)", Refusal::malformed,
                    -1, ""},
        RefusalCase{"a_huge_number_for_an_alert", "[1e999]", Refusal::wrong_type, 0, "/0"},
        RefusalCase{"label_a_huge_number", R"([{"labels":{"a":1e999}}])", Refusal::wrong_type, 0, "/0/labels/a"},
        RefusalCase{"alert_null", "[null]", Refusal::wrong_type, 0, "/0"},
        RefusalCase{"no_labels", R"([{"annotations":{"a":"b"}}])", Refusal::missing_field, 0, "/0/labels"},
        RefusalCase{"labels_null", R"([{"labels":null}])", Refusal::missing_field, 0, "/0/labels"},
        RefusalCase{"labels_empty", R"([{"labels":{}}])", Refusal::missing_field, 0, "/0/labels"},
        RefusalCase{"labels_without_values", R"([{"labels":{"a":""}}])", Refusal::missing_field, 0, "/0/labels"},
        RefusalCase{"labels_array", R"([{"labels":["a"]}])", Refusal::wrong_type, 0, "/0/labels"},
        RefusalCase{"label_number", R"([{"labels":{"a":1}}])", Refusal::wrong_type, 0, "/0/labels/a"},
        RefusalCase{"label_bool", R"([{"labels":{"a":true}}])", Refusal::wrong_type, 0, "/0/labels/a"},
        RefusalCase{"label_object", R"([{"labels":{"a":{}}}])", Refusal::wrong_type, 0, "/0/labels/a"},
        RefusalCase{"pointer_escapes", R"([{"labels":{"a/b~c":1}}])", Refusal::wrong_type, 0, "/0/labels/a~1b~0c"},

        RefusalCase{"label_without_a_name_alone", R"([{"labels":{"":"c"}}])", Refusal::missing_field, 0, "/0/labels"},
        RefusalCase{"severity_of_blanks_alone", R"([{"labels":{"severity":" \t"}}])", Refusal::missing_field, 0,
                    "/0/labels"},
        RefusalCase{"label_twice", R"([{"labels":{"b":"1","a":"1","b":"2"}}])", Refusal::duplicate_key, 0,
                    "/0/labels/b"},
        RefusalCase{"label_twice_by_escape", R"([{"labels":{"b":"1","\u0062":"2"}}])", Refusal::duplicate_key, 0,
                    "/0/labels/b"},
        RefusalCase{"label_twice_among_many",
                    R"([{"labels":{"l7":"w",)" + labels_of(limits::kLabelsMax).substr(1) + "}]", Refusal::duplicate_key,
                    0, "/0/labels/l7"},
        RefusalCase{"label_twice_once_empty", R"([{"labels":{"b":"1","b":""}}])", Refusal::duplicate_key, 0,
                    "/0/labels/b"},

        RefusalCase{"labels_twice", R"([{"labels":{"a":"b"},"labels":{"a":"b"}}])", Refusal::duplicate_key, 0,
                    "/0/labels"}),
    [](const auto& named) { return std::string(named.param.name); });

TEST(AlertmanagerV2, SaysAtWhichByteADocumentBreaks) {
  const Decoded decoded = decode(kSource, R"([{"labels":{"a":"b"},}])");
  ASSERT_FALSE(decoded.result.has_value());
  EXPECT_THAT(decoded.result.error().message, testing::HasSubstr("at byte 21"));
}

}  // namespace
}  // namespace tocsin
