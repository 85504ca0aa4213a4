#include "bench/correlation/placing.h"

#include <map>

#include "engine/core/shard.h"
#include "engine/core/shard_state.h"
#include "engine/model/alert.h"
#include "engine/model/identity.h"

namespace tocsin::bench {
namespace {

/// The text of a flat field of a record; "" when there is none. Records are ours, so this needs no reader of JSON.
std::string text_in(std::string_view record, std::string_view field) {
  const std::string key = "\"" + std::string{field} + "\":\"";
  const std::size_t at = record.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = record.substr(at + key.size());
  return std::string{rest.substr(0, rest.find('"'))};
}

void fill(AlertBatch& batch, const KnownAlert& known, const HashKey& key) {
  batch.source = "alertmanager";
  batch.label_pool.reserve(known.labels.size());
  for (const auto& [name, value] : known.labels) {
    const std::string_view kept = batch.arena.keep(name);
    batch.label_pool.push_back({kept, batch.arena.keep(value)});
  }
  Alert alert;
  alert.labels = batch.label_pool;
  (known.over ? alert.ends_at : alert.starts_at) = known.at;
  std::string scratch;
  seal(alert, batch.tenant, batch.source, key, scratch);
  batch.alerts.push_back(alert);
}

}  // namespace

Outcome place(const std::vector<KnownAlert>& alerts, const rules::RuleSetPtr& rules) {
  Outcome outcome;
  const HashKey key{HashKey::Seed{}};
  Shard shard(rules, key);
  std::map<std::string, std::string> merged;
  std::map<std::string, std::size_t> place_of;  // incident → in `cause_of`
  std::vector<EffectPtr> effects;
  std::uint64_t position = 0;
  for (const KnownAlert& known : alerts) {
    AlertBatch batch;
    fill(batch, known, key);
    const Hash128 voice = batch.alerts.front().voice;
    Input input;
    input.kind = InputKind::alerts;
    input.batch = &batch;
    input.position = Position{++position};
    input.at = known.at;
    effects.clear();
    shard.apply(input, effects);
    for (const EffectPtr& effect : effects) {
      if (effect->kind != EffectKind::incident) continue;
      const std::string incident = to_text(effect->incident);
      const auto [at, is_new] = place_of.emplace(incident, outcome.cause_of.size());
      if (is_new) outcome.cause_of.emplace_back(incident, "");
      if (std::string cause = text_in(effect->value, "cause"); !cause.empty())
        outcome.cause_of[at->second].second = std::move(cause);
      if (effect->change == IncidentChange::merged) merged[incident] = text_in(effect->value, "merged_into");
    }
    Placed& placed = outcome.placed.emplace_back();
    placed.truth = known.truth;
    const ShardState& state = shard.state();
    if (const VoicePlace found = state.conditions().find(voice)) {
      const Membership& primary = state.conditions()[found.condition].primary;
      if (primary) placed.incident = to_text(state.incidents()[primary.incident].id);
    }
  }
  for (Placed& placed : outcome.placed) {
    for (auto into = merged.find(placed.incident); into != merged.end(); into = merged.find(placed.incident))
      placed.incident = into->second;
  }
  return outcome;
}

}  // namespace tocsin::bench
