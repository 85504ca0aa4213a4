#pragma once

#include <string_view>

#include "engine/model/hash.h"
#include "rules/yaml/yaml_tree.h"

namespace tocsin::rules {

/// What a piece of a rule file says, as one number: equal for equal YAML, whatever its layout, quotes and comments.
/// The order of keys counts. `file`: the bytes of the file that it names.
Hash128 definition_of(const YamlNode& node, std::string_view file = {});

}  // namespace tocsin::rules
