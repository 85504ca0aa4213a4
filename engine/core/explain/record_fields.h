#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tocsin {

/// The scalars of a record at its top level, as texts; empty when the text is no JSON object.
class RecordFields {
 public:
  explicit RecordFields(const std::string& json);
  /// "" when there is none.
  std::string_view operator[](std::string_view name) const;

 private:
  std::map<std::string, std::string, std::less<>> fields_;
};

}  // namespace tocsin
