#pragma once

#include <string>

#include "engine/model/input.h"

namespace tocsin {

/// Appends the record of what was refused of an input (connectors/schema/dead_letter.v1.schema.json): why, where, and
/// the bytes, so that the sender can be mended and the alerts sent again. One record for an input however many of its
/// alerts were refused; the journal holds the whole body where this one is cut.
void write_dead_letter(const Input& input, std::string& out);

inline constexpr std::size_t kDeadLetterBodyBytesMax = 256 * 1024;
inline constexpr std::size_t kDeadLetterErrorsMax = 100;

}  // namespace tocsin
