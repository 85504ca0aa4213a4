#include "engine/model/field.h"

namespace tocsin {
namespace {

constexpr std::array<FieldInfo, kFieldCount> kFields{{
    {Field::source, "source", false, false},
    {Field::tenant, "tenant", false, false},
    {Field::name, "name", true, false},
    {Field::service, "service", true, false},
    {Field::component, "component", true, false},
    {Field::environment, "environment", true, false},
    {Field::region, "region", true, false},
    {Field::team, "team", true, false},
    {Field::owner, "owner", true, false},
    {Field::assignment_group, "assignment_group", true, false},
    {Field::host, "host", true, false},
    {Field::resource, "resource", true, false},
    {Field::category, "category", true, false},
    {Field::alert_class, "alert_class", true, false},
    {Field::level, "level", true, false},
    {Field::title, "title", true, true},
    {Field::description, "description", true, true},
    {Field::url, "url", true, true},
    {Field::runbook_url, "runbook_url", true, true},
    {Field::dashboard_url, "dashboard_url", true, true},
}};

}  // namespace

std::span<const FieldInfo, kFieldCount> fields() { return kFields; }

std::optional<Field> field_from(std::string_view name) {
  for (const FieldInfo& info : kFields) {
    if (info.name == name) return info.field;
  }
  return std::nullopt;
}

std::string_view name_of(Field field) { return kFields[static_cast<std::size_t>(field)].name; }

}  // namespace tocsin
