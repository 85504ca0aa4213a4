#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/telling/query.h"
#include "engine/model/instant.h"
#include "engine/model/limits.h"
#include "engine/model/refusal.h"
#include "engine/runtime/outbox/held_records.h"
#include "engine/runtime/outbox/sink_status.h"
#include "engine/runtime/reload/rule_reloader.h"

namespace tocsin {

class DecoderSet;
class Intake;

/// Bounds of the HTTP listener; every one is a default that the configuration may change.
struct HttpLimits {
  using Span = std::chrono::milliseconds;

  std::size_t header_bytes_max = limits::kHeaderBytesMax;    // beyond: 431
  std::size_t header_fields_max = limits::kHeaderFieldsMax;  // beyond: 431
  std::size_t body_bytes_max = limits::kBodyBytesMax;        // beyond: 413
  std::size_t connections_max = limits::kConnectionsMax;     // beyond: 503 and close
  /// Bodies that are being read, over all threads; beyond: 503. Half of what may wait inside (kBytesInFlightMax).
  std::size_t reading_bytes_max = limits::kBytesInFlightMax / 2;
  /// What is kept of a body that is too large.
  std::size_t dead_letter_bytes_max = std::size_t{64} * 1024;

  Span header_span = std::chrono::seconds{limits::kHeaderSecondsMax};  // first to last byte of a header; beyond: 408
  Span body_span = std::chrono::seconds{limits::kBodySecondsMax};      // first to last byte of a body; beyond: 408
  Span idle_span = std::chrono::seconds{limits::kIdleSecondsMax};      // between two requests; beyond: closed
  Span body_rate_grace_span = std::chrono::seconds{5};                 // the rate is not judged before
  std::size_t body_bytes_per_second_min = limits::kBodyBytesPerSecondMin;  // beyond: 408
  Span answer_span = std::chrono::seconds{30};    // for the engine to make a body durable; beyond: 503
  Span write_span = std::chrono::seconds{30};     // for a client to take an answer; beyond: closed
  Span too_large_span = std::chrono::seconds{1};  // how long the first bytes of a too large body are waited for
  Span linger_span = std::chrono::seconds{1};     // how long a client that is still sending may take to read an error
  Span stop_span = std::chrono::seconds{5};       // for requests in progress when the server stops

  std::size_t stream_clients_max = 256;                            // of /v1/stream; beyond: 503
  std::size_t stream_buffer_bytes_max = std::size_t{1024} * 1024;  // waiting for one client; beyond: cut off
  Span stream_heartbeat_span = std::chrono::seconds{15};
};

struct HttpOptions {
  /// ADDRESS:PORT each; IPv6 in brackets; port 0 picks a free one.
  std::vector<std::string> listen{"127.0.0.1:9099"};
  HttpLimits limits{};
  /// Bearer tokens (RFC 6750) of which one must come with every request but health and readiness; empty: none is asked
  /// for.
  std::vector<std::string> tokens{};
};

/// What somebody wants explained; see engine/core/explain/report.h.
struct ExplainRequest {
  enum class What : std::uint8_t { why, timeline, why_not };
  enum class Form : std::uint8_t { json, text, markdown };
  What what = What::why;
  Form form = Form::json;               // markdown: of a timeline
  std::string incident{};               // why, timeline
  std::vector<std::string> matchers{};  // why_not
  Instant at = kNever;                  // why_not: as things stood then
};

/// What the server asks of the process. Called on connector threads: must be safe to call from several at once. Each
/// may be empty.
struct HttpHooks {
  /// One sentence when the process is not healthy, "" when it is.
  std::function<std::string()> unhealthy{};
  /// One sentence when the process is not ready for alerts (yet), "" when it is.
  std::function<std::string()> unready{};
  /// A sentence that /-/healthy adds although all is well, "" for none.
  std::function<std::string()> remark{};
  /// Reads the rules again and calls back with what came of it, from any thread. Empty: there is no such path.
  std::function<void(RuleReloader::Answer)> reload{};
  /// How the sinks do. Empty: there are no paths of sinks.
  std::function<std::vector<SinkStatus>()> sinks{};
  /// What a sink holds as undeliverable; sends it again; gives it up. The last two say how many records there are.
  std::function<Result<std::vector<HeldRecord>>(std::string_view sink)> undeliverable{};
  std::function<Result<std::uint64_t>(std::string_view sink)> resend{};
  std::function<Result<std::uint64_t>(std::string_view sink)> discard{};
  /// Works an explanation out, which may take long, and calls back with it, from any thread. False: too many wait.
  /// Empty: there are no such paths.
  std::function<bool(ExplainRequest, std::function<void(QueryAnswer)>)> explain{};
  /// The text of /metrics.
  std::function<std::string()> metrics{};
};

/// What one thread of the server works with; both belong to it alone and outlive the server.
struct HttpThread {
  Intake* intake = nullptr;
  DecoderSet* decoders = nullptr;
};

}  // namespace tocsin
