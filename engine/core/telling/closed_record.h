#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/incidents/incident_state.h"
#include "engine/model/field.h"

namespace tocsin {

/// Whether a record of ours (write_record), which is all that is left of a closed incident, has one of `values` as the
/// text `field` at its top level. `name`, which a record has of its alerts only, is that of any of those. The fields
/// that are shortened for tickets are compared as they stand there. Costs a walk over the bytes.
bool record_says(std::string_view record, std::string_view field, const std::vector<std::string>& values);

/// A hash of each text that stands at the top level of such a record, by Field; that of "" where there is none.
ClosedTexts texts_of_record(std::string_view record);
/// What texts_of_record has for a record that says `value`.
std::uint64_t hash_in_record(Field field, std::string_view value);

}  // namespace tocsin
