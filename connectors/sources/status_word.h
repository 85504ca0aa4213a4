#pragma once

#include <optional>
#include <string_view>

#include "engine/model/alert.h"

namespace tocsin {

class BatchBuilder;

/// firing or resolved; nullopt: a word that is not in the table. Upper and lower case are the same.
std::optional<AlertStatus> find_status_word(std::string_view word);

/// Sets the status of the alert that is open, mended where the word is not in the table (it fires) or has white space
/// around it. Nothing but white space is no word: the end decides.
void read_status_word(std::string_view text, BatchBuilder& builder);

}  // namespace tocsin
