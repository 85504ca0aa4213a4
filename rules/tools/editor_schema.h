#pragma once

#include <string_view>

namespace tocsin::rules {

/// The JSON Schema of rule files (`rules/schema/rules.v1.schema.json`) as it is compiled in: for editors, which
/// complete keys and mark what is misspelt. The loader does not read it; a test holds the two together.
std::string_view editor_schema();

}  // namespace tocsin::rules
