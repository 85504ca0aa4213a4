#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/model/instant.h"
#include "rules/calendar/cron.h"

namespace tocsin::rules {

/// The wall clock of a place. Immutable, cheap to copy.
class Zone {
 public:
  /// UTC.
  Zone() = default;
  /// A name of the IANA database ("Europe/Amsterdam") or UTC; nullopt when it is none. Reads the system's database,
  /// once for a name.
  static std::optional<Zone> find(std::string_view name);

  /// What its clock shows.
  LocalMinute local(Instant at) const;
  /// When its clock shows what that of UTC shows at `clock`. Of two such instants in autumn the first; what the clock
  /// skips in spring is read as if it had not jumped yet.
  Instant when_it_shows(Instant clock) const;

  class Impl;
  const Impl* impl() const { return impl_.get(); }

 private:
  std::shared_ptr<const Impl> impl_;
};

/// A cron expression on the wall clock of a zone. Immutable, cheap to copy; no floats, no clock.
///
/// Two readings. As *hours* it covers the minutes that match: in the autumn both of the repeated ones. As *starts* it
/// means points in time: a start that the clock skips in spring happens when the clock jumps, one that the clock
/// repeats in autumn happens at the first of the two; with `*` as the hour it means each such minute that passes,
/// skipped none, repeated both (what cron does).
class Calendar {
 public:
  Calendar(Cron cron, Zone zone) : cron_(std::move(cron)), zone_(std::move(zone)) {}

  const Cron& cron() const { return cron_; }
  const Zone& zone() const { return zone_; }

  /// Whether the minute of `at` matches.
  bool covers(Instant at) const;
  /// The first instant after `at` at which covers() is another; kNever when that is more than nine years away.
  Instant next_change(Instant at) const;

  /// The first start after `after`; kNever when that is more than nine years away.
  Instant next_start(Instant after) const;
  /// The last start of [not_before, at]; nullopt when there is none.
  std::optional<Instant> last_start(Instant at, Instant not_before) const;

 private:
  Cron cron_;
  Zone zone_;
};

/// Maintenance windows: each begins at a start of the calendar and lasts `length`, or until a time of day; its end is
/// not included. Immutable, cheap to copy.
class Windows {
 public:
  /// Until when it is open or shut.
  struct Span {
    bool is_open = false;
    Instant until = kNever;  // open: the end of the window that started last; shut: the next start
  };

  /// Requires: `length` is positive.
  Windows(Calendar calendar, Duration length) : calendar_(std::move(calendar)), length_(length) {}
  /// Each lasts until the clock of the calendar next shows that minute of the day (0–1439): at most a day. A minute
  /// that the clock skips in spring is when it jumps, one that comes twice is the first.
  static Windows until(Calendar calendar, int minute_of_day);

  Span at(Instant at) const;
  const Calendar& calendar() const { return calendar_; }
  /// When a window that begins at `start` ends.
  Instant end_of(Instant start) const;
  /// Each begins before the one before it has ended: as far as a year can tell, it is always open.
  bool never_shuts() const;

 private:
  Calendar calendar_;
  Duration length_;
  int until_ = -1;  // minute of the day; -1: `length_` counts
};

/// `HH:MM` as a minute of the day; nullopt when it is none.
std::optional<int> parse_time_of_day(std::string_view text);

}  // namespace tocsin::rules
