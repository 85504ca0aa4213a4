#include "engine/core/conditions/flap.h"

#include "engine/model/check.h"

namespace tocsin {

bool Flap::note_change(const rules::FlapPolicy& policy, Instant now) {
  TOCSIN_CHECK(changes.empty() || changes.back() <= now, "changes are noted as they come");
  changes.push_back(now);
  if (changes.size() > policy.changes) {
    changes.erase(changes.begin(), changes.end() - static_cast<std::ptrdiff_t>(policy.changes));
  }
  const bool begins = !flaps && changes.size() == policy.changes && now - changes.front() <= policy.within;
  flaps = flaps || begins;
  if (flaps) quiet_at = now + policy.hold;
  return begins;
}

void Flap::write(CanonicalWriter& out) const {
  out.flag(flaps);
  out.instant(quiet_at);
  out.u32(static_cast<std::uint32_t>(changes.size()));
  for (const Instant at : changes) out.instant(at);
}

void Flap::read(CanonicalReader& in) {
  flaps = in.flag();
  quiet_at = in.instant();
  if (flaps && quiet_at == kNever) in.fail();
  const std::uint32_t count = in.count(8);
  for (std::uint32_t i = 0; i < count; ++i) changes.push_back(in.instant());
}

}  // namespace tocsin
