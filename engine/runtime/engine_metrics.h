#pragma once

namespace tocsin {

class MetricsPage;
class Outbox;
class Sequencer;
class ShardRunner;
struct Gate;

/// Writes the engine's families. They add up: received = duplicates + updates + new + resolved + stale + refused, and
/// for each sink effects = confirmed + waiting. Any thread.
void write_shard_metrics(MetricsPage& page, const ShardRunner& shard);
void write_journal_metrics(MetricsPage& page, const Sequencer& sequencer, const Gate& gate);
void write_outbox_metrics(MetricsPage& page, const Outbox& outbox, const ShardRunner& shard);

}  // namespace tocsin
