#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/model/limits.h"
#include "engine/model/time_text.h"
#include "tests/connectors/sources/decoded.h"

namespace tocsin {
namespace {

constexpr std::string_view kSource = "generic";

Decoded good(std::string_view body) { return decode_good(kSource, body); }

TEST(Generic, ReadsEveryFieldOfAnAlert) {
  const Decoded decoded = good(R"({"name":"DiskFull","title":"Disk of db1 is full","message":"93 % used",
      "severity":"critical","status":"open","service":"ledger","host":"db1","environment":"prod","region":"eu",
      "team":"storage","labels":{"disk":"sda1"},"annotations":{"runbook":"http://r"},
      "starts_at":"2026-03-28T23:00:00Z","ends_at":1774738860,"url":"http://u","key":"disk-7"})");
  ASSERT_EQ(decoded.batch.alerts.size(), 1U);
  const Alert& alert = decoded.alert();
  EXPECT_THAT(alert.labels,
              testing::ElementsAre(Label{"alertname", "DiskFull"}, Label{"disk", "sda1"}, Label{"environment", "prod"},
                                   Label{"host", "db1"}, Label{"region", "eu"}, Label{"service", "ledger"},
                                   Label{"severity", "critical"}, Label{"team", "storage"}));
  EXPECT_THAT(alert.annotations, testing::ElementsAre(Label{"description", "93 % used"}, Label{"runbook", "http://r"},
                                                      Label{"summary", "Disk of db1 is full"}));
  EXPECT_EQ(alert.status, AlertStatus::firing);
  EXPECT_EQ(to_rfc3339(alert.starts_at), "2026-03-28T23:00:00.000Z");
  EXPECT_EQ(to_rfc3339(alert.ends_at), "2026-03-28T23:01:00.000Z");
  EXPECT_EQ(alert.link, "http://u");
  EXPECT_EQ(alert.source_key, "disk-7");
}

TEST(Generic, ATimeWithoutAZoneIsMarkedAndNotMended) {
  const Decoded decoded = good(R"([{"name":"A","starts_at":"2026-03-28 23:00:00","ends_at":"2026-03-28T22:00:00Z"},
      {"name":"B","starts_at":1774738800,"ends_at":"2026-03-28 23:30"},
      {"name":"C","starts_at":"2026-03-28 23:00","ends_at":"2026-03-28 22:00"}])");
  EXPECT_TRUE(decoded.alert(0).starts_locally);
  EXPECT_FALSE(decoded.alert(0).ends_locally);
  EXPECT_EQ(words_of(decoded.alert(0).mended), "") << "which is first is known once it is placed";
  EXPECT_FALSE(decoded.alert(1).starts_locally);
  EXPECT_TRUE(decoded.alert(1).ends_locally);
  EXPECT_EQ(words_of(decoded.alert(2).mended), "time") << "by one clock the end is before the start";
  EXPECT_FALSE(decoded.alert(2).starts_locally);
  EXPECT_TRUE(decoded.alert(2).ends_locally);
}

TEST(Generic, TakesAnObjectAnArrayOrAnObjectWithAlerts) {
  EXPECT_EQ(good(R"({"name":"A"})").batch.alerts.size(), 1U);
  EXPECT_EQ(good(R"([{"name":"A"},{"name":"B"}])").batch.alerts.size(), 2U);
  EXPECT_EQ(good(R"({"sent_by":"x","alerts":[{"name":"A"},{"name":"B"},{"name":"C"}]})").batch.alerts.size(), 3U);
  EXPECT_TRUE(good("[]").batch.alerts.empty());
}

TEST(Generic, NumbersKeepTheTextThatWasSent) {
  const Decoded decoded = good(R"({"version":4.20,"alerts":[
      {"name":"A","before":{"x":[1,2,{"y":3e5}]},"port":5432,"load":0.10,"labels":{"z":-0,"big":18446744073709551615}},
      {"name":"B","text \"1\" 2":"3","port":1E+2}],"after":7})");
  EXPECT_EQ(decoded.label("port", 0), "5432");
  EXPECT_EQ(decoded.label("load", 0), "0.10");
  EXPECT_EQ(decoded.label("z", 0), "-0");
  EXPECT_EQ(decoded.label("big", 0), "18446744073709551615");
  EXPECT_EQ(decoded.label("port", 1), "1E+2");
}

TEST(Generic, TruthValuesBecomeTextAndNullIsNotThere) {
  const Decoded decoded = good(R"({"name":"A","production":true,"drill":false,"nothing":null,"empty":""})");
  EXPECT_THAT(decoded.alert().labels,
              testing::ElementsAre(Label{"alertname", "A"}, Label{"drill", "false"}, Label{"production", "true"}));
}

TEST(Generic, ObjectsAndArraysThatItDoesNotKnowAreIgnored) {
  const Decoded decoded = good(R"({"name":"A","tags":["a","b"],"details":{"x":1}})");
  EXPECT_THAT(decoded.alert().labels, testing::ElementsAre(Label{"alertname", "A"}));
}

TEST(Generic, MakesLabelNamesOfFieldsThatAreNone) {
  const Decoded decoded = good(R"({"name":"A","host-name":"h","2nd":"x","k8s.pod":"p","":"e"})");
  EXPECT_EQ(decoded.label("host_name"), "h");
  EXPECT_EQ(decoded.label("_2nd"), "x");
  EXPECT_EQ(decoded.label("k8s_pod"), "p");
  EXPECT_EQ(decoded.label("_"), "e");
}

TEST(Generic, OfTwoFieldsForOneNameTheFirstWinsAndLabelsWinOverBoth) {
  const Decoded decoded = good(R"({"name":"A","a-b":"1","a_b":"2","c":"3","labels":{"c":"4"}})");
  EXPECT_EQ(decoded.label("a_b"), "1");
  EXPECT_EQ(decoded.label("c"), "4");
}

TEST(Generic, WithoutANameTheTitleIsTheName) {
  const Decoded decoded = good(R"({"title":"Disk full","host":"db1"})");
  EXPECT_EQ(decoded.label("alertname"), "Disk full");
  EXPECT_EQ(decoded.annotation("summary"), "Disk full");
}

TEST(Generic, ASecondWordForTheSameIsKeptForPeople) {
  const Decoded decoded = good(R"({"message":"m","description":"d","name":"n","alertname":"a"})");
  EXPECT_EQ(decoded.annotation("description"), "d");
  EXPECT_EQ(decoded.annotation("message"), "m");
  EXPECT_EQ(decoded.label("alertname"), "a");
  EXPECT_EQ(decoded.annotation("name"), "n");
}

TEST(Generic, MeasurementsAndLongTextsAreNoPartOfTheIdentity) {
  const std::string long_text(limits::kLabelValueBytesMax + 1, 'x');
  const Decoded a = good(R"({"name":"A","value":1,"id":"e1"})");
  const Decoded b = good(R"({"name":"A","value":2,"id":"e2","log":")" + long_text + R"("})");
  EXPECT_EQ(a.alert().identity, b.alert().identity);
  EXPECT_NE(a.alert().content, b.alert().content);
  EXPECT_EQ(a.annotation("value"), "1");
  EXPECT_EQ(b.annotation("log"), long_text);
}

TEST(Generic, AKeyIsTheIdentityAndAloneEnoughToResolve) {
  const Decoded opened = good(R"({"name":"A","host":"db1","dedup_key":"k1"})");
  const Decoded closed = good(R"({"dedup_key":"k1","status":"OK"})");
  EXPECT_EQ(opened.alert().identity, closed.alert().identity);
  EXPECT_EQ(closed.alert().status, AlertStatus::resolved);
}

TEST(Generic, StatusWordsOfAllCasesAreKnown) {
  for (const char* word : {"firing", "open", "Alerting", "TRIGGERED", "problem", "down"}) {
    EXPECT_EQ(good(R"({"name":"A","status":")" + std::string(word) + "\"}").alert().status, AlertStatus::firing)
        << word;
  }
  for (const char* word : {"resolved", "ok", "OK", "Closed", "recovered", "normal", "up"}) {
    EXPECT_EQ(good(R"({"name":"A","status":")" + std::string(word) + "\"}").alert().status, AlertStatus::resolved)
        << word;
  }
  EXPECT_EQ(good(R"({"name":"A"})").alert().status, AlertStatus::by_end);
}

TEST(Generic, TakesTimesAsSendersWriteThem) {
  for (const char* time : {R"("2026-03-28T23:00:00Z")",
                           "1774738800",
                           "1774738800000",
                           "1774738800000000",
                           "1774738800000000000",
                           "1774738800.0",
                           "1774738800000.0",
                           "1.7747388e9",
                           "1.7747388E+12",
                           R"("1774738800")",
                           R"("1774738800000")",
                           R"("1774738800.000")",
                           R"(" 1774738800 ")",
                           R"("2026-03-29T01:00:00+02:00")",
                           R"("2026-03-29T01:00:00+0200")",
                           R"("2026-03-29T01:00:00+02")",
                           R"("2026-03-28T23:00:00.000+0000")",
                           R"("2026-03-28T23:00:00")",
                           R"("2026-03-28 23:00:00.000")",
                           R"("2026-03-28 23:00:00,000")",
                           R"("2026-03-28 23:00:00 UTC")",
                           R"("2026-03-28T23:00Z")",
                           R"("2026-03-28 23:00:00 +0000 UTC m=+0.000000001")"}) {
    const Decoded decoded = good(R"({"name":"A","timestamp":)" + std::string(time) + "}");
    EXPECT_EQ(to_rfc3339(decoded.alert().starts_at), "2026-03-28T23:00:00.000Z") << time;
    EXPECT_EQ(words_of(decoded.alert().mended), "") << time;
  }
  for (const char* none : {"null", "\"\"", "0", "0.0", "-0", R"("0001-01-01T00:00:00Z")", R"("0001-01-01T00:00:00")"}) {
    const Decoded decoded = good(R"({"name":"A","timestamp":)" + std::string(none) + "}");
    EXPECT_EQ(decoded.alert().starts_at, kUnset) << none;
    EXPECT_EQ(words_of(decoded.alert().mended), "") << none;
  }
}

struct RefusalCase {
  const char* name;
  std::string body;
  Refusal code;
  std::int32_t index;
  std::string pointer;
};

class GenericRefuses : public testing::TestWithParam<RefusalCase> {};

TEST_P(GenericRefuses, WithCodeIndexAndPointer) {
  const RefusalCase& expected = GetParam();
  const Decoded decoded = decode(kSource, expected.body);
  ASSERT_FALSE(decoded.result.has_value());
  const Error& error = decoded.result.error();
  EXPECT_EQ(name_of(error.code), name_of(expected.code)) << error.message;
  EXPECT_EQ(error.index, expected.index);
  EXPECT_EQ(error.pointer, expected.pointer);
}

INSTANTIATE_TEST_SUITE_P(
    Table, GenericRefuses,
    testing::Values(RefusalCase{"a_text", R"("x")", Refusal::wrong_type, -1, ""},
                    RefusalCase{"a_number", "1", Refusal::wrong_type, -1, ""},
                    RefusalCase{"an_item_that_is_none", "[1]", Refusal::wrong_type, 0, "/0"},
                    RefusalCase{"nothing_in_it", "{}", Refusal::missing_field, 0, "/labels"},
                    RefusalCase{"nothing_in_one_of_a_list", "[{}]", Refusal::missing_field, 0, "/0/labels"},

                    RefusalCase{"nothing_in_it_that_can_be_read", R"({"title":{},"labels":"x"})",
                                Refusal::missing_field, 0, "/labels"},
                    RefusalCase{"label_twice", R"({"name":"A","labels":{"x":"1","x":"2"}})", Refusal::duplicate_key, 0,
                                "/labels/x"},
                    RefusalCase{"field_twice", R"({"name":"A","x":"1","x":"2"})", Refusal::duplicate_key, 0, "/x"},
                    RefusalCase{"status_twice", R"({"name":"A","status":"up","status":"down"})", Refusal::duplicate_key,
                                0, "/status"},
                    RefusalCase{"alerts_twice", R"({"alerts":[],"alerts":[]})", Refusal::duplicate_key, -1, "/alerts"},

                    RefusalCase{"cut_off", R"({"name":"A")", Refusal::malformed, -1, ""}),
    [](const auto& named) { return std::string(named.param.name); });

std::string fields(int count) {
  std::string text = R"({"name":"A")";
  for (int i = 0; i < count; ++i) text += ",\"f" + std::to_string(i) + "\":1";
  return text + "}";
}

TEST(Generic, TakesAsManyLabelsAsAllowed) { EXPECT_EQ(good(fields(63)).alert().labels.size(), limits::kLabelsMax); }

}  // namespace
}  // namespace tocsin
