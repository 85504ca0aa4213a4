#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/cel/environment.h"
#include "rules/expressions/watch.h"
#include "rules/tools/rule_text.h"

namespace tocsin::rules {

/// A place of a rule file where a test can go one way or another.
struct CoveragePoint {
  struct Outcome {
    std::string_view name;  // "held", "not held", "true", "false", "reached", "opened", …
    bool seen = false;
  };
  Place place;
  std::string rule;  // the id of the rule; without one where it stands: "priority.matrix"
  std::string text;  // "when tier == 1": the key and what stands there, on one line
  std::vector<Outcome> outcomes;
};

/// What of one rule file its tests reached. Points are, in order of place:
/// - a condition (`when`, `inhibited_by`, `start`, `expect`): held, not held (also when it comes to no value, as for
/// the
///   engine); a rule or choice without one: reached;
/// - in conditions and in values, each operand of `&&` and `||` and each condition of `?:`: true, false;
/// - a cell of the matrix, a word of severity.map: reached;
/// - a group rule: opened, joined; its window's idle: exceeded; max: exceeded; its hold: waited, ended before;
/// - `continue`: an alert went on; a rule that sees patterns: fired, or marked; a topology: found a neighbour;
/// - `storm`: at_least reached, factor asked for more, after kept one back, queue_age began one, fold_below: folded,
///   opened, calm: over; `blind`: learn, each every: silent;
/// - a suppress rule: held back; a raise rule: raised;
/// - dedup.resolve.expire: an alert expired; dedup.reopen.within: reopened, closed.
/// What a condition was is written into it before it is compiled, as calls of functions that only a watched rule set
/// has; the engine and the rules that run in production know nothing of it.
class Coverage final : public Watch {
 public:
  /// Requires: the file loads. `file` outlives this.
  explicit Coverage(const RuleText& file);
  Coverage(const Coverage&) = delete;
  Coverage& operator=(const Coverage&) = delete;

  const std::vector<CoveragePoint>& points() const { return points_; }

  /// Tells that the point at `path` ("priority.matrix.high.0") had that outcome; nothing when the file has no such
  /// point.
  void saw(std::string_view path, std::string_view outcome);

  /// How often watched texts told something: what was evaluated, whatever came of it.
  std::uint64_t told() const { return told_; }

  std::vector<cel::HostFunction> functions() override;
  std::string_view watched_text(std::string_view file, std::uint32_t offset) const override;
  std::string_view watched_absence(std::string_view file, std::uint32_t offset) const override;

 private:
  friend class CoveragePoints;
  void saw(std::size_t point, std::size_t outcome);
  void saw_word(std::string_view word);

  std::string_view file_;
  std::vector<CoveragePoint> points_;
  std::uint64_t told_ = 0;
  std::map<std::string, std::size_t, std::less<>> by_path_;
  std::map<std::uint32_t, std::string> watched_;
  std::map<std::uint32_t, std::string> watched_absences_;
};

/// How many outcomes there are and how many were seen.
struct CoverageCount {
  std::size_t seen = 0;
  std::size_t of = 0;

  void add(const CoveragePoint& point);
  /// In tenths of a percent, rounded down: 1000 only when nothing is missing. All of nothing is 1000.
  std::size_t tenths() const { return of == 0 ? 1000 : seen * 1000 / of; }
};

}  // namespace tocsin::rules
