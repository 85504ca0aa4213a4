#include "connectors/sources/json_reader.h"

#include <bit>

#include "connectors/sources/json_fault.h"
#include "connectors/sources/wide_text.h"
#include "engine/model/limits.h"
#include "engine/runtime/intake/source_decoder.h"

namespace tocsin {
namespace {

static_assert(SourceDecoder::kBodyPadding >= simdjson::SIMDJSON_PADDING);

constexpr std::size_t kCapacityMin = 64 * 1024;

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// simdjson says only that it did not like the text; the slow judge says what and where.
Error explain(const JsonFault& fault) {
  return {fault.code, std::string(fault.what) + ", at byte " + std::to_string(fault.offset)};
}

Error no_memory() { return {Refusal::overloaded, "no memory to read the body"}; }

}  // namespace

bool JsonReader::reserve(std::size_t bytes) {
  if (parser_.capacity() >= bytes && document_.capacity() >= bytes) return true;
  // A power of two, so that bodies of slowly growing size do not allocate anew each time.
  const std::size_t capacity = std::bit_ceil(bytes < kCapacityMin ? kCapacityMin : bytes);
  return document_.allocate(capacity) == simdjson::SUCCESS &&
         parser_.allocate(capacity, limits::kJsonDepthMax) == simdjson::SUCCESS;
}

Result<simdjson::dom::element> JsonReader::read(std::string_view body) {
  mends_.clear();
  text_ = body;
  if (!is_wide_text(body)) [[likely]]
    return read_utf8(body);
  bool is_mended = false;
  if (!read_wide_text(body, narrow_, is_mended))
    return std::unexpected(Error{Refusal::invalid_utf8, "UTF-16 or UTF-32 that is cut off; send UTF-8"});
  JsonMend& mend = mends_.emplace_back();
  mend.mended.add(Mending::byte_order_mark);
  if (is_mended) mend.mended.add(Mending::surrogate);
  const std::size_t size = narrow_.size();
  narrow_.append(SourceDecoder::kBodyPadding, '\0');
  text_ = std::string_view{narrow_}.substr(0, size);
  return read_utf8(text_);
}

Result<simdjson::dom::element> JsonReader::read_utf8(std::string_view body) {
  std::string_view document = body;
  // Later versions of simdjson skip a byte order mark themselves; all versions shall agree.
  if (document.starts_with(kByteOrderMark)) {
    document.remove_prefix(kByteOrderMark.size());
    if (mends_.empty()) mends_.emplace_back();
    mends_.front().mended.add(Mending::byte_order_mark);
  }
  if (!reserve(document.size())) return std::unexpected(no_memory());
  simdjson::dom::element root;
  const auto error = parser_.parse_into_document(document_, document.data(), document.size(), false).get(root);
  if (error == simdjson::SUCCESS) return root;
  if (error == simdjson::MEMALLOC) return std::unexpected(no_memory());
  if (const auto fault = find_json_fault(body)) return std::unexpected(explain(*fault));
  return mend(document);
}

/// JSON, and yet refused.
Result<simdjson::dom::element> JsonReader::mend(std::string_view document) {
  mended_.assign(document);
  mend_json(mended_, mends_);
  mended_.append(SourceDecoder::kBodyPadding, '\0');
  simdjson::dom::element root;
  const auto error = parser_.parse_into_document(document_, mended_.data(), document.size(), false).get(root);
  if (error == simdjson::SUCCESS) return root;
  mends_.clear();
  if (error == simdjson::MEMALLOC) return std::unexpected(no_memory());
  return std::unexpected(Error{Refusal::malformed, "not JSON as RFC 8259 has it"});
}

}  // namespace tocsin
