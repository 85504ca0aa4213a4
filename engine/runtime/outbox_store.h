#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/model/effect.h"
#include "engine/model/refusal.h"

namespace tocsin {

/// Where the outbox remembers what each sink has confirmed, and keeps what does not fit into memory. Belongs to the
/// outbox's thread, before that to the recovery's. Nothing here needs a sync: what is lost is sent again, and what was
/// kept is computed again from the journal.
class OutboxStore {
 public:
  virtual ~OutboxStore() = default;

  /// What `sink` had confirmed when it was last remembered; (0, 0) when it is new.
  virtual EffectName confirmed(std::string_view sink) = 0;
  virtual Result<void> remember_confirmed(std::string_view sink, EffectName name) = 0;

  /// Forgets all kept effects; at the start, before the replay makes them again.
  virtual Result<void> clear_kept() = 0;
  /// Keeps an effect for `sink`; returns the bytes that it takes. Effects come in order of name.
  virtual Result<std::size_t> keep(std::string_view sink, const Effect& effect) = 0;
  /// Takes the oldest kept effects away and appends them to `effects`, in order, until they have `bytes_max` bytes, at
  /// least one if there is one. Returns the bytes that keep() said of them.
  virtual Result<std::size_t> take_back(std::string_view sink, std::size_t bytes_max,
                                        std::vector<EffectPtr>& effects) = 0;
};

}  // namespace tocsin
