#include "engine/runtime/journal/body_packing.h"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "engine/model/limits.h"
#include "engine/runtime/intake/source_decoder.h"

namespace tocsin {
namespace {

std::string unpacked(std::string_view packed) {
  std::string buffer;
  const auto body = unpack_body(packed, buffer);
  return body ? std::string(*body) : "refused: " + body.error().message;
}

std::string noise(std::size_t bytes) {
  std::mt19937 random(7);
  std::string text(bytes, '\0');
  for (char& byte : text) byte = static_cast<char>(random());
  return text;
}

TEST(BodyPacking, GivesBackWhatWasPacked) {
  for (const std::string& body : {std::string(), std::string("x"), std::string(46'000, 'a'), noise(1000),
                                  std::string(limits::kBodyBytesMax, '{'), noise(limits::kBodyBytesMax)})
    EXPECT_TRUE(unpacked(pack_body(body)) == body) << body.size() << " bytes";
}

TEST(BodyPacking, MakesRepetitiveBodiesSmallAndOthersNoLargerThanTheHeader) {
  EXPECT_LT(pack_body(std::string(46'000, 'a')).size(), 1000u);
  EXPECT_EQ(pack_body(noise(1000)).size(), 1005u);
  EXPECT_EQ(pack_body(noise(10'000)).size(), 10'005u);
}

TEST(BodyPacking, LeavesShortBodiesAsTheyAre) {
  EXPECT_EQ(pack_body(std::string(700, 'a')).size(), 705u);
  EXPECT_LT(pack_body(std::string(4096, 'a')).size(), 100u);
}

TEST(BodyPacking, LeavesZeroedPaddingForTheParser) {
  std::string buffer(100'000, 'x');
  const auto body = unpack_body(pack_body("[1,2,3]"), buffer);
  ASSERT_TRUE(body);
  ASSERT_GE(buffer.size(), body->size() + SourceDecoder::kBodyPadding);
  EXPECT_TRUE(std::all_of(buffer.begin() + 7, buffer.end(), [](char byte) { return byte == '\0'; }));
}

TEST(BodyPacking, RefusesWhatItDidNotMake) {
  std::string buffer;
  EXPECT_FALSE(unpack_body("", buffer));
  for (const std::size_t bytes : {500U, 5000U}) {  // as it is, and compressed
    const std::string good = pack_body(std::string(bytes, 'a') + noise(50));
    EXPECT_FALSE(unpack_body(good.substr(0, 4), buffer));
    EXPECT_FALSE(unpack_body(good.substr(0, good.size() - 1), buffer));
    EXPECT_FALSE(unpack_body(good + "x", buffer));
  }
  EXPECT_FALSE(unpack_body(std::string("\x02\x01\0\0\0a", 6), buffer));          // unknown codec
  EXPECT_FALSE(unpack_body(std::string("\0\x02\0\0\0a", 6), buffer));            // another length
  EXPECT_FALSE(unpack_body(std::string("\x01\xff\xff\xff\x7f ab", 8), buffer));  // claims 2 GiB
  EXPECT_EQ(unpack_body("", buffer).error().code, Refusal::storage_failed);
}

TEST(BodyPacking, SurvivesAnyDamage) {
  const char* chosen = std::getenv("TOCSIN_SEED");
  const auto first = chosen != nullptr ? static_cast<unsigned>(std::atoi(chosen)) : 1u;
  const auto last = chosen != nullptr ? first : 3000u;
  std::string buffer;
  for (unsigned seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    const std::size_t bytes = seed % 4 == 0 ? 200 : 4096;  // as it is, and compressed
    std::string packed = pack_body(std::string(bytes, 'a') + noise(random() % 100));
    for (unsigned i = 0; i <= random() % 4; ++i) packed[random() % packed.size()] = static_cast<char>(random());
    if (random() % 3 == 0) packed.resize(random() % packed.size());
    const auto body = unpack_body(packed, buffer);  // any answer, within its bounds: the sanitizers watch
    if (body) {
      ASSERT_LE(body->size(), limits::kBodyBytesMax);
    }
  }
}

}  // namespace
}  // namespace tocsin
