#pragma once

#include <cstdint>
#include <set>
#include <string>

#include <absl/container/flat_hash_map.h>

#include "engine/model/effect.h"

namespace tocsin {

/// An auditor of what sinks are given: whoever was told of an incident is told all of it to its end. It knows nothing
/// but the effects, in order, and believes nobody else: neither the state of a shard nor what it counts. One thread.
///
/// Told wrongly is: a topic that was given a revision and is not given a later one; a revision that is left out, or
/// comes after the end; an opening that is none, or a second one. Each incident counts once.
class CloseWatch {
 public:
  void see(const Effect& effect);

  /// Incidents that were told and not told to have ended.
  std::uint64_t open() const { return open_.size(); }
  /// Incidents of which something was told wrongly.
  std::uint64_t wronged() const { return wronged_; }
  /// What was wrong last, for people; "": nothing ever.
  const std::string& last_wrong() const { return last_wrong_; }

  /// How many were lost for good: they are told as open, and `known_open`, the number of incidents that somebody still
  /// has to end, is less. Requires: both are of one position.
  std::uint64_t lost(std::uint64_t known_open) const { return open() > known_open ? open() - known_open : 0; }

 private:
  struct Seen {
    std::uint64_t revision = 0;
    std::uint32_t epoch = 0;
    bool is_wronged = false;
    std::set<std::string> topics{};
  };

  void wrong(Seen& seen, const Effect& effect, const std::string& what);

  absl::flat_hash_map<Hash128, Seen> open_;  // only looked up
  std::uint64_t wronged_ = 0;
  std::string last_wrong_;
};

}  // namespace tocsin
