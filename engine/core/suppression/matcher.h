#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/conditions/alert_texts.h"
#include "engine/model/field.h"
#include "engine/model/refusal.h"

namespace re2 {
class RE2;
}  // namespace re2

namespace tocsin {

/// What a matcher says, as people write it.
struct MatcherParts {
  std::string name{};
  bool is_equal = true;   // = and =~; else != and !~
  bool is_regex = false;  // =~ and !~
  std::string value{};
  friend bool operator==(const MatcherParts&, const MatcherParts&) = default;
};

/// `alertname="DiskFull"`: a name that is no plain word is quoted, the value always.
std::string to_text(const MatcherParts& parts);

/// What a matcher is asked of: the labels and fields of one alert. Borrowed.
struct MatchedTexts {
  const AlertTexts* texts = nullptr;
  std::string_view severity{};
};

/// One condition on an alert, as Alertmanager has them. The name is that of a label; where the alert has no such label,
/// that of a field of ours (service, host, name, severity …; `alertname` is `name`). What is not there is "". Patterns
/// are RE2 and anchored at both ends.
class Matcher {
 public:
  explicit Matcher(MatcherParts parts);

  bool holds(const MatchedTexts& alert) const;
  const MatcherParts& parts() const { return parts_; }
  /// The value that its name has on an alert.
  static std::string_view value_of(const MatchedTexts& alert, std::string_view name, std::optional<Field> field);
  std::string_view value_on(const MatchedTexts& alert) const { return value_of(alert, parts_.name, field_); }
  std::optional<Field> field() const { return field_; }
  /// The only values that it holds for, each once: of `=`, and of a pattern that is a choice of plain texts. Empty:
  /// they cannot be said.
  const std::vector<std::string>& values() const { return values_; }
  /// How each value that it holds for begins, at most kPrefixBytesMax of it: of a pattern that begins with plain text.
  /// "": that cannot be said.
  const std::string& prefix() const { return prefix_; }
  static constexpr std::size_t kPrefixBytesMax = 8;
  /// It holds for an alert that has no such label.
  bool holds_for_nothing() const { return holds_for({}); }

 private:
  bool holds_for(std::string_view value) const;

  void find_values();

  MatcherParts parts_;
  std::optional<Field> field_;
  std::vector<std::string> values_;
  std::string prefix_;
  std::shared_ptr<const re2::RE2> pattern_;
};

/// Reads matchers: one a text, or several with commas between, in braces or not: `{a="b",c!~"d.*"}`. Values may stand
/// without quotes. Refused (bad_value): what cannot be read, a pattern that RE2 does not take, and a list that an alert
/// without any label meets: it would hold back everything.
Result<std::vector<Matcher>> parse_matchers(std::span<const std::string> texts);

}  // namespace tocsin
