#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/outbox_store.h"

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

/// The outbox's memory in RocksDB. Nothing is synced; kept effects are not even logged.
class LocalOutboxStore final : public OutboxStore {
 public:
  explicit LocalOutboxStore(std::shared_ptr<LocalDatabase> database);
  ~LocalOutboxStore() override;

  EffectName confirmed(std::string_view sink) override;
  Result<void> remember_confirmed(std::string_view sink, EffectName name) override;
  Result<void> clear_kept() override;
  Result<std::size_t> keep(std::string_view sink, const Effect& effect) override;
  Result<std::size_t> take_back(std::string_view sink, std::size_t bytes_max, std::vector<EffectPtr>& effects) override;

 private:
  std::shared_ptr<LocalDatabase> database_;
  std::string record_;
};

}  // namespace tocsin
