#include "connectors/http/query_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "engine/model/limits.h"

namespace tocsin {
namespace {

int hex_value(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// Length of the well-formed sequence at the front (Unicode 15, table 3-7), 0 when there is none or it is a control
// character.
std::size_t printable_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  if (first == 0xE0 && second < 0xA0) return 0;  // overlong
  if (first == 0xED && second > 0x9F) return 0;  // surrogates
  if (first == 0xF0 && second < 0x90) return 0;  // overlong
  if (first == 0xF4 && second > 0x8F) return 0;  // beyond U+10FFFF
  if (first == 0xC2 && second < 0xA0) return 0;  // C1 controls
  return std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length), is_continuation) ? length
                                                                                                            : 0;
}

bool is_printable_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = printable_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

struct Cut {
  std::string_view front;
  std::string_view rest;
};

// At the first `mark`; all of it is the front when there is none.
Cut cut(std::string_view text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

}  // namespace

TargetParts split_target(std::string_view target) {
  const Cut halves = cut(target, '?');
  return {halves.front, halves.rest};
}

Result<std::string> decode_percent(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[at] != '%') {
      decoded += text[at];
    } else {
      const int high = at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? hex_value(text[at + 2]) : -1;
      if (high < 0 || low < 0) return refuse(Refusal::bad_value, "a % in the URL must be followed by two hex digits");
      decoded += static_cast<char>(high * 16 + low);
      at += 2;
    }
  }
  if (!is_printable_utf8(decoded))
    return refuse(Refusal::bad_value, "the URL must be UTF-8 without control characters");
  return decoded;
}

Result<std::vector<std::pair<std::string, std::string>>> read_parameters(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const Cut parameter = cut(query, '&');
    query = parameter.rest;
    const Cut halves = cut(parameter.front, '=');
    auto name = decode_percent(halves.front, true);
    if (!name) return std::unexpected<Error>(name.error());
    auto value = decode_percent(halves.rest, true);
    if (!value) return std::unexpected<Error>(value.error());
    if (name->empty()) return refuse(Refusal::bad_value, "a query parameter has no name");
    if (std::any_of(parameters.begin(), parameters.end(), [&](const auto& other) { return other.first == *name; }))
      return refuse(Refusal::bad_value, "the query parameter '" + *name + "' is given twice");
    parameters.emplace_back(std::move(*name), std::move(*value));
  }
  return parameters;
}

HttpResult<Query> read_query(const RouteMatch& match, std::string_view query_text) {
  Query query;
  query.limit = limits::kPageItemsDefault;
  query.kind = match.route == Route::incident                                  ? QueryKind::incident
               : match.route == Route::notes                                   ? QueryKind::notes
               : match.route == Route::alerts || match.route == Route::preview ? QueryKind::alerts
               : match.route == Route::silences                                ? QueryKind::silences
               : match.route == Route::audit                                   ? QueryKind::audit
               : match.route == Route::storms                                  ? QueryKind::storms
               : match.route == Route::sources                                 ? QueryKind::sources
               : match.route == Route::rules                                   ? QueryKind::rules
                                                                               : QueryKind::incidents;
  auto parameters = read_parameters(query_text);
  if (!parameters) return std::unexpected<HttpRefusal>(HttpRefusal{400, parameters.error()});
  if (match.route == Route::incident || match.route == Route::notes) {
    auto id = decode_percent(match.argument, false);
    if (!id) return std::unexpected<HttpRefusal>(HttpRefusal{400, id.error()});
    query.id = std::move(*id);
    if (!parameters->empty())
      return refuse_http(400, Refusal::bad_value, "unknown query parameter '" + parameters->front().first + "'");
    return query;
  }
  for (auto& [name, value] : *parameters) {
    if (name == "limit") {
      const auto [last, error] = std::from_chars(value.data(), value.data() + value.size(), query.limit);
      if (error != std::errc{} || last != value.data() + value.size() || query.limit < 1 ||
          query.limit > limits::kPageItemsMax)
        return refuse_http(400, Refusal::bad_value,
                           "limit must be a number from 1 to " + std::to_string(limits::kPageItemsMax));
    } else if (name == "matcher" && match.route == Route::preview) {
      query.matchers.push_back(std::move(value));
    } else if (name == "fields" && query.kind == QueryKind::alerts) {
      if (value.empty()) return refuse_http(400, Refusal::bad_value, "fields must name some, with commas between");
      query.fields = std::move(value);
    } else if (name == "after") {
      query.after = std::move(value);
    } else {
      query.filters.emplace_back(std::move(name), std::move(value));
    }
  }
  if (match.route == Route::preview && query.matchers.empty())
    return refuse_http(400, Refusal::missing_field, "say what the silence would hold back: ?matcher={alertname=\"X\"}");
  return query;
}

}  // namespace tocsin
