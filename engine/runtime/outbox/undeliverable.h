#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/model/effect.h"
#include "engine/model/ids.h"
#include "engine/model/instant.h"

namespace tocsin {

/// Where a record that is held stands in the order of all that one sink holds: by effect, then by topic.
struct UndeliverableKey {
  EffectName name{};
  std::string topic{};
  friend auto operator<=>(const UndeliverableKey&, const UndeliverableKey&) = default;
};

/// A record that a destination does not take in any form, with all that is needed to send it again.
struct Undeliverable {
  EffectPtr effect{};
  std::string topic{};
  std::string why{};
  Instant since{};  // time of day; for people

  UndeliverableKey key() const { return {effect->name, topic}; }
};

/// Where a sink puts what its destination does not take. Its thread only.
class UndeliverableShelf {
 public:
  virtual ~UndeliverableShelf() = default;
  /// Keeps it durably until it was sent again and acknowledged, or discarded by somebody. The same once more takes the
  /// place of the first. False: the disk does not take it now; the effect must not be confirmed, try again later.
  virtual bool hold(const Undeliverable& record) = 0;
  /// A newer revision of its incident was told, or is on its way.
  virtual bool is_superseded(const Effect& effect) const {
    static_cast<void>(effect);
    return false;
  }
};

/// What came of sending a record again.
struct ResendOutcome {
  UndeliverableKey key{};
  bool delivered = false;  // acknowledged: it need not be held any longer
  std::string why{};       // else
};

}  // namespace tocsin
