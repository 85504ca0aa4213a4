#include "engine/model/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/model/xxh3.h"

namespace tocsin {

HashKey::HashKey(const Seed& seed) { XXH3_generateSecret(secret_.data(), secret_.size(), seed.data(), seed.size()); }

Hash128 HashKey::hash(std::string_view bytes) const { return xxh3_128(bytes, secret_); }

const HashKey& published_key() {
  static const HashKey key{HashKey::Seed{'t', 'o', 'c', 's', 'i', 'n', ' ', 'n', 'a', 'm', 'e', 's', ' ', 'v', '1', 0}};
  return key;
}

}  // namespace tocsin
