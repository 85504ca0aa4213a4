#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tocsin::bench {

/// Where an alert was put, and where it belongs. Any text names a group; "" is none: such an alert is a group of its
/// own.
struct Placed {
  std::string truth;
  std::string incident;
};

/// How two groupings of the same alerts agree. Pairs: two alerts of one group of one side, asked whether they are of
/// one group of the other; the usual measure of clusterings.
struct Agreement {
  std::size_t alerts = 0;
  std::size_t groups = 0;     // of the truth
  std::size_t incidents = 0;  // alerts without one count as one each
  std::uint64_t pairs_true = 0;
  std::uint64_t pairs_told = 0;
  std::uint64_t pairs_both = 0;
  std::size_t groups_whole = 0;  // all of it is in one incident, and nothing else is

  /// In thousandths; 1000 where there is nothing to be wrong about.
  std::uint64_t precision() const { return share(pairs_both, pairs_told); }
  std::uint64_t recall() const { return share(pairs_both, pairs_true); }
  std::uint64_t reduction() const { return alerts == 0 ? 0 : 1000 - share(incidents, alerts); }

  static std::uint64_t share(std::uint64_t part, std::uint64_t of) {
    return of == 0 ? 1000 : (part * 1000 + of / 2) / of;
  }
};

Agreement compare(const std::vector<Placed>& placed);

/// For each group of the truth that has a cause: the incident with most of its alerts (of equals the first by name)
/// says that one.
struct CauseHits {
  std::size_t groups = 0;
  std::size_t named = 0;  // its incident names a cause
  std::size_t right = 0;
};

struct CausedGroup {
  std::string truth;
  std::string cause;
};
/// `cause_of`: of each incident, pairs of its name and cause.
CauseHits compare_causes(const std::vector<Placed>& placed, const std::vector<CausedGroup>& groups,
                         const std::vector<std::pair<std::string, std::string>>& cause_of);

}  // namespace tocsin::bench
