#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::rules {

/// Where a mistake of YAML syntax was made, and what it is.
struct SyntaxPlace {
  std::size_t offset;
  std::string message;
  std::string hint;
};

/// A parser stops where it cannot go on, which may be lines after the mistake. Looks for what people do: a tab in the
/// indentation, a bracket that is left open or closed by another one, a quote that ends a text too early. Nullopt: none
/// of these before `stopped_at`.
std::optional<SyntaxPlace> find_syntax_mistake(std::string_view bytes, std::size_t stopped_at);

}  // namespace tocsin::rules
