#include "engine/core/incidents/short_id.h"

#include <string>

namespace tocsin {

bool incident_ids_from(std::string_view beginning, IncidentId& first, IncidentId& last) {
  // What is left out is the lowest digit, or the highest: the model reads both.
  static const std::string kLowest = to_text(IncidentId{});
  if (beginning.starts_with("inc-")) beginning.remove_prefix(4);
  std::string text = "inc-";
  for (const char c : beginning) text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (beginning.size() < kIncidentIdDigitsMin || text.size() > kLowest.size()) return false;
  const std::size_t missing = kLowest.size() - text.size();
  return parse_incident_id(text + std::string(missing, '0'), first) &&
         parse_incident_id(text + std::string(missing, 'z'), last);
}

}  // namespace tocsin
