#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

/// Whether a record of ours (write_record), which is all that is left of a closed incident, has one of `values` as the
/// text `field` at its top level. `name`, which a record has of its alerts only, is that of any of those. The fields
/// that are shortened for tickets are compared as they stand there. Costs a walk over the bytes.
bool record_says(std::string_view record, std::string_view field, const std::vector<std::string>& values);

}  // namespace tocsin
