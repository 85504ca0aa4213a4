#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::rules {

enum class DiagnosticLevel : std::uint8_t { error, warning };

/// One mistake in a rule file, told to the person who wrote it. Lines and columns count from 1, columns in bytes.
struct Diagnostic {
  std::string file;
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint32_t length = 1;  // bytes to underline
  DiagnosticLevel level = DiagnosticLevel::error;
  std::string code;     // stable, snake_case: "unknown_field"
  std::string message;  // what is wrong and what was expected
  std::string hint;     // "did you mean `critical`?", or empty
  std::string snippet;  // the line of the file, without its end
};

using Diagnostics = std::vector<Diagnostic>;

bool has_errors(const Diagnostics& diagnostics);

/// `FILE:LINE:COLUMN: error[code]: message`, the snippet with a caret below, the hint. Colour codes only when asked
/// for.
std::string to_text(const Diagnostic& diagnostic, bool colour);

/// The same fields as one JSON object.
std::string to_json(const Diagnostic& diagnostic);

}  // namespace tocsin::rules
