#include <algorithm>
#include <bit>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "connectors/http/chunk_decoder.h"
#include "connectors/http/query_text.h"
#include "connectors/http/session.h"
#include "connectors/http/worker.h"

namespace tocsin {
namespace {

namespace asio = boost::asio;
using asio::as_tuple;
using asio::use_awaitable;

constexpr std::size_t kReadBytes = std::size_t{64} * 1024;
// Room is made for this much of a body on the word of Content-Length; more only as bytes arrive, so that a claim costs
// the sender as much as us.
constexpr std::size_t kTrustedBytes = std::size_t{256} * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

asio::awaitable<Session::Read> Session::read_head() {
  const HttpLimits& limits = worker_.limits();
  scanner_.reset();
  enter(Phase::idle, has_served_ ? limits.idle_span : limits.header_span);
  for (bool may_skip_line = true;;) {
    if (may_skip_line && buffer_.size() >= 2) {
      skip_empty_line();
      may_skip_line = false;
    }
    if (!buffer_.empty() && recognise_head()) co_return Read::got;
    if (!buffer_.empty() && buffer_.view() != "\r") {
      if (phase_ == Phase::idle) enter(Phase::head, limits.header_span);
      const HeadScanner::Found found = scanner_.scan(buffer_.view());
      if (found == HeadScanner::Found::refused)
        co_return refuse_framing({400, Error{Refusal::bad_request, std::string(scanner_.why())}});
      const bool has_end = found == HeadScanner::Found::end;
      if ((has_end ? scanner_.end() : buffer_.size() + 1) > limits.header_bytes_max)
        co_return refuse_framing(
            {431, Error{Refusal::bad_request,
                        "the header is longer than " + std::to_string(limits.header_bytes_max) + " bytes"}});
      if (has_end) break;
    }
    if (worker_.is_stopping() && buffer_.empty()) co_return Read::gone;
    buffer_.reserve(limits.header_bytes_max + kReadBytes / 4);
    const auto space = buffer_.space();
    const auto [ec, bytes] =
        co_await socket_.async_read_some(asio::buffer(space.data(), space.size()), as_tuple(use_awaitable));
    if (!took(ec, bytes)) co_return read_failed();
  }
  const std::string_view bytes = buffer_.view().substr(0, scanner_.end());
  if (auto parsed = parse_head(bytes, limits, head_); !parsed) {
    memo_.forget();
    co_return refuse_framing(std::move(parsed.error()));
  }
  memo_.remember(bytes, head_);
  buffer_.consume(scanner_.end());
  begin_to_answer();
  co_return Read::got;
}

/// head_ is what was read of the header before; of this one, which is the same, only the length is another.
bool Session::recognise_head() {
  std::uint64_t content_length = 0;
  const std::size_t end = memo_.recognise(buffer_.view(), content_length);
  if (end == 0 || end > worker_.limits().header_bytes_max) return false;
  head_.content_length = content_length;
  buffer_.consume(end);
  begin_to_answer();
  return true;
}

void Session::begin_to_answer() {
  match_ = match_route(split_target(head_.target).path);
  response_.is_http11 = head_.is_http11;
  response_.without_body = head_.method == Method::head;
  response_.closes = !head_.keeps_alive;
}

// RFC 9112 §2.2: old clients send an empty line after a body.
void Session::skip_empty_line() {
  if (buffer_.view().starts_with("\r\n")) buffer_.consume(2);
}

/// A body that came with its header.
bool Session::take_buffered_body() {
  if (head_.is_chunked || head_.content_length > worker_.limits().body_bytes_max ||
      head_.content_length > buffer_.size())
    return false;
  buffered_body_ = static_cast<std::size_t>(head_.content_length);
  body_ = buffer_.view().substr(0, buffered_body_);
  return true;
}

asio::awaitable<Session::Read> Session::read_body() {
  const HttpLimits& limits = worker_.limits();
  const bool is_too_large = !head_.is_chunked && head_.content_length > limits.body_bytes_max;
  if (is_too_large && head_.expects_continue) {
    refuse({413, too_large()});
    response_.closes = lingers_ = true;
    co_return Read::refused;
  }
  if (head_.expects_continue && head_.is_http11 && buffer_.empty()) {
    enter(Phase::writing, limits.write_span);
    const auto [ec, bytes] = co_await asio::async_write(socket_, asio::buffer(kContinue), as_tuple(use_awaitable));
    worker_.count().bytes_sent.add(bytes);
    if (ec) co_return Read::gone;
  }
  body_since_ = Clock::now();
  body_received_ = 0;
  enter(Phase::body, is_too_large ? limits.too_large_span : limits.body_span);
  if (is_too_large) co_return co_await read_too_large_body();
  if (head_.is_chunked) co_return co_await read_chunked_body();
  co_return co_await read_sized_body(static_cast<std::size_t>(head_.content_length));
}

asio::awaitable<Session::Read> Session::read_sized_body(std::size_t bytes) {
  while (buffer_.size() < bytes) {
    if (buffer_.space().size() < bytes - buffer_.size()) {
      // With room for the next header too: a connection that sends bodies of one size then reads each in one step.
      const std::size_t room = std::bit_ceil(std::min(bytes, std::max(kTrustedBytes, 2 * buffer_.size())) +
                                             worker_.limits().header_bytes_max);
      if (!hold(room)) co_return Read::refused;
      buffer_.reserve(room);
    }
    if (!co_await read_some()) co_return read_failed();
    body_received_ = buffer_.size();
  }
  body_ = buffer_.view().substr(0, bytes);
  buffered_body_ = bytes;
  co_return Read::got;
}

asio::awaitable<Session::Read> Session::read_chunked_body() {
  ChunkDecoder decoder(worker_.limits().body_bytes_max);
  for (;;) {
    std::size_t used = 0;
    const ChunkDecoder::State state = decoder.feed(buffer_.view(), used, chunk_body_);
    buffer_.consume(used);
    body_received_ += used;
    if (state == ChunkDecoder::State::refused)
      co_return refuse_framing({400, Error{Refusal::bad_request, std::string(decoder.why())}});
    if (state == ChunkDecoder::State::too_large) co_return co_await read_too_large_body();
    if (!hold(chunk_body_.capacity())) co_return Read::refused;
    if (state == ChunkDecoder::State::done) break;
    buffer_.reserve(kReadBytes);
    if (!co_await read_some()) co_return read_failed();
  }
  body_ = chunk_body_.view();
  co_return Read::got;
}

// Its first bytes are waited for a moment, so that there is something to keep; the rest is not read.
asio::awaitable<Session::Read> Session::read_too_large_body() {
  const HttpLimits& limits = worker_.limits();
  if (phase_ == Phase::body && head_.is_chunked) enter(Phase::body, limits.too_large_span);
  const std::size_t wanted = limits.dead_letter_bytes_max;
  buffer_.reserve(wanted);
  while (chunk_body_.size() + buffer_.size() < wanted && !buffer_.space().empty())
    if (!co_await read_some()) break;
  timed_out_ = false;
  lingers_ = true;
  if (!chunk_body_.empty()) chunk_body_.append(buffer_.view());
  const std::string_view first = chunk_body_.empty() ? buffer_.view() : chunk_body_.view();
  enter(Phase::working);
  Error error = too_large();
  co_await refuse_body(std::move(error), first.substr(0, wanted));
  response_.closes = true;
  co_return Read::refused;
}

Error Session::too_large() const {
  return {Refusal::body_too_large,
          "the body is larger than " + std::to_string(worker_.limits().body_bytes_max) + " bytes"};
}

asio::awaitable<bool> Session::read_some() {
  const auto space = buffer_.space();
  const auto [ec, bytes] =
      co_await socket_.async_read_some(asio::buffer(space.data(), space.size()), as_tuple(use_awaitable));
  co_return took(ec, bytes);
}

/// What was read into buffer_'s space.
bool Session::took(const boost::system::error_code& error, std::size_t bytes) {
  if (error) return false;
  timed_out_ = false;
  buffer_.commit(bytes);
  worker_.count().bytes_received.add(bytes);
  return true;
}

// Accounts for `bytes` of memory for the body; what every connection has anyway is not counted.
bool Session::hold(std::size_t bytes) {
  if (bytes <= kReadBytes || bytes <= held_bytes_) return true;
  if (worker_.reserve(bytes - held_bytes_)) {
    held_bytes_ = bytes;
    return true;
  }
  refuse_busy(Refusal::overloaded);
  response_.closes = lingers_ = true;
  return false;
}

Session::Read Session::refuse_framing(HttpRefusal refusal) {
  refuse(refusal);
  response_.closes = lingers_ = true;
  return Read::refused;
}

Session::Read Session::read_failed() {
  if (!timed_out_) return Read::gone;
  if (phase_ == Phase::idle) {
    worker_.count().connections_idle_closed.add(1);
    return Read::gone;
  }
  return refuse_framing({408, Error{Refusal::timed_out, phase_ == Phase::head ? "the header took too long to arrive"
                                                                              : "the body took too long to arrive"}});
}

}  // namespace tocsin
