#include "connectors/sources/number_texts.h"

namespace tocsin {

using simdjson::dom::element;
using simdjson::dom::element_type;

void NumberTexts::scan(std::string_view body) {
  texts_.clear();
  const auto starts_number = [](char c) { return c == '-' || (c >= '0' && c <= '9'); };
  const auto continues_number = [&](char c) {
    return starts_number(c) || c == '+' || c == '.' || c == 'e' || c == 'E';
  };
  for (std::size_t at = 0; at < body.size();) {
    if (body[at] == '"') {
      for (++at; body[at] != '"'; ++at) at += body[at] == '\\' ? 1U : 0U;
      ++at;
    } else if (starts_number(body[at])) {
      const std::size_t first = at;
      while (at < body.size() && continues_number(body[at])) ++at;
      texts_.push_back(body.substr(first, at - first));
    } else {
      ++at;
    }
  }
}

std::size_t NumberTexts::count(element value) {
  std::size_t numbers = 0;
  switch (value.type()) {
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      return 1;
    case element_type::ARRAY: {
      simdjson::dom::array items;
      if (value.get(items) != simdjson::SUCCESS) return 0;
      for (const element item : items) numbers += count(item);
      return numbers;
    }
    case element_type::OBJECT: {
      simdjson::dom::object fields;
      if (value.get(fields) != simdjson::SUCCESS) return 0;
      for (const auto field : fields) numbers += count(field.value);
      return numbers;
    }
    default:
      return 0;
  }
}

}  // namespace tocsin
