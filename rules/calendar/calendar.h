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
  Calendar(Cron cron, Zone zone) : cron_(cron), zone_(std::move(zone)) {}

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

/// Maintenance windows: each begins at a start of the calendar and lasts `length`, its end not included.
class Windows {
 public:
  /// Until when it is open or shut.
  struct Span {
    bool is_open = false;
    Instant until = kNever;  // open: the end of the window that started last; shut: the next start
  };

  /// Requires: `length` is positive.
  Windows(Calendar calendar, Duration length) : calendar_(std::move(calendar)), length_(length) {}

  Span at(Instant at) const;

 private:
  Calendar calendar_;
  Duration length_;
};

}  // namespace tocsin::rules
