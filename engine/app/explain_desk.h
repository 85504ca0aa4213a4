#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "connectors/http/http_options.h"
#include "engine/runtime/explain/explain_run.h"

namespace tocsin::app {

/// Answers who asks why, one after the other, on a thread of its own that replays the journal. Nothing of it touches
/// the engine: it reads the data folder as `tocsin why` does.
class ExplainDesk {
 public:
  using Answer = std::function<void(QueryAnswer)>;
  static constexpr std::size_t kWaitingMax = 4;  // beyond: refused

  explicit ExplainDesk(std::string data_folder);
  /// Gives up what is worked on; that and what waits is answered `stopping`.
  ~ExplainDesk();
  ExplainDesk(const ExplainDesk&) = delete;
  ExplainDesk& operator=(const ExplainDesk&) = delete;

  /// From any thread; false: too many wait, or it stops.
  bool ask(ExplainRequest request, Answer answer);

 private:
  void run();

  const std::string data_folder_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<ExplainRequest, Answer>> waiting_;  // guarded by mutex_
  std::atomic<bool> stops_{false};  // set under mutex_; read without it by who only wants to give up
  std::thread thread_;
};

/// What `tocsin why`, `why-not` and `timeline` print, from the journal of a data folder.
QueryAnswer explain_from(const std::string& data_folder, const ExplainRequest& request,
                         const StopsExplaining& stops = {});

}  // namespace tocsin::app
