#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/suppression/matcher.h"
#include "engine/model/check.h"
#include "engine/model/field.h"
#include "engine/model/hash.h"

namespace tocsin {

/// For a few names that silences ask for a value of, what each alert has there, as a hash by slot: a new silence passes
/// over what it cannot match at a nanosecond each instead of asking it. What is noted may be of an alert that has ended
/// since: who is found is asked. Kept while there are silences; no part of the state, it is made when it is asked for.
class ValueColumns {
 public:
  static constexpr std::size_t kColumnsMax = 6;

  /// The column of a name; nothing: there are as many as may be, or what the name means moves without a word.
  /// `is_new`: nobody was noted there yet.
  std::optional<std::size_t> find_or_add(const Matcher& matcher, bool& is_new) {
    const std::string& name = matcher.parts().name;
    if (name == "severity") return std::nullopt;  // where it is no label it is what the rules say
    const auto found = std::ranges::find(columns_, name, &Column::name);
    if (found != columns_.end()) return static_cast<std::size_t>(found - columns_.begin());
    if (columns_.size() == kColumnsMax) return std::nullopt;
    is_new = true;
    columns_.push_back({name, matcher.field(), {}});
    return columns_.size() - 1;
  }

  /// An alert fires, or says something else.
  void note(std::uint32_t slot, const MatchedTexts& alert) {
    for (Column& column : columns_) {
      if (slot >= column.hashes.size()) column.hashes.resize(std::max<std::size_t>(slot + 1, column.hashes.size() * 2));
      column.hashes[slot] = hash_of(Matcher::value_of(alert, column.name, column.field));
    }
  }

  /// Whether the alert may have one of these values there.
  bool may_have(std::size_t column, std::uint32_t slot, const std::vector<std::uint32_t>& hashes) const {
    TOCSIN_CHECK(column < columns_.size(), "who asks a column was given it");
    const std::vector<std::uint32_t>& noted = columns_[column].hashes;
    return slot < noted.size() && std::ranges::find(hashes, noted[slot]) != hashes.end();
  }

  static std::uint32_t hash_of(std::string_view value) {
    return static_cast<std::uint32_t>(published_key().hash(value).low);
  }
  bool is_empty() const { return columns_.empty(); }
  void clear() { columns_.clear(); }

 private:
  struct Column {
    std::string name;
    std::optional<Field> field;
    std::vector<std::uint32_t> hashes;  // by slot
  };
  std::vector<Column> columns_;
};

}  // namespace tocsin
