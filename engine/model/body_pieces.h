#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/model/ids.h"

namespace tocsin {

/// An object of a body that is known but for one short text in it, the hole: of two pieces with one name all else is
/// the same, byte for byte.
struct BodyPiece {
  Hash128 name;
  std::uint32_t at = 0;       // in the body
  std::uint32_t bytes = 0;    //
  std::uint32_t hole_at = 0;  // in the piece
  std::string_view hole;      // borrowed, and the same as what lies there in the body
};

/// A checksum (XXH3) of a whole body; not against forgery.
std::uint64_t body_check(std::string_view body);

/// A body as it was received, with those of its objects that were received before: who keeps bodies may have them
/// already. Borrows from the batch that it is in.
struct BodyPieces {
  std::string_view body;  // "": nothing of it is known
  std::uint64_t check{};  // body_check() of it
  std::vector<BodyPiece> pieces;

  bool is_there() const { return !body.empty(); }
  void clear() {
    body = {};
    check = 0;
    pieces.clear();
  }
};

}  // namespace tocsin
