// What only describes does not refuse an alert: it is mended, and the alert says so.

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/model/limits.h"
#include "engine/model/time_text.h"
#include "tests/connectors/sources/decoded.h"

namespace tocsin {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kApi = "alertmanager";
constexpr std::string_view kWebhook = "alertmanager-webhook";
constexpr std::string_view kGeneric = "generic";

struct MendedCase {
  const char* name;
  std::string_view source;
  std::string alert;  // one, in the form of the source
  std::string mended;
};

std::string body_of(std::string_view source, const std::string& alert) {
  if (source == kApi) return "[" + alert + R"(,{"labels":{"alertname":"Other"}}])";
  if (source == kWebhook) return R"({"alerts":[)" + alert + R"(,{"status":"firing","labels":{"alertname":"Other"}}]})";
  return "[" + alert + R"(,{"name":"Other"}])";
}

class Mended : public testing::TestWithParam<MendedCase> {};

TEST_P(Mended, IsTakenAndMarkedAndTheOtherIsNot) {
  const Decoded decoded = decode_good(GetParam().source, body_of(GetParam().source, GetParam().alert));
  ASSERT_THAT(decoded.batch.refused, IsEmpty());
  ASSERT_EQ(decoded.batch.alerts.size(), 2U);
  EXPECT_EQ(words_of(decoded.alert(0).mended), GetParam().mended);
  EXPECT_EQ(decoded.label("alertname", 0), "A");
  EXPECT_EQ(words_of(decoded.alert(1).mended), "");
  EXPECT_EQ(decoded.label("alertname", 1), "Other");
}

std::string many(std::size_t count, const std::string& name = "l") {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += ",\"" + name + std::to_string(i) + "\":\"v\"";
  return text;
}

std::string long_text(std::size_t bytes) { return std::string(bytes, 'x'); }

/// In units of `bytes` each, the mark first.
std::string wide(std::u32string_view text, std::size_t bytes, bool is_little) {
  std::string out;
  const auto add = [&](std::uint32_t unit) {
    for (std::size_t i = 0; i < bytes; ++i)
      out += static_cast<char>(unit >> (8 * (is_little ? i : bytes - 1 - i)) & 0xff);
  };
  add(0xfeff);
  for (const char32_t character : text) {
    if (bytes == 2 && character > 0xffff) {
      add(0xd800 + ((character - 0x10000) >> 10));
      add(0xdc00 + ((character - 0x10000) & 0x3ff));
    } else {
      add(character);
    }
  }
  return out;
}

TEST(WideText, IsReadAsItsMarkSays) {
  constexpr std::u32string_view kText = UR"([{"name":"Plně","title":"диск 💾","port":9100}])";
  for (const std::size_t bytes : {std::size_t{2}, std::size_t{4}}) {
    for (const bool is_little : {true, false}) {
      const Decoded decoded = decode_good(kGeneric, wide(kText, bytes, is_little));
      ASSERT_EQ(decoded.batch.alerts.size(), 1U);
      EXPECT_EQ(decoded.label("alertname"), "Plně");
      EXPECT_EQ(decoded.annotation("summary"), "диск 💾");
      EXPECT_EQ(decoded.label("port"), "9100") << "numbers keep their text";
      EXPECT_EQ(words_of(decoded.alert().mended), "byte_order_mark");
    }
  }
}

TEST(WideText, HalfAPairIsMendedAndWhatIsCutOffRefused) {
  std::string half = wide(UR"([{"name":"A","x":"?"}])", 2, true);
  half[half.find('?')] = '\x3d';
  half[half.find('\x3d') + 1] = '\xd8';
  const Decoded decoded = decode_good(kGeneric, half);
  EXPECT_EQ(decoded.label("x"), "\uFFFD");
  EXPECT_EQ(words_of(decoded.alert().mended), "byte_order_mark, surrogate");
  EXPECT_EQ(decode(kGeneric, half.substr(0, half.size() - 1)).result.error().code, Refusal::invalid_utf8);
  EXPECT_EQ(decode(kGeneric, half.substr(0, half.size() - 2)).result.error().code, Refusal::malformed);
  EXPECT_EQ(decode(kGeneric, "\xff\xfe").result.error().code, Refusal::malformed);
}

INSTANTIATE_TEST_SUITE_P(
    OfTheApi, Mended,
    testing::Values(
        MendedCase{"a_number_that_nobody_reads", kApi, R"({"labels":{"alertname":"A"},"value":18446744073709552000})",
                   "number"},
        MendedCase{"half_a_pair", kApi, R"({"labels":{"alertname":"A"},"annotations":{"s":"\ud83d"}})", "surrogate"},
        MendedCase{"any_name_of_a_label", kApi,
                   R"({"labels":{"alertname":"A","service.name":"s","größe":"x","a b":"1"}})", ""},
        MendedCase{"value", kApi, R"({"labels":{"alertname":"A","v":")" + long_text(1025) + R"("}})", "long_text"},
        MendedCase{"name", kApi, R"({"labels":{"alertname":"A",")" + long_text(129) + R"(":"v"}})", "long_text"},
        MendedCase{"annotation", kApi,
                   R"({"labels":{"alertname":"A"},"annotations":{"s":")" + long_text(16385) + R"("}})", "long_text"},
        MendedCase{"link", kApi, R"({"labels":{"alertname":"A"},"generatorURL":")" + long_text(16385) + R"("})",
                   "long_text"},
        MendedCase{"link_of_a_number", kApi, R"({"labels":{"alertname":"A"},"generatorURL":1})", "type"},
        MendedCase{"labels", kApi, R"({"labels":{"alertname":"A")" + many(64) + "}}", "many_labels"},
        MendedCase{"annotations", kApi, R"({"labels":{"alertname":"A"},"annotations":{"a":"b")" + many(64) + "}}",
                   "many_labels"},
        MendedCase{"label_without_a_name", kApi, R"({"labels":{"alertname":"A","":"x"}})", "label_name"},
        MendedCase{"annotation_without_a_name", kApi, R"({"labels":{"alertname":"A"},"annotations":{"":"x"}})",
                   "label_name"},
        MendedCase{"severity", kApi, R"({"labels":{"alertname":"A","severity":"critical "}})", "blanks"},
        MendedCase{"level", kApi, R"({"labels":{"alertname":"A","level":"\tcritical"}})", "blanks"},
        MendedCase{"priority", kApi, R"({"labels":{"alertname":"A","priority":"P1\n"}})", "blanks"},
        MendedCase{"blanks_elsewhere_are_meant", kApi, R"({"labels":{"alertname":"A","service":" a ","durable":" "}})",
                   ""},
        MendedCase{"start", kApi, R"({"labels":{"alertname":"A"},"startsAt":"yesterday"})", "time"},
        MendedCase{"start_of_a_truth_value", kApi, R"({"labels":{"alertname":"A"},"startsAt":true})", "time"},
        MendedCase{"end", kApi, R"({"labels":{"alertname":"A"},"endsAt":"soon"})", "time"},
        MendedCase{"start_of_a_number", kApi, R"({"labels":{"alertname":"A"},"startsAt":1774738800})", ""},
        MendedCase{"start_without_a_zone", kApi, R"({"labels":{"alertname":"A"},"startsAt":"2026-03-28T23:00:00"})",
                   ""},
        MendedCase{"end_before_start", kApi,
                   R"({"labels":{"alertname":"A"},"startsAt":"2026-03-28T23:00:00Z","endsAt":"2026-03-28T22:59:59Z"})",
                   "time"},
        MendedCase{"label_twice_the_same", kApi, R"({"labels":{"a":"1","alertname":"A","a":"1"}})", "duplicate"},
        MendedCase{"annotation_twice", kApi, R"({"labels":{"alertname":"A"},"annotations":{"s":"1","s":"2"}})",
                   "duplicate"},
        MendedCase{"annotations_twice", kApi,
                   R"({"labels":{"alertname":"A"},"annotations":{"s":"1"},"annotations":{"s":"2"}})", "duplicate"},
        MendedCase{"unknown_field_twice", kApi, R"({"labels":{"alertname":"A"},"x":1,"x":2})", "duplicate"},
        MendedCase{"annotations_of_a_text", kApi, R"({"labels":{"alertname":"A"},"annotations":"x"})", "type"},
        MendedCase{"annotation_of_a_number", kApi, R"({"labels":{"alertname":"A"},"annotations":{"x":1}})", "type"},
        MendedCase{"many_things_at_once", kApi,
                   R"({"labels":{"alertname":"A","severity":" x ","v":")" + long_text(1025) +
                       R"("},"startsAt":"x","annotations":{"s":"\udead","t":1,"t":[],"u":1e999}})",
                   "surrogate, number, long_text, blanks, time, duplicate, type"}),
    [](const auto& named) { return std::string(named.param.name); });

INSTANTIATE_TEST_SUITE_P(
    OfTheWebhook, Mended,
    testing::Values(
        MendedCase{"values_of_grafana", kWebhook,
                   R"({"status":"firing","labels":{"alertname":"A"},"values":{"A":18446744073709552000}})", "number"},
        MendedCase{"status_word", kWebhook, R"({"status":"suppressed","labels":{"alertname":"A"}})", "status"},
        MendedCase{"status_number", kWebhook, R"({"status":1,"labels":{"alertname":"A"}})", "status"},
        MendedCase{"status_blanks", kWebhook, R"({"status":" Firing","labels":{"alertname":"A"}})", "blanks"},
        MendedCase{"status_case", kWebhook, R"({"status":"RESOLVED","labels":{"alertname":"A"}})", ""},
        MendedCase{"no_status", kWebhook, R"({"labels":{"alertname":"A"}})", ""},
        MendedCase{"status_null", kWebhook, R"({"status":null,"labels":{"alertname":"A"}})", ""},
        MendedCase{"name_of_a_label", kWebhook, R"({"status":"firing","labels":{"alertname":"A","a.b":"c"}})", ""}),
    [](const auto& named) { return std::string(named.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Generic, Mended,
    testing::Values(
        MendedCase{"number_for_a_label", kGeneric, R"({"name":"A","big":18446744073709552000})", "number"},
        MendedCase{"status_word", kGeneric, R"({"name":"A","status":"ALARM"})", "status"},
        MendedCase{"status_object", kGeneric, R"({"name":"A","status":{"x":1}})", "status"},
        MendedCase{"status_blanks", kGeneric, R"({"name":"A","status":"Recovered "})", "blanks"},
        MendedCase{"status_of_blanks_alone", kGeneric, R"({"name":"A","status":" "})", "blanks"},
        MendedCase{"severity", kGeneric, R"({"name":"A","severity":" critical"})", "blanks"},
        MendedCase{"time_word", kGeneric, R"({"name":"A","timestamp":"now"})", "time"},
        MendedCase{"time_negative", kGeneric, R"({"name":"A","timestamp":-5})", "time"},
        MendedCase{"time_huge", kGeneric, R"({"name":"A","timestamp":1e400})", "number, time"},
        MendedCase{"time_object", kGeneric, R"({"name":"A","timestamp":{}})", "time"},
        MendedCase{"end_before_start", kGeneric, R"({"name":"A","starts_at":200,"ends_at":100})", "time"},
        MendedCase{"key", kGeneric, R"({"name":"A","key":")" + long_text(1025) + R"("})", "long_text"},
        MendedCase{"url", kGeneric, R"({"name":"A","url":")" + long_text(16385) + R"("})", "long_text"},
        MendedCase{"url_object", kGeneric, R"({"name":"A","url":{}})", "type"},
        MendedCase{"title_object", kGeneric, R"({"name":"A","title":{}})", "type"},
        MendedCase{"name_object", kGeneric, R"({"name":{},"title":"A"})", "type"},
        MendedCase{"labels_text", kGeneric, R"({"name":"A","labels":"x"})", "type"},
        MendedCase{"label_array", kGeneric, R"({"name":"A","labels":{"x":[]}})", "type"},
        MendedCase{"annotations_array", kGeneric, R"({"name":"A","annotations":["x"]})", "type"},
        MendedCase{"name_of_a_label", kGeneric, R"({"name":"A","labels":{"x y":"1"}})", ""},
        MendedCase{"fields", kGeneric, R"({"name":"A")" + many(64, "f") + "}", "many_labels"},
        MendedCase{"labels", kGeneric, R"({"name":"A","labels":{"x":"y")" + many(64) + "}}", "many_labels"},
        MendedCase{"annotations", kGeneric, R"({"name":"A","annotations":{"x":"y")" + many(64) + "}}", "many_labels"},
        MendedCase{"field_twice_the_same", kGeneric, R"({"name":"A","x":"1","x":"1"})", "duplicate"},
        MendedCase{"title_twice", kGeneric, R"({"name":"A","title":"1","title":"2"})", "duplicate"},
        MendedCase{"label_twice_the_same", kGeneric, R"({"name":"A","labels":{"x":"1","x":"1"}})", "duplicate"},
        MendedCase{"annotation_twice", kGeneric, R"({"name":"A","annotations":{"x":"1","x":"2"}})", "duplicate"}),
    [](const auto& named) { return std::string(named.param.name); });

TEST(Mending, AByteOrderMarkIsOfAllAlertsOfItsBody) {
  const Decoded decoded = decode_good(kApi,
                                      "\xef\xbb\xbf"
                                      R"([{"labels":{"a":"1"}},{"labels":{"a":"2"}}])");
  ASSERT_EQ(decoded.batch.alerts.size(), 2U);
  EXPECT_EQ(words_of(decoded.alert(0).mended), "byte_order_mark");
  EXPECT_EQ(words_of(decoded.alert(1).mended), "byte_order_mark");
}

TEST(Mending, ANumberBesideTheAlertsIsOfAllOfThem) {
  const Decoded decoded = decode_good(
      kWebhook,
      R"({"groupKey":18446744073709551616,"alerts":[{"status":"firing","labels":{"a":"1"}},{"labels":{"a":"2"}}]})");
  EXPECT_EQ(words_of(decoded.alert(0).mended), "number");
  EXPECT_EQ(words_of(decoded.alert(1).mended), "number");
}

TEST(Mending, EachAlertIsMarkedWithItsOwnWhateverWasRefusedBetween) {
  const Decoded decoded = decode_good(
      kApi,
      R"([{"labels":{"a":"1"},"v":1e999},7,{"labels":{"a":"2"}},{"labels":{"a":"\ud83d"}},{"labels":{"a":"4"}}])");
  ASSERT_EQ(decoded.batch.alerts.size(), 4U);
  EXPECT_EQ(words_of(decoded.alert(0).mended), "number");
  EXPECT_EQ(words_of(decoded.alert(1).mended), "");
  EXPECT_EQ(words_of(decoded.alert(2).mended), "surrogate");
  EXPECT_EQ(words_of(decoded.alert(3).mended), "");
  EXPECT_EQ(decoded.batch.refused.at(0).error.pointer, "/1");
}

TEST(Mending, HalfAPairBecomesTheReplacementCharacter) {
  const Decoded decoded =
      decode_good(kApi, R"([{"labels":{"a":"x\ud83d"},"annotations":{"s":"\ude00y \ud83d\ude00"}}])");
  EXPECT_EQ(decoded.label("a"), "x\ufffd");
  EXPECT_EQ(decoded.annotation("s"), "\ufffdy \U0001f600");
}

TEST(Mending, TextsAreCutBetweenCharacters) {
  const std::string head(limits::kLabelValueBytesMax - 1, 'x');
  const Decoded decoded = decode_good(kApi, R"([{"labels":{"a":")" + head +
                                                "\u00fc"
                                                R"("},"annotations":{"s":")" +
                                                std::string(limits::kAnnotationBytesMax - 3, 'y') +
                                                "\U0001f600"
                                                R"("}}])");
  EXPECT_EQ(decoded.label("a"), head);
  EXPECT_EQ(decoded.annotation("s"), std::string(limits::kAnnotationBytesMax - 3, 'y'));
}

TEST(Mending, IdentityIsOfWhatWasSentAndNotOfWhatWasKept) {
  const std::string head = long_text(limits::kLabelValueBytesMax);
  const auto identity = [](std::string_view source, const std::string& body) {
    return decode_good(source, body).alert().identity;
  };
  const auto of_value = [&](const std::string& value) {
    return identity(kApi, R"([{"labels":{"v":")" + value + R"("}}])");
  };
  EXPECT_NE(of_value(head + "1"), of_value(head + "2"));
  EXPECT_NE(of_value(head + "1"), of_value(head));
  EXPECT_EQ(of_value(head + "1"), of_value(head + "1"));
  const auto of_many = [&](const std::string& last) {
    return identity(kApi, R"([{"labels":{"z":")" + last + R"(")" + many(80) + "}}]");
  };
  EXPECT_NE(of_many("1"), of_many("2"));
  const auto of_key = [&](const std::string& key) { return identity(kGeneric, R"({"key":")" + key + R"("})"); };
  EXPECT_NE(of_key(head + "1"), of_key(head + "2"));
  EXPECT_NE(of_key(head + "1"), of_key(head));
  const auto of_severity = [&](const std::string& word) {
    return identity(kApi, R"([{"labels":{"a":"b","severity":")" + word + R"("}}])");
  };
  EXPECT_NE(of_severity("critical "), of_severity("critical"));
}

TEST(Mending, TheOrderOfWhatIsTooMuchDoesNotMatter) {
  const Decoded a = decode_good(kApi, R"([{"labels":{"z":"1","y":"2")" + many(70) + "}}]");
  const Decoded b = decode_good(kApi, R"([{"labels":{"y":"2","z":"1")" + many(70) + "}}]");
  EXPECT_EQ(a.alert().identity, b.alert().identity);
  EXPECT_EQ(a.alert().content, b.alert().content);
}

TEST(Mending, LabelsBeyondTheLimitAreLeftOutInOrderOfNameButNotThoseThatSayWhatItIs) {
  const Decoded decoded =
      decode_good(kApi, R"([{"labels":{"alertname":"A","severity":"critical","service":"s","aaa":"1","zzz":"2")" +
                            many(70) + "}}]");
  EXPECT_EQ(decoded.alert().labels.size(), limits::kLabelsMax);
  for (const char* name : {"alertname", "severity", "service", "aaa", "l0", "l10"})
    EXPECT_NE(decoded.label(name), "") << name;
  for (const char* name : {"zzz", "l9"}) EXPECT_EQ(decoded.label(name), "") << name;
}

TEST(Mending, AGenericAlertOfManyFieldsKeepsItsSeverity) {
  const Decoded decoded = decode_good(kGeneric, R"({"name":"A","severity":"critical","host":"h","message":"m")" +
                                                    many(100, "f") + R"(,"f7":"v","value":1})");
  EXPECT_EQ(decoded.alert().labels.size(), limits::kLabelsMax);
  EXPECT_EQ(decoded.label("alertname"), "A");
  EXPECT_EQ(decoded.label("severity"), "critical");
  EXPECT_EQ(decoded.label("host"), "h");
  EXPECT_EQ(decoded.annotation("description"), "m");
  EXPECT_EQ(decoded.annotation("value"), "1");
  EXPECT_EQ(words_of(decoded.alert().mended), "many_labels, duplicate");
}

TEST(Mending, NamesThatAreOneWhenCutAreThereOnce) {
  const std::string head = long_text(limits::kLabelNameBytesMax);
  const std::string half = long_text(limits::kLabelNameBytesMax - 1);
  const Decoded decoded = decode_good(kApi, R"([{"labels":{")" + head + R"(a":"1",")" + head + R"(b":"2",")" + half +
                                                "\u00fc"
                                                R"(":"3",")" +
                                                half + R"(":"4"}}])");
  EXPECT_THAT(decoded.alert().labels, ElementsAre(Label{half, "4"}, Label{head, "1"}));
}

TEST(Mending, AnnotationsThatAreNoTextsAreTakenAsTheyStand) {
  const Decoded decoded = decode_good(
      kApi, R"([{"labels":{"a":"b"},"annotations":{"n":93.5,"t":true,"o":{ "x" : [1, 2] },"big":1e999,"null":null}}])");
  EXPECT_EQ(decoded.annotation("n"), "93.5");
  EXPECT_EQ(decoded.annotation("t"), "true");
  EXPECT_EQ(decoded.annotation("o"), R"({"x":[1,2]})");
  EXPECT_EQ(decoded.annotation("big"), "") << "what it was is not known any more: nothing rather than 0";
  EXPECT_EQ(decoded.annotation("null"), "");
}

TEST(Mending, OfTwoAnnotationsTheLaterCounts) {
  EXPECT_EQ(decode_good(kApi, R"([{"labels":{"a":"b"},"annotations":{"s":"1","t":"x","s":"2"}}])").annotation("s"),
            "2");
  EXPECT_EQ(decode_good(kGeneric, R"({"name":"A","annotations":{"s":"1","t":"x","s":"2"}})").annotation("s"), "2");
}

TEST(Mending, ATimeThatCannotBeReadIsNotSaid) {
  const Decoded decoded = decode_good(kGeneric, R"({"name":"A","timestamp":"now","ends_at":"later"})");
  EXPECT_EQ(decoded.alert().starts_at, kUnset);
  EXPECT_EQ(decoded.alert().ends_at, kUnset);
}

TEST(Mending, AnEndBeforeItsStartStillEndsWhatIsSaidToHaveEnded) {
  const std::string times = R"("startsAt":"2026-03-28T23:00:00Z","endsAt":"2026-03-28T22:00:00Z"})";
  const Decoded by_status =
      decode_good(kWebhook, R"({"alerts":[{"status":"resolved","labels":{"a":"b"},)" + times + "]}");
  EXPECT_EQ(by_status.alert().status, AlertStatus::resolved);
  EXPECT_EQ(to_rfc3339(by_status.alert().starts_at), "2026-03-28T23:00:00.000Z");
  EXPECT_EQ(by_status.alert().ends_at, kUnset) << "it ended when it was received";
  const Decoded by_end = decode_good(kApi, R"([{"labels":{"a":"b"},)" + times + "]");
  EXPECT_EQ(by_end.alert().starts_at, kUnset);
  EXPECT_EQ(to_rfc3339(by_end.alert().ends_at), "2026-03-28T22:00:00.000Z");
}

TEST(Mending, AStatusThatNoTableKnowsFiresAndItsWordIsToldOf) {
  const Decoded decoded = decode_good(
      kGeneric,
      R"([{"name":"A","status":"ALARM"},{"name":"B","status":" Activated "},{"name":"C","status":"ok"},{"status":"x"}])");
  EXPECT_EQ(decoded.alert(0).status, AlertStatus::firing);
  EXPECT_EQ(decoded.alert(1).status, AlertStatus::firing);
  EXPECT_EQ(words_of(decoded.alert(1).mended), "blanks, status");
  EXPECT_THAT(decoded.batch.unknown_statuses, ElementsAre("ALARM", "Activated")) << "of the alerts that were taken";
}

TEST(Mending, AStatusWithBlanksAroundItCloses) {
  for (const char* word : {"Recovered ", " resolved", "OK\\n", "\\u00a0closed\\u00a0", "CLEAR", "Deactivated"}) {
    EXPECT_EQ(decode_good(kGeneric, R"({"name":"A","status":")" + std::string(word) + R"("})").alert().status,
              AlertStatus::resolved)
        << word;
    EXPECT_EQ(decode_good(kWebhook, R"({"alerts":[{"status":")" + std::string(word) + R"(","labels":{"a":"b"}}]})")
                  .alert()
                  .status,
              AlertStatus::resolved)
        << word;
  }
}

TEST(Mending, AWebhookWithoutAStatusEndsByItsEnd) {
  EXPECT_EQ(decode_good(kWebhook, R"({"alerts":[{"labels":{"a":"b"}}]})").alert().status, AlertStatus::by_end);
  EXPECT_EQ(
      decode_good(kWebhook, R"({"status":"resolved","alerts":[{"status":null,"labels":{"a":"b"}}]})").alert().status,
      AlertStatus::resolved);
}

TEST(Mending, NumbersKeepTheirTextWhereItIsRead) {
  const Decoded decoded =
      decode_good(kGeneric,
                  "\xef\xbb\xbf"
                  R"({"name":"A\ud83d","big":18446744073709552000,"x":[1e999,1],"huge":-1E+400,"n":4.20})");
  EXPECT_EQ(decoded.label("big"), "18446744073709552000");
  EXPECT_EQ(decoded.label("huge"), "-1E+400");
  EXPECT_EQ(decoded.label("n"), "4.20");
}

TEST(Mending, WhatIsTooMuchDoesNotStayWithTheBatch) {
  std::string labels = R"("alertname":"A")";
  for (int i = 0; i < 100'000; ++i) labels += ",\"f" + std::to_string(i) + "\":\"" + std::to_string(i) + "\"";
  const Decoded decoded = decode_good(kApi, R"([{"labels":{)" + labels + "}}]");
  EXPECT_EQ(decoded.alert().labels.size(), limits::kLabelsMax);
  EXPECT_LT(decoded.batch.label_pool.capacity(), 1000U);
  EXPECT_EQ(decode_good(kGeneric, "{" + labels + "}").alert().labels.size(), limits::kLabelsMax);
}

}  // namespace
}  // namespace tocsin
