#include "rules/cel/environment.h"

#include <algorithm>

namespace tocsin::cel {

std::uint32_t Environment::declare(std::string name, Type type) {
  variables_.push_back({std::move(name), std::move(type)});
  return static_cast<std::uint32_t>(variables_.size() - 1);
}

std::shared_ptr<const EnumType> Environment::declare_enum(std::string name,
                                                          std::vector<std::string> names_lowest_first) {
  auto type = std::make_shared<const EnumType>(std::move(name), std::move(names_lowest_first));
  for (std::uint32_t i = 0; i < type->names().size(); ++i) constants_.push_back({type->names()[i], i, type});
  return type;
}

void Environment::declare_message(std::shared_ptr<const RecordType> type) { messages_.push_back(std::move(type)); }

void Environment::declare_value(std::string name, Type type, Value value) {
  named_values_.push_back({std::move(name), std::move(type), value});
}

void Environment::declare_function(HostFunction function) { functions_.push_back(std::move(function)); }

std::optional<std::uint32_t> Environment::slot_of(std::string_view name) const {
  const auto at = std::ranges::find(variables_, name, &Variable::name);
  if (at == variables_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(at - variables_.begin());
}

}  // namespace tocsin::cel
