#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "engine/model/arena.h"
#include "engine/model/field.h"
#include "rules/expressions/facts.h"

namespace tocsin::rules {

/// What a normalise rule may write.
struct Target {
  std::optional<Field> field;  // nullopt: the integer field `tier`
};

/// A compiled expression, shared and immutable; copies are cheap. Default-constructed it is empty: it holds always.
class Expression {
 public:
  class Impl;

  Expression() = default;
  explicit Expression(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  bool empty() const { return impl_ == nullptr; }
  const Impl* impl() const { return impl_.get(); }

  /// True when it is empty or its value is true. An error at run time (a division by zero) counts as false.
  /// Texts that must be built on the way live in `scratch`. No allocation once `scratch` is warm.
  bool holds(const Facts& facts, Arena& scratch) const;

  /// Its value as text: strings as they are, numbers in decimal; nullopt on an error. Lives as long as the facts and
  /// `scratch`.
  std::optional<std::string_view> text(const Facts& facts, Arena& scratch) const;
  std::optional<std::int64_t> integer(const Facts& facts, Arena& scratch) const;

 private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace tocsin::rules
