// A shard that gets alerts which were recognised by their bytes does what one does that gets all of them decoded.
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/sources/decoders.h"
#include "engine/core/shard.h"
#include "engine/model/time_text.h"
#include "engine/runtime/intake/source_decoder.h"
#include "rules/load.h"

namespace tocsin {
namespace {

using namespace std::chrono_literals;

class NoTables : public rules::TableReader {
 public:
  bool read(std::string_view, std::string_view, std::string&) override { return false; }
};

constexpr std::string_view kRules = R"(
tocsin: 1
ruleset: known
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, level: labels.severity}}]
dedup: {resolve: {expire: 1m}, reopen: {within: 3m}, flap: {changes: 3, within: 4m, hold: 3m}}
suppress: [{id: chain, when: 'name == "A1"', inhibited_by: 'name == "A0"', equal: [service]}]
correlate: [{id: per-service, kind: group, by: [service], window: {idle: 3m, max: 10m}}]
)";

rules::RuleSetPtr rules_of(std::string_view title) {
  NoTables tables;
  const std::string text =
      std::string(kRules) + "priority: {raise: [{id: " + std::string(title) + ", after: 4m, to: P1}]}\n";
  return rules::load({{"known.yaml", text}}, tables).rules;
}

/// One shard behind decoders of its own.
struct World {
  explicit World(bool knows) : decoders(make_decoders({.knows_alerts = knows})), shard(rules_of("old"), key) {
    batch.source = "alertmanager";
  }

  void take(std::string body, std::uint64_t position, Instant at, rules::RuleSetPtr rules) {
    Input input;
    input.position = Position{position};
    input.at = at;
    if (rules) {
      input.kind = InputKind::rule_set;
      input.rules = std::move(rules);
    } else {
      const std::size_t size = body.size();
      body.append(SourceDecoder::kBodyPadding, '\0');
      batch.clear();
      ASSERT_TRUE(decoders->find("alertmanager")->decode({body.data(), size}, key, batch).has_value());
      known += batch.known_count;
      input.kind = InputKind::alerts;
      input.batch = &batch;
    }
    effects.clear();
    shard.apply(input, effects);
    // What was borrowed for it is gone.
    body.assign(body.size(), '#');
  }

  HashKey key{HashKey::Seed{}};
  std::unique_ptr<DecoderSet> decoders;
  Shard shard;
  AlertBatch batch;
  std::vector<EffectPtr> effects;
  std::size_t known = 0;
};

std::string body_of(std::mt19937& random, Instant now) {
  std::string body = "[";
  for (std::size_t i = 0, count = 1 + random() % 8; i < count; ++i) {
    const bool ends = random() % 6 == 0;
    const std::string end =
        to_rfc3339(ends ? Instant{now - 1s} : Instant{now + std::chrono::seconds(30 + random() % 60)});
    const std::string name = "A" + std::to_string(random() % 3);
    const std::string service = "s" + std::to_string(random() % 2);
    body += body.size() > 1 ? "," : "";
    body += R"({"annotations":{"summary":")" + name + R"("},"endsAt":")" + end +
            R"(","startsAt":"2026-03-28T22:00:00Z","generatorURL":"http://p:9090/g","labels":{"alertname":")" + name +
            R"(","service":")" + service + R"(","severity":"warning"}})";
  }
  return body + ']';
}

TEST(KnownAlertsInTheShard, TellTheSameByteForByte) {
  constexpr Instant kStart = from_unix_ns(1'774'738'800'000'000'000);
  std::size_t known = 0;
  for (unsigned seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    World knowing(true);
    World plain(false);
    Instant now = kStart;
    for (std::uint64_t position = 1; position <= 150; ++position) {
      now += std::chrono::seconds(random() % (random() % 10 == 0 ? 400 : 20));
      const rules::RuleSetPtr rules = random() % 25 == 0 ? rules_of(random() % 2 == 0 ? "old" : "older") : nullptr;
      const std::string body = body_of(random, now);
      knowing.take(body, position, now, rules);
      plain.take(body, position, now, rules);
      ASSERT_EQ(knowing.effects.size(), plain.effects.size());
      for (std::size_t i = 0; i < plain.effects.size(); ++i)
        ASSERT_EQ(knowing.effects[i]->value, plain.effects[i]->value);
    }
    std::string a;
    std::string b;
    knowing.shard.write(a);
    plain.shard.write(b);
    ASSERT_EQ(a, b);
    EXPECT_EQ(plain.known, 0U);
    known += knowing.known;
  }
  EXPECT_GT(known, 5'000U) << "it is about known alerts";
}

}  // namespace
}  // namespace tocsin
