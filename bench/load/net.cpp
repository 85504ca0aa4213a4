#include "bench/load/net.h"

#include <cerrno>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>

namespace tocsin {
namespace {

std::unexpected<std::string> failed(std::string_view what, std::string_view where) {
  return std::unexpected(fmt::format("cannot {} {}: {}", what, where, std::strerror(errno)));
}

const sockaddr* as_sockaddr(const LoopbackAddress& of) { return reinterpret_cast<const sockaddr*>(&of.address); }

void send_at_once(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

std::expected<LoopbackAddress, std::string> parse_loopback(std::string_view text, bool allow_port_zero) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return std::unexpected(fmt::format("\"{}\" is not HOST:PORT", text));
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size() || (port == 0 && !allow_port_zero)) {
    return std::unexpected(fmt::format("\"{}\" is not a port", digits));
  }
  std::string host(text.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";

  LoopbackAddress result;
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1 && (ntohl(four.sin_addr.s_addr) >> 24) == 127) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    std::memcpy(&result.address, &four, sizeof four);
    result.size = sizeof four;
    result.text = fmt::format("{}:{}", host, port);
    return result;
  }
  if (::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1 && IN6_IS_ADDR_LOOPBACK(&six.sin6_addr)) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    std::memcpy(&result.address, &six, sizeof six);
    result.size = sizeof six;
    result.text = fmt::format("[{}]:{}", host, port);
    return result;
  }
  return std::unexpected(fmt::format(
      "\"{}\" is not of this machine: only 127.0.0.0/8, [::1] and localhost are driven (run it beside the server)",
      host));
}

std::expected<Descriptor, std::string> connect_to(const LoopbackAddress& target) {
  Descriptor socket(::socket(target.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return failed("make a socket for", target.text);
  if (::connect(socket.number(), as_sockaddr(target), target.size) != 0) return failed("connect to", target.text);
  send_at_once(socket.number());
  if (::fcntl(socket.number(), F_SETFL, O_NONBLOCK) != 0) return failed("set up the connection to", target.text);
  return socket;
}

std::expected<Descriptor, std::string> listen_on(const LoopbackAddress& wanted, std::string& bound) {
  Descriptor socket(::socket(wanted.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return failed("make a socket for", wanted.text);
  const int on = 1;
  ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.number(), as_sockaddr(wanted), wanted.size) != 0 || ::listen(socket.number(), 1024) != 0) {
    return failed("listen on", wanted.text);
  }
  sockaddr_storage taken{};
  socklen_t size = sizeof taken;
  ::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&taken), &size);
  in_port_t port = 0;  // sin_port and sin6_port lie at the same place
  std::memcpy(&port, reinterpret_cast<const char*>(&taken) + offsetof(sockaddr_in, sin_port), sizeof port);
  bound = fmt::format("{}:{}", wanted.text.substr(0, wanted.text.rfind(':')), ntohs(port));
  return socket;
}

}  // namespace tocsin
