#include "engine/runtime/outbox/newest_revisions.h"

#include <algorithm>

namespace tocsin {

void NewestRevisions::watch(const Effect& effect) {
  if (effect.kind != EffectKind::incident) return;
  const Lock lock(mutex_);
  const auto known = newest_.find(effect.incident);
  if (known != newest_.end()) {
    known->second = std::max(known->second, effect.revision);
  } else if (newest_.size() < kIncidentsMax) {
    newest_.emplace(effect.incident, effect.revision);
  }
  // release: pairs with note()'s acquire
  is_watching_.store(true, std::memory_order_release);
}

void NewestRevisions::note(const Effect& effect) {
  if (!is_watching_.load(std::memory_order_acquire) || effect.kind != EffectKind::incident) return;
  const Lock lock(mutex_);
  const auto known = newest_.find(effect.incident);
  if (known != newest_.end()) known->second = std::max(known->second, effect.revision);
}

bool NewestRevisions::is_superseded(const Effect& effect) const {
  if (effect.kind != EffectKind::incident) return false;
  const Lock lock(mutex_);
  const auto known = newest_.find(effect.incident);
  return known == newest_.end() || known->second > effect.revision;
}

}  // namespace tocsin
