#include "engine/runtime/log/piece_form.h"

#include <algorithm>
#include <limits>

#include <lz4.h>

#include "engine/model/check.h"
#include "engine/model/limits.h"
#include "engine/runtime/journal/byte_order.h"

namespace tocsin {
namespace {

enum class Step : std::uint8_t { text = 0, again = 1, again_with_hole = 2, told = 3 };

constexpr std::uint8_t kAsIs = 0;
constexpr std::uint8_t kLz4 = 1;
constexpr std::size_t kHoleBytesMax = 255;
constexpr std::size_t kCompressedBytesMin = 4096;  // as in pack_body
constexpr std::size_t kAhead = 8;                  // pieces that are asked of memory before they are looked up
constexpr std::size_t kBodyHeadBytes = 5;          // of pack_body

void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void append_step(std::string& out, std::uint64_t n, Step step) {
  append_varint(out, n << 2 | static_cast<std::uint64_t>(step));
}

std::size_t shared_bytes(std::string_view a, std::string_view b) {
  const auto parts = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(parts.first - a.begin());
}

std::unexpected<Error> corrupt(const char* what) { return refuse(Refusal::storage_failed, what); }
std::unexpected<Error> lost(const char* what) { return refuse(Refusal::storage_damaged, what); }

}  // namespace

void PieceBook::append_hole(std::string_view hole) {
  const std::size_t shared = shared_bytes(hole_before_, hole);
  steps_.push_back(static_cast<char>(shared));
  steps_.push_back(static_cast<char>(hole.size() - shared));
  steps_.append(hole.substr(shared));
}

void PieceBook::append_piece(const BodyPiece& piece, std::string_view text) {
  const auto [found, is_new] = told_.try_emplace(piece.name);
  Told& told = found->second;
  if (is_new) told = {.number = next_++, .group = group_};
  if (!is_new && (told.is_twice || told.group == group_)) {
    const bool same_hole = piece.hole == hole_before_;
    append_step(steps_, told.number, same_hole ? Step::again : Step::again_with_hole);
    if (!same_hole) append_hole(piece.hole);
  } else {
    told.is_twice = !is_new;
    const std::string_view before = text.substr(0, piece.hole_at);
    const std::string_view behind = text.substr(piece.hole_at + piece.hole.size());
    append_step(steps_, told.number, Step::told);
    append_varint(steps_, before.size());
    append_varint(steps_, behind.size());
    append_hole(piece.hole);
    steps_.append(before).append(behind);
  }
  hole_before_ = piece.hole;
}

void PieceBook::append(const BodyPieces& body, std::string& out) {
  TOCSIN_CHECK(body.body.size() <= limits::kBodyBytesMax, "a body over its limit is refused before it is kept");
  steps_.clear();
  hole_before_ = {};
  std::size_t at = 0;
  bool behind_piece = false;
  const auto append_text = [&](std::size_t end) {
    if (end == at || (behind_piece && end < body.body.size() && end - at == 1 && body.body[at] == ',')) return;
    append_step(steps_, end - at, Step::text);
    steps_.append(body.body.substr(at, end - at));
    behind_piece = false;
  };
  for (std::size_t i = 0; i < std::min(kAhead, body.pieces.size()); ++i) told_.prefetch(body.pieces[i].name);
  for (std::size_t i = 0; i < body.pieces.size(); ++i) {
    if (i + kAhead < body.pieces.size()) told_.prefetch(body.pieces[i + kAhead].name);
    const BodyPiece& piece = body.pieces[i];
    TOCSIN_CHECK(piece.at >= at && piece.bytes <= body.body.size() - piece.at &&
                     piece.hole_at + piece.hole.size() <= piece.bytes,
                 "the pieces of a body lie in it, one behind the other");
    if (piece.hole.size() > kHoleBytesMax || next_ == std::numeric_limits<std::uint32_t>::max() ||
        (told_.size() >= kPiecesMax && !told_.contains(piece.name)))
      continue;  // it is text, as what stands around it
    // Two neighbours without a comma between them would be read as with one.
    if (behind_piece && piece.at == at) append_step(steps_, 0, Step::text);
    append_text(piece.at);
    append_piece(piece, body.body.substr(piece.at, piece.bytes));
    at = piece.at + piece.bytes;
    behind_piece = true;
  }
  behind_piece = false;
  append_text(body.body.size());

  std::string_view steps = steps_;
  bool is_packed = false;
  if (steps.size() >= kCompressedBytesMin) {
    const int bytes = static_cast<int>(steps.size());
    packed_.resize_and_overwrite(static_cast<std::size_t>(LZ4_compressBound(bytes)), [&](char* to, std::size_t room) {
      return static_cast<std::size_t>(LZ4_compress_default(steps.data(), to, bytes, static_cast<int>(room)));
    });
    is_packed = !packed_.empty() && packed_.size() < steps.size();
  }
  append_little_endian(out, is_packed ? kLz4 : kAsIs);
  append_little_endian(out, static_cast<std::uint32_t>(body.body.size()));
  append_little_endian(out, body.check);
  if (is_packed) append_little_endian(out, static_cast<std::uint32_t>(steps.size()));
  out.append(is_packed ? std::string_view(packed_) : steps);
}

/// The steps of a payload, taken from their front.
class PieceReader::Steps {
 public:
  explicit Steps(std::string_view bytes) : reader_(bytes) {}

  bool at_end() const { return reader_.rest().empty(); }
  bool ok() const { return reader_.ok() && ok_; }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = reader_.little_endian<std::uint8_t>();
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80U) == 0) return value;
      if (shift == 56) {
        ok_ = false;
        return 0;
      }
    }
  }
  std::string_view text(std::uint64_t bytes) { return reader_.text(bytes); }
  /// `hole` becomes the next one.
  void read_hole(std::string& hole) {
    const auto shared = reader_.little_endian<std::uint8_t>();
    const std::string_view rest = reader_.text(reader_.little_endian<std::uint8_t>());
    if (shared > hole.size()) ok_ = false;
    hole.resize(std::min<std::size_t>(shared, hole.size()));
    hole.append(rest);
  }

 private:
  ByteReader reader_;
  bool ok_ = true;
};

void PieceReader::forget() {
  pieces_.clear();
  texts_.clear();
}

Result<std::string_view> PieceReader::read(std::string_view payload) {
  ByteReader head(payload);
  const auto form = head.little_endian<std::uint8_t>();
  const std::size_t body_bytes = head.little_endian<std::uint32_t>();
  const auto check = head.little_endian<std::uint64_t>();
  const std::size_t steps_bytes = form == kLz4 ? head.little_endian<std::uint32_t>() : head.rest().size();
  if (!head.ok() || form > kLz4) return corrupt("is not in pieces as this tocsin knows them");
  // A step is at most what it makes and a few bytes; LZ4 bounds what a short block can claim.
  constexpr std::size_t kStepsBytesMax = 2 * limits::kBodyBytesMax;
  if (body_bytes > limits::kBodyBytesMax || steps_bytes > kStepsBytesMax || head.rest().size() > kStepsBytesMax)
    return corrupt("claims to be longer than a body may be");
  std::string_view bytes = head.rest();
  if (form == kLz4) {
    steps_.resize(steps_bytes);
    const int made =
        LZ4_decompress_safe(bytes.data(), steps_.data(), static_cast<int>(bytes.size()), static_cast<int>(steps_bytes));
    if (made < 0 || static_cast<std::size_t>(made) != steps_bytes) return corrupt("has steps that are damaged");
    bytes = steps_;
  }

  body_.clear();
  body_.reserve(kBodyHeadBytes + body_bytes);
  append_little_endian(body_, std::uint8_t{0});
  append_little_endian(body_, static_cast<std::uint32_t>(body_bytes));
  const std::size_t end = kBodyHeadBytes + body_bytes;
  hole_.clear();
  bool lacks_pieces = false;
  bool behind_piece = false;
  Steps steps(bytes);
  while (!steps.at_end()) {
    const std::uint64_t word = steps.varint();
    const auto step = static_cast<Step>(word & 3);
    const std::uint64_t n = word >> 2;
    if (step == Step::text) {
      body_.append(steps.text(n));
      behind_piece = false;
    } else {
      if (n >= std::numeric_limits<std::uint32_t>::max()) return corrupt("has a number that is none");
      const auto number = static_cast<std::uint32_t>(n);
      if (behind_piece) body_.push_back(',');
      behind_piece = true;
      Piece piece;
      if (step == Step::told) {
        const std::uint64_t before = steps.varint();
        const std::uint64_t behind = steps.varint();
        steps.read_hole(hole_);
        piece.before = steps.text(before);
        piece.behind = steps.text(behind);
        if (!steps.ok()) return corrupt("has steps that end too early");
        const auto [known, is_new] = pieces_.try_emplace(number);
        if (is_new)
          known->second = {texts_.keep(piece.before), texts_.keep(piece.behind)};
        else if (known->second.before != piece.before || known->second.behind != piece.behind)
          return corrupt("tells a piece otherwise than before");
      } else {
        if (step == Step::again_with_hole) steps.read_hole(hole_);
        const auto known = pieces_.find(number);
        if (known == pieces_.end())
          lacks_pieces = true;
        else
          piece = known->second;
      }
      body_.append(piece.before).append(hole_).append(piece.behind);
    }
    if (!steps.ok()) return corrupt("has steps that end too early");
    if (body_.size() > end) return corrupt("has steps that make more than its body");
  }
  if (lacks_pieces) return lost("refers to texts that are lost");
  if (body_.size() != end) return corrupt("has steps that make less than its body");
  if (body_check(std::string_view(body_).substr(kBodyHeadBytes)) != check)
    return lost("refers to texts that are not those that it was made of");
  return std::string_view(body_);
}

}  // namespace tocsin
