#include "engine/model/xxh3_wide.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t tocsin_xxh3_64_wide(const char* bytes, size_t size) { return XXH3_64bits(bytes, size); }

TocsinWideHash tocsin_xxh3_128_wide_with_seed(const char* bytes, size_t size, uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, size, seed);
  return {hash.high64, hash.low64};
}

TocsinWideHash tocsin_xxh3_128_wide_with_secret(const char* bytes, size_t size, const unsigned char* secret,
                                                size_t secret_size) {
  const XXH128_hash_t hash = XXH3_128bits_withSecret(bytes, size, secret, secret_size);
  return {hash.high64, hash.low64};
}
