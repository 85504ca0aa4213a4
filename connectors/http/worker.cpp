#include "connectors/http/worker.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include <boost/asio/post.hpp>

#include "connectors/http/session.h"
#include "engine/model/check.h"

namespace tocsin {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kFramesBytesMax = std::size_t{16} * 1024 * 1024;  // events on their way to this thread

// Often enough for the shortest span to mean something, seldom enough to cost nothing.
Worker::Clock::duration sweep_period_of(const HttpLimits& limits) {
  const auto shortest =
      std::min({limits.header_span, limits.body_span, limits.idle_span, limits.answer_span, limits.write_span,
                limits.too_large_span, limits.linger_span, limits.stop_span, limits.body_rate_grace_span});
  return std::clamp<Worker::Clock::duration>(shortest / 4, std::chrono::milliseconds{5},
                                             std::chrono::milliseconds{250});
}

}  // namespace

Worker::Worker(const HttpOptions& options, const HttpHooks& hooks, const HashKey& key, HttpThread parts,
               std::size_t workers)
    : options_(options),
      hooks_(hooks),
      key_(key),
      parts_(parts),
      reading_bytes_max_(options.limits.reading_bytes_max / workers),
      sweep_period_(sweep_period_of(options.limits)) {}

Worker::~Worker() = default;

// What is posted to io_ does not own the worker: it may still lie there when the worker ends. The intake's call does:
// the engine may ring after the server has stopped.
void Worker::run() {
  parts_.intake->on_ready([self = shared_from_this()] { self->wake(); });
  arm_sweep();
  io_.run();
}

void Worker::adopt(asio::ip::tcp::socket socket, bool is_one_too_many) {
  load_.fetch_add(1, std::memory_order_relaxed);
  asio::post(io_, [this, socket = std::move(socket), is_one_too_many]() mutable {
    start_session(std::move(socket), is_one_too_many);
  });
}

void Worker::start_session(asio::ip::tcp::socket socket, bool is_one_too_many) {
  if (is_stopping_) {
    load_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  counters_.connections_opened.add(1);
  if (is_one_too_many) counters_.connections_refused.add(1);
  auto session = std::make_shared<Session>(*this, std::move(socket), is_one_too_many);
  session->place = sessions_.size();
  sessions_.push_back(session);
  counters_.connections_open.set(sessions_.size());
  session->start();
}

void Worker::forget(Session& session) {
  TOCSIN_CHECK(session.place < sessions_.size() && sessions_[session.place].get() == &session, "a session ends once");
  unsubscribe(session);
  const std::size_t place = session.place;
  sessions_.back()->place = place;
  std::swap(sessions_[place], sessions_.back());
  sessions_.pop_back();
  counters_.connections_open.set(sessions_.size());
  load_.fetch_sub(1, std::memory_order_relaxed);
  end_if_done();
}

bool Worker::reserve(std::size_t bytes) {
  if (reading_bytes_ + bytes > reading_bytes_max_) return false;
  reading_bytes_ += bytes;
  counters_.bodies_reading_bytes.set(reading_bytes_);
  return true;
}

void Worker::release(std::size_t bytes) {
  if (bytes == 0) return;
  reading_bytes_ -= bytes;
  counters_.bodies_reading_bytes.set(reading_bytes_);
}

// May be called by the engine's threads many times before this thread comes to look: one look is posted.
void Worker::wake() {
  // acq_rel on both sides: when this finds true, the drain() that sets it false comes later and sees what was put into
  // the ring before.
  if (is_woken_.exchange(true, std::memory_order_acq_rel)) return;
  asio::post(io_, [this] { drain(); });
}

void Worker::drain() {
  is_woken_.exchange(false, std::memory_order_acq_rel);  // before looking: pairs with wake()
  Receipt receipt;
  while (parts_.intake->next_receipt(receipt))
    if (Session* session = take_waiting(receipt.ticket)) session->take_receipt(std::move(receipt));
  QueryAnswer answer;
  while (parts_.intake->next_answer(answer))
    if (Session* session = take_waiting(answer.ticket)) session->take_answer(std::move(answer));
}

RuleReloader::Answer Worker::hand_over_later(std::uint64_t ticket) {
  return [self = shared_from_this(), ticket](const ReloadOutcome& outcome) {
    // What is posted does not own the worker; see run().
    asio::post(self->io_, [worker = self.get(), ticket, outcome] {
      if (Session* session = worker->take_waiting(ticket)) session->take_outcome(outcome);
    });
  };
}

std::function<void(QueryAnswer)> Worker::hand_answer_later(std::uint64_t ticket) {
  return [self = shared_from_this(), ticket](QueryAnswer answer) {
    asio::post(self->io_, [worker = self.get(), ticket, answer = std::move(answer)]() mutable {
      if (Session* session = worker->take_waiting(ticket)) session->take_answer(std::move(answer));
    });
  };
}

Session* Worker::take_waiting(std::uint64_t ticket) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return nullptr;  // has given up waiting
  Session* session = found->second;
  waiting_.erase(found);
  return session;
}

bool Worker::subscribe(Session& session) {
  if (streams_.size() >= options_.limits.stream_clients_max) return false;
  streams_.push_back(&session);
  counters_.stream_clients.set(streams_.size());
  return true;
}

void Worker::unsubscribe(Session& session) {
  std::erase(streams_, &session);
  counters_.stream_clients.set(streams_.size());
}

void Worker::publish(const Frame& frame) {
  bool is_first = false;
  {
    const std::lock_guard lock(frames_mutex_);
    is_first = frames_.empty() && !frames_overflowed_;
    if (frames_bytes_ + frame->size() > kFramesBytesMax) {
      frames_overflowed_ = true;
    } else {
      frames_.push_back(frame);
      frames_bytes_ += frame->size();
    }
  }
  if (is_first) asio::post(io_, [this] { deliver_frames(); });
}

void Worker::deliver_frames() {
  std::vector<Frame> frames;
  bool overflowed = false;
  {
    const std::lock_guard lock(frames_mutex_);
    frames.swap(frames_);
    frames_bytes_ = 0;
    overflowed = std::exchange(frames_overflowed_, false);
  }
  // Sessions only note here that they have ended; they unsubscribe from their own coroutine.
  for (Session* session : streams_) {
    for (const Frame& frame : frames) session->take_event(*frame);
    if (overflowed) session->cut_off();
  }
}

void Worker::arm_sweep() {
  sweep_timer_.expires_after(sweep_period_);
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep();
  });
}

void Worker::sweep() {
  const auto now = Clock::now();
  for (const auto& session : sessions_) session->check_deadline(now);
  if (now >= stop_at_) stop_now();
  if (!is_stopping_ || !sessions_.empty()) arm_sweep();
}

void Worker::begin_stop() {
  asio::post(io_, [this] {
    if (std::exchange(is_stopping_, true)) return;
    stop_at_ = Clock::now() + options_.limits.stop_span;
    for (const auto& session : sessions_) session->stop_soon();
    end_if_done();
  });
}

void Worker::stop_now() {
  for (const auto& session : sessions_) session->stop_now();
}

void Worker::end_if_done() {
  if (!is_stopping_ || !sessions_.empty()) return;
  sweep_timer_.cancel();
  work_.reset();
}

std::string_view Worker::http_date() {
  const std::time_t now = std::time(nullptr);
  if (now == date_second_) return date_;
  static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                                   kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                                   parts.tm_min, parts.tm_sec);
  date_.assign(text.data(), static_cast<std::size_t>(length));
  date_second_ = now;
  return date_;
}

}  // namespace tocsin
