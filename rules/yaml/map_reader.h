#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/instant.h"
#include "rules/yaml/report.h"
#include "rules/yaml/yaml_tree.h"

namespace tocsin::rules {

/// A YAML map with known keys: reports what is no map, and keys that are not known.
class MapReader {
 public:
  /// `what` names the thing in messages: "a group rule". `keys` are all that it may have.
  MapReader(const YamlNode& map, std::string_view what, std::initializer_list<std::string_view> keys, Report& report);

  /// The value of `key`, or null.
  const YamlNode* find(std::string_view key) const;
  /// The same, and a diagnostic when it is missing, unless a misspelt key was told already.
  const YamlNode* require(std::string_view key) const;
  /// The node of the key itself, or null.
  const YamlNode* key_node(std::string_view key) const;
  /// A warning on each of `keys` that is there: it is checked, but nothing acts on it yet.
  void warn_not_yet_effective(std::initializer_list<std::string_view> keys) const;

  /// It has words of Alertmanager or Prometheus, and that was told: what is missing or left over follows from it.
  bool is_foreign() const { return is_foreign_; }

  const YamlNode& node() const { return map_; }
  Report& report() const { return report_; }

 private:
  const YamlNode& map_;
  std::string what_;
  Report& report_;
  bool is_foreign_ = false;
  std::vector<std::string> meant_;  // suggestions for keys that are not known
};

/// A warning that `what` is checked but has no effect in this version, so that nobody relies on it.
void warn_not_yet_effective(const YamlNode& at, std::string_view what, Report& report);

/// A text, number or truth value as it is written. Nullopt and a diagnostic for anything else; `what` names it there.
std::optional<std::string_view> read_text(const YamlNode& node, std::string_view what, Report& report);
std::optional<bool> read_bool(const YamlNode& node, std::string_view what, Report& report);
/// Decimal digits without sign, within the bounds.
std::optional<std::uint64_t> read_count(const YamlNode& node, std::string_view what, std::uint64_t min,
                                        std::uint64_t max, Report& report);
/// The longest duration that a rule file may say. Sums of a few of them with an instant of this century still fit.
inline constexpr Duration kDurationMax = std::chrono::weeks{520};
/// `90s`, `5m`, `1h30m`; refused below `min` and above kDurationMax.
std::optional<Duration> read_duration(const YamlNode& node, std::string_view what, Duration min, Report& report);
/// RFC 3339.
std::optional<Instant> read_instant(const YamlNode& node, std::string_view what, Report& report);
/// The items of a list; empty and a diagnostic when it is none.
std::span<const YamlNode* const> read_list(const YamlNode& node, std::string_view what, Report& report);
/// One of `words`, by its index.
std::optional<std::size_t> read_word(const YamlNode& node, std::string_view what,
                                     std::span<const std::string_view> words, std::string_view code, Report& report);
/// Letters, digits, `_`, `-`, `.`; 100 at most.
std::optional<std::string> read_name(const YamlNode& node, std::string_view what, Report& report);

}  // namespace tocsin::rules
