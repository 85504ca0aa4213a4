#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/explain/report.h"
#include "engine/model/refusal.h"
#include "engine/runtime/intake/source_decoder.h"
#include "engine/runtime/journal/journal.h"

namespace tocsin {

/// Explanations are worked out from the journal, by a shard of their own that replays it with a trace: nothing of them
/// is kept while alerts are taken in. It costs what replays cost, twice for an incident (first who its members are),
/// and the memory of a shard. The journal may be one that an engine writes to: what was durable at its opening counts.

/// Asked after each input: true gives up, and the result is refused (stopping). Empty: never.
using StopsExplaining = std::function<bool()>;

/// `incident`: its id, the beginning of one, or its number in order of opening. Refused (not_found) when there is none,
/// (bad_value) when several begin so.
Result<IncidentReport> explain_incident(Journal& journal, DecoderSet& decoders, std::string_view incident,
                                        const StopsExplaining& stops = {});

/// Of alerts that all `matchers` meet, until `until` and as they stand then. Refused (bad_value): matchers that cannot
/// be read.
Result<AlertReport> explain_alerts(Journal& journal, DecoderSet& decoders, const std::vector<std::string>& matchers,
                                   Instant until = kNever, const StopsExplaining& stops = {});

}  // namespace tocsin
