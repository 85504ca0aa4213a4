#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/outbox/outbox_store.h"

namespace tocsin {

struct LocalDatabase;

/// What a sink confirmed, with the journal that it was of.
struct ConfirmedMark {
  std::string sink;
  EffectName name;
};
/// bytes: [position u64][index u32][shard u32][journal u64][epoch u32], big-endian
std::string confirmed_value(EffectName name);
std::optional<ConfirmedMark> read_confirmed(std::string_view value);
Result<std::vector<ConfirmedMark>> read_all_confirmed(LocalDatabase& database);

/// The outbox's memory in RocksDB. Marks are not synced; kept effects are not even logged; what is held is synced.
class LocalOutboxStore final : public OutboxStore {
 public:
  explicit LocalOutboxStore(std::shared_ptr<LocalDatabase> database);
  ~LocalOutboxStore() override;

  EffectName confirmed(std::string_view sink) override;
  Result<void> remember_confirmed(std::string_view sink, EffectName name) override;
  Result<void> clear_kept() override;
  Result<std::size_t> keep(std::string_view sink, std::span<const EffectPtr> effects) override;
  Result<std::size_t> take_back(std::string_view sink, EffectName behind, std::size_t bytes_max,
                                std::size_t effects_max, std::vector<EffectPtr>& effects) override;
  Result<HeldChange> hold(std::string_view sink, const Undeliverable& record) override;
  Result<std::size_t> drop_held(std::string_view sink, const UndeliverableKey& key) override;
  Result<void> drop_all_held(std::string_view sink) override;
  Result<void> read_held(std::string_view sink, const UndeliverableKey* after,
                         const std::function<bool(const Undeliverable&, std::size_t bytes)>& see) override;

 private:
  std::shared_ptr<LocalDatabase> database_;
};

}  // namespace tocsin
