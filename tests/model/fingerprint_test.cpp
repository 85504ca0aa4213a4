#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "engine/model/ids.h"
#include "engine/model/label.h"
#include "tests/places.h"

namespace tocsin {
namespace {

struct Vector {
  const char* name;
  std::vector<Label> labels;
  const char* fingerprint;
};

class Fingerprint : public testing::TestWithParam<Vector> {};

TEST_P(Fingerprint, IsAlertmanagers) { EXPECT_EQ(to_text(fingerprint_of(GetParam().labels)), GetParam().fingerprint); }

// Made with a separate FNV-1a 64 over name, ff, value, ff.
INSTANTIATE_TEST_SUITE_P(
    Own, Fingerprint,
    testing::Values(
        Vector{"nothing", {}, "cbf29ce484222325"}, Vector{"one", {{"a", "b"}}, "d2b371819297f98a"},
        Vector{"not_ascii", {{"alertname", "Über"}, {"ort", "Köln"}}, "0efa344386804c21"},
        Vector{"three", {{"alertname", "DiskFull"}, {"host", "db1"}, {"severity", "warning"}}, "134a53746f384282"},
        Vector{"ends_here", {{"ab", "c"}}, "20ba9b3025a8b421"},
        Vector{"ends_there", {{"a", "bc"}}, "a0a3542c19b900ab"}),
    [](const auto& named) { return std::string(named.param.name); });

/// Fingerprints that Alertmanager and Grafana themselves gave, if they are here.
TEST(Fingerprints, OfRealPayloadsAreReproduced) {
  const auto file = shared_dir() / "data" / "alertmanager_fingerprint_vectors.json";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no recorded fingerprints here (set TOCSIN_SHARED)";
  simdjson::dom::parser parser;
  simdjson::dom::array vectors;
  ASSERT_EQ(parser.load(file.string()).get(vectors), simdjson::SUCCESS);
  std::size_t checked = 0;
  for (const auto vector : vectors) {
    if (!vector["matches_fnv1a64"].get_bool().value_unsafe()) continue;
    std::vector<Label> labels;
    for (const auto field : vector["labels"].get_object()) {
      labels.push_back({field.key, field.value.get_string().value_unsafe()});
    }
    std::ranges::sort(labels, {}, &Label::name);
    EXPECT_EQ(to_text(fingerprint_of(labels)), vector["fingerprint"].get_string().value_unsafe());
    ++checked;
  }
  EXPECT_GE(checked, 9U);
}

}  // namespace
}  // namespace tocsin
