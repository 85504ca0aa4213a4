// Bodies as senders write them, and what becomes of them: golden/SOURCE.NAME.json beside golden/SOURCE.NAME.txt.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/model/time_text.h"
#include "tests/connectors/sources/decoded.h"
#include "tests/places.h"

namespace tocsin {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string time_of(Instant at) { return at == kUnset ? "not said" : to_rfc3339(at); }

/// A text for people, one thing a line.
std::string canonical(const AlertBatch& batch) {
  std::string out;
  for (const Alert& alert : batch.alerts) {
    out += alert.status == AlertStatus::by_end   ? "by its end"
           : alert.status == AlertStatus::firing ? "firing"
                                                 : "resolved";
    out += "\n  starts " + time_of(alert.starts_at) + "\n  ends " + time_of(alert.ends_at) + "\n";
    if (!alert.source_key.empty()) out.append("  key ").append(alert.source_key) += '\n';
    if (!alert.link.empty()) out.append("  link ").append(alert.link) += '\n';
    for (const Label& label : alert.labels)
      out.append("  label ").append(label.name).append(": ").append(label.value) += '\n';
    for (const Label& text : alert.annotations)
      out.append("  annotation ").append(text.name).append(": ").append(text.value) += '\n';
    if (!alert.mended.is_empty()) out += "  mended " + words_of(alert.mended) + "\n";
  }
  for (const RefusedAlert& refused : batch.refused)
    out.append("refused ").append(name_of(refused.error.code)).append(" at ").append(refused.error.pointer) += '\n';
  return out;
}

TEST(Golden, EveryBodyBecomesWhatStandsBesideIt) {
  const std::filesystem::path folder = source_dir() / "tests/connectors/sources/golden";
  std::vector<std::filesystem::path> bodies;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() == ".json") bodies.push_back(file.path());
  }
  std::ranges::sort(bodies);
  EXPECT_GE(bodies.size(), 5U);
  for (const auto& path : bodies) {
    SCOPED_TRACE(path.filename().string());
    const std::string name = path.filename().string();
    const Decoded decoded = decode_good(name.substr(0, name.find('.')), read_file(path));
    const std::string text = canonical(decoded.batch);
    std::filesystem::path beside = path;
    beside.replace_extension(".txt");
    if (std::getenv("TOCSIN_WRITE_GOLDEN") != nullptr) std::ofstream(beside, std::ios::binary) << text;
    EXPECT_EQ(text, read_file(beside)) << "where the new text is right: TOCSIN_WRITE_GOLDEN=1 writes it";
  }
}

}  // namespace
}  // namespace tocsin
