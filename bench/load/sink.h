#pragma once

#include "bench/load/net.h"

namespace tocsin {

/// A server that does nothing: reads requests with Content-Length, throws their bodies away inside the kernel, answers
/// 200 at once. Prints its address when ready; ends at SIGINT or SIGTERM. Returns the exit code.
int run_sink(const LoopbackAddress& where);

}  // namespace tocsin
