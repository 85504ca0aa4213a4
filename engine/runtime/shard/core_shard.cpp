#include "engine/runtime/shard/core_shard.h"

#include <utility>

#include "engine/core/shard.h"
#include "engine/core/telling/query.h"

namespace tocsin {
namespace {

class CoreShard final : public ShardPort {
 public:
  CoreShard(rules::RuleSetPtr rules, const HashKey& key) : shard_(std::move(rules), key) {}
  void apply(const Input& input, std::vector<EffectPtr>& effects) override { shard_.apply(input, effects); }
  void write_records(bool wanted) override { shard_.write_records(wanted); }
  Instant next_deadline() const override { return shard_.next_deadline(); }
  const ShardCounts& counts() const override { return shard_.counts(); }
  const HeardCounts* heard() const override { return &shard_.heard(); }
  const WordTally* unknown_severities() const override { return &shard_.unknown_severities(); }
  const TimesBook* times() const override { return &shard_.times(); }
  std::size_t take_rule_counts(std::vector<RuleCounts>& changed) override { return shard_.take_rule_counts(changed); }
  QueryAnswer answer(const Query& query) const override { return tocsin::answer(shard_, query); }

 private:
  Shard shard_;
};

}  // namespace

std::unique_ptr<ShardPort> make_core_shard(rules::RuleSetPtr rules, const HashKey& key) {
  return std::make_unique<CoreShard>(std::move(rules), key);
}

}  // namespace tocsin
