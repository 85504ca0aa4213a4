#include "engine/core/telling/closed_record.h"

#include <algorithm>
#include <array>

#include "engine/core/telling/incident_record.h"
#include "engine/model/hash.h"
#include "engine/model/json_writer.h"
#include "engine/model/limits.h"

namespace tocsin {
namespace {

/// As it stands in a record, quotes included.
std::string as_written(std::string_view field, std::string_view value) {
  constexpr std::array<std::string_view, 4> kShortened{"source", "node", "resource", "alert_class"};
  std::string text;
  append_json_string(text, std::ranges::find(kShortened, field) != kShortened.end()
                               ? cut_text(value, limits::kTicketFieldBytesMax)
                               : value);
  return text;
}

std::string_view name_in_record(Field field) { return field == Field::host ? "node" : name_of(field); }

std::uint64_t hash_of(std::string_view written) { return published_key().hash(written).low; }

}  // namespace

std::uint64_t hash_in_record(Field field, std::string_view value) {
  return hash_of(as_written(name_in_record(field), value));
}

ClosedTexts texts_of_record(std::string_view record) {
  ClosedTexts texts;
  texts.hash.fill(hash_of("\"\""));
  const std::string_view top = record.substr(0, record.find("\"alerts\":["));
  for (const FieldInfo& info : fields()) {
    const std::string key = "\"" + std::string(name_in_record(info.field)) + "\":";
    const std::size_t at = top.find(key);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = top.substr(at + key.size());
    if (!rest.starts_with('"')) continue;
    std::size_t end = 1;
    while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2U : 1U;
    if (end >= rest.size()) continue;
    texts.hash[static_cast<std::size_t>(info.field)] = hash_of(rest.substr(0, end + 1));
  }
  return texts;
}

bool record_says(std::string_view record, std::string_view field, const std::vector<std::string>& values) {
  const std::string_view name = field == "host" ? std::string_view{"node"} : field;
  // A quote inside a text is escaped, so these bytes are a key, and the first such key is that of the top level: what
  // is nested comes last.
  const std::string key = "\"" + std::string(name) + "\":";
  const bool in_alerts = name == "name";
  std::size_t at = record.find(key);
  if (!in_alerts && at > record.find("\"alerts\":[")) return false;
  while (at != std::string_view::npos) {
    const std::string_view rest = record.substr(at + key.size());
    if (std::ranges::any_of(values,
                            [&](const std::string& value) { return rest.starts_with(as_written(name, value)); }))
      return true;
    if (!in_alerts) return false;
    at = record.find(key, at + key.size());
  }
  return false;
}

}  // namespace tocsin
