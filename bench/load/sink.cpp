#include "bench/load/sink.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <sys/epoll.h>

#include "bench/load/stop.h"

namespace tocsin {
namespace {

constexpr std::string_view kReply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::size_t kHeadBytesMax = 8 * 1024;
constexpr std::size_t kThrowAwayBytes = 4 * 1024 * 1024;

/// One connection: heads are read, bodies are only counted.
class Session {
 public:
  explicit Session(Descriptor socket) : socket_(std::move(socket)) {}

  /// Serves all that has arrived. False when the connection is over.
  bool serve() {
    while (true) {
      if (body_left_ > 0) {
        // MSG_TRUNC on a TCP socket drops the bytes without copying them (tcp(7)): the sink costs as little as can be.
        const std::size_t wanted = std::min<std::size_t>(body_left_, kThrowAwayBytes);
        const ssize_t got = ::recv(socket_.number(), nullptr, wanted, MSG_TRUNC);
        if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
        body_left_ -= static_cast<std::size_t>(got);
        if (body_left_ == 0 && !answer()) return false;
        continue;
      }
      const ssize_t got = ::recv(socket_.number(), buffer_.data() + filled_, buffer_.size() - filled_, 0);
      if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
      filled_ += static_cast<std::size_t>(got);
      if (!take_heads()) return false;
    }
  }

  int number() const { return socket_.number(); }

 private:
  /// Takes whole requests, and at most one begun, from the front of the buffer. False for what cannot be understood.
  bool take_heads() {
    std::string_view input(buffer_.data(), filled_);
    while (true) {
      const std::size_t end = input.find("\r\n\r\n");
      if (end == input.npos) break;
      const std::string_view head = input.substr(0, end + 2);
      std::size_t length = 0;
      constexpr std::string_view kField = "Content-Length:";
      if (std::size_t at = head.find(kField); at != head.npos) {
        at = head.find_first_not_of(' ', at + kField.size());
        if (std::from_chars(head.data() + at, head.data() + head.size(), length).ec != std::errc{}) return false;
      }
      input.remove_prefix(end + 4);
      const std::size_t present = std::min(length, input.size());
      input.remove_prefix(present);
      body_left_ = length - present;
      if (body_left_ > 0) break;
      if (!answer()) return false;
    }
    std::copy(input.begin(), input.end(), buffer_.begin());
    filled_ = input.size();
    return filled_ < buffer_.size();
  }

  bool answer() {
    return ::send(socket_.number(), kReply.data(), kReply.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(kReply.size());
  }

  Descriptor socket_;
  std::array<char, kHeadBytesMax> buffer_{};
  std::size_t filled_ = 0;
  std::size_t body_left_ = 0;
};

void watch(int poll, int socket, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = socket;
  ::epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event);
}

}  // namespace

int run_sink(const LoopbackAddress& where) {
  std::string address;
  auto listener = listen_on(where, address);
  if (!listener) {
    fmt::print(stderr, "load: {}\n", listener.error());
    return 1;
  }
  fmt::print("sink: listening on {}\n", address);
  std::fflush(stdout);

  const Descriptor poll(::epoll_create1(EPOLL_CLOEXEC));
  watch(poll.number(), listener->number(), EPOLLIN);
  std::map<int, std::unique_ptr<Session>> sessions;
  std::array<epoll_event, 256> events{};
  while (!stop_was_asked()) {
    const int ready = ::epoll_wait(poll.number(), events.data(), static_cast<int>(events.size()), 1000);
    for (int event = 0; event < ready; ++event) {
      const int socket = events[static_cast<std::size_t>(event)].data.fd;
      if (socket == listener->number()) {
        Descriptor accepted(::accept4(socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!accepted.is_open()) continue;
        const int number = accepted.number();
        watch(poll.number(), number, EPOLLIN | EPOLLET);
        sessions[number] = std::make_unique<Session>(std::move(accepted));
      } else if (const auto session = sessions.find(socket); session != sessions.end() && !session->second->serve()) {
        sessions.erase(session);
      }
    }
  }
  return 0;
}

}  // namespace tocsin
