#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/model/ids.h"

namespace tocsin {

// XXH3, of long texts with the wide instructions of the machine where it has them (AVX2); the results are the same
// everywhere.
std::uint64_t xxh3_64(std::string_view bytes);
Hash128 xxh3_128(std::string_view bytes, std::uint64_t seed);
/// `secret` as XXH3_generateSecret makes it.
Hash128 xxh3_128(std::string_view bytes, std::span<const unsigned char> secret);

}  // namespace tocsin
