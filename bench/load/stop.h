#pragma once

namespace tocsin {

/// From now on SIGINT and SIGTERM only set a mark, and interrupt a wait; a second one ends the process as usual.
void mark_stop_signals();
bool stop_was_asked();

}  // namespace tocsin
