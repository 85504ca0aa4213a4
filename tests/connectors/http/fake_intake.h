#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/runtime/intake/intake.h"

namespace tocsin {

/// What a test wants to know of a submission.
struct Submitted {
  InputKind kind{};
  std::string source;
  std::string body;  // unpacked
  Error error;
  std::size_t alerts = 0;
};

/// An engine that does what a test says. The server's thread calls the interface, the test the rest.
class FakeIntake : public Intake {
 public:
  enum class Mode {
    at_once,         // durable before submit() returns
    held,            // kept until release(), queries too
    storage_failed,  // taken, but the receipt says that it was not written
    full,            // not taken
  };

  bool submit(Submission&& submission) override;
  bool ask(Query&& query) override;
  bool next_receipt(Receipt& receipt) override;
  bool next_answer(QueryAnswer& answer) override;
  void on_ready(std::function<void()> wake) override;
  std::optional<Refusal> refusing() const override;

  // For the test, from its thread.
  void set_mode(Mode mode);
  void set_refusing(std::optional<Refusal> refusal);
  /// Makes everything durable that is held, and answers queries that are.
  void release();
  /// Waits until `count` submissions, or queries, have come in all.
  void wait_for(std::size_t count);
  void wait_for_queries(std::size_t count);
  std::vector<Submitted> submitted() const;
  std::vector<Query> queries() const;
  /// What every query is answered with.
  void set_answer(QueryAnswer answer);

 private:
  void give(std::uint64_t ticket, bool durable);
  void give_answer(std::uint64_t ticket);

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  Mode mode_ = Mode::at_once;
  std::optional<Refusal> refusing_;
  std::uint64_t position_ = 0;
  std::vector<Submitted> submitted_;
  std::vector<std::uint64_t> held_;
  std::vector<std::uint64_t> held_queries_;
  std::vector<Query> queries_;
  QueryAnswer answer_;
  std::deque<Receipt> receipts_;
  std::deque<QueryAnswer> answers_;
  std::function<void()> wake_;
};

}  // namespace tocsin
