#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/conditions/alert_texts.h"
#include "engine/model/field.h"

namespace tocsin {

/// Which values of some fields may stand in a block of conditions, so that who looks for a rare one passes over the
/// blocks that have none. A Bloom filter for each block and field: it may say yes for what is not there (2 in 1,000,
/// and for what was there before), never no for what is. 8 bytes for a condition; a condition costs a hash of each
/// field when its texts change. Nothing that decides may ask it; it is no part of the state.
class ValueSketch {
 public:
  static constexpr std::uint32_t kBlockSlots = 512;
  static constexpr std::array<Field, 4> kFields{Field::service, Field::source, Field::environment, Field::host};

  /// The condition in `slot` has these texts now.
  void note(std::uint32_t slot, const AlertTexts& texts);

  static bool is_followed(Field field);
  /// False: no condition of the block of `slot` has this value. Requires: the field is followed.
  bool may_have(std::uint32_t slot, Field field, std::string_view value) const;

  /// So much was noted since renewal that it may say yes for what is gone.
  bool is_worn(std::uint32_t slot) const;
  /// Forgets all of the block of `slot`; those that are there are noted again.
  void renew(std::uint32_t slot);

 private:
  static constexpr std::size_t kBits = kBlockSlots * 16;
  static constexpr std::size_t kHashes = 4;
  struct Block {
    std::array<std::array<std::uint64_t, kBits / 64>, kFields.size()> bits{};
    std::uint32_t notes = 0;
  };
  /// What was noted last of a field, and where: alerts that come one after the other have most of it in common.
  struct Noted {
    std::size_t block = SIZE_MAX;
    std::string value;
  };

  std::vector<std::unique_ptr<Block>> blocks_;
  std::array<Noted, kFields.size()> noted_;
};

}  // namespace tocsin
