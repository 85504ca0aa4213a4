#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "bench/load/body_pool.h"
#include "bench/load/net.h"
#include "bench/load/reply_reader.h"
#include "bench/load/tally.h"

namespace tocsin {

struct DrivePlan {
  LoopbackAddress target;
  std::uint32_t connections = 16;
  std::uint32_t pipeline = 1;       // requests a connection may have unanswered
  std::uint32_t batch = 64;         // alerts a request
  double alerts_per_second = 0.0;   // 0: closed loop, a connection sends when it was answered
  double answer_wait_seconds = 30;  // no answer on any connection for so long ends the phase
};

/// When a phase stops sending; the first that is reached counts. Zero is no limit.
struct PhaseLimits {
  double seconds = 0.0;
  std::uint64_t requests = 0;
  bool until_primed = false;
};

/// Drives one server over keep-alive connections from one thread. All connections live as long as the driver; one that
/// is lost is opened again, `kAttemptsMax` times in a row without an answer in between, then it stays closed.
class Driver {
 public:
  static constexpr std::uint32_t kAttemptsMax = 20;

  /// Connects all. Requires: `pool` outlives the driver and holds more bodies than there are connections.
  static std::expected<Driver, std::string> connect(const DrivePlan& plan, BodyPool& pool);

  /// Sends until a limit or a stop signal, then waits for the answers that are due. Counts start at zero.
  Tally run(const PhaseLimits& limits);

 private:
  struct Flight {
    std::uint64_t started_ns = 0;
    std::uint32_t alerts = 0;
  };
  struct Connection {
    Descriptor socket;
    ReplyReader replies;
    std::vector<Flight> flights;  // a ring of `pipeline` places
    std::uint32_t oldest = 0;
    std::uint32_t waiting = 0;
    bool is_writing = false;
    std::uint32_t request = 0;  // what is written, while is_writing
    std::size_t written = 0;
    std::uint32_t attempts = 0;
    std::uint64_t retry_at_ns = 0;
  };

  Driver(const DrivePlan& plan, BodyPool& pool);
  std::expected<void, std::string> open(std::uint32_t index);
  void lose(std::uint32_t index, bool was_announced);
  void revive(std::uint64_t now);
  bool may_send(std::uint64_t now) const;
  bool is_over(std::uint64_t now);
  std::uint64_t due_at(std::uint64_t request) const;
  void fill(std::uint32_t index, std::uint64_t now);
  bool flush(std::uint32_t index);
  void read(std::uint32_t index);
  void count_reply(Connection& connection, std::uint64_t now);
  void fill_all(std::uint64_t now);
  std::uint64_t wait_ns(std::uint64_t now) const;

  DrivePlan plan_;
  BodyPool* pool_;
  Descriptor poll_;
  std::vector<Connection> connections_;
  std::vector<char> buffer_;
  std::uint32_t next_to_fill_ = 0;  // open loop: whose turn it is
  std::uint32_t closed_ = 0;
  std::uint32_t given_up_ = 0;
  std::uint64_t in_flight_ = 0;
  double ns_a_request_ = 0.0;

  PhaseLimits limits_;
  Tally tally_;
  std::uint64_t began_ns_ = 0;
  std::uint64_t last_answer_ns_ = 0;
  std::uint64_t silent_since_ns_ = 0;  // the last answer, or the first request after all were answered
  bool is_sending_ = false;
};

}  // namespace tocsin
