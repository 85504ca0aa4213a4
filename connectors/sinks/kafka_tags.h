#pragma once

#include <cstdint>

namespace tocsin {

// What comes back with a record's fate: [is sent again 1 bit][number of the delivery or resend 47 bits][number of the
// record 16 bits]
inline constexpr std::uint64_t kResendBit = std::uint64_t{1} << 63;
constexpr std::uint64_t tag_of(std::uint64_t number, std::uint32_t record) { return number << 16 | record; }
constexpr std::uint64_t resend_tag_of(std::uint64_t number) { return kResendBit | number << 16; }
constexpr bool is_resend(std::uint64_t tag) { return (tag & kResendBit) != 0; }

}  // namespace tocsin
