#include "rules/yaml/diagnostic.h"

#include <algorithm>

#include "engine/model/json_writer.h"

namespace tocsin::rules {
namespace {

std::string_view name_of(DiagnosticLevel level) { return level == DiagnosticLevel::error ? "error" : "warning"; }

/// White space as wide as `text` on a terminal: tabs stay tabs, a multi-byte character is one column.
std::string padding_for(std::string_view text) {
  std::string padding;
  for (const char c : text) {
    if (c == '\t') {
      padding += '\t';
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
      padding += ' ';
    }
  }
  return padding;
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics, [](const Diagnostic& d) { return d.level == DiagnosticLevel::error; });
}

std::string to_text(const Diagnostic& diagnostic, bool colour) {
  const std::string_view tint = !colour ? "" : diagnostic.level == DiagnosticLevel::error ? "\x1b[1;31m" : "\x1b[1;33m";
  const std::string_view plain = colour ? "\x1b[0m" : "";
  std::string text =
      diagnostic.file + ':' + std::to_string(diagnostic.line) + ':' + std::to_string(diagnostic.column) + ": ";
  text.append(tint).append(name_of(diagnostic.level)) += '[';
  text.append(diagnostic.code) += ']';
  text.append(plain).append(": ").append(diagnostic.message) += '\n';
  if (!diagnostic.snippet.empty()) {
    const std::string number = std::to_string(diagnostic.line);
    const std::size_t before = std::min<std::size_t>(diagnostic.column - 1, diagnostic.snippet.size());
    const std::string_view marked = std::string_view{diagnostic.snippet}.substr(before, diagnostic.length);
    text.append("  ").append(number).append(" | ").append(diagnostic.snippet) += '\n';
    text.append(2 + number.size(), ' ').append(" | ").append(padding_for(diagnostic.snippet.substr(0, before)));
    text.append(tint).append(1, '^');
    const std::size_t width = padding_for(marked).size();
    if (width > 1) text.append(width - 1, '~');
    text.append(plain) += '\n';
  }
  if (!diagnostic.hint.empty()) text.append("  hint: ").append(diagnostic.hint) += '\n';
  return text;
}

std::string to_json(const Diagnostic& diagnostic) {
  std::string json;
  JsonWriter writer(json);
  writer.begin_object()
      .field("file", std::string_view{diagnostic.file})
      .field("line", diagnostic.line)
      .field("column", diagnostic.column)
      .field("length", diagnostic.length)
      .field("level", name_of(diagnostic.level))
      .field("code", std::string_view{diagnostic.code})
      .field("message", std::string_view{diagnostic.message})
      .field("hint", std::string_view{diagnostic.hint})
      .field("snippet", std::string_view{diagnostic.snippet})
      .end_object();
  return json;
}

}  // namespace tocsin::rules
