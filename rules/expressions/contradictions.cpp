#include "rules/expressions/contradictions.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace tocsin::rules {
namespace {

using cel::Conjunct;
using cel::Operator;
using Form = Conjunct::Form;

/// What one place may still be, after some operands of `&&`.
class Domain {
 public:
  explicit Domain(std::int64_t highest) : high_(highest) {}

  const cel::Conjunct* first = nullptr;  // that said something of it

  void require(const std::vector<cel::Value>& values) {
    std::vector<cel::Value> both;
    for (const cel::Value& value : values) {
      if (!fits_bounds(value)) continue;
      if (!allowed_ || has(*allowed_, value)) both.push_back(value);
    }
    allowed_ = std::move(both);
    drop_excluded();
  }
  void exclude(const std::vector<cel::Value>& values) {
    excluded_.insert(excluded_.end(), values.begin(), values.end());
    drop_excluded();
  }
  void require_prefix(std::string_view prefix, bool negated) {
    if (!negated) {
      for (const std::string_view other : prefixes_) {
        if (!other.starts_with(prefix) && !prefix.starts_with(other)) impossible_ = true;
      }
      prefixes_.push_back(prefix);
    }
    if (!allowed_) return;
    std::erase_if(*allowed_, [&](const cel::Value& value) {
      return value.is(cel::Kind::string) && value.as_text().starts_with(prefix) == negated;
    });
  }
  void bound(Operator op, std::int64_t with) {
    constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    if (op == Operator::less) high_ = std::min(high_, with == kMin ? kMin : with - 1);
    if (op == Operator::less_equal) high_ = std::min(high_, with);
    if (op == Operator::greater) low_ = std::max(low_, with == kMax ? kMax : with + 1);
    if (op == Operator::greater_equal) low_ = std::max(low_, with);
    if (allowed_) std::erase_if(*allowed_, [&](const cel::Value& value) { return !fits_bounds(value); });
  }
  void raise_floor(std::int64_t low) { low_ = std::max(low_, low); }

  bool is_empty() const { return impossible_ || low_ > high_ || (allowed_ && allowed_->empty()); }

  static std::optional<std::int64_t> number_of(const cel::Value& value) {
    if (value.is(cel::Kind::integer)) return value.as_integer();
    if (value.is(cel::Kind::enumeration)) return value.enum_index();
    return std::nullopt;
  }

 private:
  static bool same(const cel::Value& a, const cel::Value& b) {
    if (a.is(cel::Kind::string) && b.is(cel::Kind::string)) return a.as_text() == b.as_text();
    if (a.is(cel::Kind::boolean) && b.is(cel::Kind::boolean)) return a.as_bool() == b.as_bool();
    const auto one = number_of(a);
    const auto other = number_of(b);
    // Of kinds that are not looked into, nothing is said.
    return one && other ? *one == *other
                        : a.kind() != b.kind() || (!a.is(cel::Kind::string) && !a.is(cel::Kind::boolean));
  }
  static bool has(const std::vector<cel::Value>& values, const cel::Value& value) {
    return std::ranges::any_of(values, [&](const cel::Value& one) { return same(one, value); });
  }
  static bool is_plain(const cel::Value& value) {
    return value.is(cel::Kind::string) || value.is(cel::Kind::boolean) || number_of(value).has_value();
  }
  bool fits_bounds(const cel::Value& value) const {
    const auto number = number_of(value);
    if (number) return *number >= low_ && *number <= high_;
    if (!value.is(cel::Kind::string)) return true;
    return std::ranges::all_of(prefixes_, [&](std::string_view prefix) { return value.as_text().starts_with(prefix); });
  }
  void drop_excluded() {
    if (!allowed_) return;
    std::erase_if(*allowed_, [&](const cel::Value& value) { return is_plain(value) && has(excluded_, value); });
  }

  std::optional<std::vector<cel::Value>> allowed_;  // nullopt: any
  std::vector<cel::Value> excluded_;
  std::vector<std::string_view> prefixes_;
  std::int64_t low_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t high_;
  bool impossible_ = false;
};

struct Known {
  cel::Read read;
  Domain domain;
};

Domain& domain_of(std::vector<Known>& known, const cel::Read& read, std::int64_t highest) {
  const auto found = std::ranges::find(known, read, &Known::read);
  return found != known.end() ? found->domain : known.emplace_back(Known{read, Domain(highest)}).domain;
}

}  // namespace

void warn_in_expression(const YamlNode& node, std::size_t offset, std::size_t length, std::string_view code,
                        std::string message, std::string hint, Report& report) {
  if (node.stands_for != nullptr) return report.warning(node, code, std::move(message), std::move(hint));
  Report& home = report.of(node);
  const std::size_t begin = source_offset(home.source(), node, offset);
  const std::size_t line_end = std::max<std::size_t>(home.source().rest_of_line(begin).size(), 1);
  home.at(begin, std::clamp<std::size_t>(length, 1, line_end), DiagnosticLevel::warning, code, std::move(message),
          std::move(hint));
}

void warn_of_contradiction(const Expression::Impl& condition, const YamlNode& node, Report& report) {
  const std::string& text = condition.program().text();
  const auto& environment = condition.schema().environment(condition.scope());
  const auto highest_severity = static_cast<std::int64_t>(environment.constants().size()) - 1;
  std::vector<Known> known;
  for (const Conjunct& conjunct : condition.program().conjuncts()) {
    Domain* domain = nullptr;
    if (conjunct.bound && !conjunct.negated) {
      const auto number = Domain::number_of(conjunct.bound->constant);
      if (!number) continue;
      const bool is_severity = conjunct.bound->constant.is(cel::Kind::enumeration);
      domain = &domain_of(known, conjunct.bound->read,
                          is_severity ? highest_severity : std::numeric_limits<std::int64_t>::max());
      if (is_severity) domain->raise_floor(0);
      domain->bound(conjunct.bound->op, *number);
    } else if (conjunct.form == Form::equals || conjunct.form == Form::one_of) {
      domain = &domain_of(known, conjunct.read, std::numeric_limits<std::int64_t>::max());
      conjunct.negated ? domain->exclude(conjunct.constants) : domain->require(conjunct.constants);
    } else if (conjunct.form == Form::starts_with) {
      domain = &domain_of(known, conjunct.read, std::numeric_limits<std::int64_t>::max());
      domain->require_prefix(conjunct.constants.front().as_text(), conjunct.negated);
    } else {
      continue;
    }
    if (!domain->is_empty()) {
      if (domain->first == nullptr) domain->first = &conjunct;
      continue;
    }
    std::string message = "this never holds";
    if (domain->first != nullptr) {
      message += " together with `" + text.substr(domain->first->offset, std::min(domain->first->length, 80U)) + "`";
    }
    warn_in_expression(node, conjunct.offset, conjunct.length, "never_holds", std::move(message),
                       domain->first != nullptr ? "did you mean `||`?" : "", report);
    return;
  }
}

}  // namespace tocsin::rules
