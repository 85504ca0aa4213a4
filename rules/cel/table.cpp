#include "rules/cel/table.h"

#include <algorithm>
#include <utility>

#include <re2/re2.h>
#include <re2/set.h>

#include "engine/model/check.h"

namespace tocsin::cel {
namespace {

/// Of the automaton that looks for all patterns at once.
constexpr std::int64_t kPatternBytes = 8 << 20;

}  // namespace

struct Table::Patterns {
  explicit Patterns(const RE2::Options& options) : set(options, RE2::UNANCHORED) {}
  RE2::Set set;
  std::vector<std::unique_ptr<RE2>> each;  // for a text on which the set runs out of its memory
};

Table::Table(std::string name, std::vector<std::string> columns, std::vector<Row> rows, By by) : by_(by) {
  if (by == By::pattern) {
    rows_ = std::move(rows);
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(kPatternBytes);
    auto patterns = std::make_unique<Patterns>(options);
    for (const Row& row : rows_) {
      TOCSIN_CHECK(patterns->set.Add(row.key, nullptr) >= 0, "a pattern that RE2 takes");
      patterns->each.push_back(std::make_unique<RE2>(row.key, RE2::Quiet));
    }
    if (patterns->set.Compile()) patterns_ = std::move(patterns);
  } else {
    // By key, and equal keys in the order they came in: the first of them stays.
    std::vector<std::size_t> order(rows.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {},
                      [&](std::size_t i) { return std::pair<std::string_view, std::size_t>(rows[i].key, i); });
    for (const std::size_t i : order) {
      if (rows_.empty() || rows_.back().key != rows[i].key) rows_.push_back(std::move(rows[i]));
    }
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

Table::~Table() = default;

std::size_t Table::row_of(std::string_view text) const {
  if (by_ == By::key) {
    const auto at = std::ranges::lower_bound(rows_, text, {}, &Row::key);
    return at == rows_.end() || at->key != text ? rows_.size() : static_cast<std::size_t>(at - rows_.begin());
  }
  if (patterns_ == nullptr) return rows_.size();
  // Kept for its room: a look-up must not ask for memory.
  thread_local std::vector<int> found;
  found.clear();
  RE2::Set::ErrorInfo error{};
  if (!patterns_->set.Match({text.data(), text.size()}, &found, &error)) {
    if (error.kind == RE2::Set::kNoError) return rows_.size();
    for (std::size_t row = rows_.size(); row-- > 0;) {
      if (RE2::PartialMatch({text.data(), text.size()}, *patterns_->each[row])) return row;
    }
    return rows_.size();
  }
  TOCSIN_CHECK(!found.empty(), "what matches is named");
  return static_cast<std::size_t>(*std::ranges::max_element(found));
}

Value Table::find(const Value& key) const {
  const auto missing = Value::error(Fault::no_such_key, "no such key");
  if (!key.is(Kind::string)) return missing;
  const std::size_t row = row_of(key.as_text());
  return row == rows_.size() ? missing : Value::record(records_[row]);
}

MapEntry Table::entry(std::uint32_t index) const {
  return {Value::string(rows_[index].key), Value::record(records_[index])};
}

}  // namespace tocsin::cel
