#pragma once

#include <memory>
#include <string>

#include "engine/runtime/outbox_store.h"

namespace tocsin {

struct LocalDatabase;

/// The outbox's memory in the journal's database. Nothing is synced; kept effects are not even logged.
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
