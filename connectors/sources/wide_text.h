#pragma once

#include <string>
#include <string_view>

namespace tocsin {

/// Whether a body begins with the byte order mark of UTF-16 or UTF-32, in either order. RFC 8259 wants UTF-8 (§8.1),
/// and some tools of Windows write these. Costs a comparison.
inline bool is_wide_text(std::string_view body) {
  if (body.size() < 2) return false;
  return body.starts_with("\xff\xfe") || body.starts_with("\xfe\xff") ||
         body.starts_with(std::string_view("\0\0\xfe\xff", 4));
}

/// The same text in UTF-8, without marks at its beginning, in `utf8`; half a surrogate pair, and what is no character,
/// is U+FFFD: `is_mended`. False: its bytes do not make up whole units. Requires: is_wide_text.
bool read_wide_text(std::string_view body, std::string& utf8, bool& is_mended);

}  // namespace tocsin
