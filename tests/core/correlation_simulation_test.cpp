// Small worlds in which every kind is at work at once: counts, values, steps, absences, heartbeats, topology, derived
// alerts of derived alerts, annotations, several groups, silences, commands and other rules in between. Every invariant
// is checked as it goes; a run that is cut anywhere, written, read back and gone on with tells the same byte for byte
// and ends in the same state; what is told is lawful. TOCSIN_SEED=1 repeats one seed, TOCSIN_SEEDS=1000000 is the long
// mode.
#include <array>
#include <cstdlib>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;

/// splitmix64, as in the simulation.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound) {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (z ^ (z >> 31)) % bound;
  }

 private:
  std::uint64_t state_;
};

class OneTable : public rules::TableReader {
 public:
  bool read(std::string_view, std::string_view, std::string& bytes) override {
    bytes = "from,to\ns0,s1\ns1,s2\ns3,s1\n";
    return true;
  }
};

constexpr const char* kCommon = R"(
tocsin: 1
ruleset: kinds
tables: {dep: {file: dep.csv, edges: [from, to]}}
normalise:
  - id: all
    set: {name: labels.alertname, service: labels.service, host: labels.host, level: labels.severity}
dedup: {key: [service, host, name], resolve: {expire: 3m}, reopen: {within: 2m}}
severity: {scale: [ok, info, warning, error, critical]}
)";

constexpr const char* kSuppress = R"(
suppress:
  - {id: waits, when: name == "A", inhibited_by: name == "C", equal: [service], settle: 20s, linger: 10s}
)";
constexpr const char* kGroups = R"(
correlate:
  - {id: by-service, kind: group, when: severity >= warning, by: [service], window: {idle: 1m, max: 10m}, continue: true}
  - {id: by-host, kind: group, when: severity >= error, by: [host]}
)";

/// A rule of each kind; WITHIN, KEYS and HOPS differ from set to set.
constexpr std::array<const char*, 11> kRules{
    R"({id: count, kind: threshold, when: name == "A", by: [service], count: 2, within: WITHIN, max_keys: KEYS, emit: {severity: error, set: {title: string(count)}}})",
    R"({id: mark, kind: threshold, when: name == "B", by: [service], count: 2, within: 30s, annotate: {tag: twice}})",
    R"({id: values, kind: distinct, when: name == "B", by: [service], field: host, count: 2, within: 1m, emit: {severity: warning, set: {title: 'values.join(" ")'}}})",
    R"({id: steps, kind: sequence, by: [service], within: WITHIN, steps: [{as: a, when: name == "A"}, {as: b, when: name == "B"}], emit: {severity: error, set: {title: steps.a.host}}})",
    R"({id: tags, kind: sequence, by: [], within: 1m, steps: [{as: c, when: name == "C"}, {as: d, when: name == "D"}], annotate: {change: c, tag: changed}})",
    R"({id: some, kind: all, at_least: 2, by: [host], within: 1m, steps: [{as: a, when: name == "A"}, {as: c, when: name == "C"}, {as: d, when: name == "D"}], emit: {severity: critical}})",
    R"({id: missing, kind: absence, start: name == "C", expect: name == "D", by: [service], within: 1m, max_keys: KEYS, emit: {severity: error}})",
    R"({id: beat, kind: absence, expect: name == "D", every: 1m, by: [host], emit: {severity: warning}})",
    R"({id: deeper, kind: threshold, when: 'name in ["count", "steps", "values"]', by: [], count: 2, within: 2m, emit: {severity: critical}})",
    R"({id: deepest, kind: threshold, when: name == "deeper", by: [], count: 1, within: 1m, emit: {severity: critical}})",
    R"({id: reach, kind: topology, graph: dep, hops: HOPS, within: 1m})"};

std::string with(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what))
    text.replace(at, what.size(), by);
  return text;
}

rules::RuleSetPtr make_set(const std::vector<std::size_t>& kinds, bool suppresses, const std::string& within,
                           const std::string& keys, const std::string& hops, bool refuses) {
  std::string text = kCommon;
  if (refuses) text += "defaults: {on_overflow: refuse_new_and_count}\n";
  if (suppresses) text += kSuppress;
  text += kGroups;
  for (const std::size_t kind : kinds) text += std::string{"  - "} + kRules[kind] + "\n";
  text += "route: [{id: everything, topic: incidents.all}]\n";
  text = with(with(with(std::move(text), "WITHIN", within), "KEYS", keys), "HOPS", hops);
  OneTable table;
  rules::Loaded loaded = rules::load({{"test.yaml", text}}, table);
  for (const rules::Diagnostic& one : loaded.diagnostics) {
    if (one.level == rules::DiagnosticLevel::error) ADD_FAILURE() << rules::to_text(one, false);
  }
  return loaded.rules;
}

/// Rule sets that differ in what state hangs on: kinds, bounds of keys, times, the topology. First those of all kinds,
/// then those of few, last one without any.
const std::vector<rules::RuleSetPtr>& sets() {
  static const std::vector<rules::RuleSetPtr> kSets = [] {
    std::vector<std::size_t> all(kRules.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    std::vector<rules::RuleSetPtr> sets;
    sets.push_back(make_set(all, false, "30s", "2", "1", false));
    sets.push_back(make_set(all, true, "30s", "3", "2", false));
    sets.push_back(make_set(all, true, "1m", "2", "1", false));
    sets.push_back(make_set(all, false, "1m", "1", "1", true));
    sets.push_back(make_set({0, 1, 8}, false, "30s", "2", "1", false));
    sets.push_back(make_set({2, 10}, false, "30s", "2", "1", false));
    sets.push_back(make_set({3, 4}, true, "1m", "2", "1", false));
    sets.push_back(make_set({5, 10}, false, "30s", "2", "2", false));
    sets.push_back(make_set({6, 7}, false, "30s", "1", "1", false));
    sets.push_back(make_set({6, 0, 9}, true, "30s", "1", "1", true));
    sets.push_back(make_set({0, 3, 8, 9}, false, "1m", "2", "1", false));
    sets.push_back(make_set({10, 7}, true, "1m", "2", "1", false));
    sets.push_back(make_set({}, false, "1m", "2", "1", false));
    return sets;
  }();
  return kSets;
}
constexpr std::size_t kOfAllKinds = 4;
constexpr std::size_t kWithKinds = 12;

/// A small world with few rules, or now and then a larger one with all.
bool is_large(std::uint64_t seed) { return seed % 16 == 0; }
const rules::RuleSetPtr& rules_of(std::uint64_t seed) {
  const std::uint64_t turn = seed / 16;
  return is_large(seed) ? sets()[turn % kOfAllKinds] : sets()[kOfAllKinds + seed % (kWithKinds - kOfAllKinds)];
}

struct Step {
  Duration at{};
  std::vector<Said> said{};
  std::optional<Command> command{};
  int rules = -1;
  bool restart = false;
};

Command some_command(Draw& draw, Instant now) {
  static constexpr CommandKind kKinds[] = {CommandKind::ack,     CommandKind::resolve, CommandKind::snooze,
                                           CommandKind::silence, CommandKind::silence, CommandKind::expire_silence,
                                           CommandKind::merge};
  Command command;
  command.kind = kKinds[draw.below(std::size(kKinds))];
  command.by = "ana";
  command.incident = std::to_string(1 + draw.below(4));
  command.text = "why";
  if (command.kind == CommandKind::merge) command.to = std::to_string(1 + draw.below(4));
  command.silence = std::to_string(1 + draw.below(2));
  if (command.kind == CommandKind::silence) {
    static constexpr const char* kMatchers[] = {"alertname=\"A\"", "name=\"count\"", "service=\"s1\"", "host=\"h0\""};
    command.silence.clear();
    command.matchers = {kMatchers[draw.below(std::size(kMatchers))]};
    if (draw.below(3) == 0) command.start = now + std::chrono::seconds(draw.below(60));
  }
  command.span = std::chrono::seconds(1 + draw.below(150));
  return command;
}

std::vector<Step> workload(std::uint64_t seed) {
  Draw draw(seed);
  const bool is_late = draw.below(2) == 0;
  const bool has_commands = draw.below(3) > 0;
  const bool has_rules = draw.below(3) == 0;
  const std::uint64_t gap = draw.below(2) == 0 ? 6 : 25;
  std::vector<Step> steps;
  Duration at{};
  const std::uint64_t number = is_large(seed) ? 10 + draw.below(20) : 3 + draw.below(7);
  for (std::uint64_t i = 0; i < number; ++i) {
    at += std::chrono::seconds(draw.below(draw.below(12) == 0 ? 150 : gap));
    Step step{at};
    const std::uint64_t what = draw.below(16);
    if (what < 12) {
      for (std::uint64_t n = 1 + draw.below(2); n > 0; --n) {
        const std::string name(1, static_cast<char>('A' + draw.below(4)));
        const std::string service = "s" + std::to_string(draw.below(3));
        const std::string host = "h" + std::to_string(draw.below(2));
        const std::string severity = draw.below(2) == 0 ? "error" : "info";
        Said said{{{"alertname", name}, {"host", host}, {"service", service}, {"severity", severity}}, {}};
        const Instant event = kStart + at - std::chrono::seconds(is_late ? draw.below(70) : 0);
        (draw.below(5) == 0 ? said.ends_at : said.starts_at) = event;
        step.said.push_back(std::move(said));
      }
    } else if (what < 14 && has_commands) {
      step.command = some_command(draw, kStart + at);
    } else if (what == 14 && has_rules) {
      step.rules = static_cast<int>(is_large(seed) ? draw.below(kOfAllKinds)
                                                   : kOfAllKinds + draw.below(kWithKinds - kOfAllKinds));
    } else if (what == 15) {
      step.restart = draw.below(2) == 0;
    }
    steps.push_back(std::move(step));
  }
  // What is absent ends with its rule at the latest.
  Step last{at + 1h};
  last.rules = static_cast<int>(kWithKinds);
  steps.push_back(std::move(last));
  steps.push_back({at + 48h});
  return steps;
}

void take(TestShard& shard, const Step& step) {
  if (step.rules >= 0) {
    shard.switch_to(step.at, sets()[static_cast<std::size_t>(step.rules)]);
  } else if (step.command) {
    shard.command(step.at, *step.command);
  } else if (step.restart) {
    shard.restart(step.at);
  } else if (!step.said.empty()) {
    shard.send(step.at, step.said);
  } else {
    shard.pass(step.at);
  }
}

/// Revisions without a gap, nothing after a close, a close for each.
std::string what_is_unlawful(const std::vector<EffectPtr>& effects) {
  std::map<IncidentId, std::pair<std::uint64_t, IncidentChange>> lives;
  for (const EffectPtr& effect : effects) {
    if (effect->kind != EffectKind::incident) continue;
    auto& [revision, last] = lives[effect->incident];
    if (effect->revision.value() != ++revision) return "a revision is missing";
    if ((effect->change == IncidentChange::opened) != (revision == 1)) return "the first opens, no other";
    if (revision > 1 && (last == IncidentChange::closed || last == IncidentChange::merged)) return "told after its end";
    last = effect->change;
  }
  for (const auto& [id, life] : lives) {
    if (life.second != IncidentChange::closed && life.second != IncidentChange::merged) return "a close is lost";
  }
  return {};
}

/// The first thing that is wrong in that world; "": nothing.
std::string what_is_wrong(std::uint64_t seed) {
  const std::vector<Step> steps = workload(seed);
  TestShard first{rules_of(seed)};
  // All invariants at every step of some, since that walks over all that there is.
  first.checks = seed % 8 == 0;
  std::optional<TestShard> second;  // goes on from what was written of the first
  std::size_t told = 0;
  const std::size_t cut = Draw(seed).below(steps.size() - 1);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    take(first, steps[i]);
    if (second) take(*second, steps[i]);
    if (i != cut) continue;
    std::string bytes;
    first.shard.write(bytes);
    second.emplace(first.rules);
    auto read = Shard::read(bytes, first.rules, first.key);
    if (!read) return "what was written is not read";
    std::string again;
    read->write(again);
    if (again != bytes) return "what was read is another state";
    second->shard = std::move(*read);
    second->checks = false;
    second->position = first.position;
    told = first.all.size();
  }
  first.shard.check();
  if (std::string unlawful = what_is_unlawful(first.all); !unlawful.empty()) return unlawful;
  if (first.counts().incidents_open != 0) return "an incident is open for ever";
  if (first.all.size() != told + second->all.size()) return "another number of records is told after a cut";
  for (std::size_t i = 0; i < second->all.size(); ++i) {
    const Effect& one = *first.all[told + i];
    const Effect& other = *second->all[i];
    if (one.value != other.value || one.name != other.name)
      return "another record is told after a cut:\n" + one.value + "\n" + other.value;
  }
  std::string one;
  std::string other;
  first.shard.write(one);
  second->shard.write(other);
  return one == other ? "" : "the state is another after a cut";
}

constexpr std::uint64_t kParts = 20;

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class KindsSimulation : public testing::TestWithParam<std::uint64_t> {};

TEST_P(KindsSimulation, IsLawfulAndTheSameAgainWhereverItIsCut) {
  if (const std::uint64_t one = number_of("TOCSIN_SEED", 0); one != 0) {
    EXPECT_EQ(what_is_wrong(one), "");
    return;
  }
  const std::uint64_t seeds = number_of("TOCSIN_SEEDS", 20'000) / kParts;
  for (std::uint64_t seed = GetParam() * seeds + 1; seed <= (GetParam() + 1) * seeds; ++seed) {
    ASSERT_EQ(what_is_wrong(seed), "") << "TOCSIN_SEED=" << seed;
    if (HasFailure()) FAIL() << "TOCSIN_SEED=" << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, KindsSimulation, testing::Range<std::uint64_t>(0, kParts));

TEST(StateBytes, AreReadWhereASourceWasFirstHeardAfterAStart) {
  TestShard t{sets()[0]};
  const Said said{{{"alertname", "A"}, {"service", "s0"}, {"severity", "error"}}, {}, kStart};
  t.send(0s, {said});
  t.restart(10s);
  t.send(20s, {said}, "generic");
  t.cut();
  EXPECT_EQ(t.shard.state().conditions().in_order().size(), 1U);
}

TEST(KindsSimulation, SeesEveryKindAtWork) {
  std::map<std::string, int> fired;
  std::uint64_t merged = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    TestShard t{sets()[seed % kOfAllKinds]};
    t.checks = false;
    for (const Step& step : workload(seed * 16)) {
      if (!step.said.empty()) t.send(step.at, step.said);
      for (const std::uint32_t slot : t.shard.state().conditions().in_order()) {
        const Condition& alert = t.shard.state().conditions()[slot];
        if (alert.firing && alert.depth > 0) ++fired[std::string{alert.texts[Field::name]}];
        if (alert.notes != nullptr) ++fired["notes"];
      }
    }
    merged += t.counts().incidents_merged;
  }
  for (const char* rule : {"count", "values", "steps", "some", "missing", "beat", "deeper", "deepest", "notes"}) {
    EXPECT_GT(fired[rule], 50) << rule;
  }
  EXPECT_GT(merged, 20U);
}

}  // namespace
}  // namespace tocsin
