// kind: topology, beside a slow model of it that shares no code: what arrives in any order, and at random.
#include <cstdlib>
#include <numeric>
#include <random>

#include <gmock/gmock.h>

#include "tests/core/slow_topology.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;
using Incidents = std::set<std::pair<std::set<std::string>, std::string>>;

/// One table, whose bytes are given.
class OneTable : public rules::TableReader {
 public:
  explicit OneTable(std::string bytes) : bytes_(std::move(bytes)) {}
  bool read(std::string_view, std::string_view, std::string& bytes) override {
    bytes = bytes_;
    return true;
  }

 private:
  std::string bytes_;
};

std::string table_of(const SlowTopology::Edges& edges) {
  std::string text = "from,to\n";
  for (const auto& [from, to] : edges) ((text += from) += ",") += to + "\n";
  return text;
}

rules::RuleSetPtr rules_of(const SlowTopology::Edges& edges, int hops, const std::string& within,
                           const std::string& cause = "most_upstream", const std::string& more = "",
                           const std::string& by = "service") {
  OneTable table(table_of(edges));
  rules::Loaded loaded = rules::load({{"test.yaml", R"(
tocsin: 1
ruleset: test
tables: {dep: {file: dep.csv, edges: [from, to]}}
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, host: labels.host, level: labels.severity}}]
dedup: {key: [name], resolve: {expire: 100h}, reopen: {within: 90h}}
storm: {mode: off}
correlate:
  - {id: per-service, kind: group, by: [)" + by + R"(], window: {idle: 90h}}
  - {id: reach, kind: topology, graph: dep, hops: )" + std::to_string(hops) +
                                                        ", within: " + within + ", cause: " + cause + more + "}\n"}},
                                     table);
  for (const rules::Diagnostic& diagnostic : loaded.diagnostics) ADD_FAILURE() << rules::to_text(diagnostic, false);
  return loaded.rules;
}

Said said(const std::string& alert, const std::string& node, Instant at, bool over = false) {
  Said one{{{"alertname", alert}, {"host", "h-" + node}, {"service", node}, {"severity", "error"}}, {}};
  (over ? one.ends_at : one.starts_at) = at;
  return one;
}

Incidents incidents_of(const TestShard& t) {
  Incidents all;
  for (const auto& [number, slot] : t.shard.state().incidents().by_number()) {
    const IncidentState& incident = t.shard.state().incidents()[slot];
    if (!is_live(incident)) continue;
    std::set<std::string> alerts;
    incident.members.for_each([&](std::uint32_t member) {
      const Condition& alert = t.shard.state().conditions()[member];
      if (alert.standing == Standing::active) alerts.emplace(alert.texts[Field::name]);
    });
    all.emplace(alerts, incident.cause);
  }
  return all;
}

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

struct World {
  SlowTopology::Edges edges;
  int hops = 1;
  int within_minutes = 1;
  rules::RuleSetPtr rules;
  SlowTopology::Options options{};
  SlowTopology model() const { return {edges, hops, std::chrono::minutes{within_minutes}, options}; }
};

/// A chain, a diamond with a tail, rings, and graphs of no form.
const std::vector<World>& worlds() {
  static const std::vector<World> kWorlds = [] {
    std::vector<World> all;
    const auto add = [&](SlowTopology::Edges edges, int hops, int within) {
      all.push_back({edges, hops, within, rules_of(edges, hops, std::to_string(within) + "m")});
    };
    const auto add_of_alerts = [&](SlowTopology::Edges edges, int hops, int within, bool same_node) {
      const std::string more = std::string{", called: host, same_node: "} + (same_node ? "true" : "false");
      all.push_back({edges,
                     hops,
                     within,
                     rules_of(edges, hops, std::to_string(within) + "m", "most_upstream", more, "name"),
                     {.by_node = false, .same_node = same_node, .called = "h-"}});
    };
    add({{"a", "b"}, {"b", "c"}, {"c", "d"}, {"d", "e"}}, 1, 2);
    add({{"a", "b"}, {"b", "c"}, {"c", "d"}, {"d", "e"}}, 2, 3);
    add({{"a", "b"}, {"a", "c"}, {"b", "d"}, {"c", "d"}, {"d", "e"}}, 2, 2);
    add({{"a", "b"}, {"b", "a"}, {"b", "c"}, {"c", "d"}, {"d", "e"}, {"e", "c"}}, 2, 4);
    add({{"a", "b"}, {"b", "c"}, {"c", "d"}, {"d", "e"}, {"e", "a"}}, 1, 3);
    add_of_alerts({{"a", "b"}, {"b", "c"}, {"c", "d"}, {"d", "e"}}, 2, 2, true);
    add_of_alerts({{"a", "b"}, {"a", "c"}, {"b", "d"}, {"c", "d"}, {"d", "e"}}, 1, 3, false);
    add_of_alerts({{"a", "b"}, {"b", "a"}, {"b", "c"}, {"c", "d"}}, 2, 4, false);
    Draw draw(7);
    for (int n = 0; n < 4; ++n) {
      SlowTopology::Edges edges;
      for (int edge = 0; edge < 7; ++edge) {
        std::string from(1, static_cast<char>('a' + draw.below(6)));
        std::string to(1, static_cast<char>('a' + draw.below(6)));
        if (from != to) edges.emplace(std::move(from), std::move(to));
      }
      add(edges, 1 + n % 3, 1 + n);
    }
    return all;
  }();
  return kWorlds;
}

TEST(Topology, UpToFiveAlertsGiveTheSameIncidentsAndCausesInAnyOrderOfArrival) {
  Draw draw(42);
  for (const World& world : worlds()) {
    for (int round = 0; round < 3; ++round) {
      const std::size_t count = round == 0 ? 5 : 4;
      std::vector<std::pair<std::string, Duration>> alerts;
      for (std::size_t i = 0; i < count; ++i) {
        std::string node(1, static_cast<char>('a' + draw.below(6)));
        alerts.emplace_back(std::move(node), std::chrono::seconds{30 * draw.below(18)});
      }
      std::vector<std::size_t> order(count);
      std::iota(order.begin(), order.end(), std::size_t{0});
      do {
        TestShard t{world.rules};
        t.checks = false;
        SlowTopology model = world.model();
        Duration now = 10min;
        for (const std::size_t at : order) {
          const auto& [node, event] = alerts[at];
          const std::string name = "A" + std::to_string(at);
          t.send(now += 1s, {said(name, node, kStart + event)});
          model.fire(name, node, kStart + event);
        }
        t.shard.check();
        ASSERT_EQ(incidents_of(t), model.incidents()) << "order of " << testing::PrintToString(order);
      } while (std::ranges::next_permutation(order).found);
    }
  }
}

std::uint64_t seeds() {
  const char* given = std::getenv("TOCSIN_TOPOLOGY_SEEDS");
  return given == nullptr ? 600 : std::strtoull(given, nullptr, 10);
}

TEST(Topology, RandomStoriesAreAsTheSlowModelTellsThem) {
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Draw draw(seed);
    const World& world = worlds()[seed % worlds().size()];
    TestShard t{world.rules};
    t.checks = false;
    SlowTopology model = world.model();
    std::map<std::string, std::pair<bool, Duration>> alerts;  // fires, since its last close
    Duration now = 10min;
    for (int step = 0; step < 24; ++step) {
      now += std::chrono::seconds{draw.below(4) == 0 ? 60 * draw.below(4) : draw.below(40)};
      const std::string node(1, static_cast<char>('a' + draw.below(6)));
      const std::string name = node + std::to_string(draw.below(2));
      auto& [fires, changed] = alerts[name];
      if (fires) {
        if (draw.below(3) != 0) continue;
        t.send(now, {said(name, node, kStart + now, true)});
        model.end(name);
      } else if (changed == Duration{} || now - changed > 3min) {
        const Instant event = kStart + now - std::chrono::seconds{15 * draw.below(9)};
        t.send(now, {said(name, node, event)});
        model.fire(name, node, event);
      } else {
        continue;
      }
      fires = !fires;
      changed = now;
      if (draw.below(12) == 0) t.cut();
      ASSERT_EQ(incidents_of(t), model.incidents()) << "step " << step;
    }
    t.shard.check();
  }
}

TEST(Topology, ANodeWithVeryManyDependentsIsLookedThroughOnce) {
  SlowTopology::Edges edges;
  std::vector<Said> dependents;
  for (int i = 0; i < 3000; ++i) {
    edges.emplace("s" + std::to_string(i), "hub");
    dependents.push_back(said("A" + std::to_string(i), "s" + std::to_string(i), kStart));
  }
  edges.emplace("hub", "power");
  TestShard t{rules_of(edges, 2, "5m")};
  t.checks = false;
  t.send(0s, dependents);
  EXPECT_EQ(t.counts().incidents_open, 3000U) << "nobody depends on another";
  t.send(1s, {said("Hub", "hub", kStart)});
  EXPECT_EQ(t.counts().incidents_open, 1U);
  EXPECT_EQ(t.counts().incidents_merged, 2999U);
  t.send(2s, {said("Power", "power", kStart)});
  const Incidents all = incidents_of(t);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all.begin()->second, "power");
  t.send(3s, {said("Power", "power", kStart + 3s, true), said("Hub", "hub", kStart + 3s, true)});
  EXPECT_EQ(incidents_of(t).begin()->second, "s0");
  t.cut();
}

/// A chain that fires in every second place first, and then, from its far end, in between: each that comes joins what
/// has grown behind it to a single older one. Members that are moved each time would be millions.
TEST(Topology, AChainThatGrowsTowardsItsOldestEndIsOneIncident) {
  constexpr int kNodes = 8000;
  const auto name = [](int node) { return "n" + std::to_string(100'000 + node); };
  SlowTopology::Edges edges;
  for (int node = 0; node + 1 < kNodes; ++node) edges.emplace(name(node), name(node + 1));
  TestShard t{rules_of(edges, 1, "5m")};
  t.checks = false;
  std::vector<Said> body;
  const auto flush = [&](Duration at) { t.send(at, std::exchange(body, {})); };
  for (int node = 0; node < kNodes; node += 2) body.push_back(said("A" + std::to_string(node), name(node), kStart));
  flush(0s);
  EXPECT_EQ(t.counts().incidents_open, static_cast<std::uint64_t>(kNodes / 2));
  int since = 0;
  for (int node = kNodes - 1; node > 0; node -= 2) {
    body.push_back(said("A" + std::to_string(node), name(node), kStart));
    if (body.size() == 500) flush(std::chrono::seconds{1 + since++});
  }
  flush(1min);
  EXPECT_EQ(t.counts().incidents_open, 1U);
  EXPECT_EQ(t.counts().incidents_merged, static_cast<std::uint64_t>(kNodes / 2 - 1));
  const Incidents all = incidents_of(t);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all.begin()->second, name(kNodes - 1));
  const auto& incidents = t.shard.state().incidents();
  const IncidentState& one = incidents[incidents.by_number().at(1)];
  EXPECT_EQ(one.status, IncidentStatus::open) << "the oldest goes on";
  EXPECT_EQ(t.shard.state().conditions()[one.members.lead()].texts[Field::name], "A0") << "its lead was there first";
  t.cut();
}

TEST(Topology, OtherTablesPlaceWhatFiresAnewAndTellTheCause) {
  TestShard t{rules_of({{"a", "b"}}, 2, "5m")};
  t.send(0s, {said("A", "a", kStart), said("B", "b", kStart)});
  t.send(1s, {said("C", "c", kStart)});
  EXPECT_EQ(incidents_of(t), (Incidents{{{"A", "B"}, "b"}, {{"C"}, ""}}));
  const auto told = t.switch_to(1min, rules_of({{"b", "a"}, {"b", "c"}}, 2, "5m"));
  EXPECT_THAT(changes(told), testing::ElementsAre("updated", "updated")) << "causes are told at once";
  EXPECT_EQ(incidents_of(t), (Incidents{{{"A", "B"}, "a"}, {{"C"}, "c"}})) << "nothing is merged by a reload";
  t.cut();
  t.send(2min, {said("C2", "c", kStart + 2min)});
  EXPECT_EQ(incidents_of(t), (Incidents{{{"A", "B", "C", "C2"}, "a"}})) << "by what comes it is";
  t.switch_to(3min, rules_of({{"b", "a"}, {"b", "c"}}, 2, "5m"));
  t.send(4min, {said("D", "b", kStart + 4min)});  // the graphs of before are gone
  EXPECT_EQ(incidents_of(t), (Incidents{{{"A", "B", "C", "C2", "D"}, "a"}}));
  t.cut();
}

TEST(Topology, ACauseIsCalledByTheAlertThatFiresThereFirst) {
  TestShard t{rules_of({{"a", "b"}}, 1, "5m", "most_upstream", ", called: name")};
  t.send(1min, {said("B1", "b", kStart)});
  EXPECT_EQ(incidents_of(t).begin()->second, "B1");
  t.send(2min, {said("B2", "b", kStart), said("A", "a", kStart)});
  EXPECT_EQ(incidents_of(t).begin()->second, "B1");
  t.cut();
  t.send(3min, {said("B1", "b", kStart + 3min, true)});
  EXPECT_EQ(incidents_of(t).begin()->second, "B1") << "it is called as before while others fire there";
  t.send(4min, {said("B2", "b", kStart + 4min, true)});
  EXPECT_EQ(incidents_of(t).begin()->second, "A");
  t.cut();
}

TEST(Topology, ANodeThatBecomesTheCauseAfterItsFirstAlertEndedIsNotCalledAsAnother) {
  TestShard t{rules_of({{"a", "b"}}, 1, "5m", "most_upstream", ", called: name")};
  t.send(1min, {said("A1", "a", kStart), said("A2", "a", kStart + 1s), said("B", "b", kStart)});
  EXPECT_EQ(incidents_of(t).begin()->second, "B");
  t.send(2min, {said("A1", "a", kStart + 2min, true)});
  t.send(3min, {said("B", "b", kStart + 3min, true)});
  EXPECT_EQ(incidents_of(t), (Incidents{{{"A2"}, "A2"}}));
  t.cut();
}

TEST(Topology, CausesArePickedAsTheRuleSays) {
  const SlowTopology::Edges edges{{"a", "b"}, {"b", "c"}};
  for (const auto& [cause, is] : {std::pair{"most_upstream", "c"}, {"most_downstream", "a"}, {"earliest", "b"}}) {
    TestShard t{rules_of(edges, 2, "5m", cause)};
    t.send(1min, {said("A", "a", kStart + 2s), said("B", "b", kStart + 1s), said("C", "c", kStart + 3s)});
    EXPECT_EQ(incidents_of(t), (Incidents{{{"A", "B", "C"}, is}})) << cause;
    t.send(2min, {said("A", "a", kStart + 2min, true)});
    EXPECT_EQ(incidents_of(t).begin()->second, cause == std::string{"most_upstream"} ? "c" : "b") << cause;
    t.cut();
  }
}

}  // namespace
}  // namespace tocsin
