#include "rules/expressions/impossible_values.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/model/incident.h"
#include "rules/yaml/suggest.h"

namespace tocsin::rules {
namespace {

using Form = cel::Conjunct::Form;

constexpr std::array<std::string_view, 2> kStatuses{"firing", "resolved"};
constexpr std::array<std::string_view, 5> kPriorities{"P1", "P2", "P3", "P4", "P5"};
constexpr std::array<std::string_view, kIncidentStatusCount> kIncidentStatuses{"open", "acknowledged", "resolved",
                                                                               "closed", "merged"};

/// All values that the place can have; empty when it may have others.
std::span<const std::string_view> values_of(const FactPlace& place) {
  if (place.kind == FactPlace::Kind::status) return kStatuses;
  if (place.kind != FactPlace::Kind::incident) return {};
  switch (static_cast<FactPlace::OfIncident>(place.index)) {
    case FactPlace::OfIncident::priority:
      return kPriorities;
    case FactPlace::OfIncident::status:
      return kIncidentStatuses;
    default:
      return {};
  }
}

bool is_word_of_source(const FactPlace& place) {
  return (place.kind == FactPlace::Kind::field && static_cast<Field>(place.index) == Field::level) ||
         (place.kind == FactPlace::Kind::label && place.key == "severity");
}

std::vector<std::string_view> scale_of(const Expression::Impl& condition) {
  std::vector<std::string_view> names;
  for (const auto& constant : condition.schema().environment(Scope::alert).constants()) names.push_back(constant.name);
  return names;
}

void warn(const YamlNode& node, const cel::Conjunct& conjunct, std::string_view code, std::string message,
          std::string hint, Report& report) {
  if (node.stands_for != nullptr) return report.warning(node, code, std::move(message), std::move(hint));
  Report& home = report.of(node);
  const std::size_t begin = source_offset(home.source(), node, conjunct.offset);
  const std::size_t line_end = std::max<std::size_t>(home.source().rest_of_line(begin).size(), 1);
  home.at(begin, std::clamp<std::size_t>(conjunct.length, 1, line_end), DiagnosticLevel::warning, code,
          std::move(message), std::move(hint));
}

/// `labels.severity >= "warning"`: texts are compared letter by letter, and `critical` comes before `warning`.
void warn_of_letters(const Expression::Impl& condition, const YamlNode& node, const cel::Conjunct& conjunct,
                     Report& report) {
  const auto scale = scale_of(condition);
  const std::string text{conjunct.bound->constant.as_text()};
  if (std::ranges::find(scale, text) == scale.end()) return;
  warn(node, conjunct, "compares_letters", "texts are compared letter by letter here, and not as severities",
       condition.scope() == Scope::source ? "in `severity`, `priority` and `correlate`: `severity >= " + text + "`"
                                          : "did you mean `severity >= " + text + "`, without quotes?",
       report);
}

}  // namespace

void warn_of_impossible_values(const Expression::Impl& condition, const YamlNode& node, Report& report) {
  for (const cel::Conjunct& conjunct : condition.program().conjuncts()) {
    if (conjunct.bound && conjunct.bound->constant.is(cel::Kind::string)) {
      warn_of_letters(condition, node, conjunct, report);
      continue;
    }
    if (conjunct.form != Form::equals && conjunct.form != Form::one_of) continue;
    const auto place = condition.schema().place(condition.scope(), conjunct.read);
    if (!place) continue;
    const auto possible = values_of(*place);
    const bool is_word = is_word_of_source(*place);
    if (possible.empty() && !is_word) continue;
    for (const cel::Value& constant : conjunct.constants) {
      if (!constant.is(cel::Kind::string)) continue;
      const std::string_view text = constant.as_text();
      const std::string quoted = "`" + std::string{text.substr(0, 80)} + "`";
      if (!possible.empty()) {
        if (std::ranges::find(possible, text) != possible.end()) continue;
        warn(node, conjunct, "impossible_value",
             quoted + " is no value that this can have: these are " + one_of(possible), suggestion(text, possible),
             report);
        continue;
      }
      const auto scale = scale_of(condition);
      if (std::ranges::find(scale, text) != scale.end()) continue;
      std::string hint = slip(text, scale);  // sources have short words of their own
      if (!hint.empty()) {
        warn(node, conjunct, "unlikely_word", quoted + " is almost a severity of the scale", std::move(hint), report);
      }
    }
  }
}

}  // namespace tocsin::rules
