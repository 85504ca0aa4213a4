#include "engine/app/signal_queue.h"

#include <cstdint>

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "engine/model/check.h"

namespace tocsin::app {

SignalQueue::SignalQueue() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signals_ = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  bell_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  TOCSIN_CHECK(signals_ >= 0 && bell_ >= 0, "a process that begins has room for two descriptors");
}

SignalQueue::~SignalQueue() {
  close(signals_);
  close(bell_);
}

SignalQueue::Event SignalQueue::wait(std::chrono::milliseconds at_most) {
  pollfd ready[] = {{signals_, POLLIN, 0}, {bell_, POLLIN, 0}};
  poll(ready, 2, static_cast<int>(at_most.count()));
  signalfd_siginfo info{};
  if (read(signals_, &info, sizeof info) == sizeof info)
    return info.ssi_signo == static_cast<std::uint32_t>(SIGHUP) ? Event::reload : Event::end;
  std::uint64_t rings = 0;
  return read(bell_, &rings, sizeof rings) == sizeof rings ? Event::rung : Event::nothing;
}

void SignalQueue::ring() {
  const std::uint64_t ring = 1;
  [[maybe_unused]] const ssize_t bytes = write(bell_, &ring, sizeof ring);
}

}  // namespace tocsin::app
