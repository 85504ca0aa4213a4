#include "bench/load/stop.h"

#include <csignal>

namespace tocsin {
namespace {

volatile std::sig_atomic_t stop_asked = 0;

extern "C" void mark_stop(int) { stop_asked = 1; }

}  // namespace

void mark_stop_signals() {
  struct sigaction action{};
  action.sa_handler = mark_stop;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

bool stop_was_asked() { return stop_asked != 0; }

}  // namespace tocsin
