#include <boost/json.hpp>

#include "connectors/sinks/record.h"
#include "engine/model/json_writer.h"

namespace tocsin {
namespace {

constexpr std::size_t kShortTextBytesMax = 512;

std::string_view cut(std::string_view text) {
  if (text.size() <= kShortTextBytesMax) return text;
  std::size_t end = kShortTextBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return text.substr(0, end);
}

}  // namespace

std::string shorten(std::string_view value) {
  boost::json::error_code error;
  const boost::json::value parsed = boost::json::parse({value.data(), value.size()}, error);
  if (error || !parsed.is_object()) return {};
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  for (const auto& [key, content] : parsed.get_object()) {
    const std::string_view name{key.data(), key.size()};
    if (content.is_structured() || name == "shortened") continue;
    if (const boost::json::string* text = content.if_string()) {
      json.field(name, cut({text->data(), text->size()}));
    } else {
      json.key(name).raw(boost::json::serialize(content));
    }
  }
  json.field("shortened", true);
  json.end_object();
  return out;
}

}  // namespace tocsin
