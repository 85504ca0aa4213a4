// The kinds that see patterns in time, each against a slow model that knows every event and shares no code with it:
// random events in random orders of arrival. TOCSIN_SEED=1 repeats one seed, TOCSIN_SEEDS=1000000 is the long mode.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/core/conditions/condition_book.h"
#include "engine/core/correlation/absence.h"
#include "engine/core/correlation/all_steps.h"
#include "engine/core/correlation/distinct.h"
#include "engine/core/correlation/sequence.h"
#include "engine/core/correlation/threshold.h"

namespace tocsin {
namespace {

using namespace std::chrono_literals;
using Kind = rules::TemporalRule::Kind;

constexpr Instant kStart = from_unix_ns(1'790'000'000'000'000'000);
constexpr Duration kWithin = 10s;

struct Event {
  Duration at{};
  std::uint32_t value = 0;             // distinct: which value
  std::vector<std::uint32_t> steps{};  // which steps it is
};

/// What the model finds: whether a window with the newest event holds, and when the latest such window begins.
struct Found {
  bool holds = false;
  Duration first{};
};

/// Whether so many steps of those that are left can have an event of their own in the window.
std::size_t most_steps(const std::vector<Event>& events, std::size_t steps, std::set<std::size_t>& used,
                       std::size_t step, Duration first) {
  if (step == steps) return 0;
  std::size_t most = most_steps(events, steps, used, step + 1, first);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const bool is_in = events[i].at >= first && events[i].at - first <= kWithin;
    if (!is_in || used.contains(i) || std::ranges::find(events[i].steps, step) == events[i].steps.end()) continue;
    used.insert(i);
    most = std::max(most, 1 + most_steps(events, steps, used, step + 1, first));
    used.erase(i);
  }
  return most;
}

void sequences(const std::vector<Event>& events, std::size_t steps, std::vector<std::size_t>& chosen, Found& found) {
  const std::size_t newest = events.size() - 1;
  if (chosen.size() == steps) {
    if (std::ranges::find(chosen, newest) == chosen.end()) return;
    const Duration first = events[chosen.front()].at;
    if (events[chosen.back()].at - first > kWithin) return;
    if (!found.holds || first > found.first) found = {true, first};
    return;
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (std::ranges::find(events[i].steps, chosen.size()) == events[i].steps.end()) continue;
    if (std::ranges::find(chosen, i) != chosen.end()) continue;
    if (!chosen.empty() && events[i].at < events[chosen.back()].at) continue;
    chosen.push_back(i);
    sequences(events, steps, chosen, found);
    chosen.pop_back();
  }
}

/// `events` in order of arrival; the newest arrived now.
Found model(Kind kind, std::size_t count, std::size_t steps, const std::vector<Event>& events) {
  Found found;
  if (kind == Kind::sequence) {
    std::vector<std::size_t> chosen;
    sequences(events, steps, chosen, found);
    return found;
  }
  for (const Event& begin : events) {
    if (begin.at > events.back().at || events.back().at - begin.at > kWithin) continue;
    std::size_t number = 0;
    std::set<std::uint32_t> values;
    for (const Event& one : events) {
      if (one.at < begin.at || one.at - begin.at > kWithin) continue;
      ++number;
      values.insert(one.value);
    }
    if (kind == Kind::distinct) number = values.size();
    std::set<std::size_t> used;
    if (kind == Kind::all) number = most_steps(events, steps, used, 0, begin.at);
    if (number >= count && (!found.holds || begin.at > found.first)) found = {true, begin.at};
  }
  return found;
}

struct World {
  rules::TemporalRule rule;
  std::vector<Event> events;
};

World make_world(Kind kind, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  World world;
  world.rule.kind = kind;
  world.rule.within = kWithin;
  const std::size_t steps = kind == Kind::sequence || kind == Kind::all ? 2 + below(2) : 0;
  for (std::size_t i = 0; i < steps; ++i) world.rule.steps.push_back({"s" + std::to_string(i), {}});
  world.rule.count = kind == Kind::all ? 1 + below(steps) : 1 + below(4);
  const std::size_t number = 1 + below(steps > 0 ? 6 : 9);
  const std::uint64_t span = 6 + below(30);
  std::set<Duration> taken;
  for (std::size_t i = 0; i < number; ++i) {
    Event event;
    event.at = std::chrono::seconds(below(span));
    event.value = static_cast<std::uint32_t>(i % 2 == 0 ? i / 2 % 4 : below(4));
    for (std::uint32_t step = 0; step < steps; ++step) {
      if (below(2) == 0) event.steps.push_back(step);
    }
    // At one instant the order of steps is open where an event may be several: such worlds decide nothing.
    if (event.steps.size() > 1 && !taken.insert(event.at).second) continue;
    if (steps > 0 && event.steps.empty()) event.steps.push_back(0);
    if (event.steps.size() == 1 && taken.contains(event.at)) continue;
    taken.insert(event.at);
    const auto same = std::ranges::count(world.events, event.value, &Event::value);
    if (kind == Kind::distinct && same >= 4) continue;
    world.events.push_back(std::move(event));
  }
  return world;
}

std::unique_ptr<TemporalKind> make(const rules::TemporalRule& rule) {
  switch (rule.kind) {
    case Kind::threshold:
      return std::make_unique<ThresholdKind>(rule);
    case Kind::distinct:
      return std::make_unique<DistinctKind>(rule);
    case Kind::sequence:
      return std::make_unique<SequenceKind>(rule);
    default:
      return std::make_unique<AllStepsKind>(rule);
  }
}

ConditionNumbers no_numbers() {
  return {[](ConditionRef) { return std::uint64_t{0}; }, [](std::uint64_t) { return ConditionRef{}; }};
}

/// Tells it all events, in this order of arrival; the state is cut and read back at one place.
void compare(const World& world, const std::vector<std::size_t>& order, const std::string& what) {
  std::unique_ptr<TemporalKind> kind = make(world.rule);
  KeyBound bound{.max = 10};
  std::vector<Event> arrived;
  Duration now = 60s;
  for (const std::size_t i : order) {
    const Event& event = world.events[i];
    arrived.push_back(event);
    now += 100ms;
    bool holds = false;
    Instant held_until{};
    const std::vector<std::uint32_t> steps = world.rule.steps.empty() ? std::vector<std::uint32_t>{0} : event.steps;
    for (const std::uint32_t step : steps) {
      Sighting seen;
      seen.key = Hash128{1, 1};
      seen.step = step;
      seen.at = kStart + event.at;
      seen.now = kStart + now;
      seen.alert = i + 1;
      const std::string value = "v" + std::to_string(event.value);
      seen.value = value;
      const Pattern pattern = kind->see(seen, bound);
      holds |= pattern.holds;
      if (pattern.holds) held_until = std::max(held_until, pattern.held_until);
    }
    kind->check();
    const Found found = model(world.rule.kind, world.rule.count, world.rule.steps.size(), arrived);
    ASSERT_EQ(holds, found.holds) << what << ", after event " << arrived.size();
    if (holds) {
      ASSERT_EQ(held_until, std::max(kStart + found.first + kWithin, kStart + now)) << what;
    }
    if (arrived.size() == order.size() / 2) {
      std::string bytes;
      CanonicalWriter writer(bytes);
      kind->write(writer, no_numbers());
      kind = make(world.rule);
      CanonicalReader reader(bytes);
      kind->read(reader, no_numbers());
      ASSERT_TRUE(!reader.failed() && reader.at_end()) << what;
    }
  }
}

std::uint64_t number_of(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::vector<std::uint64_t> seeds() {
  const std::uint64_t one = number_of("TOCSIN_SEED", 0);
  if (one != 0) return {one};
  std::vector<std::uint64_t> all(number_of("TOCSIN_SEEDS", 5000));
  std::iota(all.begin(), all.end(), std::uint64_t{1});
  return all;
}

class Patterns : public testing::TestWithParam<Kind> {};

TEST_P(Patterns, AreWhatTheSlowModelFinds) {
  for (const std::uint64_t seed : seeds()) {
    const World world = make_world(GetParam(), seed);
    std::vector<std::size_t> order(world.events.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    compare(world, order, "TOCSIN_SEED=" + std::to_string(seed));
    if (HasFatalFailure()) return;
  }
}

TEST_P(Patterns, AreTheSameInEveryOrderOfArrival) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    World world = make_world(GetParam(), seed);
    if (world.events.size() > 5) world.events.resize(5);
    std::vector<std::size_t> order(world.events.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    do {
      compare(world, order, "seed " + std::to_string(seed));
      if (HasFatalFailure()) return;
    } while (std::ranges::next_permutation(order).found);
  }
}

std::string name_of_kind(const testing::TestParamInfo<Kind>& info) {
  constexpr const char* kNames[]{"threshold", "distinct", "sequence", "all"};
  return kNames[static_cast<std::size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Kinds, Patterns, testing::Values(Kind::threshold, Kind::distinct, Kind::sequence, Kind::all),
                         name_of_kind);

/// A start, or what is expected after it.
struct Call {
  bool is_start = false;
  Duration at{};
  Duration arrives{};
};

TEST(Absence, IsWhatTheSlowModelFinds) {
  for (const std::uint64_t seed : seeds()) {
    std::mt19937_64 random(seed);
    rules::TemporalRule rule;
    rule.kind = Kind::absence;
    rule.within = kWithin;
    rule.steps.resize(2);
    std::vector<Call> calls;
    Duration now{};
    for (std::uint64_t n = 1 + random() % 6; n > 0; --n) {
      now += std::chrono::seconds(random() % 8);
      Call call;
      call.is_start = random() % 2 == 0;
      call.arrives = now;
      call.at = now - std::chrono::seconds(random() % 3 == 0 ? random() % 12 : 0);
      calls.push_back(call);
    }
    AbsenceKind kind(rule);
    ConditionBook conditions({"ok"});
    KeyBound bound{.max = 10};
    bool is_absent = false;
    const auto meet_until = [&](Instant until) {
      while (kind.next_deadline() <= until) {
        Awaited awaited;
        is_absent |= kind.meet(kind.next_deadline(), conditions, [](std::uint32_t) { return kUnset; }, awaited);
      }
    };
    std::size_t next = 0;
    for (Duration time{}; time <= now + 25s; time += 500ms) {
      meet_until(kStart + time);
      for (; next < calls.size() && calls[next].arrives <= time; ++next) {
        Sighting seen;
        seen.key = Hash128{1, 1};
        seen.step = calls[next].is_start ? 0 : 1;
        seen.at = kStart + calls[next].at;
        seen.now = kStart + time;
        if (kind.see(seen, bound).holds) is_absent = false;
      }
      meet_until(kStart + time);
      kind.check();
      bool expected = false;
      for (std::size_t i = 0; i < next; ++i) {
        if (!calls[i].is_start || (calls[i].at + kWithin >= time && calls[i].at + kWithin >= calls[i].arrives))
          continue;
        bool is_met = false;
        for (std::size_t j = 0; j < next; ++j) is_met |= !calls[j].is_start && calls[j].at >= calls[i].at;
        expected |= !is_met;
      }
      ASSERT_EQ(is_absent, expected) << "TOCSIN_SEED=" << seed << " at " << time.count();
    }
  }
}

TEST(PatternMemory, OfAMillionKeysIsAtMostSixtyFourBytesEach) {
  // What a key takes is an entry (the key, the order, the first instant) and at most eight of the index of four bytes.
  struct Entry {
    Hash128 key;
    std::uint32_t older, newer;
    Instants state;
  };
  EXPECT_LE(sizeof(Entry) + 16, 64U);
}

TEST(KeyTable, GivesUpTheKeySeenLongestAgoOrRefusesTheNewOne) {
  for (const bool refuses : {false, true}) {
    KeyTable<int> table;
    KeyBound bound{.max = 2, .refuses_new = refuses};
    const auto enter = [&](std::uint64_t key) {
      return table.enter(Hash128{key, key}, bound, [](int) { return false; }, [](int) {});
    };
    *enter(1) = 1;
    *enter(2) = 2;
    EXPECT_EQ(*enter(1), 1);
    int* const third = enter(3);
    EXPECT_EQ(third == nullptr, refuses);
    EXPECT_EQ(table.find(Hash128{2, 2}) == nullptr, !refuses) << "2 was seen before 1";
    EXPECT_NE(table.find(Hash128{1, 1}), nullptr);
    EXPECT_EQ(bound.evicted, refuses ? 0U : 1U);
    EXPECT_EQ(bound.refused, refuses ? 1U : 0U);
    table.check();
  }
}

TEST(KeyTable, FindsWhatIsThereWhileKeysComeAndGo) {
  KeyTable<std::uint64_t> table;
  KeyBound bound{.max = 500};
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t key = random() % 1500;
    std::uint64_t* const state =
        table.enter(Hash128{key, key % 7}, bound, [](std::uint64_t) { return false; }, [](std::uint64_t) {});
    ASSERT_NE(state, nullptr);
    ASSERT_TRUE(*state == 0 || *state == key);
    *state = key;
  }
  table.check();
  EXPECT_EQ(table.count(), 500U);
}

}  // namespace
}  // namespace tocsin
