#include "rules/cel/table.h"

#include <algorithm>
#include <utility>

#include "engine/model/check.h"

namespace tocsin::cel {

Table::Table(std::string name, std::vector<std::string> columns, std::vector<Row> rows) {
  // By key, and equal keys in the order they came in: the first of them stays.
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair<std::string_view, std::size_t>(rows[i].key, i); });
  for (const std::size_t i : order) {
    if (rows_.empty() || rows_.back().key != rows[i].key) rows_.push_back(std::move(rows[i]));
  }
  std::vector<RecordType::Field> fields;
  for (std::string& column : columns) fields.push_back({std::move(column), Type::Kind::string});
  row_type_ = std::make_shared<const RecordType>(std::move(name), std::move(fields));
  const std::size_t width = row_type_->fields().size();
  cells_.reserve(rows_.size() * width);
  records_.reserve(rows_.size());
  for (const Row& row : rows_) {
    TOCSIN_CHECK(row.cells.size() == width, "a cell for each column");
    records_.push_back({row_type_.get(), cells_.data() + cells_.size()});
    for (const std::string& cell : row.cells) cells_.push_back(Value::string(cell));
  }
}

Value Table::find(const Value& key) const {
  const auto missing = Value::error(Fault::no_such_key, "no such key");
  if (!key.is(Kind::string)) return missing;
  const auto at = std::ranges::lower_bound(rows_, key.as_text(), {}, &Row::key);
  if (at == rows_.end() || at->key != key.as_text()) return missing;
  return Value::record(records_[static_cast<std::size_t>(at - rows_.begin())]);
}

MapEntry Table::entry(std::uint32_t index) const {
  return {Value::string(rows_[index].key), Value::record(records_[index])};
}

}  // namespace tocsin::cel
