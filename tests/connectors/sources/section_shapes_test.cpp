// Names that come in the order of an alert before are neither sorted nor looked at again: nothing of that may show.
#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/connectors/sources/decoded.h"

namespace tocsin {
namespace {

bool same(const Alert& a, const Alert& b) {
  return std::ranges::equal(a.labels, b.labels) && std::ranges::equal(a.annotations, b.annotations) &&
         a.mended == b.mended && a.identity == b.identity && a.voice == b.voice && a.content == b.content;
}

void expect_same(const AlertBatch& used, const Decoded& fresh) {
  ASSERT_EQ(used.alerts.size(), fresh.batch.alerts.size());
  for (std::size_t i = 0; i < used.alerts.size(); ++i) EXPECT_TRUE(same(used.alerts[i], fresh.alert(i))) << i;
  EXPECT_TRUE(std::ranges::equal(used.refused, fresh.batch.refused, {}, &RefusedAlert::error, &RefusedAlert::error));
}

TEST(SectionShapes, NamesOfARefusedAlertServeTheNext) {
  const Decoded decoded = decode_good("alertmanager", R"([
    {"labels":{"b":"1","a":"2"}},
    {"labels":{"b":"","a":""}},
    {"labels":{"b":"3","a":"4"}},
    {"labels":{"b":"","a":"5"}}])");
  ASSERT_EQ(decoded.batch.refused.size(), 1U);
  EXPECT_THAT(decoded.alert(0).labels, testing::ElementsAre(Label{"a", "2"}, Label{"b", "1"}));
  EXPECT_THAT(decoded.alert(1).labels, testing::ElementsAre(Label{"a", "4"}, Label{"b", "3"}));
  EXPECT_THAT(decoded.alert(2).labels, testing::ElementsAre(Label{"a", "5"}));
}

TEST(SectionShapes, AWordWithBlanksIsMendedAlsoWhereTheNamesAreKnown) {
  const Decoded decoded = decode_good("alertmanager", R"([
    {"labels":{"a":"x","severity":"critical"}},
    {"labels":{"a":"x","severity":" critical "}},
    {"labels":{"a":"x","severity":"  "}}])");
  EXPECT_EQ(decoded.label("severity", 1), "critical");
  EXPECT_TRUE(decoded.alert(1).mended.has(Mending::blanks));
  EXPECT_EQ(decoded.label("severity", 2), "");
}

/// Few names in any order, in sections that are mostly good.
std::string body_of(std::mt19937& random) {
  static constexpr std::string_view kNames[] = {"a", "b", "ab", "severity", "level", "", "instance", "zone"};
  static constexpr std::string_view kValues[] = {"1", "2", "three", "", " warning", "x y"};
  const auto section = [&](std::string& out) {
    out += '{';
    const std::size_t count = random() % 5;
    const std::size_t first = random() % 4;
    for (std::size_t i = 0; i < count; ++i) {
      const bool in_order = random() % 8 != 0;
      const std::string_view name = kNames[in_order ? (first + i) % 8 : random() % 8];
      std::string value(kValues[random() % 6]);
      if (random() % 40 == 0) value.assign(1100, 'v');
      if (i > 0) out += ',';
      out += '"';
      out.append(name).append(random() % 60 == 0 ? std::string(130, 'n') : std::string()).append("\":\"");
      out.append(value).append("\"");
    }
    out += '}';
  };
  std::string body = "[";
  for (std::size_t i = 0, count = 1 + random() % 6; i < count; ++i) {
    body += i > 0 ? "," : "";
    body += R"({"labels":)";
    section(body);
    body += R"(,"annotations":)";
    section(body);
    body += '}';
  }
  return body + ']';
}

TEST(SectionShapes, AreNeverSeenInWhatIsDecoded) {
  const char* chosen = std::getenv("TOCSIN_SEED");
  const auto first = chosen != nullptr ? static_cast<unsigned>(std::atoi(chosen)) : 1U;
  const auto last = chosen != nullptr ? first : 1500U;
  const auto used = make_decoders();
  AlertBatch batch;
  batch.source = "alertmanager";
  for (unsigned seed = first; seed <= last && !testing::Test::HasFailure(); ++seed) {
    std::mt19937 random(seed);
    const std::string body = body_of(random);
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed) + " " + body);
    const Decoded fresh = decode("alertmanager", body);
    batch.clear();
    const PaddedBody padded(body);
    EXPECT_EQ(used->find("alertmanager")->decode(padded.view(), published_key(), batch), fresh.result);
    expect_same(batch, fresh);
  }
}

}  // namespace
}  // namespace tocsin
