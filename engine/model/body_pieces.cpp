#include "engine/model/body_pieces.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tocsin {

std::uint64_t body_check(std::string_view body) { return XXH3_64bits(body.data(), body.size()); }

}  // namespace tocsin
