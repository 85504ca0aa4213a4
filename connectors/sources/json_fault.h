#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "engine/model/refusal.h"

namespace tocsin {

/// The first place where a text stops being a JSON document that is taken here.
struct JsonFault {
  Refusal code{};              // malformed, invalid_utf8 or too_deep
  std::size_t offset = 0;      // in bytes; the length of the text when it is cut off
  std::string_view what = {};  // a static text
};

/// Judges a whole text by the grammar of RFC 8259, with two additions: nesting is bounded by limits::kJsonDepthMax, and
/// one byte order mark may stand before the document (§8.1). Nullopt: a document, though perhaps one that has to be
/// mended for the fast parser (json_mend.h). A plain byte after byte reader for the cold path: it tells people where
/// the fast parser only says no.
std::optional<JsonFault> find_json_fault(std::string_view text);

}  // namespace tocsin
