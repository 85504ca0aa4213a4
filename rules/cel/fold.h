#pragma once

#include <optional>
#include <vector>

#include "engine/model/arena.h"
#include "rules/cel/checker.h"

namespace tocsin::cel {

/// Which parts of a tree are constant, and their values.
class Folder {
 public:
  /// Values that are kept live in `arena`.
  Folder(const Checked& checked, Arena& arena);

  /// The value of the subtree when it reads nothing, is no error and is small; nullopt otherwise. Worked out once.
  std::optional<Value> value(NodeIndex node);

  /// The innermost constant part of `node` whose evaluation is an error; nullopt when `node` is not constant or is
  /// none.
  struct Failure {
    NodeIndex node;
    Value error;
  };
  std::optional<Failure> failure(NodeIndex node);

 private:
  bool is_constant(NodeIndex node) const { return steps_left_ > 0 && constant_[node] && lowest_local_[node] == kNone; }
  Value evaluate(NodeIndex node);
  /// A copy of `value` in the arena; nullopt when it is too large to keep.
  std::optional<Value> copy(const Value& value, std::uint32_t depth);

  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  const Checked& checked_;
  Arena& arena_;
  // Of all that is folded together: whoever writes expressions should not make a rule set slow to load or large.
  std::uint64_t steps_left_ = 5'000;
  std::size_t bytes_left_;
  Arena scratch_{1024};
  std::vector<bool> constant_;
  std::vector<std::uint32_t> lowest_local_;  // of those read and not bound inside; kNone for none
  std::vector<std::optional<Value>> values_;
  std::vector<bool> known_;  // which of the values were worked out
};

}  // namespace tocsin::cel
