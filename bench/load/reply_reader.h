#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

/// Cuts the byte stream of a connection into HTTP/1.1 replies (RFC 9112 §6: Content-Length, chunked, or neither).
/// Bodies are skipped; of a reply that is not 2xx the first bytes are kept.
class ReplyReader {
 public:
  enum class Step : std::uint8_t { need_more, complete, malformed };

  ReplyReader();

  /// Takes bytes from the front of `input` up to the end of one reply. After `complete` the accessors speak of that
  /// reply until the next call. After `malformed` the connection is of no more use until `reset`.
  Step read(std::string_view& input);
  void reset();

  int status() const { return status_; }
  bool closes() const { return closes_; }
  const std::string& body_start() const { return body_; }

 private:
  enum class State : std::uint8_t { head, counted, chunk_size, chunk, chunk_end, trailer };

  Step read_head(std::string_view& input);
  Step read_line(std::string_view& input, std::string_view& line);
  bool understand(std::string_view head);
  void keep(std::string_view part);

  State state_ = State::head;
  std::string pending_;  // the part of a head or line that has arrived
  std::string body_;
  std::uint64_t left_ = 0;  // of the body or chunk
  int status_ = 0;
  bool closes_ = false;
  bool is_chunked_ = false;
};

}  // namespace tocsin
