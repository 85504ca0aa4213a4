#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bench/micro/alert_bodies.h"
#include "engine/model/instant.h"
#include "rules/set/rule_set.h"

namespace tocsin::bench {

inline constexpr Instant kStart = from_unix_ns(1'774'738'800'000'000'000);  // before the bodies' endsAt
inline constexpr Duration kBetweenBodies = std::chrono::microseconds{100};

/// The built-in ones, without storms: thousands of new alerts a second would be one, and nothing of them were measured.
rules::RuleSetPtr builtin_rules();
/// These with `count` more for severity, of a name and one more field each, of which none holds; and where
/// `inhibits`, a suppress rule of which every alert of BodyMaker is an inhibitor, each for a key of its own.
rules::RuleSetPtr more_rules(std::size_t count, bool inhibits);

/// What is sent. Alerts that are repeated come in another order and with another end each time, as Prometheus sends
/// them.
struct Workload {
  std::string_view name;
  unsigned new_per_thousand;  // the others repeat an alert of the live ones
  std::size_t services;       // an incident of the built-in rules each
};

/// repeats, mostly_repeats (1 % new), new_one, new_few and new_many (incidents).
const std::vector<Workload>& workloads();
/// Null: there is none of that name.
const Workload* find_workload(std::string_view name);

/// Makes the bodies of a workload, one after the other; equal seeds give equal bodies.
class BodyMaker {
 public:
  BodyMaker(const Workload& workload, std::size_t live, std::size_t batch, std::uint32_t seed = 1);

  /// Of all live alerts once, in bodies of the batch's size: what a measurement begins behind.
  std::vector<AlertBody> opening();
  AlertBody next();
  /// The same, of alerts that were never sent.
  AlertBody next_new();

 private:
  std::size_t draw();

  const Workload& workload_;
  std::size_t batch_;
  std::mt19937 random_;
  std::vector<std::size_t> live_;
  std::size_t at_ = 0;    // of the lap through the live ones
  std::size_t lap_ = 0;   // moves the end
  std::size_t next_new_;  // number of an alert that was never sent
  std::vector<std::size_t> numbers_;
};

}  // namespace tocsin::bench
