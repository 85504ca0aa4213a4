#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

class ByteBuffer;

/// Takes a body out of the chunked transfer coding (RFC 9112 §7.1), however the bytes are cut. Stricter than the RFC
/// where laxness has been used to smuggle requests: lines end with CRLF, a size has at most 8 digits and no white space
/// around it, trailers are refused, and all extensions of a body together have at most kExtensionBytesMax bytes, so
/// that what is on the wire is bounded by what is in the body.
class ChunkDecoder {
 public:
  static constexpr std::size_t kExtensionBytesMax = 1024;

  enum class State { more, done, refused, too_large };

  /// `body_bytes_max` is the largest body; too_large comes before the chunk that would exceed it is taken.
  explicit ChunkDecoder(std::size_t body_bytes_max) : body_bytes_max_(body_bytes_max) {}

  /// Reads on; `consumed` is what was used of `bytes` (all of it when the answer is more). What is of the body goes to
  /// the end of `body`.
  State feed(std::string_view bytes, std::size_t& consumed, ByteBuffer& body);

  /// A sentence, after refused.
  std::string_view why() const { return why_; }

 private:
  enum class Step { size_first, size, extension, size_lf, content, content_cr, content_lf, end_cr, end_lf };

  State step(char byte);
  State digit(char byte);
  State refuse(std::string_view why);

  std::size_t body_bytes_max_;
  std::size_t body_bytes_ = 0;
  std::size_t extension_bytes_ = 0;
  std::uint64_t size_ = 0;
  int digits_ = 0;
  Step step_ = Step::size_first;
  std::string_view why_;
};

}  // namespace tocsin
