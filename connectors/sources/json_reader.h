#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "connectors/sources/json_mend.h"
#include "engine/model/refusal.h"

namespace tocsin {

/// Reads a body into simdjson's document tree (the DOM: it checks all of the text, also what nobody asks for; on-demand
/// does not). One object belongs to one thread and is shared by its decoders: a document is valid until the next read.
/// Keeps the buffers of the largest body that it has read, about 13 bytes for each of its bytes. What can be mended is
/// looked for only when the fast parser has refused a body: one without faults pays nothing for it.
class JsonReader {
 public:
  /// Requires: SourceDecoder::kBodyPadding readable bytes behind `body`.
  /// Refuses what is not RFC 8259 (malformed, invalid_utf8, too_deep: with the byte offset in the message). Texts of
  /// the document are UTF-8; a body that begins with a mark of UTF-16 or UTF-32 is read as that. Where it was mended,
  /// half a surrogate pair is U+FFFD and a number beyond 64 bits is 0; its text is in the body.
  Result<simdjson::dom::element> read(std::string_view body);
  /// What was mended for that, in the order of the document; valid until the next read.
  std::span<const JsonMend> mends() const { return mends_; }
  /// The document in UTF-8: the body, but for one in UTF-16 or UTF-32; valid until the next read.
  std::string_view text() const { return text_; }

 private:
  bool reserve(std::size_t bytes);
  Result<simdjson::dom::element> read_utf8(std::string_view body);
  Result<simdjson::dom::element> mend(std::string_view body);

  simdjson::dom::parser parser_;
  simdjson::dom::document document_;
  std::string mended_;  // the document as it was parsed, where that is not the body
  std::string narrow_;  // a body that was no UTF-8
  std::string_view text_;
  std::vector<JsonMend> mends_;
};

}  // namespace tocsin
