#include "engine/runtime/journal/body_packing.h"

#include <cstddef>
#include <memory>

#include <lz4.h>

#include "engine/model/check.h"
#include "engine/model/limits.h"
#include "engine/runtime/intake/source_decoder.h"
#include "engine/runtime/journal/byte_order.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kAsIs = 0;
constexpr std::uint8_t kLz4 = 1;
constexpr std::size_t kHeaderBytes = 5;
// Below this a commit costs what it costs whatever the bytes, and LZ4 would take 2 µs to save a fifth of them.
constexpr std::size_t kCompressedBytesMin = 4096;

/// Room for the header and `block`, in one piece: the string waits in queues that are bounded by bytes.
std::string pack(std::uint8_t codec, std::size_t body_bytes, std::string_view block) {
  std::string out;
  out.reserve(kHeaderBytes + block.size());
  append_little_endian(out, codec);
  append_little_endian(out, static_cast<std::uint32_t>(body_bytes));
  return out.append(block);
}

/// Memory that LZ4 writes to before it is known how much that is. Not zeroed: the bound is more than the body, and most
/// of it is never written. Each thread keeps one piece: to give so much back to the heap for each body makes that tidy
/// up each time. One at a time.
class Room {
 public:
  explicit Room(std::size_t bytes) {
    if (bytes > kKeptBytesMax) {
      own_ = std::make_unique_for_overwrite<char[]>(bytes);
    } else if (!kept_) {
      kept_ = std::make_unique_for_overwrite<char[]>(kKeptBytesMax);
    }
  }
  char* begin() { return own_ ? own_.get() : kept_.get(); }

 private:
  static constexpr std::size_t kKeptBytesMax = 256 * 1024;
  static thread_local std::unique_ptr<char[]> kept_;
  std::unique_ptr<char[]> own_;
};
thread_local std::unique_ptr<char[]> Room::kept_;

std::unexpected<Error> corrupt(const char* what) { return refuse(Refusal::storage_failed, what); }

}  // namespace

std::string pack_body(std::string_view body, std::size_t bytes_max) {
  TOCSIN_CHECK(body.size() <= bytes_max, "a body over its limit is refused before it is packed");
  if (body.size() >= kCompressedBytesMin) {
    const int body_bytes = static_cast<int>(body.size());
    const int bound = LZ4_compressBound(body_bytes);
    Room room(static_cast<std::size_t>(bound));
    const int written = LZ4_compress_default(body.data(), room.begin(), body_bytes, bound);
    if (written > 0 && written < body_bytes)
      return pack(kLz4, body.size(), {room.begin(), static_cast<std::size_t>(written)});
  }
  return pack(kAsIs, body.size(), body);
}

Result<std::string_view> unpack_body(std::string_view packed, std::string& buffer, std::size_t bytes_max) {
  ByteReader reader(packed);
  const auto codec = reader.little_endian<std::uint8_t>();
  const std::size_t body_bytes = reader.little_endian<std::uint32_t>();
  if (!reader.ok()) return corrupt("a packed body is shorter than its header");
  if (body_bytes > bytes_max) return corrupt("a packed body claims to be longer than a body may be");
  const std::string_view block = reader.rest();

  buffer.clear();
  buffer.resize(body_bytes + SourceDecoder::kBodyPadding, '\0');
  if (codec == kAsIs) {
    if (block.size() != body_bytes) return corrupt("a body kept as it is has another length than its header says");
    block.copy(buffer.data(), block.size());
  } else if (codec == kLz4) {
    // Above this LZ4 cannot have come from a body within its limit, and the cast below stays in range.
    if (block.size() > bytes_max) return corrupt("a packed body is longer than a body may be");
    const int written =
        LZ4_decompress_safe(block.data(), buffer.data(), static_cast<int>(block.size()), static_cast<int>(body_bytes));
    if (written < 0 || static_cast<std::size_t>(written) != body_bytes) return corrupt("a packed body is damaged");
  } else {
    return corrupt("a packed body has an unknown codec: it was written by a newer tocsin or is damaged");
  }
  return std::string_view{buffer.data(), body_bytes};
}

}  // namespace tocsin
