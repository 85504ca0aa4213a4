#pragma once

#include <string>

namespace tocsin::app {

/// The bytes of a file, or of standard input for `-`. False, with a sentence in `trouble`, when they cannot be read or
/// are more than 64 MiB.
bool read_input(const std::string& path, std::string& bytes, std::string& trouble);

}  // namespace tocsin::app
