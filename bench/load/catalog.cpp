#include <cctype>
#include <fstream>

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>
#include <fmt/format.h>

#include "bench/load/rule_shape.h"

namespace tocsin {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& from, std::string_view key) {
  const json::value* found = from.if_contains(key);
  const json::string* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

bool is_label_name(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) return false;
  for (const char letter : name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0 && letter != '_') return false;
  }
  return true;
}

std::expected<RuleShape, std::string> shape_of(const json::value& line) {
  const json::object* from = line.if_object();
  if (from == nullptr) return std::unexpected("not an object");
  RuleShape shape{.name = text_of(*from, "name"),
                  .severity = text_of(*from, "severity"),
                  .summary = text_of(*from, "summary"),
                  .description = text_of(*from, "description"),
                  .runbook_url = text_of(*from, "runbook_url"),
                  .labels = {},
                  .instance_labels = {}};
  if (shape.name.empty()) return std::unexpected("has no \"name\"");
  if (shape.severity.empty()) shape.severity = "warning";
  if (const json::value* labels = from->if_contains("labels"); labels != nullptr && labels->is_object()) {
    for (const auto& [key, value] : labels->get_object()) {
      if (!value.is_string() || !is_label_name({key.data(), key.size()})) continue;
      shape.labels.emplace_back(std::string(key.data(), key.size()), std::string(value.get_string().c_str()));
    }
  }
  if (const json::value* names = from->if_contains("instance_labels"); names != nullptr && names->is_array()) {
    for (const json::value& name : names->get_array()) {
      if (name.is_string() && is_label_name({name.get_string().data(), name.get_string().size()})) {
        shape.instance_labels.emplace_back(name.get_string().c_str());
      }
    }
  }
  return shape;
}

}  // namespace

std::expected<std::vector<RuleShape>, std::string> read_catalog(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::unexpected(fmt::format("cannot read the catalog {}", path));
  std::vector<RuleShape> shapes;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    boost::system::error_code failed;
    const json::value parsed = json::parse(line, failed);
    if (failed) return std::unexpected(fmt::format("{}:{}: {}", path, number, failed.message()));
    auto shape = shape_of(parsed);
    if (!shape) return std::unexpected(fmt::format("{}:{}: {}", path, number, shape.error()));
    shapes.push_back(std::move(*shape));
  }
  if (shapes.empty()) return std::unexpected(fmt::format("the catalog {} has no rules", path));
  return shapes;
}

}  // namespace tocsin
