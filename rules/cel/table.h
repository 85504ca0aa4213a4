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
/// Immutable once built; not movable, since values point into it.
class Table final : public MapSource {
 public:
  struct Row {
    std::string key;
    std::vector<std::string> cells;  // as many as columns
  };

  /// Of rows with the same key the first counts. Requires: each row has a cell for each column.
  Table(std::string name, std::vector<std::string> columns, std::vector<Row> rows);
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const std::shared_ptr<const RecordType>& row_type() const { return row_type_; }

  /// Columns in the order of row_type(), rows in order of key.
  const std::vector<Row>& rows() const { return rows_; }

  Value find(const Value& key) const override;
  std::uint32_t size() const override { return static_cast<std::uint32_t>(rows_.size()); }
  MapEntry entry(std::uint32_t index) const override;

 private:
  std::shared_ptr<const RecordType> row_type_;
  std::vector<Row> rows_;  // sorted by key
  std::vector<Value> cells_;
  std::vector<Record> records_;  // one for each row
};

}  // namespace tocsin::cel
