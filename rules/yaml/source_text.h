#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::rules {

/// Line and column of a byte, both from 1, columns in bytes.
struct LineColumn {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// The text of one rule file, and where its lines are. Borrows both texts.
class SourceText {
 public:
  /// `bytes` without a byte order mark.
  SourceText(std::string_view file, std::string_view bytes);

  std::string_view file() const { return file_; }
  std::string_view bytes() const { return bytes_; }
  LineColumn place_of(std::size_t offset) const;
  /// The line's text without its end.
  std::string_view line(std::uint32_t number) const;
  /// From `offset` to the end of its line, at most a kilobyte: files on one line must not cost more than others.
  std::string_view rest_of_line(std::size_t offset) const;

 private:
  std::string_view file_;
  std::string_view bytes_;
  std::vector<std::uint32_t> starts_;  // offsets of the first byte of each line
};

/// Offset of the first byte that is not part of valid UTF-8 (RFC 3629: no overlong forms, no surrogates), or npos.
std::size_t first_bad_utf8(std::string_view text);

}  // namespace tocsin::rules
