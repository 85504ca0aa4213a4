#include "rules/cel/type.h"

#include <algorithm>
#include <array>

namespace tocsin::cel {
namespace {

const Type kDyn;

constexpr std::array<std::string_view, 17> kNames = {"dyn",    "null",  "bool",      "int",      "uint", "double",
                                                     "string", "bytes", "timestamp", "duration", "type", "ip",
                                                     "cidr",   "list",  "map",       "record",   "enum"};

}  // namespace

Type Type::list(Type element) {
  Type type(Kind::list);
  type.element_ = std::make_shared<const Type>(std::move(element));
  return type;
}

Type Type::map(Type key, Type value) {
  Type type(Kind::map);
  type.key_ = std::make_shared<const Type>(std::move(key));
  type.element_ = std::make_shared<const Type>(std::move(value));
  return type;
}

Type Type::text_map() {
  Type type = map(Kind::string, Kind::string);
  type.missing_is_empty_ = true;
  return type;
}

Type Type::record(std::shared_ptr<const RecordType> record) {
  Type type(Kind::record);
  type.record_ = std::move(record);
  return type;
}

Type Type::enumeration(std::shared_ptr<const EnumType> enumeration) {
  Type type(Kind::enumeration);
  type.enum_ = std::move(enumeration);
  return type;
}

const Type& Type::element() const { return element_ ? *element_ : kDyn; }
const Type& Type::key() const { return key_ ? *key_ : kDyn; }

std::string Type::text() const {
  switch (kind_) {
    case Kind::list:
      return "list(" + element().text() + ")";
    case Kind::map:
      return "map(" + key().text() + ", " + element().text() + ")";
    case Kind::record:
      return record_->name();
    case Kind::enumeration:
      return enum_->name();
    default:
      return std::string(kNames[static_cast<std::size_t>(kind_)]);
  }
}

bool operator==(const Type& a, const Type& b) {
  if (a.kind_ != b.kind_) return false;
  switch (a.kind_) {
    case Type::Kind::list:
      return a.element() == b.element();
    case Type::Kind::map:
      return a.key() == b.key() && a.element() == b.element();
    case Type::Kind::record:
      return a.record_ == b.record_;
    case Type::Kind::enumeration:
      return a.enum_ == b.enum_;
    default:
      return true;
  }
}

bool assignable(const Type& from, const Type& to) {
  if (from.is_dyn() || to.is_dyn()) return true;
  if (from.kind() != to.kind()) return false;
  switch (from.kind()) {
    case Type::Kind::list:
      return assignable(from.element(), to.element());
    case Type::Kind::map:
      return assignable(from.key(), to.key()) && assignable(from.element(), to.element());
    default:
      return from == to;
  }
}

Type join(const Type& a, const Type& b) {
  if (a == b) return a.missing_is_empty() ? b : a;
  if (a.kind() == b.kind() && a.is(Type::Kind::list)) return Type::list(join(a.element(), b.element()));
  if (a.kind() == b.kind() && a.is(Type::Kind::map)) {
    return Type::map(join(a.key(), b.key()), join(a.element(), b.element()));
  }
  return {};
}

std::optional<std::uint32_t> RecordType::index_of(std::string_view field) const {
  const auto at = std::ranges::find(fields_, field, &Field::name);
  if (at == fields_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(at - fields_.begin());
}

std::optional<std::uint32_t> EnumType::index_of(std::string_view name) const {
  const auto at = std::ranges::find(names_, name);
  if (at == names_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(at - names_.begin());
}

}  // namespace tocsin::cel
