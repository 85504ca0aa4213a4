#include "engine/core/explain/record_fields.h"

#include <simdjson.h>

namespace tocsin {

RecordFields::RecordFields(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json).get(object) != simdjson::SUCCESS) return;
  for (const auto& [key, value] : object) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) {
      fields_.emplace(key, text);
    } else if (simdjson::dom::object roles; key == "roles" && value.get(roles) == simdjson::SUCCESS) {
      std::string who;
      for (const auto& [role, name] : roles) {
        if (name.get(text) == simdjson::SUCCESS)
          who += (who.empty() ? "" : ", ") + std::string{role} + " " + std::string{text};
      }
      fields_.emplace(key, who);
    } else if (!value.is_object() && !value.is_array() && !value.is_null()) {
      fields_.emplace(key, simdjson::minify(value));
    }
  }
}

std::string_view RecordFields::operator[](std::string_view name) const {
  const auto found = fields_.find(name);
  return found == fields_.end() ? std::string_view{} : std::string_view{found->second};
}

}  // namespace tocsin
