#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/yaml/yaml_tree.h"

namespace tocsin::rules {

/// A piece of a YAML file: a scalar as it is written, a sign, a comment, the end of a line. White space lies between.
struct Lexeme {
  enum class Kind : std::uint8_t {
    scalar,
    block_scalar,  // with its header and lines
    dash,
    colon,
    comma,
    open,  // [ {
    close,
    comment,
    document,  // ---
    end_of_line,
  };
  Kind kind = Kind::scalar;
  std::size_t begin = 0;  // in the file
  std::size_t end = 0;
  /// Where a line that begins with it is to begin, and further lines of a scalar; nullopt for comments among blocks:
  /// that depends on what follows.
  std::optional<std::uint32_t> column{};
  std::size_t text_column = 0;  // of a block scalar: where its text begins in the file; npos: it has no text
};

struct Lexemes {
  std::vector<Lexeme> list;
  std::optional<std::size_t> refused;  // offset of what cannot be formatted: a directive, an explicit key
};

/// Cuts `bytes`, of which `root` is the tree, into pieces, and says where lines are to begin: a level is two columns.
Lexemes lexemes_of(std::string_view bytes, const YamlNode* root);

/// Bytes from the start of the line to `offset`.
std::size_t column_of(std::string_view bytes, std::size_t offset);

}  // namespace tocsin::rules
