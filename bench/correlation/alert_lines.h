#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/instant.h"

namespace tocsin::bench {

/// An alert of a set, with what somebody knows of it.
struct KnownAlert {
  Instant at{};
  bool over = false;                                        // it ends then
  std::vector<std::pair<std::string, std::string>> labels;  // in order of name
  std::string truth;                                        // the group that it belongs to; "": none is known
  std::string cause;                                        // of that group; "": none is known
};

/// Which columns of a CSV file, or keys of an object, say these; all others are labels.
struct Columns {
  std::string at = "at";          // RFC 3339, or seconds since 1970 with a fraction or without
  std::string status = "status";  // `resolved`: it ends; anything else: it fires
  std::string truth = "truth";
  std::string cause = "cause";
};

/// One object a line: the keys above, and labels as an object `labels` or as further keys. The error says the line.
std::expected<std::vector<KnownAlert>, std::string> read_json_lines(std::string_view text, const Columns& columns);
/// A header, and a line for each alert; fields in double quotes may hold commas, quotes (twice) and no line ends.
std::expected<std::vector<KnownAlert>, std::string> read_csv(std::string_view text, const Columns& columns);

}  // namespace tocsin::bench
