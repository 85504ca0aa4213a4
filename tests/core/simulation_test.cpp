// Random inputs over few keys, so that things collide; every invariant is checked after each. Then: a run that is cut
// anywhere, written, read back and gone on with tells the same byte for byte and ends in the same state; what is told
// is lawful for every incident; and what fires is what a slow, obvious model says.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>

#include <gmock/gmock.h>

#include "tests/core/slow_model.h"
#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;

/// Every fifth seed has none.
constexpr const char* kSuppress = R"(
suppress:
  - {id: peak, when: 'name == "A2"', during: {cron: '*/10 * * * *', for: 4m}}
  - {id: chain, when: 'name == "A1"', inhibited_by: 'name == "A0" && labels.severity == "critical"', equal: [service]}
  - {id: slow, when: 'name == "A2"', inhibited_by: 'name == "A1"', equal: [service], settle: 40s}
)";

/// `within` is both how long an incident may reopen and how long an ended alert is remembered. `restless`: alerts flap
/// and incidents are raised.
std::string rules_with(const std::string& within, bool restless) {
  return R"(
tocsin: 1
ruleset: simulation
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, level: labels.severity}}]
dedup: {resolve: {expire: 1m}, reopen: {within: )" +
         within + "}" + (restless ? ", flap: {changes: 3, within: 4m, hold: 3m}" : "") + "}" +
         (restless ? "\npriority: {raise: [{id: old, after: 4m, to: P1}]}" : "") + R"(
correlate: [{id: per-service, kind: group, by: [service], window: {idle: 3m, max: 10m}}]
route: [{id: everything, topic: incidents.all}]
)";
}

struct Step {
  Duration at{};
  std::vector<Said> said;  // empty: time passes
};

/// splitmix64: the same numbers from a seed everywhere, unlike the standard's distributions.
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

std::vector<Step> workload(std::uint64_t seed) {
  Draw draw(seed);
  const bool no_resolves = draw.below(4) == 0;
  const bool no_late = draw.below(2) == 0;
  std::vector<Step> steps;
  Duration at{};
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t gap = draw.below(10) == 0 ? 200 : 30;
    at += std::chrono::seconds(draw.below(gap));
    Step step{at, {}};
    const std::uint64_t count = draw.below(4);
    for (std::uint64_t n = 0; n < count; ++n) {
      const std::string name = "A" + std::to_string(draw.below(3));
      const std::string service = "s" + std::to_string(draw.below(2));
      const std::string severity = draw.below(2) == 0 ? "critical" : "warning";
      Said said{{{"alertname", name}, {"service", service}, {"severity", severity}}, {}};
      const Instant now = kStart + at;
      const Instant late = now - std::chrono::seconds(draw.below(90));
      const Instant event = no_late ? now : late;
      if (!no_resolves && draw.below(3) == 0) {
        said.ends_at = event;
      } else {
        said.starts_at = event;
        if (draw.below(3) == 0) said.ends_at = now + std::chrono::seconds(1 + draw.below(120));
      }
      step.said.push_back(said);
    }
    steps.push_back(step);
  }
  steps.push_back({at + 24h, {}});  // everything ends
  return steps;
}

std::vector<EffectPtr> tell(TestShard& shard, const Step& step) {
  return step.said.empty() ? shard.pass(step.at) : shard.send(step.at, step.said);
}

/// What every consumer relies on, for one incident's records in order.
void expect_lawful(const std::vector<EffectPtr>& effects) {
  struct Life {
    std::uint64_t revision = 0;
    IncidentChange last = IncidentChange::closed;
  };
  std::map<IncidentId, Life> lives;
  std::optional<EffectName> previous;
  for (const EffectPtr& effect : effects) {
    if (previous) {
      EXPECT_GT(effect->name, *previous);
    }
    previous = effect->name;
    Life& life = lives[effect->incident];
    EXPECT_EQ(effect->revision.value(), ++life.revision) << "revisions count without a gap";
    EXPECT_EQ(effect->change == IncidentChange::opened, life.revision == 1);
    if (life.revision > 1) {
      EXPECT_NE(life.last, IncidentChange::closed) << "nothing after the close";
    }
    if (effect->change == IncidentChange::reopened || effect->change == IncidentChange::closed) {
      EXPECT_EQ(life.last, IncidentChange::resolved);
    }
    if (life.last == IncidentChange::resolved && life.revision > 1) {
      EXPECT_TRUE(effect->change == IncidentChange::reopened || effect->change == IncidentChange::closed ||
                  effect->change == IncidentChange::updated);
    }
    if (effect->change != IncidentChange::updated || life.last != IncidentChange::resolved) life.last = effect->change;
  }
  for (const auto& [id, life] : lives)
    EXPECT_EQ(life.last, IncidentChange::closed) << "everything is closed at the end";
}

/// Two runs of one story.
void expect_same(const TestShard& first, const TestShard& second) {
  ASSERT_EQ(first.all.size(), second.all.size());
  for (std::size_t i = 0; i < first.all.size(); ++i) {
    ASSERT_EQ(first.all[i]->value, second.all[i]->value);
    ASSERT_EQ(first.all[i]->name, second.all[i]->name);
  }
  EXPECT_EQ(first.shard.fingerprint(), second.shard.fingerprint());
}

/// `second` wrote no records up to `silent`, as a start does for what everybody was told.
void expect_same_but_unwritten(const TestShard& first, const TestShard& second, Position silent) {
  ASSERT_EQ(first.all.size(), second.all.size());
  for (std::size_t i = 0; i < first.all.size(); ++i) {
    const Effect& told = *first.all[i];
    const Effect& again = *second.all[i];
    ASSERT_EQ(told.name, again.name);
    ASSERT_EQ(told.incident, again.incident);
    ASSERT_EQ(told.revision, again.revision);
    ASSERT_EQ(told.change, again.change);
    ASSERT_EQ(told.audiences, again.audiences);
    if (told.name.position <= silent && told.change != IncidentChange::closed) {
      ASSERT_EQ(again.value, "");
    } else {
      ASSERT_EQ(told.value, again.value);
      ASSERT_EQ(told.flat_value, again.flat_value);
    }
  }
  EXPECT_EQ(first.shard.fingerprint(), second.shard.fingerprint());
}

class Simulation : public testing::TestWithParam<std::uint64_t> {
 protected:
  std::uint64_t seed() const {
    const char* given = std::getenv("TOCSIN_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : GetParam();
  }
};

TEST_P(Simulation, ReplaysToTheSameEffectsAndIsLawful) {
  const std::uint64_t seed = this->seed();
  SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
  const bool forgets = seed % 2 == 0;
  const bool restless = seed % 3 == 0;
  const rules::RuleSetPtr rules =
      load_rules(rules_with(forgets ? "2m" : "12h", restless) + (seed % 5 == 0 ? "" : kSuppress));
  ASSERT_TRUE(rules);
  const std::vector<Step> steps = workload(seed);
  TestShard first{rules};
  for (const Step& step : steps) tell(first, step);
  expect_lawful(first.all);
  EXPECT_EQ(first.counts().incidents_open, 0U);

  // The same again, written and read back wherever the seed says.
  Draw draw(seed);
  TestShard second{rules};
  for (const Step& step : steps) {
    tell(second, step);
    if (draw.below(8) == 0) second.cut();
  }
  expect_same(first, second);

  // And again, with its records from where the seed says on.
  TestShard third{rules};
  third.checks = false;
  const Position silent{draw.below(steps.size())};
  for (const Step& step : steps) {
    third.shard.write_records(third.position >= silent.value());
    tell(third, step);
  }
  expect_same_but_unwritten(first, third, silent);
}

// Senders as they are: each with its own clock, its own idea of what it must repeat, and a memory of what it said.

constexpr const char* kVoices = R"(
tocsin: 1
ruleset: voices
defaults: {lateness: 30s}
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, level: labels.severity}}]
severity: {scale: [ok, info, warning, error, critical]}
dedup: {DEDUP resolve: {expire: {alertmanager: 2m, generic: 20m}}, reopen: {within: 40h}}
correlate: [{id: per-service, kind: group, by: [service], window: {idle: 3m, max: 10m}}]
)";

struct Sender {
  std::string source;
  std::string link;    // its generatorURL
  std::string origin;  // what it comes to
  Duration clock;      // ahead of ours
  bool says_no_times;
};

const std::vector<Sender>& senders() {
  static const std::vector<Sender> kSenders{
      {"alertmanager", "http://prom-a:9090/graph?x", "a", 0s, false},
      {"alertmanager", "http://PROM-b:9090/", "b", -3s, false},
      {"alertmanager", "", "", 2s, false},
      {"alertmanager-webhook", "http://prom-a:9090/", "a", 5s, false},
      {"alertmanager-webhook", "", "", 0s, true},
      {"generic", "http://nagios/", "", -4s, false},
      {"generic", "", "", 0s, true},
  };
  return kSenders;
}

/// One alert of one sender, as it goes on.
struct Told {
  std::optional<Instant> firing_since{};  // by the sender's clock
  std::optional<Said> last_close{};
};

class VoicesWorld {
 public:
  VoicesWorld(std::uint64_t seed, const std::string& dedup, bool by_key)
      : draw_(seed), by_key_(by_key), model_(30s), shard_(rules(dedup)) {}

  void run(bool cuts) {
    for (int i = 0; i < 250; ++i) {
      at_ += std::chrono::milliseconds(draw_.below(draw_.below(12) == 0 ? 150'000 : 25'000));
      step();
      if (cuts && draw_.below(6) == 0) shard_.cut();
      compare();
      if (testing::Test::HasFatalFailure()) return;
    }
    at_ += 30h;
    shard_.pass(at_);
    compare();
  }

  TestShard& shard() { return shard_; }

 private:
  static rules::RuleSetPtr rules(const std::string& dedup) {
    std::string text = kVoices;
    return load_rules(text.replace(text.find("DEDUP"), 5, dedup));
  }

  void step() {
    const std::size_t who = draw_.below(senders().size());
    const Sender& sender = senders()[who];
    std::vector<Said> body;
    const std::uint64_t count = 1 + draw_.below(3);
    for (std::uint64_t n = 0; n < count; ++n) body.push_back(say(who, sender));
    for (const Said& said : body) hear(sender, said);
    shard_.send(at_, body, sender.source);
  }

  Said say(std::size_t who, const Sender& sender) {
    Said said;
    const std::string severity = draw_.below(2) == 0 ? "critical" : "warning";
    const std::string name = "A" + std::to_string(draw_.below(2));
    const std::string service = "s" + std::to_string(draw_.below(2));
    said.labels = {{"alertname", name}, {"service", service}, {"severity", severity}};
    const bool is_mapped = sender.source == "generic";
    // Under a key its checks are several voices of one condition.
    const std::string check = is_mapped && by_key_ ? (draw_.below(2) == 0 ? "hard" : "soft") : "";
    if (!check.empty()) said.labels.insert(said.labels.begin() + 1, {"check", check});
    Told& told = told_[{who, name + service + check + (is_mapped ? "" : severity)}];
    if (draw_.below(4) == 0) said.annotations = {{"summary", std::to_string(draw_.below(3))}};
    said.link = sender.link;
    const Instant now = kStart + at_ + sender.clock;
    const bool by_end = sender.source == "alertmanager";
    const std::uint64_t what = draw_.below(10);
    if (what == 0 && told.last_close) return *told.last_close;  // delivered again
    if (what <= 3) {
      said.status = by_end ? AlertStatus::by_end : AlertStatus::resolved;
      if (!sender.says_no_times || by_end) said.ends_at = now - std::chrono::seconds(draw_.below(3));
      if (draw_.below(4) == 0 && said.ends_at != kUnset) said.ends_at -= 40s;
      // A recovery often says less.
      if (is_mapped && by_key_ && draw_.below(2) == 0) said.labels.emplace_back("zone", "z");
      told.firing_since.reset();
      told.last_close = said;
      return said;
    }
    if (!told.firing_since || draw_.below(9) == 0) told.firing_since = now;
    said.status = by_end ? AlertStatus::by_end : AlertStatus::firing;
    if (!sender.says_no_times) {
      said.starts_at = *told.firing_since;
      if (draw_.below(6) == 0) said.starts_at -= std::chrono::seconds(draw_.below(100));  // older words come late
    }
    if (by_end && draw_.below(3) > 0) said.ends_at = now + (draw_.below(3) == 0 ? 8s : Duration{4min});
    return said;
  }

  void hear(const Sender& sender, const Said& said) {
    const Instant now = kStart + at_;
    Utterance heard;
    heard.at = now;
    heard.source = sender.source;
    heard.origin = sender.origin;
    heard.own_is_labels = sender.source != "generic";
    for (const auto& [name, value] : said.labels) {
      if (heard.own_is_labels || name != "severity") heard.own += name + "=" + value + ",";
      if (name == "severity") heard.severity = value == "critical" ? 4 : 2;
    }
    const auto value_of = [&](const std::string& label) {
      return std::ranges::find(said.labels, label, &std::pair<std::string, std::string>::first)->second;
    };
    const std::string key = value_of("alertname") + "/" + value_of("service");
    heard.identity = by_key_ ? key : sender.source + " " + heard.own;
    heard.resolved = said.status == AlertStatus::resolved ||
                     (said.status == AlertStatus::by_end && said.ends_at != kUnset && said.ends_at <= now);
    if (said.starts_at != kUnset) heard.start = said.starts_at;
    if (heard.resolved && said.ends_at != kUnset) heard.end = said.ends_at;
    if (!heard.resolved) {
      if (said.status == AlertStatus::by_end && said.ends_at > now) {
        heard.lease = said.ends_at;
      } else if (sender.source == "alertmanager") {
        heard.lease = now + 2min;
      } else if (sender.source == "generic") {
        heard.lease = now + 20min;
      }
    }
    model_.hear(std::move(heard));
  }

  void compare() {
    std::multiset<int> expected;
    for (const auto& [identity, severity] : model_.firing(kStart + at_)) expected.insert(severity);
    std::multiset<int> found;
    const ConditionBook& conditions = shard_.shard.state().conditions();
    for (const std::uint32_t slot : conditions.in_order()) {
      if (conditions[slot].firing) found.insert(conditions[slot].severity.level);
    }
    ASSERT_EQ(found, expected) << "at " << at_ / 1ms << " ms";
  }

  Draw draw_;
  bool by_key_;
  Duration at_{};
  SlowModel model_;
  TestShard shard_;
  std::map<std::pair<std::size_t, std::string>, Told> told_;
};

TEST_P(Simulation, ConditionsFireAsTheSlowModelSays) {
  const std::uint64_t seed = this->seed();
  SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
  const bool by_key = seed % 2 == 0;
  VoicesWorld world(seed, by_key ? "key: [name, service]," : "", by_key);
  world.run(seed % 4 < 2);
}

/// Rule sets that differ in all that state hangs on.
std::vector<rules::RuleSetPtr> rule_sets() {
  const auto written = [](const std::string& dedup, const std::string& scale, const std::string& group,
                          const std::string& rest) {
    return load_rules(
        "tocsin: 1\nnormalise: [{id: all, set: {name: labels.alertname, service: labels.service, level: "
        "labels.severity}}]\n"
        "dedup: {resolve: {expire: 1m}, " +
        dedup + "}\nseverity: {" + scale + "}\ncorrelate: [{" + group +
        "}]\nroute: [{id: everything, topic: 'incidents.{priority}'}]\n" + rest);
  };
  const std::string five = "scale: [ok, info, warning, error, critical]";
  const std::string two = "scale: [low, high], map: {from: level, critical: high, default: low}";
  const std::string by_service = "id: group, kind: group, by: [service], window: {idle: 3m, max: 10m}";
  const std::string by_name = "id: group, kind: group, by: [name]";
  const std::string few = "id: few, kind: group, when: 'name == \"A0\"', by: [name]";
  const std::string raise = "priority: {raise: [{id: old, after: 2m, to: P1}]}\n";
  // Members' labels are counted, own fields are kept, and groups take an alert one after the other.
  const std::string worded =
      "id: group, kind: group, by: [service], window: {idle: 3m, max: 10m}, incident: {description: "
      "incident.labels.service + incident.labels.alertname, fields: {size: string(incident.alert_count)}}";
  const std::string held = "id: held, kind: group, by: [name], hold: 90s, continue: true}, {" + worded +
                           ", continue: true}, {id: soon, kind: group, by: [], hold: 20s";
  return {written("reopen: {within: 2m}", five, worded, ""),
          written("key: [service, name], reopen: {within: 2m}", five, held, kSuppress),
          written("reopen: {within: 1m}", two, held, raise),
          written("reopen: {within: 2m}", five, by_service, ""),
          written("reopen: {within: 5m}", five, by_service, kSuppress),
          written("key: [service, name], reopen: {within: 1m}", two, by_name, raise),
          written("key: [name], reopen: {within: 2m}", five, few, kSuppress + raise),
          written("key: [service, name], reopen: {within: 2m}", two, by_service, "")};
}

TEST_P(Simulation, RuleSetsMayChangeAtAnyStepAndNoCloseIsLost) {
  const std::uint64_t seed = this->seed();
  SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
  static const std::vector<rules::RuleSetPtr> sets = rule_sets();
  const std::vector<Step> steps = workload(seed);
  const auto story = [&](bool cuts) {
    Draw draw(seed);
    Draw cut(seed + 1);
    auto shard = std::make_unique<TestShard>(sets[0]);
    for (const Step& step : steps) {
      if (draw.below(6) == 0) shard->switch_to(step.at, sets[draw.below(sets.size())]);
      tell(*shard, step);
      if (cuts && cut.below(8) == 0) shard->cut();
    }
    return shard;
  };
  const auto first = story(false);
  expect_lawful(first->all);
  const ShardCounts& c = first->counts();
  EXPECT_EQ(c.incidents_open, 0U);
  EXPECT_EQ(c.alerts_firing, 0U);
  EXPECT_EQ(c.alerts_held, 0U);
  EXPECT_EQ(c.alerts_known, 0U);
  EXPECT_EQ(c.alerts_taken,
            c.alerts_repeated + c.alerts_updated + c.alerts_opened + c.alerts_resolved + c.alerts_stale);
  std::map<IncidentId, std::vector<std::string>> audiences;
  for (const EffectPtr& effect : first->all) {
    std::vector<std::string> now;
    for (const Audience& audience : effect->audiences) now.push_back(audience.topic);
    std::vector<std::string>& before = audiences[effect->incident];
    ASSERT_TRUE(std::ranges::equal(before, std::span{now}.first(std::min(before.size(), now.size()))))
        << "audiences are only added";
    before = now;
  }

  expect_same(*first, *story(true));
}

INSTANTIATE_TEST_SUITE_P(Seeds, Simulation, testing::Range<std::uint64_t>(1, 101));

}  // namespace
}  // namespace tocsin
