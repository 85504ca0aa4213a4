#pragma once

#include <string>

#include "rules/yaml/yaml_tree.h"

namespace tocsin::rules {

/// Appends the value as JSON, plain scalars by YAML 1.2's core schema (§10.3.2): `1` is a number, `"1"` a text.
/// Infinities and NaN, which JSON does not have, become texts.
void append_json(std::string& out, const YamlNode& node);

}  // namespace tocsin::rules
