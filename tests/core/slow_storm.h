#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/instant.h"

namespace tocsin::testing_core {

/// Storms as rules/README.md tells them, as slowly as possible: a list of when alerts began to fire, counted anew at
/// every question. For alerts that each would open an incident of their own, and never fire again once they ended.
class SlowStorm {
 public:
  struct Policy {
    std::int64_t at_least = 0;
    std::int64_t factor = 0;
    Duration calm{};
  };
  struct Life {
    Instant began{};
    std::optional<Instant> ended{};
  };
  struct Alert {
    std::string scope{};
    bool fires = false;
    bool folded = false;
  };

  explicit SlowStorm(Policy policy) : policy_(policy) {}

  /// It fires, and did not. `severe`: it is never folded.
  void open(const std::string& name, const std::string& scope, bool severe, Instant at) {
    pass(at);
    openings_.push_back({scope, at});
    if (!lasts(scope) && count(scope, at) >= level(scope, at)) {
      storms_[scope].push_back({at, {}});
      levels_[scope] = level(scope, at);
    }
    alerts_[name] = {scope, true, lasts(scope) && !severe};
  }
  void become_severe(const std::string& name, Instant at) {
    pass(at);
    alerts_[name].folded = false;
  }
  void close(const std::string& name, Instant at) {
    pass(at);
    alerts_[name].fires = alerts_[name].folded = false;
  }
  /// Storms that are over by then end.
  void pass(Instant now) {
    for (auto& [scope, lives] : storms_) {
      if (lives.back().ended) continue;
      const auto end = end_of(scope, lives.back().began, now);
      if (!end) continue;
      lives.back().ended = end;
      for (auto& [name, alert] : alerts_) {
        if (alert.scope == scope) alert.folded = false;
      }
    }
  }

  const std::map<std::string, std::vector<Life>>& storms() const { return storms_; }
  const std::map<std::string, Alert>& alerts() const { return alerts_; }

 private:
  static constexpr std::int64_t kFive = 5'000'000'000;
  static std::int64_t fives(Instant at) { return to_unix_ns(at) / kFive; }
  static std::int64_t minute(Instant at) { return to_unix_ns(at) / (12 * kFive); }

  bool lasts(const std::string& scope) const {
    const auto lives = storms_.find(scope);
    return lives != storms_.end() && !lives->second.back().ended;
  }

  /// In the last minute: the five seconds of `at` and eleven times five before.
  std::int64_t count(const std::string& scope, Instant at) const {
    return std::ranges::count_if(openings_, [&](const auto& one) {
      return one.first == scope && one.second <= at && fives(at) - fives(one.second) < 12;
    });
  }

  std::int64_t level(const std::string& scope, Instant at) const {
    std::optional<std::int64_t> first;
    std::int64_t last = 0;
    for (const auto& [of, when] : openings_) {
      if (of != scope) continue;
      if (const auto lives = storms_.find(scope); lives != storms_.end()) {
        for (const Life& life : lives->second) {
          if (life.ended && *life.ended <= when) last = std::max(last, minute(*life.ended));
        }
      }
      if (!first || minute(when) - last > 62) first = minute(when);  // an hour of silence: it begins anew
      last = minute(when);
    }
    std::vector<std::int64_t> usual;
    for (std::int64_t m = minute(at) - 2; first && m >= *first && usual.size() < 60; --m) {
      bool stormy = false;
      if (const auto lives = storms_.find(scope); lives != storms_.end()) {
        for (const Life& life : lives->second) {
          stormy |= m >= minute(life.began) - 1 && (!life.ended || m <= minute(*life.ended));
        }
      }
      if (stormy) continue;
      usual.push_back(std::ranges::count_if(
          openings_, [&](const auto& one) { return one.first == scope && minute(one.second) == m; }));
    }
    if (usual.empty()) return policy_.at_least;
    // What at least half of the minutes do not exceed.
    std::int64_t median = 0;
    while (2 * std::ranges::count_if(usual, [&](std::int64_t n) { return n <= median; }) <
           static_cast<std::int64_t>(usual.size()))
      ++median;
    return std::max(policy_.at_least, policy_.factor * median);
  }

  /// The first instant at which for `calm` there came less than half; nothing before `now`, included.
  std::optional<Instant> end_of(const std::string& scope, Instant began, Instant now) const {
    const auto is_loud = [&](Instant at) { return 2 * count(scope, at) >= levels_.at(scope); };
    std::optional<Instant> quiet;
    std::vector<Instant> looks;
    for (const auto& [of, when] : openings_) {
      if (of == scope && when > began && when <= now) looks.push_back(when);
    }
    const Instant horizon = std::min(now, (looks.empty() ? began : looks.back()) + std::chrono::minutes{2});
    for (std::int64_t five = fives(began) + 1; from_unix_ns(five * kFive) <= horizon; ++five) {
      looks.push_back(from_unix_ns(five * kFive));
    }
    std::ranges::sort(looks);
    for (const Instant at : looks) {
      if (quiet && *quiet + policy_.calm <= at) return *quiet + policy_.calm;
      if (is_loud(at)) {
        quiet.reset();
      } else if (!quiet) {
        quiet = at;
      }
    }
    if (quiet && *quiet + policy_.calm <= now) return *quiet + policy_.calm;
    return std::nullopt;
  }

  Policy policy_;
  std::vector<std::pair<std::string, Instant>> openings_;
  std::map<std::string, std::vector<Life>> storms_;
  std::map<std::string, std::int64_t> levels_;
  std::map<std::string, Alert> alerts_;
};

}  // namespace tocsin::testing_core
