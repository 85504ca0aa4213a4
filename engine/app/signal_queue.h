#pragma once

#include <chrono>

namespace tocsin::app {

/// SIGTERM, SIGINT and SIGHUP as something to wait for, one after the other, and a bell that other threads ring. One
/// thread waits.
class SignalQueue {
 public:
  enum class Event {
    nothing,  // the time is up
    end,      // SIGTERM or SIGINT
    reload,   // SIGHUP
    rung,     // at least once since the last time
  };

  /// The signals are blocked in this thread and in all that it starts from now on: they end nothing by themselves.
  SignalQueue();
  ~SignalQueue();
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;

  Event wait(std::chrono::milliseconds at_most);
  /// Any thread.
  void ring();

 private:
  int signals_;
  int bell_;
};

}  // namespace tocsin::app
