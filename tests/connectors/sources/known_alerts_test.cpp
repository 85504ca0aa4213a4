// What is recognised by its bytes is read as the decoder reads it: known, half-known, cut, reordered and hostile
// bodies.
#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/sources/decoded.h"
#include "tests/connectors/sources/known_alerts_judge.h"
#include "tests/counted_heap.h"

namespace tocsin {
namespace {

std::string object(const std::string& pod, const std::string& end) {
  return R"({"annotations":{"summary":"pod )" + pod + R"( {a=\"b\"} is down"},"endsAt":")" + end +
         R"(","startsAt":"2026-03-28T22:58:30.326990857Z","generatorURL":"http://p:9090/graph","labels":{"alertname":"Down","pod":")" +
         pod + R"("}})";
}

std::string body_of(const std::vector<std::string>& objects) {
  std::string body = "[";
  for (const std::string& one : objects) (body += body.size() > 1 ? "," : "") += one;
  return body + ']';
}

constexpr const char* kSoon = "2026-03-28T23:04:00.326Z";
constexpr const char* kLater = "2026-03-28T23:05:00.326Z";

TEST(KnownAlerts, AreRecognisedAtTheThirdSightWithTheirNewEnd) {
  KnownAlertsJudge judge;
  EXPECT_EQ(judge.see(body_of({object("a", kSoon), object("b", kSoon)})), 0U);
  EXPECT_EQ(judge.see(body_of({object("a", kSoon), object("b", kLater)})), 0U);
  EXPECT_EQ(judge.see(body_of({object("b", kLater), object("a", kLater)})), 2U);
}

TEST(KnownAlerts, OfABodyWithANewOneTheOthersAreRecognised) {
  KnownAlertsJudge judge;
  std::vector<std::string> objects;
  for (int i = 0; i < 10; ++i) objects.push_back(object("p" + std::to_string(i), kSoon));
  for (int i = 0; i < 2; ++i) judge.see(body_of(objects));
  objects[4] = object("new", kSoon);
  EXPECT_EQ(judge.see(body_of(objects)), 9U);
  EXPECT_EQ(judge.see(body_of(objects)), 9U);
  EXPECT_EQ(judge.see(body_of(objects)), 10U) << "it is learned among known ones, too";
}

TEST(KnownAlerts, ABodyOfStrangersIsLeftToTheDecoder) {
  KnownAlertsJudge judge;
  const std::string known = object("known", kSoon);
  for (int i = 0; i < 2; ++i) judge.see(body_of({known}));
  std::vector<std::string> objects{known};
  for (int i = 0; i < 20; ++i) objects.push_back(object("s" + std::to_string(i), kSoon));
  EXPECT_EQ(judge.see(body_of(objects)), 0U);
}

TEST(KnownAlerts, AnEndBeforeTheStartIsMendedAsEver) {
  KnownAlertsJudge judge;
  for (int i = 0; i < 2; ++i) judge.see(body_of({object("a", kSoon)}));
  EXPECT_EQ(judge.see(body_of({object("a", kSoon)})), 1U);
  EXPECT_EQ(judge.see(body_of({object("a", "2026-03-28T22:00:00Z")})), 0U);
  EXPECT_EQ(judge.see(body_of({object("a", "0001-01-01T00:00:00Z")})), 1U);
  EXPECT_EQ(judge.see(body_of({object("a", "soon")})), 0U);
}

// A label of this name is what makes the alert what it is, a text of these letters is a text.
TEST(KnownAlerts, OnlyTheFieldOfTheAlertIsItsEnd) {
  for (const std::string& one :
       {std::string(R"({"labels":{"a":"b","endsAt":"2026-03-28T23:04:00Z"},"x":1,"endsAt":"2026-03-28T23:04:00Z"})"),
        std::string(R"({"labels":{"a":"b","endsAt":"2026-03-28T23:04:00Z"}})"),
        std::string(R"({"x":{"endsAt":"2026-03-28T23:04:00Z"},"labels":{"a":"b"}})"),
        std::string(R"({"x\"endsAt":"2026-03-28T23:04:00Z","labels":{"a":"b"}})"),
        std::string(R"({"endsAt":"2026-03-28T23:04:00Z","labels":{"a":"b"},"endsAt":"2026-03-28T23:05:00Z"})"),
        std::string(R"({"endsat":"2026-03-28T23:04:00Z","labels":{"a":"b"}})"),
        std::string(R"({"endsAt":"2026-03-28T23:04:00Z","labels":{"a":" b","severity":" page "}})"),
        std::string(R"({"endsAt":"2026-03-28T23:04:00Z","labels":{}})")}) {
    KnownAlertsJudge judge;
    for (int i = 0; i < 4; ++i) EXPECT_EQ(judge.see(body_of({one})), 0U) << one;
  }
}

TEST(KnownAlerts, ALabelOfThatNameStaysALabel) {
  KnownAlertsJudge judge;
  const auto one = [](const std::string& label, const std::string& end) {
    return R"([{"labels":{"a":"b","endsAt":")" + label + R"("},"endsAt":")" + end + R"("}])";
  };
  for (int i = 0; i < 2; ++i) judge.see(one(kSoon, kSoon));
  EXPECT_EQ(judge.see(one(kSoon, kLater)), 1U);
  EXPECT_EQ(judge.see(one(kLater, kLater)), 0U);
}

std::string webhook_of(const std::vector<std::string>& objects, const std::string& status) {
  std::string list = body_of(objects);
  return R"({"receiver":"web\\.hook","status":")" + status + R"(","alerts":)" + list +
         R"(,"groupLabels":{"alertname":"Down"},"externalURL":"http://am:9093","version":"4","groupKey":"{}:{}"})";
}

std::string with_status(const std::string& status, const std::string& object) {
  return R"({"status":")" + status + R"(",)" + object.substr(1);
}

TEST(KnownAlerts, OfAWebhookAreRecognisedWhateverTheGroupSays) {
  KnownAlertsJudge judge("alertmanager-webhook");
  const std::string a = with_status("firing", object("a", "0001-01-01T00:00:00Z"));
  const std::string b = with_status("resolved", object("b", kSoon));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(judge.see(webhook_of({a, b}, "firing")), 0U);
  EXPECT_EQ(judge.see(webhook_of({b, a}, "firing")), 2U);
  EXPECT_EQ(judge.see(webhook_of({a}, "resolved")), 1U);
  EXPECT_EQ(judge.see(webhook_of({with_status("resolved", object("a", kLater))}, "resolved")), 0U) << "it ended";
}

TEST(KnownAlerts, OfAWebhookThatLeavesTheStatusToTheGroupAreDecoded) {
  KnownAlertsJudge judge("alertmanager-webhook");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(judge.see(webhook_of({object("a", kSoon)}, "firing")), 0U);
  EXPECT_EQ(judge.see(webhook_of({object("a", kSoon)}, "resolved")), 0U);
}

TEST(KnownAlerts, AnObjectThatEndsTheListAndBeginsAnotherIsNone) {
  KnownAlertsJudge judge("alertmanager-webhook");
  const std::string a = with_status("firing", object("a", kSoon));
  const std::string trick = a + R"(],"x":[)" + a;
  for (int i = 0; i < 4; ++i) judge.see(webhook_of({a}, "firing"));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(judge.see(webhook_of({trick, a}, "firing")), 0U);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(judge.see(webhook_of({a, trick}, "firing")), 0U);
  EXPECT_EQ(judge.see(webhook_of({a, a}, "firing")), 2U);
}

TEST(KnownAlerts, AListThatIsNotTheListIsNotTakenForIt) {
  KnownAlertsJudge judge("alertmanager-webhook");
  const std::string a = with_status("firing", object("a", kSoon));
  for (int i = 0; i < 3; ++i) judge.see(webhook_of({a}, "firing"));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(judge.see(R"({"x":{"alerts":[)" + a + R"(],"y":1},"alerts":[)" +
                        with_status("firing", object("z", kSoon)) + R"(],"n":1})"),
              0U);
}

TEST(KnownAlerts, OfAnotherTenantAreNotTheSame) {
  KnownAlertsJudge judge;
  const std::string body = body_of({object("a", kSoon)});
  for (int i = 0; i < 2; ++i) judge.see(body);
  EXPECT_EQ(judge.see(body, "acme"), 0U);
  EXPECT_EQ(judge.see(body), 1U);
}

TEST(KnownAlerts, DoNotAllocateOnceWarm) {
  const auto decoders = make_decoders({.knows_alerts = true});
  std::vector<std::string> objects;
  for (int i = 0; i < 64; ++i) objects.push_back(object("p" + std::to_string(i), kSoon));
  const PaddedBody body(body_of(objects));
  AlertBatch batch;
  batch.source = "alertmanager";
  for (int i = 0; i < 4; ++i) {
    batch.clear();
    ASSERT_TRUE(decoders->find("alertmanager")->decode(body.view(), published_key(), batch).has_value());
  }
  batch.clear();
  const std::size_t before = allocation_count();
  const bool decoded = decoders->find("alertmanager")->decode(body.view(), published_key(), batch).has_value();
  EXPECT_EQ(allocation_count() - before, 0U);
  EXPECT_TRUE(decoded);
  EXPECT_EQ(batch.known_count, 64U);
}

/// Objects that look alike and differ where it matters, and what strangers may write in their place.
class Bodies {
 public:
  explicit Bodies(unsigned seed, bool are_webhooks = false) : random_(seed), are_webhooks_(are_webhooks) {}

  std::string next() {
    std::vector<std::string> objects;
    const std::size_t count = 1 + below(12);
    for (std::size_t i = 0; i < count; ++i) objects.push_back(one());
    std::string body = are_webhooks_ ? webhook_of(objects) : body_of(objects);
    switch (below(12)) {
      case 0:
        body.resize(below(body.size()) + 1);
        break;
      case 1:
        body[below(body.size())] = static_cast<char>("{}[],:\"\\ 0a\xff"[below(12)]);
        break;
      case 2:
        body.insert(below(body.size()), std::string(1, "{}[],:\"\\ 0a\n"[below(12)]));
        break;
      case 3: {
        const std::size_t from = below(body.size());
        body.insert(below(body.size()), body.substr(from, below(300)));
        break;
      }
      case 4:
        body.erase(below(body.size()), 1 + below(40));
        break;
      case 5:
        body += " ";
        break;
      default:
        break;
    }
    return body.empty() ? "[" : body;
  }

 private:
  std::size_t below(std::size_t bound) { return random_() % bound; }

  /// What stands around the alerts matters, or does not, or would be read as if it did.
  std::string webhook_of(const std::vector<std::string>& objects) {
    static constexpr const char* kFronts[] = {R"({"receiver":"web\\.hook","status":"firing","alerts":[)",
                                              R"({"receiver":"web\\.hook","status":"resolved","alerts":[)",
                                              R"({"alerts":[)",
                                              R"({"status":"odd","alerts":[)",
                                              R"({"status":null,"alerts":[)",
                                              R"({"x":{"alerts":[{"labels":{"probe":"one"}}]},"alerts":[)",
                                              R"({"x\"alerts":[)",
                                              R"({"\u0061lerts":[{"labels":{"probe":"one"}}],"x":{"alerts":[)",
                                              "\xef\xbb\xbf{\"alerts\":["};
    static constexpr const char* kBacks[] = {R"(],"groupLabels":{"a":"b"},"commonLabels":{},"groupKey":"{}:{}"})",
                                             "]}",
                                             R"(],"status":"resolved"})",
                                             R"(],"alerts":[{"labels":{"pod":"p1"}}]})",
                                             R"(],"x":[{"a":1}],"n":0})",
                                             R"(]},"alerts":[{"labels":{"probe":"one"}}]})",
                                             R"(],"n":123456789012345678901234567890})"};
    std::string body = kFronts[below(3) > 0 ? below(2) : below(9)];
    const std::size_t begin = body.size();
    for (const std::string& one : objects) {
      if (body.size() > begin) body += below(60) == 0 ? R"(],"x":[)" : ",";
      if (one.starts_with('{') && below(8) > 0) {
        static constexpr const char* kStatuses[] = {"\"firing\"", "\"resolved\"", "\"odd\"", "null", "\"\"", "7"};
        body += std::string("{\"status\":") + kStatuses[below(4) > 0 ? below(2) : below(6)] + "," + one.substr(1);
      } else {
        body += one;
      }
    }
    return body + kBacks[below(3) > 0 ? 0 : below(7)];
  }

  std::string one() {
    static constexpr const char* kEnds[] = {"2026-03-28T23:04:00.326Z",
                                            "2026-03-28T23:05:00Z",
                                            "2026-03-29t01:04:00+02:00",
                                            "2026-03-28 23:04:60Z",
                                            "0001-01-01T00:00:00Z",
                                            "2020-01-01T00:00:00Z",
                                            "",
                                            "tomorrow",
                                            "1774739040",
                                            "2026-03-28T23:04:00\\u005a"};
    static constexpr const char* kTexts[] = {
        "down",     "},{", "}},{\\\"endsAt\\\":\\\"", "\\ud83d\\ude00", "\\ud83d", "\\\\", "[{}]", "{", "}",
        "\xc3\xbc", "  "};
    const std::string end = kEnds[below(3) > 0 ? below(2) : below(10)];
    const std::string text = kTexts[below(4) > 0 ? 0 : below(11)];
    const std::string pod = "p" + std::to_string(below(4));
    switch (below(10)) {
      case 0:
        return R"({"labels":{"alertname":")" + text + R"(","pod":")" + pod + R"("},"endsAt":")" + end + R"("})";
      case 1:
        return R"({"labels":{"endsAt":")" + end + R"(","pod":")" + pod + R"("},"endsAt":")" + end + R"("})";
      case 2:
        return R"({"x":[{"endsAt":")" + end + R"("},{"a":1e9}],"labels":{"pod":")" + pod + R"("},"endsAt":")" + end +
               R"("})";
      case 3:
        return R"({"labels":{"pod":")" + pod + R"(","severity":" page "},"endsAt":")" + end + R"("})";
      case 4:
        return R"({"labels":{"pod":")" + pod + R"("}})";
      default:
        return R"({"annotations":{"summary":")" + text + R"("},"endsAt":")" + end +
               R"(","startsAt":"2026-03-28T22:58:30Z","generatorURL":"http://p:9090/g","labels":{"alertname":"Down","pod":")" +
               pod + R"("}})";
    }
  }

  std::mt19937 random_;
  bool are_webhooks_;
};

void compare_over_seeds(bool are_webhooks) {
  const char* chosen = std::getenv("TOCSIN_SEED");
  const auto first = chosen != nullptr ? static_cast<unsigned>(std::atoi(chosen)) : 1U;
  const auto last = chosen != nullptr ? first : 6U;
  std::size_t recognised = 0;
  for (unsigned seed = first; seed <= last && !testing::Test::HasFailure(); ++seed) {
    KnownAlertsJudge judge(are_webhooks ? "alertmanager-webhook" : "alertmanager");
    Bodies bodies(seed, are_webhooks);
    for (int i = 0; i < 1500 && !testing::Test::HasFailure(); ++i) {
      const std::string body = bodies.next();
      SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed) + " " + body);
      recognised += judge.see(body);
    }
  }
  EXPECT_GT(recognised, are_webhooks ? 300U : 1000U) << "the bodies are such that something is recognised";
}

TEST(KnownAlerts, AreReadAsTheDecoderReadsThem) { compare_over_seeds(false); }
TEST(KnownAlerts, OfWebhooksAreReadAsTheDecoderReadsThem) { compare_over_seeds(true); }

}  // namespace
}  // namespace tocsin
