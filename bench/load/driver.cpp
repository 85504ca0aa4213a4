#include "bench/load/driver.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>

#include <fmt/format.h>
#include <sys/epoll.h>

#include "bench/load/stop.h"

namespace tocsin {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::uint64_t kTickNs = 50'000'000;  // limits, stop signals and reconnects are looked at this often
constexpr std::uint64_t kRetryNs = 50'000'000;
constexpr std::size_t kReadBytes = 64 * 1024;

std::uint64_t now_ns() {
  std::timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kSecondNs + static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t as_ns(double seconds) { return static_cast<std::uint64_t>(seconds * static_cast<double>(kSecondNs)); }

/// Waits to the nanosecond where the kernel can (5.11), else to the millisecond.
int wait_for(int poll, std::array<epoll_event, 256>& events, std::uint64_t wait) {
  const std::timespec span{.tv_sec = static_cast<std::time_t>(wait / kSecondNs),
                           .tv_nsec = static_cast<long>(wait % kSecondNs)};
  const int ready = ::epoll_pwait2(poll, events.data(), static_cast<int>(events.size()), &span, nullptr);
  if (ready >= 0 || errno != ENOSYS) return ready;
  return ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), static_cast<int>(wait / 1'000'000));
}

}  // namespace

Driver::Driver(const DrivePlan& plan, BodyPool& pool)
    : plan_(plan),
      pool_(&pool),
      poll_(::epoll_create1(EPOLL_CLOEXEC)),
      connections_(plan.connections),
      buffer_(kReadBytes) {
  for (Connection& connection : connections_) connection.flights.resize(plan.pipeline);
  if (plan.alerts_per_second > 0.0)
    ns_a_request_ = static_cast<double>(kSecondNs) * plan.batch / plan.alerts_per_second;
}

std::expected<Driver, std::string> Driver::connect(const DrivePlan& plan, BodyPool& pool) {
  Driver driver(plan, pool);
  for (std::uint32_t index = 0; index < plan.connections; ++index) {
    if (auto opened = driver.open(index); !opened) return std::unexpected(opened.error());
  }
  return driver;
}

std::expected<void, std::string> Driver::open(std::uint32_t index) {
  Connection& connection = connections_[index];
  auto socket = connect_to(plan_.target);
  if (!socket) return std::unexpected(socket.error());
  // Edge-triggered and registered once: no call to change interest for each request.
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u32 = index;
  if (::epoll_ctl(poll_.number(), EPOLL_CTL_ADD, socket->number(), &event) != 0) {
    return std::unexpected(fmt::format("cannot watch a connection: {}", std::strerror(errno)));
  }
  connection.socket = std::move(*socket);
  connection.replies.reset();
  return {};
}

void Driver::lose(std::uint32_t index, bool was_announced) {
  Connection& connection = connections_[index];
  connection.socket.close();
  if (connection.is_writing) pool_->give_back(connection.request);
  connection.is_writing = false;
  if (!was_announced || connection.waiting > 0) ++tally_.connection_losses;
  tally_.requests_lost += connection.waiting;
  in_flight_ -= connection.waiting;
  connection.waiting = 0;
  connection.oldest = 0;
  ++closed_;
  connection.retry_at_ns = connection.attempts == 0 ? 0 : now_ns() + kRetryNs;
  if (++connection.attempts > kAttemptsMax) ++given_up_;
}

void Driver::revive(std::uint64_t now) {
  for (std::uint32_t index = 0; index < connections_.size() && closed_ > 0; ++index) {
    Connection& connection = connections_[index];
    if (connection.socket.is_open() || connection.attempts > kAttemptsMax || connection.retry_at_ns > now) continue;
    if (open(index)) {
      --closed_;
      ++tally_.reconnects;
      fill(index, now);
    } else {
      connection.retry_at_ns = now + kRetryNs;
      if (++connection.attempts > kAttemptsMax) ++given_up_;
    }
  }
}

std::uint64_t Driver::due_at(std::uint64_t request) const {
  return began_ns_ + static_cast<std::uint64_t>(std::ceil(static_cast<double>(request) * ns_a_request_));
}

bool Driver::may_send(std::uint64_t now) const {
  if (!is_sending_ || (limits_.requests > 0 && tally_.requests_sent >= limits_.requests)) return false;
  if (limits_.until_primed && pool_->is_primed() && limits_.seconds <= 0.0 && limits_.requests == 0) return false;
  return ns_a_request_ <= 0.0 || due_at(tally_.requests_sent) <= now;
}

bool Driver::is_over(std::uint64_t now) {
  // A warm-up goes on until the repeats have something to repeat, whatever its other limits are.
  if (stop_was_asked()) {
    tally_.ending = Ending::signal;
  } else if (given_up_ == connections_.size()) {
    tally_.ending = Ending::no_connection;
  } else if (limits_.until_primed && !pool_->is_primed()) {
    return false;
  } else if (limits_.requests > 0 && tally_.requests_sent >= limits_.requests) {
    tally_.ending = Ending::requests;
  } else if (limits_.seconds > 0.0 && now - began_ns_ >= as_ns(limits_.seconds)) {
    tally_.ending = Ending::duration;
  } else if (limits_.until_primed && limits_.seconds <= 0.0 && limits_.requests == 0) {
    tally_.ending = Ending::primed;
  } else {
    return false;
  }
  return true;
}

bool Driver::flush(std::uint32_t index) {
  Connection& connection = connections_[index];
  const auto bytes = pool_->request(connection.request);
  while (connection.written < bytes.size()) {
    const ssize_t sent = ::send(connection.socket.number(), bytes.data() + connection.written,
                                bytes.size() - connection.written, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return false;
    if (sent < 0) {
      lose(index, false);
      return false;
    }
    connection.written += static_cast<std::size_t>(sent);
    tally_.bytes_sent += static_cast<std::uint64_t>(sent);
  }
  connection.is_writing = false;
  pool_->give_back(connection.request);
  return true;
}

void Driver::fill(std::uint32_t index, std::uint64_t now) {
  Connection& connection = connections_[index];
  if (!connection.socket.is_open()) return;
  if (connection.is_writing && !flush(index)) return;
  while (connection.waiting < plan_.pipeline && may_send(now)) {
    // Open loop: latency counts from when the request was due, so a slow server cannot hide its queue.
    const std::uint64_t started = ns_a_request_ > 0.0 ? due_at(tally_.requests_sent) : now;
    connection.request = pool_->take(tally_.mix);
    connection.is_writing = true;
    connection.written = 0;
    connection.flights[(connection.oldest + connection.waiting) % plan_.pipeline] = {started, plan_.batch};
    ++connection.waiting;
    if (in_flight_++ == 0) silent_since_ns_ = now;
    ++tally_.requests_sent;
    if (!flush(index)) return;
    if (connection.waiting < plan_.pipeline) now = now_ns();
  }
}

void Driver::count_reply(Connection& connection, std::uint64_t now) {
  const Flight flight = connection.flights[connection.oldest];
  connection.oldest = (connection.oldest + 1) % plan_.pipeline;
  --connection.waiting;
  --in_flight_;
  connection.attempts = 0;
  last_answer_ns_ = now;
  silent_since_ns_ = now;
  ++tally_.requests_answered;
  tally_.latency.record(now - std::min(now, flight.started_ns));
  const int status = connection.replies.status();
  if (status < static_cast<int>(tally_.by_status.size())) ++tally_.by_status[static_cast<std::size_t>(status)];
  if (status / 100 == 2) {
    tally_.alerts_accepted += flight.alerts;
  } else if (tally_.first_error_status == 0) {
    tally_.first_error_status = status;
    tally_.first_error_body = connection.replies.body_start();
  }
}

void Driver::read(std::uint32_t index) {
  Connection& connection = connections_[index];
  while (connection.socket.is_open()) {
    const ssize_t got = ::recv(connection.socket.number(), buffer_.data(), buffer_.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return lose(index, got == 0 && connection.waiting == 0);
    std::string_view input(buffer_.data(), static_cast<std::size_t>(got));
    const std::uint64_t now = now_ns();
    while (!input.empty()) {
      const ReplyReader::Step step = connection.replies.read(input);
      if (step == ReplyReader::Step::need_more) break;
      if (step == ReplyReader::Step::malformed || connection.waiting == 0) {
        ++tally_.malformed_replies;
        return lose(index, false);
      }
      count_reply(connection, now);
      if (connection.replies.closes()) return lose(index, true);
    }
    if (static_cast<std::size_t>(got) < buffer_.size()) return;  // emptied: the next bytes are a new edge
  }
}

void Driver::fill_all(std::uint64_t now) {
  for (std::uint32_t tried = 0; tried < connections_.size() && may_send(now); ++tried) {
    fill(next_to_fill_, now);
    next_to_fill_ = (next_to_fill_ + 1) % static_cast<std::uint32_t>(connections_.size());
  }
}

std::uint64_t Driver::wait_ns(std::uint64_t now) const {
  std::uint64_t until = now + kTickNs;
  if (is_sending_ && limits_.seconds > 0.0) until = std::min(until, began_ns_ + as_ns(limits_.seconds));
  if (is_sending_ && ns_a_request_ > 0.0) {
    const std::uint64_t due = due_at(tally_.requests_sent);
    if (due > now) until = std::min(until, due);
  }
  return until > now ? until - now : 0;
}

Tally Driver::run(const PhaseLimits& limits) {
  limits_ = limits;
  tally_ = Tally{};
  is_sending_ = true;
  began_ns_ = now_ns();
  std::array<epoll_event, 256> events{};
  std::uint64_t now = began_ns_;
  fill_all(now);
  while (true) {
    if (is_sending_ && is_over(now)) is_sending_ = false;
    if (!is_sending_ && in_flight_ == 0) break;
    if (in_flight_ > 0 && now - std::min(now, silent_since_ns_) > as_ns(plan_.answer_wait_seconds)) {
      tally_.ending = Ending::no_answer;
      break;
    }
    const int ready = wait_for(poll_.number(), events, wait_ns(now));
    for (int event = 0; event < ready; ++event) {
      const std::uint32_t index = events[static_cast<std::size_t>(event)].data.u32;
      read(index);
      now = now_ns();
      if (is_sending_ && is_over(now)) is_sending_ = false;
      fill(index, now);
    }
    now = now_ns();
    if (closed_ > 0) revive(now);
    if (ns_a_request_ > 0.0) fill_all(now);
  }
  is_sending_ = false;
  tally_.requests_unanswered = in_flight_;
  const std::uint64_t ended = tally_.requests_answered > 0 ? last_answer_ns_ : now_ns();
  tally_.elapsed_s = static_cast<double>(ended - began_ns_) / static_cast<double>(kSecondNs);
  return tally_;
}

}  // namespace tocsin
