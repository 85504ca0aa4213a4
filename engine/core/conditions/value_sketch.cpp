#include "engine/core/conditions/value_sketch.h"

#include <algorithm>

#include "engine/model/check.h"
#include "engine/model/hash.h"

namespace tocsin {
namespace {

/// The places of a value: 13 bits each of its hash.
template <std::size_t Count>
std::array<std::size_t, Count> places_of(std::string_view value, std::size_t bits) {
  std::uint64_t hash = published_key().hash(value).low;
  std::array<std::size_t, Count> places{};
  for (std::size_t& place : places) {
    place = static_cast<std::size_t>(hash % bits);
    hash /= bits;
  }
  return places;
}

}  // namespace

void ValueSketch::note(std::uint32_t slot, const AlertTexts& texts) {
  const std::size_t at = slot / kBlockSlots;
  if (at >= blocks_.size()) blocks_.resize(at + 1);
  if (blocks_[at] == nullptr) blocks_[at] = std::make_unique<Block>();
  Block& block = *blocks_[at];
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const std::string_view value = texts[kFields[i]];
    Noted& noted = noted_[i];
    if (noted.block == at && noted.value == value) continue;
    noted.block = at;
    noted.value = value;
    for (const std::size_t place : places_of<kHashes>(value, kBits))
      block.bits[i][place / 64] |= std::uint64_t{1} << (place % 64);
  }
  ++block.notes;
}

bool ValueSketch::is_followed(Field field) { return std::ranges::find(kFields, field) != kFields.end(); }

bool ValueSketch::may_have(std::uint32_t slot, Field field, std::string_view value) const {
  const auto found = std::ranges::find(kFields, field);
  TOCSIN_CHECK(found != kFields.end(), "only some fields are followed");
  const std::size_t at = slot / kBlockSlots;
  if (at >= blocks_.size() || blocks_[at] == nullptr) return false;
  const auto& bits = blocks_[at]->bits[static_cast<std::size_t>(found - kFields.begin())];
  return std::ranges::all_of(places_of<kHashes>(value, kBits),
                             [&](std::size_t place) { return (bits[place / 64] >> (place % 64) & 1) != 0; });
}

bool ValueSketch::is_worn(std::uint32_t slot) const {
  const std::size_t at = slot / kBlockSlots;
  return at < blocks_.size() && blocks_[at] != nullptr && blocks_[at]->notes > 2 * kBlockSlots;
}

void ValueSketch::renew(std::uint32_t slot) {
  const std::size_t at = slot / kBlockSlots;
  TOCSIN_CHECK(at < blocks_.size(), "what is renewed is there");
  blocks_[at] = std::make_unique<Block>();
  for (Noted& noted : noted_) noted.block = SIZE_MAX;
}

}  // namespace tocsin
