#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tocsin {

/// A key of the configuration file: the reader takes its range from here, and the page for operators
/// (deploy/README.md) is written from it, so neither says what the other does not.
struct ConfigOption {
  enum class Kind : std::uint8_t { text, texts, truth, count, span, map };

  std::string_view section;  // "" at the top, `kafka`, `http`
  std::string_view key;
  Kind kind = Kind::text;
  std::string_view unit;          // of a count; "" otherwise
  std::string_view default_text;  // as it is written in the file; "" when there is none
  std::uint64_t min = 0;          // of a count
  std::uint64_t max = 0;
  std::string_view about;
};

/// All of them, in the order of the page.
std::span<const ConfigOption> config_options();
/// Requires: there is such a key.
const ConfigOption& config_option(std::string_view section, std::string_view key);

/// The table of the page, in Markdown.
std::string config_options_page();

}  // namespace tocsin
