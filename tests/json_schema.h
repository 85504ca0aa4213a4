#pragma once

#include <string>
#include <vector>

#include <boost/json.hpp>

namespace tocsin::test {

/// What is wrong with `instance` by `schema` (JSON Schema 2020-12), as "POINTER: what"; empty: it is valid. Knows the
/// keywords that our schemas use; any other is an error as well, so that none is believed to be checked that is not.
/// `format` is asserted.
std::vector<std::string> schema_errors(const boost::json::value& instance, const boost::json::value& schema);

}  // namespace tocsin::test
