#include "rules/expressions/schema.h"

#include <algorithm>
#include <array>

#include "engine/model/check.h"
#include "rules/cel/label_directory.h"
#include "rules/cel/program.h"

namespace tocsin::rules {
namespace {

using cel::Type;
using cel::Value;

constexpr std::array<std::string_view, 9> kOtherNames{"tier",   "status",      "severity", "starts_at", "received_at",
                                                      "labels", "annotations", "incident", "alert"};

/// CEL specification, "Values" and "Reserved words".
constexpr std::array<std::string_view, 21> kReserved{
    "true", "false",  "null", "in",   "as",      "break",     "const",  "continue", "else", "for",  "function",
    "if",   "import", "let",  "loop", "package", "namespace", "return", "var",      "void", "while"};

std::shared_ptr<const cel::RecordType> lead_type() {
  std::vector<cel::RecordType::Field> texts;
  for (const FieldInfo& info : fields()) texts.push_back({std::string{info.name}, Type::Kind::string});
  return std::make_shared<const cel::RecordType>("incident.lead", std::move(texts));
}

std::shared_ptr<const cel::RecordType> incident_type(const Type& severity, const Type& lead) {
  using K = Type::Kind;
  return std::make_shared<const cel::RecordType>("incident",
                                                 std::vector<cel::RecordType::Field>{{"id", K::string},
                                                                                     {"priority", K::string},
                                                                                     {"severity", severity},
                                                                                     {"status", K::string},
                                                                                     {"acked", K::boolean},
                                                                                     {"service", K::string},
                                                                                     {"environment", K::string},
                                                                                     {"region", K::string},
                                                                                     {"team", K::string},
                                                                                     {"owner", K::string},
                                                                                     {"title", K::string},
                                                                                     {"rule_id", K::string},
                                                                                     {"tenant", K::string},
                                                                                     {"category", K::string},
                                                                                     {"plan", K::string},
                                                                                     {"update_overdue", K::boolean},
                                                                                     {"alert_count", K::integer},
                                                                                     {"active_alert_count", K::integer},
                                                                                     {"service_count", K::integer},
                                                                                     {"host_count", K::integer},
                                                                                     {"escalated_to", K::string},
                                                                                     {"escalations", K::integer},
                                                                                     {"drill", K::boolean},
                                                                                     {"maintenance", K::boolean},
                                                                                     {"lead", lead},
                                                                                     {"labels", Type::text_map()},
                                                                                     {"fields", Type::text_map()}});
}

std::optional<FactPlace> place_of_incident(std::string_view field) {
  // in the order of FactPlace::OfIncident
  constexpr std::array<std::string_view, 16> kIndexed{
      "priority", "severity", "status",  "acked",  "service",      "environment", "region", "team",
      "owner",    "title",    "rule_id", "tenant", "escalated_to", "category",    "plan",   "update_overdue"};
  const auto found = std::ranges::find(kIndexed, field);
  if (found == kIndexed.end()) return std::nullopt;
  return FactPlace{FactPlace::Kind::incident, static_cast<std::uint32_t>(found - kIndexed.begin()), {}};
}

}  // namespace

Schema::Schema(const std::vector<std::string>& scale, Tables tables, Aliases aliases, Constants constants)
    : tables_(std::move(tables)), constants_(std::move(constants)) {
  Names& source = names_[static_cast<std::size_t>(Scope::source)];
  declare_alert(source);
  Names& alert = names_[static_cast<std::size_t>(Scope::alert)];
  declare_alert(alert);
  declare_severity(alert, scale, aliases);
  declare(alert, "severity", Type::enumeration(alert.severity), {Source::severity, 0});
  Names& incident = names_[static_cast<std::size_t>(Scope::incident)];
  declare_severity(incident, scale, aliases);
  incident.lead = lead_type();
  incident.incident = incident_type(Type::enumeration(incident.severity), Type::record(incident.lead));
  declare(incident, "incident", Type::record(incident.incident), {Source::incident, 0});
  Names& window = names_[static_cast<std::size_t>(Scope::window)];
  declare(window, "count", Type::Kind::integer, {Source::count, 0});
  declare(window, "first_at", Type::Kind::timestamp, {Source::first_at, 0});
  declare(window, "last_at", Type::Kind::timestamp, {Source::last_at, 0});
  declare(window, "values", Type::list(Type::Kind::string), {Source::values, 0});
  declare(window, "steps", Type::map(Type::Kind::string, Type::text_map()), {Source::steps, 0});
  declare_alert(window);
  for (Names& names : names_) declare_constants(names);
}

void Schema::declare_constants(Names& names) {
  const auto value_of = [](const auto& one) {
    if (const auto* text = std::get_if<std::string>(&one)) return Value::string(*text);
    if (const auto* number = std::get_if<std::int64_t>(&one)) return Value::integer(*number);
    return Value::boolean(std::get<bool>(one));
  };
  for (const Constant& constant : constants_) {
    const auto type_of = [&]() -> Type {
      if (constant.values.empty() || std::holds_alternative<std::string>(constant.values.front())) {
        return Type::Kind::string;
      }
      return std::holds_alternative<bool>(constant.values.front()) ? Type::Kind::boolean : Type::Kind::integer;
    };
    if (!constant.is_list) {
      names.environment.declare_value(constant.name, type_of(), value_of(constant.values.front()));
      continue;
    }
    std::vector<Value>& items = lists_.emplace_back();
    for (const auto& one : constant.values) items.push_back(value_of(one));
    names.environment.declare_value(constant.name, Type::list(type_of()), Value::list(items));
  }
}

const cel::Table* Schema::table(std::string_view name) const {
  const auto found = std::ranges::find(tables_, name, &Tables::value_type::first);
  return found == tables_.end() ? nullptr : found->second.get();
}

void Schema::add_functions(const std::vector<cel::HostFunction>& functions) {
  for (Names& names : names_) {
    for (const cel::HostFunction& function : functions) names.environment.declare_function(function);
  }
}

void Schema::declare(Names& names, std::string name, cel::Type type, Slot slot) {
  const std::uint32_t number = names.environment.declare(std::move(name), std::move(type));
  TOCSIN_CHECK(number == names.slots.size(), "slots are numbered in order of declaration");
  names.slots.push_back(slot);
}

void Schema::declare_alert(Names& names) {
  for (const FieldInfo& info : fields()) {
    declare(names, std::string{info.name}, Type::Kind::string, {Source::field, static_cast<std::uint32_t>(info.field)});
  }
  declare(names, "tier", Type::Kind::integer, {Source::tier, 0});
  declare(names, "status", Type::Kind::string, {Source::status, 0});
  declare(names, "starts_at", Type::Kind::timestamp, {Source::starts_at, 0});
  declare(names, "received_at", Type::Kind::timestamp, {Source::received_at, 0});
  declare(names, "labels", Type::text_map(), {Source::labels, 0});
  declare(names, "annotations", Type::text_map(), {Source::annotations, 0});
  for (std::uint32_t i = 0; i < tables_.size(); ++i) {
    const auto& [name, table] = tables_[i];
    // One that could not be read fits everywhere: that it could not be is said once.
    Type type = table == nullptr ? Type{} : Type::map(Type::Kind::string, Type::record(table->row_type()));
    declare(names, name, std::move(type), {Source::table, i});
  }
}

void Schema::declare_severity(Names& names, const std::vector<std::string>& scale, const Aliases& aliases) {
  names.severity = names.environment.declare_enum("severity", scale);
  for (const auto& [name, level] : aliases) {
    declare(names, name, Type::enumeration(names.severity), {Source::alias, level});
  }
}

Value Schema::value(Scope scope, std::uint32_t slot, const Facts& facts, bool with_id, Borrowed& borrowed,
                    Arena& scratch) const {
  const Names& names = of(scope);
  const auto [source, index] = names.slots[slot];
  switch (source) {
    case Source::field:
      return Value::string(facts.text[index]);
    case Source::tier:
      return Value::integer(facts.tier);
    case Source::status:
      return Value::string(facts.resolved ? "resolved" : "firing");
    case Source::severity:
      return Value::enumeration(*names.severity, facts.severity.level);
    case Source::starts_at:
      return Value::timestamp(facts.starts_at);
    case Source::received_at:
      return Value::timestamp(facts.received_at);
    case Source::labels:
      return facts.label_directory != nullptr ? Value::labels(*facts.label_directory) : Value::labels(facts.labels);
    case Source::annotations:
      return facts.annotation_directory != nullptr ? Value::labels(*facts.annotation_directory)
                                                   : Value::labels(facts.annotations);
    case Source::table:
      return Value::map(*tables_[index].second);
    case Source::alias:
      return Value::enumeration(*names.severity, index);
    case Source::incident:
      if (facts.incident == nullptr) return Value::error(cel::Fault::unknown_name, "there is no incident");
      return incident_value(names, *facts.incident, with_id, borrowed, scratch);
    case Source::count:
    case Source::first_at:
    case Source::last_at:
    case Source::values:
    case Source::steps:
      if (facts.window == nullptr) return Value::error(cel::Fault::unknown_name, "there is no window");
      return window_value(source, *facts.window, scratch);
  }
  return {};
}

Value Schema::window_value(Source source, const WindowFacts& window, Arena& scratch) {
  if (source == Source::count) return Value::integer(window.count);
  if (source == Source::first_at) return Value::timestamp(window.first_at);
  if (source == Source::last_at) return Value::timestamp(window.last_at);
  if (source == Source::steps) {
    return window.steps != nullptr ? Value::map(*window.steps) : Value::map(std::span<const cel::MapEntry>{});
  }
  char* const room = scratch.allocate((window.values.size() + 1) * sizeof(Value));
  auto* const items = reinterpret_cast<Value*>((reinterpret_cast<std::uintptr_t>(room) + alignof(Value) - 1) &
                                               ~std::uintptr_t{alignof(Value) - 1});
  for (std::size_t i = 0; i < window.values.size(); ++i) new (items + i) Value(Value::string(window.values[i]));
  return Value::list({items, window.values.size()});
}

Value Schema::incident_value(const Names& names, const IncidentFacts& incident, bool with_id, Borrowed& borrowed,
                             Arena& scratch) const {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    borrowed.lead_fields[i] = Value::string(incident.lead == nullptr ? std::string_view{} : (*incident.lead)[i]);
  }
  borrowed.lead = {names.lead.get(), borrowed.lead_fields};
  // in the order of incident_type
  const Value values[kIncidentFieldCount] = {
      with_id ? Value::string(scratch.keep(to_text(incident.id))) : Value::string(""),
      Value::string(name_of(incident.priority)),
      Value::enumeration(*names.severity, incident.severity.level),
      Value::string(name_of(incident.status)),
      Value::boolean(incident.acked),
      Value::string(incident.service),
      Value::string(incident.environment),
      Value::string(incident.region),
      Value::string(incident.team),
      Value::string(incident.owner),
      Value::string(incident.title),
      Value::string(incident.rule_id),
      Value::string(incident.tenant),
      Value::string(incident.category),
      Value::string(incident.plan),
      Value::boolean(incident.update_overdue),
      Value::integer(incident.alert_count),
      Value::integer(incident.active_alert_count),
      Value::integer(incident.service_count),
      Value::integer(incident.host_count),
      Value::string(incident.escalated_to),
      Value::integer(incident.escalations),
      Value::boolean(incident.drill),
      Value::boolean(incident.maintenance),
      Value::record(borrowed.lead),
      Value::labels(incident.labels),
      Value::labels(incident.fields),
  };
  std::ranges::copy(values, borrowed.incident_fields);
  borrowed.incident = {names.incident.get(), borrowed.incident_fields};
  return Value::record(borrowed.incident);
}

bool Schema::is_fixed(Scope scope, std::uint32_t slot) const {
  const Source source = of(scope).slots[slot].source;
  return source == Source::table || source == Source::alias;
}

std::optional<FactPlace> Schema::place(Scope scope, const cel::Read& read) const {
  using Kind = FactPlace::Kind;
  const auto [source, index] = of(scope).slots[read.slot];
  const bool has_key = read.key.has_value();
  switch (source) {
    case Source::field:
      return FactPlace{Kind::field, index, {}};
    case Source::tier:
      return FactPlace{Kind::tier, 0, {}};
    case Source::status:
      return FactPlace{Kind::status, 0, {}};
    case Source::severity:
      return FactPlace{Kind::severity, 0, {}};
    case Source::labels:
      return has_key ? std::optional(FactPlace{Kind::label, cel::LabelDirectory::bucket_of(*read.key), *read.key})
                     : std::nullopt;
    case Source::annotations:
      return has_key ? std::optional(FactPlace{Kind::annotation, cel::LabelDirectory::bucket_of(*read.key), *read.key})
                     : std::nullopt;
    case Source::incident:
      return has_key ? place_of_incident(*read.key) : std::nullopt;
    case Source::starts_at:
    case Source::received_at:
    case Source::table:
    case Source::alias:
    case Source::count:
    case Source::first_at:
    case Source::last_at:
    case Source::values:
    case Source::steps:
      break;
  }
  return std::nullopt;
}

bool is_taken_name(std::string_view name) {
  return field_from(name).has_value() || std::ranges::find(kOtherNames, name) != kOtherNames.end();
}

bool is_identifier(std::string_view name) {
  return is_label_name(name) && std::ranges::find(kReserved, name) == kReserved.end();
}

}  // namespace tocsin::rules
