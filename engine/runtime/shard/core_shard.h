#pragma once

#include <memory>

#include "engine/runtime/shard/shard_port.h"

namespace tocsin {

/// The real shard, from engine/core. `key` must outlive it.
std::unique_ptr<ShardPort> make_core_shard(rules::RuleSetPtr rules, const HashKey& key);

}  // namespace tocsin
