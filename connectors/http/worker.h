#pragma once

#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "connectors/http/http_counts.h"
#include "connectors/http/http_options.h"
#include "engine/runtime/intake/intake.h"
#include "engine/runtime/intake/source_decoder.h"

namespace tocsin {

class HashKey;
class Session;

/// One thread of the server: its io_context, its connections, its way into the engine. Sessions never change their
/// worker, so nothing in them is locked. What other threads may call says so.
class Worker : public std::enable_shared_from_this<Worker> {
 public:
  using Clock = std::chrono::steady_clock;
  using Frame = std::shared_ptr<const std::string>;

  /// `workers` is how many share the bounds of `options`.
  Worker(const HttpOptions& options, const HttpHooks& hooks, const HashKey& key, HttpThread parts, std::size_t workers);
  ~Worker();

  // From any thread.
  boost::asio::io_context& io() { return io_; }
  /// Connections that it has or is about to get.
  std::size_t load() const { return load_.load(std::memory_order_relaxed); }
  /// Takes a connection on (its socket is of io()); one too many is told so and closed.
  void adopt(boost::asio::ip::tcp::socket socket, bool is_one_too_many);
  /// Hands a server-sent event to all clients of the stream.
  void publish(const Frame& frame);
  bool has_stream_clients() const { return counters_.stream_clients.value() > 0; }
  /// Lets requests in progress end, within stop_span; run() returns when none is left.
  void begin_stop();
  const HttpCounters& counters() const { return counters_; }

  /// The thread's function.
  void run();

  // On its thread, for sessions.
  const HttpLimits& limits() const { return options_.limits; }
  const HttpOptions& options() const { return options_; }
  const HttpHooks& hooks() const { return hooks_; }
  const HashKey& key() const { return key_; }
  Intake& intake() { return *parts_.intake; }
  DecoderSet& decoders() { return *parts_.decoders; }
  HttpCounters& count() { return counters_; }
  bool is_stopping() const { return is_stopping_; }
  /// The time as an HTTP date (RFC 9110 §5.6.7), made once a second.
  std::string_view http_date();
  /// Takes `bytes` of what may be held of bodies that are being read; false: too much is.
  bool reserve(std::size_t bytes);
  void release(std::size_t bytes);
  std::uint64_t next_ticket() { return ++last_ticket_; }
  /// The session waits for what comes back under this ticket, until forget_ticket.
  void expect(std::uint64_t ticket, Session& session) { waiting_[ticket] = &session; }
  /// What gives an outcome to the session that waits under this ticket by then; may be called from any thread, also
  /// after the server has stopped.
  RuleReloader::Answer hand_over_later(std::uint64_t ticket);
  /// The same for an answer to a question.
  std::function<void(QueryAnswer)> hand_answer_later(std::uint64_t ticket);
  void forget_ticket(std::uint64_t ticket) { waiting_.erase(ticket); }
  /// False: there are too many already.
  bool subscribe(Session& session);
  void unsubscribe(Session& session);
  void forget(Session& session);

 private:
  void start_session(boost::asio::ip::tcp::socket socket, bool is_one_too_many);
  void wake();
  void drain();
  void deliver_frames();
  void arm_sweep();
  void sweep();
  void stop_now();
  void end_if_done();
  Session* take_waiting(std::uint64_t ticket);

  const HttpOptions& options_;
  const HttpHooks& hooks_;
  const HashKey& key_;
  HttpThread parts_;
  std::size_t reading_bytes_max_;
  Clock::duration sweep_period_;

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  boost::asio::steady_timer sweep_timer_{io_};

  std::vector<std::shared_ptr<Session>> sessions_;
  std::vector<Session*> streams_;
  absl::flat_hash_map<std::uint64_t, Session*> waiting_;
  std::uint64_t last_ticket_ = 0;
  std::size_t reading_bytes_ = 0;
  bool is_stopping_ = false;
  Clock::time_point stop_at_ = Clock::time_point::max();
  std::time_t date_second_ = -1;
  std::string date_;
  HttpCounters counters_;

  std::atomic<std::size_t> load_{0};
  std::atomic<bool> is_woken_{false};
  std::mutex frames_mutex_;
  std::vector<Frame> frames_;       // guarded by frames_mutex_
  std::size_t frames_bytes_ = 0;    // guarded by frames_mutex_
  bool frames_overflowed_ = false;  // guarded by frames_mutex_
};

}  // namespace tocsin
