#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tocsin::app {

/// How many columns of a terminal a text takes: two for wide characters (CJK, emoji), none for what combines with the
/// one before it. What is no UTF-8 counts one a byte.
std::size_t columns_of(std::string_view text);

/// A stranger's text for people: white space of any kind is a blank, and what would steer a terminal or turn the
/// direction of the text (control characters of C0 and C1, U+202A to U+202E and their kind, bytes that are no UTF-8) is
/// U+FFFD.
std::string for_terminal(std::string_view text);

/// The same, but for the characters of C0, of which our own escape sequences are made.
std::string without_hidden_controls(std::string_view text);

/// for_terminal(text), cut between characters to `columns`; what was cut ends in `…`.
std::string fit(std::string_view text, std::size_t columns);

}  // namespace tocsin::app
