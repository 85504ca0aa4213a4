#pragma once

#include <cstddef>
#include <string_view>

namespace tocsin {

/// Words of closed sets (severities, statuses) as senders write them: compared without the white space around them and
/// without regard to case. Texts are UTF-8.

/// Without the white space at both ends: that of ASCII, U+0085, U+00A0, U+FEFF, U+3000, and U+2000 to U+200B and
/// U+202F.
std::string_view trim_blanks(std::string_view text);

/// Equal but for the case of ASCII letters.
bool equal_but_for_case(std::string_view a, std::string_view b);
/// Where `a` stands before `b` without regard to the case of ASCII letters: an order for binary search.
bool less_but_for_case(std::string_view a, std::string_view b);

/// The longest part from the front that is at most `bytes_max` long and does not end inside a character.
std::string_view cut_between_characters(std::string_view text, std::size_t bytes_max);

}  // namespace tocsin
