#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/model/effect.h"
#include "engine/model/refusal.h"
#include "engine/runtime/outbox/undeliverable.h"

namespace tocsin {

/// What holding a record changed.
struct HeldChange {
  bool is_new = true;            // else it took the place of one of the same key
  std::int64_t grown_bytes = 0;  // of what is held
};

/// Where the outbox remembers what each sink has confirmed, keeps what does not fit into memory, and holds what a
/// destination does not take. Any thread; of one sink, one thread calls keep() and one take_back(). Marks and kept
/// effects need no sync: what is lost is sent again, and what was kept is computed again from the journal. What is held
/// is synced, since its effect counts as confirmed.
class OutboxStore {
 public:
  virtual ~OutboxStore() = default;

  /// What `sink` had confirmed when it was last remembered, with the life of its journal; {} when it is new.
  virtual EffectName confirmed(std::string_view sink) = 0;
  virtual Result<void> remember_confirmed(std::string_view sink, EffectName name) = 0;

  /// Forgets all kept effects; at the start, before the replay makes them again.
  virtual Result<void> clear_kept() = 0;
  /// Keeps effects for `sink`, all or none; returns the bytes that they take. They come in order of name.
  virtual Result<std::size_t> keep(std::string_view sink, std::span<const EffectPtr> effects) = 0;
  /// Appends the kept effects behind `behind` to `effects`, in order, until they have `bytes_max` bytes, at least one
  /// if there is one, at most `effects_max`. Returns the bytes that keep() said of them. They and those before are kept
  /// no longer; a disk that takes no writes does not matter for that.
  virtual Result<std::size_t> take_back(std::string_view sink, EffectName behind, std::size_t bytes_max,
                                        std::size_t effects_max, std::vector<EffectPtr>& effects) = 0;

  /// Holds a record durably; one of the same key is replaced.
  virtual Result<HeldChange> hold(std::string_view sink, const Undeliverable& record) = 0;
  /// Holds it no longer; returns the bytes that it took, 0 when it was not there.
  virtual Result<std::size_t> drop_held(std::string_view sink, const UndeliverableKey& key) = 0;
  virtual Result<void> drop_all_held(std::string_view sink) = 0;
  /// Calls `see` with what is held and the bytes that it takes, in order, from the first behind `after` on (null: from
  /// the first), until it returns false.
  virtual Result<void> read_held(std::string_view sink, const UndeliverableKey* after,
                                 const std::function<bool(const Undeliverable&, std::size_t bytes)>& see) = 0;
};

}  // namespace tocsin
