#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

/// Whether the value of an Authorization field is `Bearer` and one of `tokens`. Takes as long for a nearly right token
/// as for a wrong one of the same length, and looks at all of them always.
bool is_authorized(std::string_view authorization, const std::vector<std::string>& tokens);

}  // namespace tocsin
