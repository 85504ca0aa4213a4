#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/cel/type.h"
#include "rules/cel/value.h"

namespace tocsin::cel {

/// A map from a key to a record of texts, as loaded from a table file. Declare the variable as
/// `Type::map(Type::Kind::string, Type::record(table.row_type()))` and give it `Value::map(table)`.
/// By key a row is found by its whole key, and of rows with the same key the first counts. By pattern keys are regular
/// expressions (RE2), a text finds the last row whose pattern is somewhere in it, and rows stay in their order.
/// Immutable once built; not movable, since values point into it.
class Table final : public MapSource {
 public:
  enum class By : std::uint8_t { key, pattern };
  struct Row {
    std::string key;
    std::vector<std::string> cells;  // as many as columns
  };

  /// Requires: each row has a cell for each column; by pattern each key is one that RE2 takes.
  Table(std::string name, std::vector<std::string> columns, std::vector<Row> rows, By by = By::key);
  ~Table() override;
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  By by() const { return by_; }
  /// False: its patterns are too large together, and nothing is found in it.
  bool is_sound() const { return by_ == By::key || patterns_ != nullptr; }

  const std::shared_ptr<const RecordType>& row_type() const { return row_type_; }

  /// Columns in the order of row_type(), rows in order of key; by pattern in the order that they were given.
  const std::vector<Row>& rows() const { return rows_; }

  Value find(const Value& key) const override;
  std::uint32_t size() const override { return static_cast<std::uint32_t>(rows_.size()); }
  MapEntry entry(std::uint32_t index) const override;

 private:
  struct Patterns;
  std::size_t row_of(std::string_view text) const;  // rows_.size(): none

  By by_;
  std::shared_ptr<const RecordType> row_type_;
  std::vector<Row> rows_;  // sorted by key
  std::unique_ptr<Patterns> patterns_;
  std::vector<Value> cells_;
  std::vector<Record> records_;  // one for each row
};

}  // namespace tocsin::cel
