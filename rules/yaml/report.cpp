#include "rules/yaml/report.h"

#include <algorithm>
#include <tuple>

namespace tocsin::rules {
namespace {

constexpr std::size_t kSnippetBytesMax = 200;

/// Bytes of the node on its first line, for underlining.
std::size_t shown_length(const SourceText& source, const YamlNode& node) {
  if (!node.is_scalar()) return 1;
  const std::string_view rest = source.rest_of_line(node.offset);
  if (rest.empty()) return 1;
  const std::size_t line_end = rest.size();
  if (node.plain) return std::clamp<std::size_t>(node.text.size(), 1, std::max<std::size_t>(line_end, 1));
  if (rest[0] != '\'' && rest[0] != '"') return 1;
  const std::size_t last = node.text.empty() ? 0 : source_offset(source, node, node.text.size() - 1) - node.offset;
  return std::clamp<std::size_t>(last + 2, 1, std::max<std::size_t>(line_end, 1));
}

}  // namespace

void Report::error(const YamlNode& node, std::string_view code, std::string message, std::string hint) {
  const YamlNode& shown = node.stands_for != nullptr ? *node.stands_for : node;
  Report& home = of(shown);
  home.at(shown.offset, shown_length(home.source_, shown), DiagnosticLevel::error, code, std::move(message),
          std::move(hint));
}

void Report::warning(const YamlNode& node, std::string_view code, std::string message, std::string hint) {
  const YamlNode& shown = node.stands_for != nullptr ? *node.stands_for : node;
  Report& home = of(shown);
  home.at(shown.offset, shown_length(home.source_, shown), DiagnosticLevel::warning, code, std::move(message),
          std::move(hint));
}

void Report::at(std::size_t offset, std::size_t length, DiagnosticLevel level, std::string_view code,
                std::string message, std::string hint) {
  if (found_.size() >= kMax) {
    ++left_out_;
    // An error must not hide behind warnings: the set would be taken for good.
    if (level == DiagnosticLevel::warning || has_error_) return;
    found_.pop_back();
  }
  has_error_ |= level == DiagnosticLevel::error;
  const LineColumn place = source_.place_of(offset);
  const std::string_view line = source_.line(place.line);
  std::string snippet;
  // Of a very long line only what is around the place: columns stay true only for lines that are shown whole.
  if (line.size() <= kSnippetBytesMax) snippet = line;
  if (first_bad_utf8(snippet) != std::string_view::npos) snippet.clear();
  for (char& c : snippet) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') c = '?';
  }
  found_.push_back({.file = std::string{source_.file()},
                    .line = place.line,
                    .column = place.column,
                    .length = static_cast<std::uint32_t>(std::max<std::size_t>(length, 1)),
                    .level = level,
                    .code = std::string{code},
                    .message = std::move(message),
                    .hint = std::move(hint),
                    .snippet = std::move(snippet)});
}

Place Report::place(const YamlNode& node) const {
  const SourceText& source = node.home != nullptr ? node.home->source_ : source_;
  const LineColumn at = source.place_of(node.offset);
  return {std::string{source.file()}, at.line, at.column};
}

Diagnostics Report::take() {
  std::ranges::stable_sort(found_, {}, [](const Diagnostic& d) { return std::tuple{d.line, d.column}; });
  // A rule that layers made several rules of is read several times.
  const auto same = std::ranges::unique(found_, [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.line, a.column, a.code, a.message) == std::tie(b.line, b.column, b.code, b.message);
  });
  found_.erase(same.begin(), same.end());
  if (left_out_ > 0) {
    const LineColumn end = source_.place_of(source_.bytes().size());
    found_.push_back({.file = std::string{source_.file()},
                      .line = end.line,
                      .column = end.column,
                      .length = 1,
                      .level = has_error_ ? DiagnosticLevel::error : DiagnosticLevel::warning,
                      .code = "too_many_findings",
                      .message = std::to_string(left_out_) + " more findings are not shown",
                      .hint = {},
                      .snippet = {}});
    left_out_ = 0;
  }
  return std::move(found_);
}

}  // namespace tocsin::rules
