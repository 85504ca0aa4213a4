#include <chrono>
#include <string>
#include <vector>

#include "engine/core/commands/command_json.h"
#include "engine/core/shard.h"
#include "engine/model/alert.h"
#include "engine/model/check.h"
#include "engine/model/identity.h"
#include "engine/model/input.h"
#include "rules/load.h"
#include "tests/fuzz/entries.h"

namespace tocsin::fuzz {
namespace {

class NoTables final : public rules::TableReader {
 public:
  bool read(std::string_view, std::string_view, std::string&) override { return false; }
};

constexpr const char* kRules = R"(
tocsin: 1
ruleset: fuzz
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, level: labels.severity}}]
correlate: [{id: per-service, kind: group, by: [service]}]
plans: [{id: plan, when: 'true', steps: [look, act], roles: {commander: ana}, update_every: 30m}]
route: [{id: rest, topic: all}]
)";

/// Two incidents of two alerts each; what is obeyed leaves every invariant whole, and a state that is read back.
class Obeyed {
 public:
  Obeyed() : rules_(load()), shard_(rules_, key_) {
    AlertBatch batch;
    batch.source = "alertmanager";
    batch.label_pool.reserve(12);
    std::string scratch;
    for (const auto& [name, service] : {std::pair{"A", "a"}, {"B", "a"}, {"A", "b"}, {"B", "b"}}) {
      const std::size_t first = batch.label_pool.size();
      batch.label_pool.push_back({"alertname", name});
      batch.label_pool.push_back({"service", service});
      batch.label_pool.push_back({"severity", "critical"});
      Alert alert;
      alert.labels = Labels{batch.label_pool}.subspan(first, 3);
      alert.starts_at = kStart;
      seal(alert, batch.tenant, batch.source, key_, scratch);
      batch.alerts.push_back(alert);
    }
    Input input;
    input.kind = InputKind::alerts;
    input.batch = &batch;
    apply(input, kStart);
  }

  void obey(const Command& command) {
    Input input;
    input.kind = InputKind::command;
    input.command = &command;
    apply(input, kStart + std::chrono::minutes{1});
    apply(input, kStart + std::chrono::minutes{2});
    apply(Input{}, kStart + std::chrono::hours{48});
    shard_.check();
    std::string bytes;
    shard_.write(bytes);
    const auto read = Shard::read(bytes, rules_, key_);
    TOCSIN_CHECK(read != nullptr, "a state is read back");
    std::string again;
    read->write(again);
    TOCSIN_CHECK(again == bytes, "what is read back is the same");
  }

 private:
  static constexpr Instant kStart = from_unix_ns(1'790'000'000'000'000'000);

  /// Once: it costs more than all the rest.
  static rules::RuleSetPtr load() {
    static const rules::RuleSetPtr kLoaded = [] {
      NoTables tables;
      return rules::load({{"fuzz.yaml", kRules}}, tables).rules;
    }();
    TOCSIN_CHECK(kLoaded != nullptr, "the rules are good");
    return kLoaded;
  }
  void apply(Input input, Instant at) {
    input.position = Position{++position_};
    input.at = at;
    std::vector<EffectPtr> effects;
    shard_.apply(input, effects);
  }

  HashKey key_{HashKey::Seed{}};
  rules::RuleSetPtr rules_;
  Shard shard_;
  std::uint64_t position_ = 0;
};

}  // namespace

void command(std::string_view body) {
  const auto read = parse_command(body);
  if (!read) return;
  std::string written;
  write_command(*read, written);
  const auto again = parse_command(written);
  TOCSIN_CHECK(again.has_value(), "what is written is read");
  TOCSIN_CHECK(*again == *read, "what is read back is the same");
  Obeyed().obey(*read);
}

}  // namespace tocsin::fuzz

#ifdef TOCSIN_FUZZ_MAIN
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tocsin::fuzz::command({reinterpret_cast<const char*>(data), size});
  return 0;
}
#endif
