#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/arena.h"
#include "rules/cel/value.h"

namespace tocsin::cel {

/// One case of the public conformance suite, as a line of cases.jsonl holds it.
struct ConformanceCase {
  std::string name;  // suite/section/name
  std::string expression;
  std::string container;
  bool disable_macros = false;
  std::vector<std::string> declared;
  std::vector<std::pair<std::string, Value>> bindings;
  std::optional<Value> value;  // nullopt: an error is expected
};

/// The cases of a file. Their values live in `arena`. A line that cannot be read is reported as a failure.
std::vector<ConformanceCase> read_cases(const std::string& path, Arena& arena);

/// A string or bytes in which \uXXXX, \UXXXXXXXX and \? are replaced by what they stand for; other values as they are.
Value decode_leftover_escapes(const Value& value, Arena& arena);

}  // namespace tocsin::cel
