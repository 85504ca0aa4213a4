#pragma once

#include <array>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "connectors/http/accepted_answer.h"
#include "connectors/http/byte_buffer.h"
#include "connectors/http/head_memo.h"
#include "connectors/http/request_head.h"
#include "connectors/http/response.h"
#include "connectors/http/routes.h"
#include "engine/core/telling/query.h"
#include "engine/runtime/intake/intake.h"
#include "engine/runtime/intake/source_decoder.h"
#include "engine/runtime/reload/rule_reloader.h"

namespace tocsin {

class Worker;

/// One connection: reads a request, answers it, reads the next. Belongs to its worker's thread. Requests are served one
/// after the other, so pipelined ones are answered in order and nothing is read ahead while one waits.
class Session : public std::enable_shared_from_this<Session> {
 public:
  using Clock = std::chrono::steady_clock;

  Session(Worker& worker, boost::asio::ip::tcp::socket socket, bool is_one_too_many);

  void start();
  /// Ends what has taken too long; called now and then.
  void check_deadline(Clock::time_point now);
  void take_receipt(Receipt&& receipt);
  void take_answer(QueryAnswer&& answer);
  void take_outcome(const ReloadOutcome& outcome);
  /// The server stops: closes when nothing is in progress, else after the answer.
  void stop_soon();
  /// The server has waited long enough.
  void stop_now();

  // Of a client of the stream (session_stream.cpp).
  void take_event(std::string_view frame);
  void cut_off();

  std::size_t place = 0;  // in the worker's list

 private:
  using Span = std::chrono::milliseconds;
  enum class Phase { idle, head, body, working, waiting, writing, lingering, streaming };
  enum class Read { got, gone, refused };  // refused: response_ says why
  enum class Waited { nothing, came, timed_out, stopped };

  // session.cpp: the course of a connection.
  boost::asio::awaitable<void> run();
  boost::asio::awaitable<bool> serve_one();
  void make_answer();
  std::optional<bool> write_at_once();
  boost::asio::awaitable<bool> write_rest();
  boost::asio::awaitable<bool> write_response();
  boost::asio::awaitable<void> linger();
  void ended(const std::exception_ptr& failure);
  void enter(Phase phase, Span span);
  void enter(Phase phase);
  void resume_later(Waited waited);
  void begin_request();
  void end_request();

  // session_read.cpp: header and body.
  boost::asio::awaitable<Read> read_head();
  bool take_buffered_body();
  boost::asio::awaitable<Read> read_body();
  boost::asio::awaitable<Read> read_sized_body(std::size_t bytes);
  boost::asio::awaitable<Read> read_chunked_body();
  boost::asio::awaitable<Read> read_too_large_body();
  boost::asio::awaitable<bool> read_some();
  bool took(const boost::system::error_code& error, std::size_t bytes);
  bool hold(std::size_t bytes);
  void skip_empty_line();
  bool recognise_head();
  void begin_to_answer();
  Read refuse_framing(HttpRefusal refusal);
  Read read_failed();
  Error too_large() const;

  // session_answer.cpp: what is done with a request. Aggregates are not made inside a co_await expression: g++ 12
  // destroys such temporaries twice.
  bool refuse_early();
  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<void> take_alerts();
  boost::asio::awaitable<void> take_command();
  Result<Command> read_command() const;
  boost::asio::awaitable<void> refuse_body(Error error, std::string_view bytes);
  boost::asio::awaitable<std::optional<Position>> make_durable(Submission submission);
  std::uint64_t hand_in(Submission&& submission);
  std::optional<Position> position_of(Waited waited);
  enum class Applied { not_yet, applied, not_told };
  boost::asio::awaitable<Applied> hear_of(Position position, Span span);
  boost::asio::awaitable<void> answer_of_body();
  boost::asio::awaitable<void> answer_query();
  boost::asio::awaitable<void> reload_rules();
  boost::asio::awaitable<void> explain();  // session_explain.cpp
  void answer_of_sinks();
  boost::asio::awaitable<Waited> wait_for(std::uint64_t ticket);
  boost::asio::awaitable<Waited> wait_for(std::uint64_t ticket, Span span);
  void serve_probe(const std::string& trouble, std::string_view word, Refusal code);
  void refuse(const HttpRefusal& refusal);
  void refuse_busy(Refusal code);

  // session_stream.cpp: GET /v1/stream.
  boost::asio::awaitable<void> stream();
  boost::asio::awaitable<void> watch_for_end();
  void end_stream();

  Worker& worker_;
  boost::asio::ip::tcp::socket socket_;
  bool is_one_too_many_;
  Phase phase_ = Phase::idle;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool timed_out_ = false;
  bool has_served_ = false;

  ByteBuffer buffer_;      // from the socket
  ByteBuffer chunk_body_;  // a chunked body, put together
  HeadScanner scanner_;
  HeadMemo memo_;
  RequestHead head_;
  RouteMatch match_;
  SourceDecoder* decoder_ = nullptr;
  AppliedWait applied_wait_;       // of the body in hand
  std::string_view body_;          // of the request, in buffer_ or chunk_body_
  std::size_t buffered_body_ = 0;  // bytes of buffer_ that are the body's
  std::size_t held_bytes_ = 0;     // reserved with the worker
  std::size_t body_received_ = 0;
  Clock::time_point body_since_{};

  Response response_;
  bool is_answered_ = false;  // response_ is final
  bool lingers_ = false;      // the client may still be sending when the answer is written
  bool becomes_stream_ = false;
  std::string out_;
  std::size_t written_ = 0;  // of out_

  std::uint64_t ticket_ = 0;
  Waited waited_ = Waited::nothing;
  std::move_only_function<void()> resume_;
  Receipt receipt_;
  QueryAnswer answer_;
  ReloadOutcome reload_;

  bool stream_ended_ = false;
  std::string stream_pending_;
  std::string stream_writing_;
  std::optional<boost::asio::steady_timer> stream_timer_;
  std::array<char, 64> stream_input_{};
};

}  // namespace tocsin
