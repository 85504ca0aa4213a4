#include "connectors/http/session.h"

#include <ctime>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "connectors/http/worker.h"

namespace tocsin {
namespace {

namespace asio = boost::asio;
using asio::as_tuple;
using asio::use_awaitable;

constexpr std::size_t kKeptBufferBytes = std::size_t{128} * 1024;  // of a connection between two requests
constexpr std::size_t kKeptAnswerBytes = std::size_t{64} * 1024;
constexpr std::size_t kLingerBytesMax = std::size_t{16} * 1024 * 1024;  // read and thrown away after an error

/// Session::Clock's time at the kernel's last tick, some milliseconds ago: enough for deadlines that are looked at now
/// and then, and a fifth of the cost.
Session::Clock::time_point coarse_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return Session::Clock::time_point{std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}};
}

}  // namespace

Session::Session(Worker& worker, asio::ip::tcp::socket socket, bool is_one_too_many)
    : worker_(worker),
      socket_(std::move(socket)),
      is_one_too_many_(is_one_too_many),
      buffer_(SourceDecoder::kBodyPadding),
      chunk_body_(SourceDecoder::kBodyPadding) {}

void Session::start() {
  boost::system::error_code ignored;  // a socket that is broken says so at its first read
  socket_.non_blocking(true, ignored);
  asio::co_spawn(worker_.io(), run(),
                 [self = shared_from_this()](const std::exception_ptr& failure) { self->ended(failure); });
}

asio::awaitable<void> Session::run() {
  if (is_one_too_many_) {
    begin_request();
    refuse_busy(Refusal::overloaded);
    response_.closes = lingers_ = true;
    co_await write_response();
    co_await linger();
    co_return;
  }
  bool goes_on = true;
  while (goes_on) {
    begin_request();
    goes_on = co_await serve_one();
    end_request();
  }
  if (becomes_stream_)
    co_await stream();
  else if (lingers_ || !buffer_.empty())
    co_await linger();
}

asio::awaitable<bool> Session::serve_one() {
  const Read read = co_await read_head();
  if (read == Read::gone) co_return false;
  if (read == Read::refused) {
    co_await write_response();
    co_return false;
  }
  has_served_ = true;
  is_answered_ = refuse_early();
  if (head_.has_body()) {
    // A refusal that needs no body is told before it is sent; a short one is read all the same, to keep the connection.
    const bool is_short = !head_.is_chunked && head_.content_length <= worker_.limits().dead_letter_bytes_max;
    if (is_answered_ && (head_.expects_continue || !is_short)) {
      response_.closes = lingers_ = true;
    } else {
      // What came in one piece takes the short way: each step that may wait has a frame of its own.
      if (!take_buffered_body()) {
        const Read body = co_await read_body();
        if (body == Read::gone) co_return false;
        if (body == Read::refused) is_answered_ = true;
      }
    }
  }
  enter(Phase::working);
  if (!is_answered_) {
    if (takes_alerts(match_.route))
      co_await take_alerts();
    else
      co_await serve();
  }
  if (becomes_stream_) co_return false;
  make_answer();
  if (const auto goes_on = write_at_once()) co_return *goes_on;
  co_return co_await write_rest();
}

void Session::begin_request() {
  response_.status = 200;
  response_.content_type = "application/json";
  response_.body.clear();
  response_.extra_fields = {};
  response_.closes = false;
  response_.is_http11 = true;
  response_.without_body = false;
  match_ = {};
  decoder_ = nullptr;
  is_answered_ = false;
  body_ = {};
  buffered_body_ = 0;
  timed_out_ = false;
}

void Session::end_request() {
  buffer_.consume(buffered_body_);
  buffered_body_ = 0;
  chunk_body_.clear();
  buffer_.shrink(kKeptBufferBytes);
  chunk_body_.shrink(kKeptBufferBytes);
  if (response_.body.capacity() > kKeptAnswerBytes) std::string{}.swap(response_.body);
  if (out_.capacity() > kKeptAnswerBytes) std::string{}.swap(out_);
  worker_.release(std::exchange(held_bytes_, 0));
}

asio::awaitable<bool> Session::write_response() {
  make_answer();
  co_return co_await write_rest();
}

void Session::make_answer() {
  if (worker_.is_stopping()) response_.closes = true;
  HttpCounters& count = worker_.count();
  count.requests[static_cast<std::size_t>(match_.route)][status_index(response_.status)].add(1);
  out_.clear();
  append_response(out_, response_, worker_.http_date());
  written_ = 0;
}

/// What the socket takes without waiting, as it nearly always does: whether the connection goes on. Nothing: there is a
/// rest.
std::optional<bool> Session::write_at_once() {
  boost::system::error_code ec;
  written_ = socket_.write_some(asio::buffer(out_), ec);
  worker_.count().bytes_sent.add(written_);
  if (ec == asio::error::would_block || (!ec && written_ < out_.size())) return std::nullopt;
  if (ec) lingers_ = false;
  return !ec && !response_.closes;
}

asio::awaitable<bool> Session::write_rest() {
  enter(Phase::writing, worker_.limits().write_span);
  const auto [ec, bytes] = co_await asio::async_write(
      socket_, asio::buffer(out_.data() + written_, out_.size() - written_), as_tuple(use_awaitable));
  worker_.count().bytes_sent.add(bytes);
  if (ec) lingers_ = false;
  co_return !ec && !response_.closes;
}

// Closing while the client is still sending would reset the connection, and the client would not see the answer
// (RFC 9112 §9.6): first say that nothing more comes, then read on a little.
asio::awaitable<void> Session::linger() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  if (ignored) co_return;
  enter(Phase::lingering, worker_.limits().linger_span);
  buffer_.clear();
  buffer_.reserve(worker_.limits().header_bytes_max);
  for (std::size_t total = 0; total < kLingerBytesMax;) {
    const auto space = buffer_.space();
    const auto [ec, bytes] =
        co_await socket_.async_read_some(asio::buffer(space.data(), space.size()), as_tuple(use_awaitable));
    if (ec) co_return;
    total += bytes;
  }
}

void Session::ended(const std::exception_ptr& failure) {
  // Only memory that has run out throws here; the connection is given up, the process is not.
  if (failure) worker_.release(std::exchange(held_bytes_, 0));
  worker_.forget_ticket(ticket_);
  boost::system::error_code ignored;
  socket_.close(ignored);
  worker_.forget(*this);
}

void Session::enter(Phase phase, Span span) {
  phase_ = phase;
  deadline_ = coarse_now() + span;
}

void Session::enter(Phase phase) {
  phase_ = phase;
  deadline_ = Clock::time_point::max();
}

void Session::check_deadline(Clock::time_point now) {
  bool is_late = now >= deadline_;
  if (phase_ == Phase::body && !is_late) {
    const HttpLimits& limits = worker_.limits();
    const auto spent = std::chrono::duration_cast<Span>(now - body_since_);
    is_late = spent > limits.body_rate_grace_span &&
              body_received_ < limits.body_bytes_per_second_min * static_cast<std::uint64_t>(spent.count()) / 1000;
  }
  if (!is_late) return;
  boost::system::error_code ignored;
  switch (phase_) {
    case Phase::idle:
    case Phase::head:
    case Phase::body:
      timed_out_ = true;
      socket_.cancel(ignored);
      return;
    case Phase::waiting:
      return resume_later(Waited::timed_out);
    case Phase::streaming:
      return cut_off();
    case Phase::writing:
    case Phase::lingering:
      socket_.close(ignored);
      return;
    case Phase::working:
      return;
  }
}

void Session::resume_later(Waited waited) {
  if (!resume_) return;
  worker_.forget_ticket(ticket_);
  waited_ = waited;
  enter(Phase::working);
  asio::post(worker_.io(), std::exchange(resume_, nullptr));
}

void Session::take_receipt(Receipt&& receipt) {
  if (!resume_) return;
  receipt_ = receipt;
  waited_ = Waited::came;
  std::exchange(resume_, nullptr)();
}

void Session::take_answer(QueryAnswer&& answer) {
  if (!resume_) return;
  answer_ = std::move(answer);
  waited_ = Waited::came;
  std::exchange(resume_, nullptr)();
}

void Session::take_outcome(const ReloadOutcome& outcome) {
  if (!resume_) return;
  reload_ = outcome;
  waited_ = Waited::came;
  std::exchange(resume_, nullptr)();
}

void Session::stop_soon() {
  if (phase_ == Phase::streaming) return end_stream();
  if (phase_ != Phase::idle) return;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Session::stop_now() {
  if (phase_ == Phase::waiting) return resume_later(Waited::stopped);
  if (phase_ == Phase::working) return;
  end_stream();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace tocsin
