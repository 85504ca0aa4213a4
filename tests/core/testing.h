#pragma once

#include <chrono>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/core/shard.h"
#include "engine/core/shard_state.h"
#include "engine/model/alert.h"
#include "engine/model/command.h"
#include "engine/model/identity.h"
#include "rules/load.h"

namespace tocsin::testing_core {

using namespace std::chrono_literals;

inline constexpr Instant kStart = from_unix_ns(1'790'000'000'000'000'000);

class NoTables : public rules::TableReader {
 public:
  bool read(std::string_view, std::string_view, std::string&) override { return false; }
};

/// The compiled form of a rule file; fails the test with its diagnostics when it has errors.
inline rules::RuleSetPtr load_rules(const std::string& text) {
  NoTables tables;
  rules::Loaded loaded = rules::load({{"test.yaml", text}}, tables);
  for (const rules::Diagnostic& diagnostic : loaded.diagnostics) {
    if (diagnostic.level == rules::DiagnosticLevel::error) ADD_FAILURE() << rules::to_text(diagnostic, false);
  }
  return loaded.rules;
}

inline rules::RuleSetPtr builtin_rules() {
  NoTables tables;
  return rules::load({rules::builtin_rules()}, tables).rules;
}

/// An alert as a test writes it.
struct Said {
  std::vector<std::pair<std::string, std::string>> labels;  // in order of name
  std::vector<std::pair<std::string, std::string>> annotations{};
  Instant starts_at = kUnset;
  Instant ends_at = kUnset;
  AlertStatus status = AlertStatus::by_end;
  std::string link{};
  std::string source_key{};
};

inline void fill(AlertBatch& batch, const std::vector<Said>& said, const HashKey& key,
                 std::string_view source = "alertmanager") {
  batch.source = source;
  std::size_t labels = 0;
  for (const Said& one : said) labels += one.labels.size() + one.annotations.size();
  batch.label_pool.reserve(labels);  // spans are taken while it fills
  std::string scratch;
  for (const Said& one : said) {
    const std::size_t first = batch.label_pool.size();
    for (const auto* texts : {&one.labels, &one.annotations}) {
      for (const auto& [name, value] : *texts) {
        const std::string_view kept = batch.arena.keep(name);
        batch.label_pool.push_back({kept, batch.arena.keep(value)});
      }
    }
    Alert alert;
    alert.labels = Labels{batch.label_pool}.subspan(first, one.labels.size());
    alert.annotations = Labels{batch.label_pool}.subspan(first + one.labels.size(), one.annotations.size());
    alert.starts_at = one.starts_at;
    alert.ends_at = one.ends_at;
    alert.status = one.status;
    alert.source_key = batch.arena.keep(one.source_key);
    alert.link = batch.arena.keep(one.link);
    seal(alert, batch.tenant, batch.source, key, scratch);
    batch.alerts.push_back(alert);
  }
}

/// A shard with a clock that only the test moves.
class TestShard {
 public:
  explicit TestShard(rules::RuleSetPtr set) : rules(set), shard(std::move(set), key) {}

  /// Sends one body at `at` after the start; gives the effects of this step.
  std::vector<EffectPtr> send(Duration at, const std::vector<Said>& said, std::string_view source = "alertmanager") {
    AlertBatch batch;
    fill(batch, said, key, source);
    Input input;
    input.kind = InputKind::alerts;
    input.batch = &batch;
    return apply(at, input);
  }
  std::vector<EffectPtr> pass(Duration until) { return apply(until, Input{}); }
  std::vector<EffectPtr> restart(Duration at) {
    Input input;
    input.kind = InputKind::started;
    return apply(at, input);
  }

  std::vector<EffectPtr> command(Duration at, const Command& command) {
    Input input;
    input.kind = InputKind::command;
    input.command = &command;
    return apply(at, input);
  }

  std::vector<EffectPtr> switch_to(Duration at, rules::RuleSetPtr next) {
    if (next) rules = next;
    Input input;
    input.kind = InputKind::rule_set;
    input.rules = std::move(next);
    return apply(at, input);
  }

  std::vector<EffectPtr> apply(Duration at, Input input) {
    input.position = Position{++position};
    input.at = kStart + at;
    std::vector<EffectPtr> effects;
    shard.apply(input, effects);
    if (checks) shard.check();
    all.insert(all.end(), effects.begin(), effects.end());
    return effects;
  }

  /// Writes the state, and goes on with what is read of it.
  void cut() {
    std::string bytes;
    shard.write(bytes);
    auto read = Shard::read(bytes, rules, key);
    ASSERT_TRUE(read) << "what was written is read";
    std::string again;
    read->write(again);
    ASSERT_TRUE(again == bytes) << "what was read is what was written";
    shard = std::move(*read);
    shard.check();
  }

  const ShardCounts& counts() const { return shard.counts(); }

  HashKey key{HashKey::Seed{}};
  rules::RuleSetPtr rules;
  Shard shard;
  std::uint64_t position = 0;
  bool checks = true;  // every invariant after every input
  std::vector<EffectPtr> all;
};

inline std::vector<std::string> changes(const std::vector<EffectPtr>& effects) {
  std::vector<std::string> names;
  for (const EffectPtr& effect : effects) names.emplace_back(name_of(effect->change));
  return names;
}

inline std::vector<std::string> topics(const EffectPtr& effect) {
  std::vector<std::string> names;
  for (const Audience& audience : effect->audiences) names.push_back(audience.topic);
  return names;
}

}  // namespace tocsin::testing_core
