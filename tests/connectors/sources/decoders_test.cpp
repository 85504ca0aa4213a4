#include "connectors/sources/decoders.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/connectors/sources/decoded.h"
#include "tests/counted_heap.h"
#include "tests/places.h"

namespace tocsin {
namespace {

TEST(Decoders, AreFoundByTheirNameAndOnlyThose) {
  const auto decoders = make_decoders();
  for (const char* name : {"alertmanager", "alertmanager-webhook", "generic"}) {
    ASSERT_NE(decoders->find(name), nullptr) << name;
    EXPECT_EQ(decoders->find(name)->name(), name);
  }
  EXPECT_EQ(decoders->find(""), nullptr);
  EXPECT_EQ(decoders->find("alertmanager-"), nullptr);
}

struct SourceBody {
  std::string source;
  std::string body;
};

std::vector<SourceBody> bodies() {
  std::string alerts;
  for (int i = 0; i < 64; ++i) {
    if (i > 0) alerts += ',';
    alerts += R"({"status":"firing","labels":{"alertname":"DiskFull","host":"h)" + std::to_string(i) +
              R"(","severity":"warning"},"annotations":{"summary":"a \"full\" disk"},"value":0.5,
                  "startsAt":"2026-03-28T23:00:00Z","generatorURL":"http://p/"})";
  }
  return {{"alertmanager", "[" + alerts + "]"},
          {"alertmanager-webhook", R"({"alerts":[)" + alerts + "]}"},
          {"generic", "[" + alerts + R"(,{"name":"A","host-name":"x","key":7}])"}};
}

TEST(Decoders, DoNotAllocateOnceWarm) {
  for (const SourceBody& source : bodies()) {
    const auto decoders = make_decoders();
    SourceDecoder* const decoder = decoders->find(source.source);
    const PaddedBody body(source.body);
    AlertBatch batch;
    batch.source = source.source;
    for (int i = 0; i < 3; ++i) {
      batch.clear();
      ASSERT_TRUE(decoder->decode(body.view(), published_key(), batch).has_value());
    }
    batch.clear();
    const std::size_t before = allocation_count();
    const bool decoded = decoder->decode(body.view(), published_key(), batch).has_value();
    const std::size_t after = allocation_count();
    EXPECT_TRUE(decoded);
    EXPECT_EQ(after - before, 0U) << source.source;
    EXPECT_GE(batch.alerts.size(), 64U);
  }
}

bool same(const Alert& a, const Alert& b) {
  return std::ranges::equal(a.labels, b.labels) && std::ranges::equal(a.annotations, b.annotations) &&
         a.status == b.status && a.starts_at == b.starts_at && a.ends_at == b.ends_at && a.link == b.link &&
         a.source_key == b.source_key && a.identity == b.identity && a.content == b.content;
}

TEST(Decoders, GiveTheSameAlertsForTheSameBytesWhateverTheyReadBefore) {
  const auto used = make_decoders();
  for (const SourceBody& source : bodies()) {
    const Decoded fresh = decode_good(source.source, source.body);
    SourceDecoder* const decoder = used->find(source.source);
    AlertBatch again;
    again.source = source.source;
    // Another key's hashes and a refusal in between leave nothing behind.
    ASSERT_TRUE(decoder->decode(PaddedBody(source.body).view(), HashKey{HashKey::Seed{1}}, again).has_value());
    again.clear();
    ASSERT_FALSE(decoder->decode(PaddedBody("[{").view(), published_key(), again).has_value());
    again.clear();
    ASSERT_TRUE(decoder->decode(PaddedBody(source.body).view(), published_key(), again).has_value());
    ASSERT_EQ(again.alerts.size(), fresh.batch.alerts.size());
    for (std::size_t i = 0; i < again.alerts.size(); ++i) EXPECT_TRUE(same(again.alerts[i], fresh.alert(i))) << i;
  }
}

TEST(Decoders, AlertsOutliveTheBodyAndTheDecoder) {
  Decoded decoded;
  {
    auto source = bodies()[0];
    decoded = decode_good(source.source, source.body);
    source.body.assign(source.body.size(), '#');
  }
  EXPECT_EQ(decoded.label("host", 63), "h63");
  const AlertBatch moved = std::move(decoded.batch);
  EXPECT_EQ(value_of(moved.alerts[63].labels, "host"), "h63");
}

TEST(Decoders, ThoseOfDifferentTenantsAreDifferentConditions) {
  const PaddedBody body(R"([{"labels":{"alertname":"A"}}])");
  const auto decoders = make_decoders();
  AlertBatch a;
  AlertBatch b;
  a.source = b.source = "alertmanager";
  b.tenant = "acme";
  ASSERT_TRUE(decoders->find("alertmanager")->decode(body.view(), published_key(), a).has_value());
  ASSERT_TRUE(decoders->find("alertmanager")->decode(body.view(), published_key(), b).has_value());
  EXPECT_NE(a.alerts[0].identity, b.alerts[0].identity);
}

struct PayloadFolder {
  const char* folder;
  const char* source;
};
class RealPayloads : public testing::TestWithParam<PayloadFolder> {};

TEST_P(RealPayloads, AreAllTaken) {
  const std::filesystem::path folder = shared_dir() / "data" / "payloads" / GetParam().folder;
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no recorded payloads here (set TOCSIN_SHARED)";
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    ++files;
    std::ifstream stream(file.path(), std::ios::binary);
    const std::string body{std::istreambuf_iterator<char>(stream), {}};
    const Decoded decoded = decode(GetParam().source, body);
    ASSERT_TRUE(decoded.result.has_value())
        << file.path().filename() << ": " << decoded.result.error().message << " " << decoded.result.error().pointer;
    EXPECT_TRUE(decoded.batch.refused.empty()) << file.path().filename();
    EXPECT_FALSE(decoded.batch.alerts.empty()) << file.path().filename();
    for (const Alert& alert : decoded.batch.alerts) EXPECT_FALSE(alert.labels.empty()) << file.path().filename();
  }
  EXPECT_GT(files, 0U);
}

INSTANTIATE_TEST_SUITE_P(OfTools, RealPayloads,
                         testing::Values(PayloadFolder{"alertmanager_api_v2", "alertmanager"},
                                         PayloadFolder{"alertmanager_webhook", "alertmanager-webhook"},
                                         PayloadFolder{"grafana_alerting", "alertmanager-webhook"}),
                         [](const auto& named) { return std::string(named.param.folder); });

}  // namespace
}  // namespace tocsin
