#pragma once

#include <string_view>

#include <simdjson.h>

#include "engine/model/refusal.h"

namespace tocsin {

/// Reads a body into simdjson's document tree (the DOM: it checks all of the text, also what nobody asks for; on-demand
/// does not). One object belongs to one thread and is shared by its decoders: a document is valid until the next read.
/// Keeps the buffers of the largest body that it has read, about 13 bytes for each of its bytes.
class JsonReader {
 public:
  /// Requires: SourceDecoder::kBodyPadding readable bytes behind `body`.
  /// Refuses what is not RFC 8259 (malformed, invalid_utf8, too_deep: with the byte offset in the message) and numbers
  /// beyond 64 bits (bad_value). Texts of the document are UTF-8.
  Result<simdjson::dom::element> read(std::string_view body);

 private:
  bool reserve(std::size_t bytes);

  simdjson::dom::parser parser_;
  simdjson::dom::document document_;
};

}  // namespace tocsin
