#include "engine/runtime/outbox/sink_teller.h"

#include <chrono>

#include "engine/model/time_text.h"

namespace tocsin {
namespace {

// A connection that was cut for being idle is back by then. With the second between two looks: told within five.
constexpr Duration kUnwellGrace = std::chrono::seconds{2};
constexpr Duration kTellAgain = std::chrono::minutes{1};
constexpr Duration kUndeliverableAgain = std::chrono::seconds{10};

std::string span_text(Duration span) { return to_text(std::chrono::floor<std::chrono::seconds>(span)); }

}  // namespace

bool SinkTeller::is_due(Matter& matter, Duration now, Duration grace) {
  if (!matter.holds) {
    matter = {.holds = true, .begun = now};
  }
  if (matter.is_told ? now - matter.told < kTellAgain : now - matter.begun < grace) return false;
  matter.is_told = true;
  matter.told = now;
  return true;
}

std::vector<SinkTeller::Line> SinkTeller::look(const std::vector<SinkStatus>& sinks, Duration now) {
  std::vector<Line> lines;
  for (const SinkStatus& sink : sinks) {
    OfSink& known = sinks_[sink.name];
    if (sink.full_since != kUnset) {
      if (is_due(known.full, now, Duration{0})) lines.push_back({true, full_text(sink)});
    } else if (known.full.holds) {
      lines.push_back({false, "sink " + sink.name + " is no longer full, after " + span_text(now - known.full.begun) +
                                  "; alerts are accepted again as far as it is concerned"});
      known.full = {};
    }
    if (sink.is_unwell()) {
      // What is stuck has waited long enough already.
      if (is_due(known.unwell, now, sink.trouble.empty() ? Duration{0} : kUnwellGrace))
        lines.push_back({true, unwell_text(sink)});
    } else if (known.unwell.holds) {
      if (known.unwell.is_told)
        lines.push_back({false, "sink " + sink.name + " is well again, after " + span_text(now - known.unwell.begun) +
                                    "; " + waiting_text(sink) + " waiting"});
      known.unwell = {};
    }
    // Those of an earlier life are told once.
    const std::uint64_t undeliverable =
        sink.undeliverable == 0 ? known.undeliverable_told : sink.undeliverable_ever + 1;
    const bool may_tell = known.undeliverable_told == 0 || now - known.undeliverable_told_at >= kUndeliverableAgain;
    if (undeliverable > known.undeliverable_told && may_tell) {
      known.undeliverable_told = undeliverable;
      known.undeliverable_told_at = now;
      lines.push_back({true, undeliverable_text(sink)});
    }
  }
  return lines;
}

}  // namespace tocsin
