#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "connectors/config/config.h"
#include "engine/app/server.h"

namespace tocsin::app {

/// The life of a server on a thread of its own: checks, start, and when it is told to, stop. So that the thread that
/// waits for signals can say what is going on, and end the process whatever the other one waits for.
class RunLife {
 public:
  enum class Phase {
    checking,  // nothing is written yet
    starting,
    ready,
    over,  // exit_code() is what the process ends with
  };

  /// `changed` is called on the life's thread after each change of the phase. Both outlive the object.
  RunLife(const Config& config, std::function<void()> changed);
  /// Requires: the phase is over.
  ~RunLife();
  RunLife(const RunLife&) = delete;
  RunLife& operator=(const RunLife&) = delete;

  // acquire: pairs with the release in enter(), so what the phase made is there
  Phase phase() const { return phase_.load(std::memory_order_acquire); }
  /// When starting or ready.
  Server& server() { return *server_; }
  /// Comes back at once; the end is a change of the phase. Requires: the phase is starting or ready.
  void begin_stop(Duration span);
  /// When over.
  int exit_code() const { return exit_code_; }

 private:
  void run();
  int live();
  void wait_for_stop();
  void enter(Phase next);

  const Config& config_;
  std::function<void()> changed_;
  std::unique_ptr<Server> server_;
  std::atomic<Phase> phase_{Phase::checking};
  int exit_code_ = 0;
  std::mutex mutex_;
  std::condition_variable told_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace tocsin::app
