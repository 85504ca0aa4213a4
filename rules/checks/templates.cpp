#include "rules/checks/templates.h"

#include <algorithm>
#include <optional>
#include <string>

#include "engine/model/field.h"

namespace tocsin::rules {
namespace {

struct Template {
  std::size_t at;
  std::size_t length;
  std::string_view name;  // of the label or field that is meant, "" when it is not plain
};

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

/// `%(host)s`, and `{host}`, `{labels.x}`: braces alone are common in texts, so only those around what alerts have.
std::optional<Template> in_braces(std::string_view rest, std::size_t at) {
  if (rest.starts_with("%(")) {
    const std::size_t end = rest.find(")s");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view name = rest.substr(2, end - 2);
    if (name.empty() || !std::ranges::all_of(name, is_word)) return std::nullopt;
    return Template{at, end + 2, name};
  }
  if (!rest.starts_with("{")) return std::nullopt;
  const std::size_t end = rest.find('}');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view name = rest.substr(1, end - 1);
  const bool is_label = name.starts_with("labels.") || name.starts_with("annotations.");
  if (!is_label && !field_from(name)) return std::nullopt;
  name.remove_prefix(std::min(name.rfind('.') + 1, name.size()));
  if (!std::ranges::all_of(name, is_word)) return std::nullopt;
  return Template{at, end + 1, name};
}

/// `{{ $labels.x }}`, `{{ .Labels.x }}`, `{{ x }}`, `${x}`, `#{x}`, `%(x)s`, `$labels.x`; `{x}` where x is a field or
/// `labels.NAME`.
std::optional<Template> first_template(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("{{")) {
      const std::size_t end = rest.find("}}");
      if (end == std::string_view::npos) continue;
      const std::string_view inner = rest.substr(2, end - 2);
      const std::size_t first = inner.find_first_not_of(" -");
      // Braces in braces are also what a pattern or a map may have.
      if (first == std::string_view::npos || (!is_word(inner[first]) && inner[first] != '$' && inner[first] != '.')) {
        continue;
      }
      std::string_view name = inner.substr(first);
      name = name.substr(0, name.find_last_not_of(" -") + 1);
      name.remove_prefix(std::min(name.rfind('.') + 1, name.size()));
      return Template{at, end + 2, std::ranges::all_of(name, is_word) ? name : std::string_view{}};
    }
    if (const auto found = in_braces(rest, at)) return found;
    const bool is_in_braces = (rest.starts_with("${") || rest.starts_with("#{")) && rest.size() > 2 && is_word(rest[2]);
    if (is_in_braces && rest.find('}') != std::string_view::npos) {
      const std::string_view name = rest.substr(2, rest.find('}') - 2);
      return Template{at, name.size() + 3, std::ranges::all_of(name, is_word) ? name : std::string_view{}};
    }
    for (const std::string_view begin : {"$labels.", "$annotations."}) {
      if (!rest.starts_with(begin)) continue;
      const std::string_view name = rest.substr(begin.size());
      const std::size_t length = static_cast<std::size_t>(std::ranges::find_if_not(name, is_word) - name.begin());
      if (length > 0) return Template{at, begin.size() + length, name.substr(0, length)};
    }
  }
  return std::nullopt;
}

void look_at(const YamlNode& node, RuleFile& file) {
  if (node.is_map() || node.is_sequence()) {
    for (const YamlNode* item : node.items) look_at(*item, file);
    return;
  }
  if (!node.is_scalar()) return;
  const auto found = first_template(node.text);
  if (!found) return;
  const SourceText& source = file.source;
  const std::size_t begin = source_offset(source, node, found->at);
  const std::size_t line_end = std::max<std::size_t>(source.rest_of_line(begin).size(), 1);
  const std::string name = found->name.empty() ? "x" : std::string{found->name};
  file.report.at(begin, std::clamp<std::size_t>(found->length, 1, line_end), DiagnosticLevel::warning,
                 "template_not_expanded",
                 "`" + std::string{node.text.substr(found->at, std::min<std::size_t>(found->length, 60))} +
                     "` stays as it is: there are no templates here",
                 "where an expression stands, as in `set`: `labels." + name + " + \" is down\"`");
}

}  // namespace

void warn_of_templates(RuleFile& file) {
  if (file.root == nullptr || !file.root->is_map()) return;
  for (std::size_t i = 0; i < file.root->items.size(); i += 2) {
    const YamlNode& key = *file.root->items[i];
    if (key.is_scalar() && key.text != "tests") look_at(*file.root->items[i + 1], file);
  }
}

}  // namespace tocsin::rules
