#pragma once

#include <cstddef>
#include <string>

namespace tocsin::bench {

/// Makes a journal of `live` alerts of a thousand services in `folder`, then opens and replays it as a start does, with
/// nobody who waits for records; prints one line of JSON. An exit code.
int run_restart(const std::string& folder, std::size_t live, std::size_t batch);

}  // namespace tocsin::bench
