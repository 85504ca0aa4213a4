#include "engine/model/body_pieces.h"

#include "engine/model/xxh3.h"

namespace tocsin {

std::uint64_t body_check(std::string_view body) { return xxh3_64(body); }

}  // namespace tocsin
