#pragma once

#include <expected>
#include <string>

#include "rules/load.h"
#include "rules/yaml/diagnostic.h"

namespace tocsin::rules {

/// A rule file (or any YAML that rule files may be made of) with its white space in order: two spaces for each level,
/// lists indented below their key, one space after `-`, `:` and `,`, `{a: b, c: d}`, no space at the end of a line, one
/// blank line at most, LF, an end of line at the end. Keeps comments, quotes, line breaks, the order of keys, and the
/// choice between flow and block. Formatting the result again changes nothing.
///
/// Refuses what is not such YAML, and what it could not change without changing the meaning: the result is read again
/// and compared before it is given.
std::expected<std::string, Diagnostics> format(const SourceFile& file);

}  // namespace tocsin::rules
