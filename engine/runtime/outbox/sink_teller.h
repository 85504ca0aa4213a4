#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/runtime/outbox/sink_status.h"

namespace tocsin {

/// Says for the log how sinks do: what goes wrong soon after it began, again each minute while it lasts, and once when
/// it is over. One thread; looks about once a second.
class SinkTeller {
 public:
  struct Line {
    bool is_bad = true;
    std::string text{};
  };

  /// `now` is uptime.
  std::vector<Line> look(const std::vector<SinkStatus>& sinks, Duration now);

 private:
  /// One thing that may go wrong.
  struct Matter {
    bool holds = false;
    Duration begun{};
    Duration told{};
    bool is_told = false;
  };
  struct OfSink {
    Matter unwell;
    Matter full;
    std::uint64_t undeliverable_told = 0;
    Duration undeliverable_told_at{};
  };

  /// Whether it is to be told now.
  static bool is_due(Matter& matter, Duration now, Duration grace);

  std::map<std::string, OfSink, std::less<>> sinks_;
};

}  // namespace tocsin
