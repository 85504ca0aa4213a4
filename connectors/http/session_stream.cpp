#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "connectors/http/session.h"
#include "connectors/http/worker.h"

namespace tocsin {
namespace {

namespace asio = boost::asio;
using asio::as_tuple;
using asio::use_awaitable;

// Its length is not known, so the end of the connection ends it (RFC 9112 §6.3). X-Accel-Buffering tells proxies such
// as nginx that each event is wanted now.
constexpr std::string_view kStreamFields =
    "\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\nConnection: close\r\n"
    "\r\n: connected\n\n";
constexpr std::string_view kHeartbeat = ": still here\n\n";

}  // namespace

// One half writes what take_event() gathers, the other notices when the client goes.
asio::awaitable<void> Session::stream() {
  if (!worker_.subscribe(*this)) {
    refuse_busy(Refusal::overloaded);
    response_.closes = true;
    co_await write_response();
    co_return;
  }
  stream_timer_.emplace(worker_.io());
  worker_.count().requests[static_cast<std::size_t>(match_.route)][status_index(200)].add(1);
  stream_pending_.append("HTTP/1.1 200 OK\r\nDate: ").append(worker_.http_date()).append(kStreamFields);
  asio::co_spawn(worker_.io(), watch_for_end(), [self = shared_from_this()](const std::exception_ptr&) {});
  while (!stream_ended_) {
    if (stream_pending_.empty()) {
      enter(Phase::streaming);
      stream_timer_->expires_after(worker_.limits().stream_heartbeat_span);
      co_await stream_timer_->async_wait(as_tuple(use_awaitable));
      if (stream_ended_) break;
      if (stream_pending_.empty()) stream_pending_ = kHeartbeat;
    }
    stream_writing_.clear();
    stream_writing_.swap(stream_pending_);
    enter(Phase::streaming, worker_.limits().write_span);
    const auto [ec, bytes] =
        co_await asio::async_write(socket_, asio::buffer(stream_writing_), as_tuple(use_awaitable));
    worker_.count().bytes_sent.add(bytes);
    if (ec) break;
  }
  end_stream();
  worker_.unsubscribe(*this);
}

asio::awaitable<void> Session::watch_for_end() {
  while (!stream_ended_) {
    const auto [ec, bytes] = co_await socket_.async_read_some(asio::buffer(stream_input_), as_tuple(use_awaitable));
    if (ec) break;
  }
  end_stream();
}

void Session::take_event(std::string_view frame) {
  if (stream_ended_) return;
  if (stream_pending_.size() + frame.size() > worker_.limits().stream_buffer_bytes_max) return cut_off();
  const bool was_empty = stream_pending_.empty();
  stream_pending_.append(frame);
  worker_.count().stream_events.add(1);
  if (was_empty) stream_timer_->cancel();
}

void Session::cut_off() {
  if (stream_ended_) return;
  worker_.count().stream_clients_cut.add(1);
  end_stream();
}

void Session::end_stream() {
  if (!becomes_stream_ || stream_ended_) return;
  stream_ended_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  if (stream_timer_) stream_timer_->cancel();
}

}  // namespace tocsin
