#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

#include "engine/model/arena.h"
#include "engine/model/body_pieces.h"
#include "engine/model/refusal.h"

namespace tocsin {

/// The payload of a body of which the segment has pieces already (records of version 3):
///
///   [form u8: 0 steps as they are, 1 as one LZ4 block][body bytes u32][body_check u64][form 1: bytes of steps u32]
///   [steps …]
///
/// little-endian. Steps make the body, one behind the other; each begins with a varint, 4 · n + what it is:
///   0  n bytes follow, as they are
///   1  piece number n, with the hole of the piece before
///   2  piece number n, with the hole that follows
///   3  piece number n is told: [bytes before the hole varint][behind it varint][hole][before …][behind …]
/// A hole is [u8 of its bytes that are the first of the hole before][u8 that follow][these …]. Between two pieces that
/// are neighbours in the steps stands a comma.
///
/// A step refers to a piece that was told before in its own group, or in two other groups of the segment: so what one
/// place of the file costs when it is damaged is what was written there.

/// What the segment that is being written has of pieces. One thread.
///
/// Bounded: kPiecesMax pieces, of 48 bytes; what comes when there are so many is written as it is.
class PieceBook {
 public:
  static constexpr std::size_t kPiecesMax = 1U << 19;

  /// Numbers from here on: none below is given.
  explicit PieceBook(std::uint32_t next = 0) : next_(next) {}

  /// What is written from here on is another group.
  void begin_group() { ++group_; }
  /// Appends a body's payload to `out`.
  void append(const BodyPieces& body, std::string& out);
  /// What was told counts no more: another segment begins, or a group did not become durable.
  void forget() { told_.clear(); }

  std::size_t size() const { return told_.size(); }
  std::uint32_t next_number() const { return next_; }

 private:
  struct Told {
    std::uint32_t number = 0;
    std::uint32_t group = 0;  // that told it first
    bool is_twice = false;    // told, in another one
  };

  void append_piece(const BodyPiece& piece, std::string_view text);
  void append_hole(std::string_view hole);

  absl::flat_hash_map<Hash128, Told> told_;
  std::uint32_t next_;
  std::uint32_t group_ = 0;
  std::string_view hole_before_;
  std::string steps_;
  std::string packed_;
};

/// Reads such payloads, those of one segment in the order in which they were written. One thread.
class PieceReader {
 public:
  /// Of another segment, or of another part of it behind which nothing of before is known.
  void forget();

  /// The body, packed as pack_body would with codec 0; valid until the next call. storage_damaged: it refers to what
  /// was not there, or its check does not match. storage_failed: it is no such payload.
  Result<std::string_view> read(std::string_view payload);

 private:
  struct Piece {
    std::string_view before;
    std::string_view behind;
  };
  class Steps;

  absl::flat_hash_map<std::uint32_t, Piece> pieces_;
  Arena texts_;
  std::string steps_;
  std::string body_;
  std::string hole_;
};

}  // namespace tocsin
