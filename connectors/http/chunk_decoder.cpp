#include "connectors/http/chunk_decoder.h"

#include <algorithm>

#include "connectors/http/byte_buffer.h"

namespace tocsin {
namespace {

constexpr int kSizeDigitsMax = 8;

int hex_value(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

bool is_control(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return (value < 0x20 && byte != '\t') || value == 0x7f;
}

}  // namespace

ChunkDecoder::State ChunkDecoder::feed(std::string_view bytes, std::size_t& consumed, ByteBuffer& body) {
  consumed = 0;
  while (consumed < bytes.size()) {
    if (step_ == Step::content) {
      const std::size_t taken = std::min<std::size_t>(static_cast<std::size_t>(size_), bytes.size() - consumed);
      body.append(bytes.substr(consumed, taken));
      consumed += taken;
      size_ -= taken;
      if (size_ == 0) step_ = Step::content_cr;
      continue;
    }
    const State state = step(bytes[consumed++]);
    if (state != State::more) return state;
  }
  return State::more;
}

ChunkDecoder::State ChunkDecoder::step(char byte) {
  switch (step_) {
    case Step::size_first:
      size_ = 0;
      digits_ = 0;
      if (hex_value(byte) < 0) return refuse("a chunk size must be hexadecimal digits");
      step_ = Step::size;
      return digit(byte);
    case Step::size:
      if (hex_value(byte) >= 0) return digit(byte);
      if (byte == ';') {
        step_ = Step::extension;
        return State::more;
      }
      if (byte != '\r') return refuse("a chunk size must be hexadecimal digits followed by CRLF");
      step_ = Step::size_lf;
      return State::more;
    case Step::extension:
      if (byte == '\r') {
        step_ = Step::size_lf;
        return State::more;
      }
      if (is_control(byte)) return refuse("a chunk extension must not hold control characters");
      if (++extension_bytes_ > kExtensionBytesMax) return refuse("the chunk extensions are too long");
      return State::more;
    case Step::size_lf:
      if (byte != '\n') return refuse("the line of a chunk size must end with CRLF");
      if (size_ == 0) {
        step_ = Step::end_cr;
        return State::more;
      }
      if (size_ > body_bytes_max_ - body_bytes_) return State::too_large;
      body_bytes_ += static_cast<std::size_t>(size_);
      step_ = Step::content;
      return State::more;
    case Step::content_cr:
      if (byte != '\r') return refuse("a chunk must end with CRLF");
      step_ = Step::content_lf;
      return State::more;
    case Step::content_lf:
      if (byte != '\n') return refuse("a chunk must end with CRLF");
      step_ = Step::size_first;
      return State::more;
    case Step::end_cr:
      if (byte != '\r') return refuse("trailers after a chunked body are not taken");
      step_ = Step::end_lf;
      return State::more;
    case Step::end_lf:
      return byte == '\n' ? State::done : refuse("a chunked body must end with CRLF");
    case Step::content:
      break;
  }
  return State::more;
}

ChunkDecoder::State ChunkDecoder::digit(char byte) {
  if (++digits_ > kSizeDigitsMax) return refuse("a chunk size has too many digits");
  size_ = size_ * 16 + static_cast<std::uint64_t>(hex_value(byte));
  return State::more;
}

ChunkDecoder::State ChunkDecoder::refuse(std::string_view why) {
  why_ = why;
  return State::refused;
}

}  // namespace tocsin
