#include "engine/model/hash.h"

#include <array>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/model/xxh3.h"

namespace tocsin {
namespace {

TEST(Hash, SameSeedSameHashes) {
  const HashKey a{HashKey::Seed{1, 2, 3}};
  const HashKey b{HashKey::Seed{1, 2, 3}};
  for (const std::size_t size : {0U, 1U, 16U, 17U, 128U, 240U, 241U, 5000U}) {
    const std::string text(size, 'x');
    EXPECT_EQ(a.hash(text), b.hash(text)) << size;
  }
}

// Journals and identities outlive machines: with and without wide instructions it is the function of the library.
TEST(Hash, IsXxh3OnEveryMachine) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>(i * 31 + i / 7);
  const HashKey::Seed seed{1, 2, 3};
  std::array<unsigned char, HashKey::kSecretBytes> secret{};
  XXH3_generateSecret(secret.data(), secret.size(), seed.data(), seed.size());
  const HashKey key(seed);
  for (std::size_t size = 0; size <= text.size(); size += size < 1100 ? 1 : 97) {
    const std::string_view part = std::string_view(text).substr(text.size() - size);
    const XXH128_hash_t with_secret = XXH3_128bits_withSecret(part.data(), size, secret.data(), secret.size());
    const XXH128_hash_t with_seed = XXH3_128bits_withSeed(part.data(), size, 77);
    ASSERT_EQ(key.hash(part), (Hash128{with_secret.high64, with_secret.low64})) << size;
    ASSERT_EQ(xxh3_128(part, 77), (Hash128{with_seed.high64, with_seed.low64})) << size;
    ASSERT_EQ(xxh3_64(part), XXH3_64bits(part.data(), size)) << size;
  }
}

TEST(Hash, AnotherSeedAnotherHash) {
  const HashKey a{HashKey::Seed{1}};
  const HashKey b{HashKey::Seed{2}};
  // Each length class of XXH3 takes another path through the secret.
  for (const std::size_t size : {1U, 8U, 16U, 100U, 200U, 1000U}) {
    const std::string text(size, 'x');
    EXPECT_NE(a.hash(text), b.hash(text)) << size;
    EXPECT_NE(a.hash(text), published_key().hash(text)) << size;
  }
}

TEST(Hash, EveryByteCounts) {
  const HashKey key{HashKey::Seed{7}};
  for (const std::size_t size : {1U, 9U, 40U, 300U}) {
    const std::string text(size, 'x');
    std::set<Hash128> seen{key.hash(text)};
    for (std::size_t i = 0; i < size; ++i) {
      std::string other = text;
      other[i] = 'y';
      seen.insert(key.hash(other));
    }
    EXPECT_EQ(seen.size(), size + 1) << size;
  }
}

/// Ids of incidents that people have in their tickets are made of these: they may never change.
TEST(Hash, ThePublishedKeyGivesTheNumbersThatItAlwaysGave) {
  EXPECT_EQ(published_key().hash(""), (Hash128{0x979ab0b27dc9021f, 0xe535fbfdddef47c1}));
  EXPECT_EQ(published_key().hash("tocsin"), (Hash128{0x5851cb9923941705, 0x1f76c168d1bba3b8}));
  EXPECT_EQ(published_key().hash(std::string(1000, 'x')), (Hash128{0x068674fe8511e2fb, 0xecc60bf4e4439583}));
}

}  // namespace
}  // namespace tocsin
