// Two operators at work on a shard whose alerts come and go: every command at random instants, also twice, also of
// before, also for what is gone. Every invariant is checked after each step; what is held back is what a walk over all
// silences says; a run that is cut anywhere tells the same byte for byte; every incident that was told is told closed.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;

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

constexpr const char* kPlans = R"(plans:
  - {id: small, when: 'incident.priority != "P1"', steps: [look, act], roles: {commander: cleo}, channel: c, standby_group: reserve, update_every: 90s}
  - {id: major, steps: [act, freeze, tell], when: 'incident.priority == "P1"', update_every: 4m}
)";

/// `routes`: which of them tell; each reload tells others.
rules::RuleSetPtr rules_of(bool suppress, const std::string& dedup, const std::string& routes,
                           const std::string& raises) {
  return load_rules(
      "tocsin: 1\nruleset: people\n"
      "normalise: [{id: all, set: {name: labels.alertname, service: labels.service, level: labels.severity}}]\n"
      "dedup: {key: [service, name], resolve: {expire: 3m}, reopen: {within: " +
      dedup + "}}\n" + "severity: {scale: [ok, info, warning, error, critical]}\n" + "priority: {raise: [" + raises +
      "]}\n" +
      (suppress ? "suppress: [{id: chain, when: 'name == \"A1\"', inhibited_by: 'name == \"A0\"', equal: [service], "
                  "settle: 20s}]\n"
                : "") +
      "correlate: [{id: per-service, kind: group, by: [service], window: {idle: 3m, max: 20m}}]\n" +
      std::string{suppress ? kPlans : ""} + "route: [" + routes + "]\n");
}

/// One thing that happens.
struct Step {
  Duration at{};
  std::vector<Said> said{};
  std::optional<Command> command{};
  int rules = -1;
};

/// What a silence's matcher may be, and what it comes to.
struct Choice {
  const char* matcher;
  bool (*holds)(const std::string& name, const std::string& service);
};
constexpr Choice kChoices[] = {
    {"alertname=\"A0\"", [](const std::string& name, const std::string&) { return name == "A0"; }},
    {"service=\"s1\"", [](const std::string&, const std::string& service) { return service == "s1"; }},
    {"alertname=~\"A[12]\"", [](const std::string& name, const std::string&) { return name != "A0"; }},
    {"service!=\"s0\"", [](const std::string&, const std::string& service) { return service != "s0"; }},
};

Command some_command(Draw& draw, Instant now, std::uint64_t number) {
  static constexpr CommandKind kKinds[] = {CommandKind::ack,
                                           CommandKind::ack,
                                           CommandKind::unack,
                                           CommandKind::resolve,
                                           CommandKind::resolve,
                                           CommandKind::reopen,
                                           CommandKind::assign,
                                           CommandKind::note,
                                           CommandKind::snooze,
                                           CommandKind::snooze,
                                           CommandKind::unsnooze,
                                           CommandKind::priority,
                                           CommandKind::severity,
                                           CommandKind::drill,
                                           CommandKind::silence,
                                           CommandKind::silence,
                                           CommandKind::silence,
                                           CommandKind::expire_silence,
                                           CommandKind::extend_silence,
                                           CommandKind::merge,
                                           CommandKind::split,
                                           CommandKind::split,
                                           CommandKind::move,
                                           CommandKind::roles,
                                           CommandKind::plan_step,
                                           CommandKind::plan_step,
                                           CommandKind::score,
                                           CommandKind::heartbeat};
  Command command;
  command.kind = kKinds[draw.below(std::size(kKinds))];
  command.by = draw.below(2) == 0 ? "ana" : "bob";
  if (draw.below(3) == 0) command.command_id = "c" + std::to_string(draw.below(number + 1));
  command.incident = std::to_string(1 + draw.below(8));
  if (draw.below(4) == 0) command.if_revision = 1 + draw.below(4);
  command.text = draw.below(2) == 0 ? "why" : "";
  command.to = command.kind == CommandKind::severity ? (draw.below(2) == 0 ? "info" : "nonsense") : "cleo";
  if (command.kind == CommandKind::merge) command.to = std::to_string(1 + draw.below(8));
  if (command.kind == CommandKind::move) command.to = std::to_string(1 + draw.below(8));
  command.alerts = {"A" + std::to_string(draw.below(3))};
  if (draw.below(3) == 0) command.alerts.push_back("A" + std::to_string(draw.below(3)));
  command.roles = {{draw.below(2) == 0 ? "commander" : "safety", draw.below(3) == 0 ? "" : "dora"}};
  command.number = static_cast<std::int64_t>(draw.below(7));
  if (command.kind == CommandKind::heartbeat) {
    command.to = "A" + std::to_string(draw.below(3));
    command.labels = {{"service", "s" + std::to_string(draw.below(3))}};
  }
  command.priority = static_cast<Priority>(1 + draw.below(5));
  command.on = draw.below(2) == 0;
  command.silence = std::to_string(1 + draw.below(6));
  if (command.kind == CommandKind::silence) {
    command.silence.clear();
    const std::uint64_t choice = draw.below(std::size(kChoices));
    command.matchers = {kChoices[choice].matcher};
    if (draw.below(3) == 0) command.start = now + std::chrono::seconds(draw.below(200));
  }
  command.span = std::chrono::seconds(1 + draw.below(400));
  if (draw.below(5) == 0) command.until = now - std::chrono::seconds(100) + std::chrono::seconds(draw.below(400));
  return command;
}

std::vector<Step> workload(std::uint64_t seed) {
  Draw draw(seed);
  std::vector<Step> steps;
  std::vector<Command> given;
  Duration at{};
  for (int i = 0; i < 220; ++i) {
    at += std::chrono::seconds(draw.below(draw.below(12) == 0 ? 240 : 25));
    Step step{at};
    const std::uint64_t what = draw.below(20);
    if (what < 9) {
      const std::uint64_t count = 1 + draw.below(3);
      for (std::uint64_t n = 0; n < count; ++n) {
        Said said{{{"alertname", "A" + std::to_string(draw.below(3))},
                   {"service", "s" + std::to_string(draw.below(3))},
                   {"severity", draw.below(2) == 0 ? "critical" : "warning"}},
                  {}};
        (draw.below(3) == 0 ? said.ends_at : said.starts_at) = kStart + at;
        if (draw.below(3) == 0) said.annotations = {{"summary", std::to_string(draw.below(3))}};
        step.said.push_back(said);
      }
    } else if (what < 18) {
      // One of before, word for word, now and then.
      if (!given.empty() && draw.below(5) == 0) {
        step.command = given[draw.below(given.size())];
      } else {
        step.command = some_command(draw, kStart + at, given.size());
      }
      given.push_back(*step.command);
    } else if (what == 18) {
      step.rules = static_cast<int>(draw.below(3));
    }
    steps.push_back(step);
  }
  steps.push_back({at + 72h});
  return steps;
}

const std::vector<rules::RuleSetPtr>& sets() {
  static const std::string kOld = "{id: old, when: '!incident.acked', after: 6m, to: P1}";
  static const std::string kCalls =
      "{id: nobody, unacknowledged: 90s, to: {standby_group: true, plan_step: look}}, "
      "{id: still, unacknowledged: 4m, to: {priority: P2, standby_group: heads}}, "
      "{id: late, overdue: 30s, to: P2}, "
      "{id: many, when: 'incident.active_alert_count > 2', hours: {cron: '*/2 * * * *', tz: UTC}, to: P1}";
  static const std::vector<rules::RuleSetPtr> kSets{
      rules_of(false, "2m", "{id: everything, topic: incidents.all}", kOld),
      rules_of(
          true, "5m",
          "{id: group, when: 'incident.escalated_to != \"\"', topic: reserve}, {id: each, topic: 'by.{priority}'}, "
          "{id: unheard, when: incident.update_overdue, topic: incidents.late}",
          kOld + ", " + kCalls),
      rules_of(true, "1m", "{id: worst, when: 'incident.priority == \"P1\"', topic: worst}, {id: none, nobody: true}",
               kCalls)};
  return kSets;
}

void expect_held_as_the_walk_says(const TestShard& shard) {
  const ShardState& state = shard.shard.state();
  const SilenceBook& silences = state.suppression().silences();
  for (const std::uint32_t slot : state.conditions().in_order()) {
    const Condition& alert = state.conditions()[slot];
    if (!alert.counts_as_firing()) continue;
    const std::string name{alert.texts[Field::name]};
    const std::string service{alert.texts[Field::service]};
    std::string wanted;
    for (const auto& [number, one] : silences.by_number()) {
      const Silence& silence = silences[one];
      if (!wanted.empty() || silence.is_over() || silence.starts_at > state.now() || silence.ends_at <= state.now())
        continue;
      for (const Choice& choice : kChoices) {
        if (to_text(silence.matchers.front().parts()) == choice.matcher && choice.holds(name, service))
          wanted = silence.id;
      }
    }
    const bool by_silence = alert.held_by.kind == HoldReason::Kind::silence;
    EXPECT_EQ(by_silence ? state.held_by(alert) : std::string_view{}, wanted) << name << " of " << service;
  }
}

/// What no order of commands, reloads and merges may do: forget a group that was called in, or let a deadline go by.
void expect_escalated_as_it_should(const TestShard& shard, std::map<std::uint64_t, std::string>& told_to) {
  const ShardState& state = shard.shard.state();
  for (const auto& [number, slot] : state.incidents().by_number()) {
    const IncidentState& incident = state.incidents()[slot];
    std::string& before = told_to[number];
    EXPECT_TRUE(before.empty() || !incident.escalation.group.empty()) << "incident " << number;
    before = incident.escalation.group;
    if (incident.escalation.next.at != kNever) {
      EXPECT_GT(incident.escalation.next.at, state.now()) << "what comes next is not past";
      EXPECT_LE(incident.ages_at, incident.escalation.next.at) << "and has a deadline, or comes after one";
    }
  }
}

void run(TestShard& shard, const std::vector<Step>& steps, std::optional<std::uint64_t> cuts) {
  Draw draw(cuts.value_or(0));
  std::map<std::uint64_t, std::string> told_to;
  for (const Step& step : steps) {
    if (std::getenv("TOCSIN_TELL") != nullptr)
      std::cerr << step.at / 1s << " s: " << (step.command ? name_of(step.command->kind) : "alerts") << "\n";
    if (step.rules >= 0) {
      shard.switch_to(step.at, sets()[static_cast<std::size_t>(step.rules)]);
    } else if (step.command) {
      shard.command(step.at, *step.command);
    } else if (!step.said.empty()) {
      shard.send(step.at, step.said);
    } else {
      shard.pass(step.at);
    }
    expect_held_as_the_walk_says(shard);
    expect_escalated_as_it_should(shard, told_to);
    if (cuts && draw.below(6) == 0) shard.cut();
  }
}

/// Nothing after a close, a close for all, and revisions without a gap.
void expect_lawful(const std::vector<EffectPtr>& effects) {
  std::map<IncidentId, std::pair<std::uint64_t, IncidentChange>> lives;
  std::map<IncidentId, std::set<std::string>> told;
  for (const EffectPtr& effect : effects) {
    if (effect->kind != EffectKind::incident) continue;
    auto& [revision, last] = lives[effect->incident];
    EXPECT_EQ(effect->revision.value(), ++revision);
    EXPECT_EQ(effect->change == IncidentChange::opened, revision == 1);
    if (revision > 1) {
      EXPECT_TRUE(last != IncidentChange::closed && last != IncidentChange::merged) << "nothing comes after the close";
    }
    if (effect->change == IncidentChange::closed) {
      EXPECT_NE(last, IncidentChange::opened) << "it resolves first";
    }
    last = effect->change;
    std::set<std::string> now;
    for (const Audience& audience : effect->audiences) EXPECT_TRUE(now.insert(audience.topic).second) << "told once";
    EXPECT_TRUE(std::ranges::includes(now, told[effect->incident]))
        << to_text(effect->incident) << " " << revision << ": who was told once is told all of it to its end";
    told[effect->incident] = now;
  }
  for (const auto& [id, life] : lives) {
    EXPECT_TRUE(life.second == IncidentChange::closed || life.second == IncidentChange::merged) << "no close is lost";
  }
}

class CommandSimulation : public testing::TestWithParam<std::uint64_t> {};

TEST_P(CommandSimulation, WhateverPeopleDoItIsLawfulAndTheSameAgain) {
  const char* given = std::getenv("TOCSIN_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : GetParam();
  SCOPED_TRACE("TOCSIN_SEED=" + std::to_string(seed));
  const std::vector<Step> steps = workload(seed);
  TestShard first{sets()[0]};
  run(first, steps, std::nullopt);
  expect_lawful(first.all);
  EXPECT_EQ(first.counts().incidents_open, 0U);
  EXPECT_EQ(first.counts().alerts_held, 0U);
  std::uint64_t commands = 0;
  std::uint64_t ends = 0;
  for (const std::uint64_t count : first.counts().commands) commands += count;
  for (const AuditEntry& entry : first.shard.state().log().entries()) ends += entry.from == "time" ? 1U : 0U;
  EXPECT_EQ(commands - ends, static_cast<std::uint64_t>(
                                 std::ranges::count_if(steps, [](const Step& s) { return s.command.has_value(); })))
      << "each command has one outcome";

  TestShard second{sets()[0]};
  run(second, steps, seed + 1);
  ASSERT_EQ(first.all.size(), second.all.size());
  for (std::size_t i = 0; i < first.all.size(); ++i) {
    ASSERT_EQ(first.all[i]->value, second.all[i]->value);
    ASSERT_EQ(first.all[i]->name, second.all[i]->name);
  }
  std::string one;
  std::string other;
  first.shard.write(one);
  second.shard.write(other);
  const auto [at, in_other] = std::ranges::mismatch(one, other);
  const std::size_t offset = static_cast<std::size_t>(at - one.begin());
  EXPECT_TRUE(one == other) << "the states differ from byte " << offset << " of " << one.size() << " on, behind "
                            << testing::PrintToString(one.substr(offset < 120 ? 0 : offset - 120, 160)) << " versus "
                            << testing::PrintToString(other.substr(offset < 20 ? 0 : offset - 20, 60));
}

INSTANTIATE_TEST_SUITE_P(Seeds, CommandSimulation, testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace tocsin
