#include "connectors/sources/json_reader.h"

#include <bit>

#include "connectors/sources/json_fault.h"
#include "engine/model/limits.h"
#include "engine/runtime/source_decoder.h"

namespace tocsin {
namespace {

static_assert(SourceDecoder::kBodyPadding >= simdjson::SIMDJSON_PADDING);

constexpr std::size_t kCapacityMin = 64 * 1024;

/// simdjson says only that it did not like the text; the slow judge says what and where.
Error explain(std::string_view body, simdjson::error_code error) {
  if (const auto fault = find_json_fault(body)) {
    return {fault->code, std::string(fault->what) + ", at byte " + std::to_string(fault->offset)};
  }
  switch (error) {
    case simdjson::NUMBER_ERROR:
      return {Refusal::bad_value, "a number that does not fit 64 bits; send it as a string"};
    case simdjson::MEMALLOC:
      return {Refusal::overloaded, "no memory to read the body"};
    default:
      return {Refusal::malformed, "not JSON as RFC 8259 has it"};
  }
}

}  // namespace

bool JsonReader::reserve(std::size_t bytes) {
  if (parser_.capacity() >= bytes && document_.capacity() >= bytes) return true;
  // A power of two, so that bodies of slowly growing size do not allocate anew each time.
  const std::size_t capacity = std::bit_ceil(bytes < kCapacityMin ? kCapacityMin : bytes);
  return document_.allocate(capacity) == simdjson::SUCCESS &&
         parser_.allocate(capacity, limits::kJsonDepthMax) == simdjson::SUCCESS;
}

Result<simdjson::dom::element> JsonReader::read(std::string_view body) {
  // Later versions of simdjson skip a byte order mark; RFC 8259 §8.1 lets us refuse it, and all versions shall agree.
  if (body.starts_with("\xef\xbb\xbf")) return std::unexpected(explain(body, simdjson::TAPE_ERROR));
  if (!reserve(body.size())) return std::unexpected(explain("0", simdjson::MEMALLOC));
  simdjson::dom::element root;
  const auto error = parser_.parse_into_document(document_, body.data(), body.size(), false).get(root);
  if (error != simdjson::SUCCESS) return std::unexpected(explain(body, error));
  return root;
}

}  // namespace tocsin
