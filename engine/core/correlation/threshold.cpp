#include "engine/core/correlation/threshold.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {

ThresholdKind::ThresholdKind(const rules::TemporalRule& rule) : KeyedKind(rule), count_(rule.count) {
  TOCSIN_CHECK(count_ > 0, "a threshold counts");
}

Pattern ThresholdKind::see(const Sighting& seen, KeyBound& bound) {
  Pattern pattern;
  pattern.needed = count_;
  Instants* const instants = enter(seen, bound);
  if (instants == nullptr) return pattern;
  const auto place = instants->insert(seen.at, remembers_members_ ? seen.who : ConditionRef{}, count_ + kSpare);
  if (!place) return pattern;
  // The newest window with it: it begins at one of those before it, and holds `count` of them from there on.
  const std::size_t size = instants->size();
  std::size_t first = *place;
  while (first + count_ > size && first > 0) --first;
  const std::size_t earliest = *place + 1 >= count_ ? *place + 1 - count_ : 0;
  for (;; --first) {
    const bool is_full = first + count_ <= size;
    if (is_full && (*instants)[first + count_ - 1] - (*instants)[first] <= within_) {
      pattern.holds = true;
      break;
    }
    if (first <= earliest) break;
  }
  // Else how near it came: those of the window that ends with the newest.
  std::size_t last = pattern.holds ? first + count_ - 1 : size - 1;
  if (!pattern.holds) {
    for (first = last; first > 0 && (*instants)[last] - (*instants)[first - 1] <= within_;) --first;
  }
  while (last + 1 < size && (*instants)[last + 1] - (*instants)[first] <= within_) ++last;
  pattern.first_at = (*instants)[first];
  pattern.last_at = (*instants)[last];
  pattern.count = last - first + 1;
  pattern.held_until = held_until(pattern, seen.now);
  // `held_until` goes by the newest `count` of the window: more of them hold it longer.
  return pattern;
}

void ThresholdKind::parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const {
  const Instants* const instants = find(key);
  if (instants == nullptr || !remembers_members_) return;
  for (std::size_t i = 0; i < instants->size(); ++i) {
    const Instant at = (*instants)[i];
    if (at >= pattern.first_at && at <= pattern.last_at) parts.members.push_back(instants->who(i));
  }
}

}  // namespace tocsin
