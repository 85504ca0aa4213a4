#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "bench/load/body_pool.h"
#include "bench/load/histogram.h"

namespace tocsin {

/// What ended a phase. The word for people and JSON is `word_of`.
enum class Ending : std::uint8_t { duration, requests, primed, signal, no_connection, no_answer };

constexpr std::string_view word_of(Ending ending) {
  constexpr std::array<std::string_view, 6> kWords = {"duration", "requests",      "primed",
                                                      "signal",   "no_connection", "no_answer"};
  return kWords[static_cast<std::size_t>(ending)];
}

/// What a phase counted. Every request sent is answered, lost or unanswered.
struct Tally {
  std::uint64_t requests_sent = 0;
  std::uint64_t requests_answered = 0;
  std::uint64_t requests_lost = 0;        // their connection ended before the answer
  std::uint64_t requests_unanswered = 0;  // still waited for when the phase was given up
  std::uint64_t alerts_accepted = 0;      // in requests that were answered 2xx
  std::uint64_t bytes_sent = 0;
  std::array<std::uint64_t, 600> by_status{};
  AlertMix mix;  // of what was sent
  Histogram latency;
  std::uint64_t connection_losses = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t malformed_replies = 0;
  int first_error_status = 0;  // 0: no reply was other than 2xx
  std::string first_error_body;
  double elapsed_s = 0.0;  // first request sent to last reply read
  Ending ending = Ending::duration;
};

}  // namespace tocsin
