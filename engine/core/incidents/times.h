#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/canonical.h"
#include "engine/model/instant.h"
#include "engine/model/severity.h"

namespace tocsin {

/// What an incident's own instants do not say of how long things took.
struct IncidentTimes {
  std::uint64_t reopened = 0;    // how often it was
  Instant reopened_at = kUnset;  // the last time
  Duration to_reopen{};          // from the resolution before to that
  bool in_maintenance = false;   // a maintenance window held one of its alerts back, before or since it opened

  void write(CanonicalWriter& out) const;
  void read(CanonicalReader& in);
};

/// How long incidents took, of all that were closed: counted in steps of time, for each priority, service and team.
/// Integers only, so that every replay counts the same. Bounded: beyond limits::kTimeSeriesMax series of (service,
/// team), further ones are counted as `other`.
class TimesBook {
 public:
  /// Upper bounds in seconds, inclusive: 5 s … 7 days.
  static constexpr std::array<std::uint64_t, 15> kBoundsSeconds{
      5, 15, 30, 60, 300, 900, 1'800, 3'600, 7'200, 14'400, 28'800, 86'400, 172'800, 345'600, 604'800};
  enum class Kind : std::uint8_t { detect, acknowledge, resolve };
  static constexpr std::size_t kKindCount = 3;
  static constexpr std::string_view kOther = "other";
  static constexpr std::size_t kOtherSeriesMax = 5;  // one for each priority

  struct Spans {
    std::array<std::uint64_t, kBoundsSeconds.size() + 1> counts{};  // not cumulative; the last holds the rest
    std::uint64_t seconds = 0;                                      // their sum
  };
  struct Series {
    Priority priority{};
    std::string service{};
    std::string team{};
    std::array<Spans, kKindCount> spans{};
    std::uint64_t reopened = 0;
  };

  /// One that has closed; nullopt: nobody acknowledged it.
  void count(Priority priority, std::string_view service, std::string_view team, Duration detect,
             std::optional<Duration> acknowledge, Duration resolve, std::uint64_t reopened);
  /// One that rules leave out.
  void leave_out() { ++left_out_; }

  /// In order of their first; they are only added.
  const std::vector<Series>& series() const { return series_; }
  std::uint64_t left_out() const { return left_out_; }
  /// Another one whenever something was counted.
  std::uint64_t version() const { return counted_ + left_out_; }

  void write(CanonicalWriter& out) const;
  void read(CanonicalReader& in);
  void check() const;

 private:
  Series& of(Priority priority, std::string_view service, std::string_view team);

  std::vector<Series> series_;  // looked through: some hundreds, once for a close
  std::uint64_t counted_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace tocsin
