#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/model/ids.h"

namespace tocsin {

/// A secret for hashing what strangers chose: with it unknown to them they cannot aim at collisions. It is made once
/// for a journal and kept in it, so a replay on another machine hashes alike.
class HashKey {
 public:
  static constexpr std::size_t kSeedBytes = 16;
  static constexpr std::size_t kSecretBytes = 192;
  using Seed = std::array<unsigned char, kSeedBytes>;

  /// Same seed, same key, on every machine.
  explicit HashKey(const Seed& seed);

  /// XXH3 of 128 bits under this key; about 15 ns for 300 bytes. Not for signatures.
  Hash128 hash(std::string_view bytes) const;

 private:
  alignas(64) std::array<unsigned char, kSecretBytes> secret_{};
};

/// For names that must be alike everywhere (incident ids): the same function under a published key.
const HashKey& published_key();

}  // namespace tocsin
