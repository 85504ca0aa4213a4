#pragma once

#include <atomic>
#include <cstddef>
#include <map>

#include "engine/model/effect.h"
#include "engine/runtime/guarded.h"

namespace tocsin {

/// Of the incidents that have a record held as undeliverable: which revision is the newest that was told. By it a held
/// record is known that would hide a newer one. Any thread; costs a look at a flag while nothing is held.
class NewestRevisions {
 public:
  /// From now on revisions of this effect's incident count. Beyond `kIncidentsMax` it is not watched, and
  /// is_superseded() says yes of it: better not sent than over a newer one.
  void watch(const Effect& effect);
  void note(const Effect& effect);
  bool is_superseded(const Effect& effect) const;

 private:
  static constexpr std::size_t kIncidentsMax = 100'000;

  std::atomic<bool> is_watching_{false};
  mutable Mutex mutex_;
  std::map<IncidentId, Revision> newest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tocsin
