#pragma once

#include <string>
#include <string_view>

#include "engine/model/limits.h"
#include "engine/model/refusal.h"

namespace tocsin {

/// The form in which bodies are journaled: [codec u8: 0 as is, 1 LZ4 block][length of the body u32][block …],
/// little-endian. As is when it is short or LZ4 would not make it smaller. Requires: at most `bytes_max` bytes.
std::string pack_body(std::string_view body, std::size_t bytes_max = limits::kBodyBytesMax);

/// The body, at the front of `buffer`, with SourceDecoder::kBodyPadding zero bytes behind it; valid as long as `buffer`
/// is left alone. storage_failed when `packed` is not what pack_body makes: never reads or writes beyond its bounds.
Result<std::string_view> unpack_body(std::string_view packed, std::string& buffer,
                                     std::size_t bytes_max = limits::kBodyBytesMax);

}  // namespace tocsin
