#include "tests/rules/cel/same_value.h"

#include <algorithm>
#include <cmath>

#include "engine/model/arena.h"
#include "rules/cel/evaluation.h"
#include "rules/cel/operations.h"

namespace tocsin::cel {

bool identical(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::error:
      return a.fault() == b.fault();
    case Kind::null:
      return true;
    case Kind::floating:
      if (std::isnan(a.as_floating())) return std::isnan(b.as_floating());
      return a.as_floating() == b.as_floating();
    case Kind::list: {
      const auto x = a.as_list();
      const auto y = b.as_list();
      for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
        if (!identical(x[i], y[i])) return false;
      }
      return x.size() == y.size();
    }
    case Kind::map: {
      for (std::uint32_t i = 0; i < a.map_size(); ++i) {
        const MapEntry entry = a.map_entry(i);
        if (!b.map_has(entry.key) || !identical(entry.value, b.map_find(entry.key))) return false;
      }
      return a.map_size() == b.map_size();
    }
    default: {
      Arena scratch;
      Evaluation evaluation(scratch);
      return equal(evaluation, a, b);
    }
  }
}

bool same_or_exhausted(const Value& a, const Value& b) {
  const auto exhausted = [](const Value& value) { return value.is_error() && value.fault() == Fault::exhausted; };
  return exhausted(a) || exhausted(b) || identical(a, b);
}

}  // namespace tocsin::cel
