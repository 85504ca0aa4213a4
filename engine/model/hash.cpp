#include "engine/model/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tocsin {

HashKey::HashKey(const Seed& seed) { XXH3_generateSecret(secret_.data(), secret_.size(), seed.data(), seed.size()); }

Hash128 HashKey::hash(std::string_view bytes) const {
  const XXH128_hash_t hash = XXH3_128bits_withSecret(bytes.data(), bytes.size(), secret_.data(), secret_.size());
  return {hash.high64, hash.low64};
}

const HashKey& published_key() {
  static const HashKey key{HashKey::Seed{'t', 'o', 'c', 's', 'i', 'n', ' ', 'n', 'a', 'm', 'e', 's', ' ', 'v', '1', 0}};
  return key;
}

}  // namespace tocsin
