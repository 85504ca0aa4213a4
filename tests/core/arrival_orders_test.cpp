// The kinds in a whole shard: whatever the order in which up to five alerts arrive, what is told of them at the end is
// what their own times say. What that is, is worked out here from the times alone.
#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/core/testing.h"

namespace tocsin {
namespace {

using namespace testing_core;

constexpr const char* kRules = R"(
tocsin: 1
ruleset: orders
normalise: [{id: all, set: {name: labels.alertname, service: labels.service, host: labels.host, level: labels.severity}}]
dedup: {key: [name, host], resolve: {expire: 100h}}
correlate:
  - {id: none, kind: group, when: 'source == "tocsin"', by: [name]}
)";

/// One alert: what it is called, and when it began in seconds.
struct One {
  char name;
  int at;
};

/// What must be told of these, by their times alone.
using Expected = std::function<bool(const std::vector<One>&)>;

struct KindCase {
  const char* name;
  const char* rule;
  const char* names;  // what alerts may be called
  Expected expected;
};

/// Within ten seconds of some alert as many as `count` of those that `is_one` takes, counted by `what`.
bool window_has(const std::vector<One>& all, std::size_t count, const std::function<int(const One&)>& what) {
  for (const One& first : all) {
    std::vector<int> found;
    for (const One& one : all) {
      if (one.at < first.at || one.at > first.at + 10 || what(one) < 0) continue;
      if (std::ranges::find(found, what(one)) == found.end()) found.push_back(what(one));
    }
    if (found.size() >= count) return true;
  }
  return false;
}

const std::vector<KindCase>& kinds() {
  static const std::vector<KindCase> kKinds{
      {"threshold",
       "{id: r, kind: threshold, when: name == \"a\", by: [], count: 3, within: 10s, emit: {severity: error}}", "aaab",
       [](const std::vector<One>& all) {
         int number = 0;
         for (const One& first : all) {
           const auto in = std::ranges::count_if(
               all, [&](const One& one) { return one.name == 'a' && one.at >= first.at && one.at <= first.at + 10; });
           number = std::max(number, static_cast<int>(in));
         }
         return number >= 3;
       }},
      {"distinct",
       "{id: r, kind: distinct, when: name != \"r\", by: [], field: name, count: 3, within: 10s, emit: "
       "{severity: error}}",
       "abcd", [](const std::vector<One>& all) { return window_has(all, 3, [](const One& one) { return one.name; }); }},
      {"sequence",
       "{id: r, kind: sequence, by: [], within: 10s, emit: {severity: error}, steps: [{as: a, when: name == \"a\"}, "
       "{as: b, "
       "when: name == \"b\"}, {as: c, when: name == \"c\"}]}",
       "abc",
       [](const std::vector<One>& all) {
         for (const One& a : all) {
           for (const One& b : all) {
             for (const One& c : all) {
               if (a.name == 'a' && b.name == 'b' && c.name == 'c' && a.at <= b.at && b.at <= c.at && c.at <= a.at + 10)
                 return true;
             }
           }
         }
         return false;
       }},
      {"all",
       "{id: r, kind: all, at_least: 2, by: [], within: 10s, emit: {severity: error}, steps: [{as: a, when: name == "
       "\"a\"}, {as: "
       "b, when: name == \"b\"}, {as: c, when: name == \"c\"}]}",
       "abcd",
       [](const std::vector<One>& all) {
         return window_has(all, 2, [](const One& one) { return one.name == 'd' ? -1 : one.name; });
       }},
      // Of what has arrived when all times are over: a start without what is expected at it or later.
      {"absence",
       "{id: r, kind: absence, start: name == \"a\", expect: name == \"b\", by: [], within: 10s, emit: {severity: "
       "error}}",
       "aab",
       [](const std::vector<One>& all) {
         return std::ranges::any_of(all, [&](const One& start) {
           return start.name == 'a' &&
                  std::ranges::none_of(all, [&](const One& one) { return one.name == 'b' && one.at >= start.at; });
         });
       }},
  };
  return kKinds;
}

class ArrivalOrders : public testing::TestWithParam<std::size_t> {};

TEST_P(ArrivalOrders, TellWhatTheTimesSay) {
  const KindCase& kind = kinds()[GetParam()];
  const rules::RuleSetPtr rules = load_rules(std::string{kRules} + "  - " + kind.rule + "\n");
  ASSERT_TRUE(rules);
  const std::size_t names = std::string_view{kind.names}.size();
  std::uint64_t state = 11;
  const auto below = [&state](std::uint64_t bound) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % bound;
  };
  int told = 0;
  constexpr int kWorlds = 40;
  for (int world = 0; world < kWorlds; ++world) {
    std::vector<One> all;
    const std::uint64_t number = 3 + below(3);
    for (std::uint64_t i = 0; i < number; ++i) {
      const char name = kind.names[below(names)];
      // Bounds are met often, and so are two at one instant.
      constexpr int kTimes[]{0, 5, 10, 15, 16};
      const int at = kTimes[below(5)];
      all.push_back({name, at});
    }
    const bool expected = kind.expected(all);
    told += expected ? 1 : 0;
    std::vector<std::size_t> order(all.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    do {
      TestShard t{rules};
      Duration now = 16s;  // some of what is absent is not due yet
      std::string in_words;
      for (const std::size_t i : order) {
        Said said{{{"alertname", std::string(1, all[i].name)}, {"host", "h" + std::to_string(i)}, {"severity", "info"}},
                  {}};
        said.starts_at = kStart + std::chrono::seconds(all[i].at);
        now += 1ms;
        t.send(now, {said});
        in_words += std::string(1, all[i].name) + "@" + std::to_string(all[i].at) + " ";
      }
      if (std::string_view{kind.name} == "absence") t.pass(now + 11s);
      bool fires = false;
      for (const std::uint32_t slot : t.shard.state().conditions().in_order()) {
        const Condition& alert = t.shard.state().conditions()[slot];
        fires |= alert.firing && alert.texts[Field::name] == "r";
      }
      ASSERT_EQ(fires, expected) << kind.name << ": " << in_words;
    } while (std::ranges::next_permutation(order).found);
  }
  EXPECT_GT(told, 1) << "some worlds have the pattern";
  EXPECT_LT(told, kWorlds) << "some have not";
}

std::string name_of_case(const testing::TestParamInfo<std::size_t>& one) { return kinds()[one.param].name; }

INSTANTIATE_TEST_SUITE_P(Kinds, ArrivalOrders, testing::Range<std::size_t>(0, 5), name_of_case);

}  // namespace
}  // namespace tocsin
