#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::cel {

class RecordType;
class EnumType;

/// What the checker knows about a value. A small value type; copies share what is inside.
class Type {
 public:
  enum class Kind : std::uint8_t {
    dyn,  // known only when it is evaluated; fits everywhere
    null,
    boolean,
    integer,
    unsigned_integer,
    floating,
    string,
    bytes,
    timestamp,
    duration,
    type,
    ip,
    cidr,
    list,
    map,
    record,
    enumeration,
  };

  Type() = default;                 // dyn
  Type(Kind kind) : kind_(kind) {}  // NOLINT: simple kinds convert
  static Type list(Type element);
  static Type map(Type key, Type value);
  /// map(string, string) where a key that is not there gives "": labels and annotations.
  static Type text_map();
  static Type record(std::shared_ptr<const RecordType> record);
  static Type enumeration(std::shared_ptr<const EnumType> enumeration);

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_dyn() const { return kind_ == Kind::dyn; }
  bool is_number() const {
    return kind_ == Kind::integer || kind_ == Kind::unsigned_integer || kind_ == Kind::floating;
  }
  /// Of a list its elements, of a map its values; dyn otherwise.
  const Type& element() const;
  const Type& key() const;
  bool missing_is_empty() const { return missing_is_empty_; }
  const std::shared_ptr<const RecordType>& record_type() const { return record_; }
  const std::shared_ptr<const EnumType>& enum_type() const { return enum_; }

  /// As written in messages: "map(string, int)", "severity".
  std::string text() const;
  friend bool operator==(const Type& a, const Type& b);

 private:
  Kind kind_ = Kind::dyn;
  bool missing_is_empty_ = false;
  std::shared_ptr<const Type> key_;
  std::shared_ptr<const Type> element_;
  std::shared_ptr<const RecordType> record_;
  std::shared_ptr<const EnumType> enum_;
};

/// True when a value of type `from` may stand where `to` is wanted (dyn on either side fits).
bool assignable(const Type& from, const Type& to);

/// The type that holds both, dyn when there is no closer one.
Type join(const Type& a, const Type& b);

/// A fixed set of named fields: `incident`, or the rows of a table.
class RecordType {
 public:
  struct Field {
    std::string name;
    Type type;
  };
  RecordType(std::string name, std::vector<Field> fields) : name_(std::move(name)), fields_(std::move(fields)) {}

  const std::string& name() const { return name_; }
  const std::vector<Field>& fields() const { return fields_; }
  std::optional<std::uint32_t> index_of(std::string_view field) const;

 private:
  std::string name_;
  std::vector<Field> fields_;
};

/// Named constants in an order, lowest first: severities. They compare with each other only.
class EnumType {
 public:
  EnumType(std::string name, std::vector<std::string> names) : name_(std::move(name)), names_(std::move(names)) {}

  const std::string& name() const { return name_; }
  const std::vector<std::string>& names() const { return names_; }
  std::optional<std::uint32_t> index_of(std::string_view name) const;

 private:
  std::string name_;
  std::vector<std::string> names_;
};

}  // namespace tocsin::cel
