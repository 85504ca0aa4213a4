#include "engine/model/xxh3.h"

#include <cstddef>

#include "engine/model/xxh3_wide.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tocsin {
namespace {

constexpr std::size_t kShortBytesMax = 240;  // up to which XXH3 has ways of its own

#if defined(__x86_64__)
bool machine_is_wide() {
  static const bool kIsWide = __builtin_cpu_supports("avx2") != 0;
  return kIsWide;
}
bool is_wide(std::string_view bytes) { return bytes.size() > kShortBytesMax && machine_is_wide(); }
#else
bool is_wide(std::string_view) { return false; }
#endif

Hash128 in_parts(const XXH128_hash_t& hash) { return {hash.high64, hash.low64}; }

}  // namespace

std::uint64_t xxh3_64(std::string_view bytes) {
  if (is_wide(bytes)) return tocsin_xxh3_64_wide(bytes.data(), bytes.size());
  return XXH3_64bits(bytes.data(), bytes.size());
}

Hash128 xxh3_128(std::string_view bytes, std::uint64_t seed) {
  if (is_wide(bytes)) {
    const TocsinWideHash hash = tocsin_xxh3_128_wide_with_seed(bytes.data(), bytes.size(), seed);
    return {hash.high, hash.low};
  }
  return in_parts(XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed));
}

Hash128 xxh3_128(std::string_view bytes, std::span<const unsigned char> secret) {
  if (is_wide(bytes)) {
    const TocsinWideHash hash =
        tocsin_xxh3_128_wide_with_secret(bytes.data(), bytes.size(), secret.data(), secret.size());
    return {hash.high, hash.low};
  }
  return in_parts(XXH3_128bits_withSecret(bytes.data(), bytes.size(), secret.data(), secret.size()));
}

}  // namespace tocsin
