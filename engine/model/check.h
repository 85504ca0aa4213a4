#pragma once

#include <cstdio>
#include <cstdlib>

namespace tocsin {

/// Stops the process: an assumption of ours does not hold, and going on could lose or invent an incident.
/// The journal restores the state at the next start.
[[noreturn]] inline void check_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: check failed: %s (%s)\n", file, line, condition, why);
  std::abort();
}

}  // namespace tocsin

/// On in every build. For what is provable here, never for what traffic can cause.
#define TOCSIN_CHECK(condition, why) \
  ((condition) ? static_cast<void>(0) : ::tocsin::check_failed(#condition, why, __FILE__, __LINE__))
