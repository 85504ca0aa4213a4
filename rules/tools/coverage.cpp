#include "rules/tools/coverage.h"

#include <algorithm>

#include "rules/cel/evaluation.h"
#include "rules/tools/coverage_points.h"

namespace tocsin::rules {

Coverage::Coverage(const RuleText& file) : file_(file.source().file()) { CoveragePoints(file, *this).make(); }

void Coverage::saw(std::size_t point, std::size_t outcome) {
  if (outcome < points_[point].outcomes.size()) points_[point].outcomes[outcome].seen = true;
}

void Coverage::saw(std::string_view path, std::string_view outcome) {
  const auto point = by_path_.find(path);
  if (point == by_path_.end()) return;
  for (CoveragePoint::Outcome& one : points_[point->second].outcomes) one.seen |= one.name == outcome;
}

void Coverage::saw_word(std::string_view word) {
  std::string path = "severity.map.";
  path += word;
  saw(by_path_.contains(path) ? path : "severity.map.default", "reached");
}

std::vector<cel::HostFunction> Coverage::functions() {
  using K = cel::Type::Kind;
  // What is no bool is an error in the places where these stand.
  const auto see_condition = [this](cel::Evaluation&, std::span<const cel::Value> arguments) {
    if (!arguments[1].is(cel::Kind::boolean)) return cel::no_overload();
    ++told_;
    saw(static_cast<std::size_t>(arguments[0].as_integer()), arguments[1].as_bool() ? 0U : 1U);
    return arguments[1];
  };
  const auto see_word = [this](cel::Evaluation&, std::span<const cel::Value> arguments) {
    ++told_;
    if (arguments[0].is(cel::Kind::string)) saw_word(arguments[0].as_text());
    return arguments[0];
  };
  return {{.name = std::string{kSawCondition},
           .member = false,
           .parameters = {K::integer, K::boolean},
           .result = K::boolean,
           .call = see_condition},
          {.name = std::string{kSawWord}, .member = false, .parameters = {K::dyn}, .result = K::dyn, .call = see_word}};
}

std::string_view Coverage::watched_text(std::string_view file, std::uint32_t offset) const {
  const auto text = watched_.find(offset);
  return file != file_ || text == watched_.end() ? std::string_view{} : std::string_view{text->second};
}

std::string_view Coverage::watched_absence(std::string_view file, std::uint32_t offset) const {
  const auto text = watched_absences_.find(offset);
  return file != file_ || text == watched_absences_.end() ? std::string_view{} : std::string_view{text->second};
}

void CoverageCount::add(const CoveragePoint& point) {
  of += point.outcomes.size();
  seen += static_cast<std::size_t>(std::ranges::count(point.outcomes, true, &CoveragePoint::Outcome::seen));
}

}  // namespace tocsin::rules
