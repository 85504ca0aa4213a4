// A sign of life. It is heard like an alert, so that rules over time know of it, and is in no incident: that it stays
// out is an alert, by a rule of the kind absence. It is no business of people's, so the audit log does not fill with
// it.
#include <algorithm>

#include "engine/core/shard_state.h"
#include "engine/model/command.h"
#include "engine/model/identity.h"

namespace tocsin {

void ShardState::beat(const Command& command) {
  ++counts_.commands[static_cast<std::size_t>(CommandOutcome::applied)];
  AlertBatch batch;
  batch.source = kHeartbeatSource;
  batch.label_pool.reserve(command.labels.size() + 1);
  batch.label_pool.push_back({"alertname", command.to});
  for (const auto& [name, value] : command.labels) {
    if (!value.empty()) batch.label_pool.push_back({name, value});
  }
  std::ranges::sort(batch.label_pool, {}, &Label::name);
  Alert alert;
  alert.labels = batch.label_pool;
  alert.status = AlertStatus::by_end;
  alert.starts_at = wall_clock_;
  std::string scratch;
  seal(alert, batch.tenant, batch.source, key_, scratch);
  batch.alerts.push_back(alert);
  see_body(batch);
  tell_touched();
}

}  // namespace tocsin
