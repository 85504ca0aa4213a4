#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/http/http_refusal.h"
#include "connectors/http/routes.h"
#include "engine/core/telling/query.h"

namespace tocsin {

struct TargetParts {
  std::string_view path;
  std::string_view query;  // without '?'
};
TargetParts split_target(std::string_view target);

/// Decodes %XX, and '+' as a space where asked; bad_value when a % is not followed by two hex digits, or when what
/// comes out is not UTF-8 or holds control characters.
Result<std::string> decode_percent(std::string_view text, bool plus_is_space);

/// `name=value` pairs of a query in their order; bad_value as above, and for a name that is empty or comes twice.
Result<std::vector<std::pair<std::string, std::string>>> read_parameters(std::string_view query);

/// The question that a GET of incidents, incident or alerts asks: `limit`, `after`, and filters on fields. 400 for what
/// is not understood.
HttpResult<Query> read_query(const RouteMatch& match, std::string_view query);

}  // namespace tocsin
