#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/model/time_text.h"
#include "tests/connectors/sources/decoded.h"

namespace tocsin {
namespace {

constexpr std::string_view kSource = "alertmanager-webhook";

Decoded good(std::string_view body) { return decode_good(kSource, body); }

TEST(AlertmanagerWebhook, TheStatusOfEachAlertCountsAndNotThatOfTheGroup) {
  const Decoded decoded = good(R"({"version":"4","groupKey":"{}:{}","status":"firing","truncatedAlerts":3,"alerts":[
      {"status":"firing","labels":{"alertname":"A"},"endsAt":"0001-01-01T00:00:00Z"},
      {"status":"resolved","labels":{"alertname":"B"},"endsAt":"2026-03-28T23:00:00Z"}]})");
  ASSERT_EQ(decoded.batch.alerts.size(), 2U) << "truncated alerts are neither firing nor resolved";
  EXPECT_EQ(decoded.alert(0).status, AlertStatus::firing);
  EXPECT_EQ(decoded.alert(0).ends_at, kUnset);
  EXPECT_EQ(decoded.alert(1).status, AlertStatus::resolved);
  EXPECT_EQ(to_rfc3339(decoded.alert(1).ends_at), "2026-03-28T23:00:00.000Z");
}

TEST(AlertmanagerWebhook, TheStatusOfTheGroupCountsWhereAnAlertHasNone) {
  const Decoded decoded = good(R"({"status":"resolved","alerts":[{"labels":{"alertname":"A"}}]})");
  EXPECT_EQ(decoded.alert().status, AlertStatus::resolved);
}

TEST(AlertmanagerWebhook, TakesVersionThreeWithItsGroupKeyOfSixtyFourBits) {
  EXPECT_EQ(good(R"({"version":"3","groupKey":18446744073709551615,"status":"firing",
      "alerts":[{"status":"firing","labels":{"alertname":"A"}}]})")
                .batch.alerts.size(),
            1U);
}

TEST(AlertmanagerWebhook, TakesWhatGrafanaAdds) {
  const Decoded decoded = good(R"({"version":"1","state":"alerting","orgId":1,"title":"T","alerts":[
      {"status":"firing","labels":{"alertname":"A"},"generatorURL":"?orgId=1","fingerprint":"c4edaaf9f9f839b0",
       "values":{"B":22.5,"C":null},"valueString":"[ var='B' ]","imageURL":null}]})");
  EXPECT_EQ(decoded.alert().link, "?orgId=1");
}

TEST(AlertmanagerWebhook, IdentityIsOfTheLabelsWhateverTheFingerprintSays) {
  const Decoded a = good(R"({"alerts":[{"status":"firing","fingerprint":"00","labels":{"alertname":"A"}}]})");
  const Decoded b = good(R"({"alerts":[{"status":"resolved","fingerprint":"01","labels":{"alertname":"A"}}]})");
  EXPECT_EQ(a.alert().identity, b.alert().identity);
  EXPECT_NE(a.alert().content, b.alert().content) << "its status changed";
}

TEST(AlertmanagerWebhook, TakesNoAlertsAsNone) { EXPECT_TRUE(good(R"({"alerts":[]})").batch.alerts.empty()); }

TEST(AlertmanagerWebhook, OneBadAlertDoesNotRefuseTheOthers) {
  const Decoded decoded = good(R"({"alerts":[{"status":"firing","labels":7},
                                             {"status":"firing","labels":{"alertname":"B"}}]})");
  EXPECT_EQ(decoded.label("alertname"), "B");
  ASSERT_EQ(decoded.batch.refused.size(), 1U);
  EXPECT_EQ(decoded.batch.refused[0].error.pointer, "/alerts/0/labels");
}

struct RefusalCase {
  const char* name;
  std::string body;
  Refusal code;
  std::int32_t index;
  std::string pointer;
};

class AlertmanagerWebhookRefuses : public testing::TestWithParam<RefusalCase> {};

TEST_P(AlertmanagerWebhookRefuses, WithCodeIndexAndPointer) {
  const RefusalCase& expected = GetParam();
  const Decoded decoded = decode(kSource, expected.body);
  ASSERT_FALSE(decoded.result.has_value());
  const Error& error = decoded.result.error();
  EXPECT_EQ(name_of(error.code), name_of(expected.code)) << error.message;
  EXPECT_EQ(error.index, expected.index);
  EXPECT_EQ(error.pointer, expected.pointer);
}

std::string too_many() {
  std::string body = R"({"alerts":[{})";
  for (int i = 0; i < 10'000; ++i) body += ",{}";
  return body + "]}";
}

INSTANTIATE_TEST_SUITE_P(
    Table, AlertmanagerWebhookRefuses,
    testing::Values(RefusalCase{"an_array", R"([{"labels":{"a":"b"}}])", Refusal::wrong_type, -1, ""},
                    RefusalCase{"no_alerts", R"({"status":"firing"})", Refusal::missing_field, -1, "/alerts"},
                    RefusalCase{"alerts_null", R"({"alerts":null})", Refusal::wrong_type, -1, "/alerts"},
                    RefusalCase{"alerts_object", R"({"alerts":{}})", Refusal::wrong_type, -1, "/alerts"},
                    RefusalCase{"alerts_twice", R"({"alerts":[],"alerts":[]})", Refusal::duplicate_key, -1, "/alerts"},

                    RefusalCase{"status_of_the_group_twice", R"({"alerts":[],"status":"firing","status":"resolved"})",
                                Refusal::duplicate_key, -1, "/status"},
                    RefusalCase{"status_twice",
                                R"({"alerts":[{"status":"firing","labels":{"a":"b"},"status":"firing"}]})",
                                Refusal::duplicate_key, 0, "/alerts/0/status"},
                    RefusalCase{"too_many", too_many(), Refusal::too_many_alerts, -1, "/alerts"},
                    RefusalCase{"cut_off", R"({"alerts":[{"status":"firing")", Refusal::malformed, -1, ""},

                    RefusalCase{"label_number", R"({"alerts":[{"status":"firing","labels":{"a":1}}]})",
                                Refusal::wrong_type, 0, "/alerts/0/labels/a"}),
    [](const auto& named) { return std::string(named.param.name); });

}  // namespace
}  // namespace tocsin
