#include "connectors/http/bound_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace tocsin {
namespace {

using boost::asio::ip::tcp;

std::expected<tcp::endpoint, BindError> parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string host = colon == std::string::npos ? std::string{} : text.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code bad_host;
  const auto address = boost::asio::ip::make_address(host, bad_host);
  const std::string port = colon == std::string::npos ? std::string{} : text.substr(colon + 1);
  const bool is_number = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
  const unsigned long number = is_number ? std::stoul(port) : 65536;
  if (bad_host || number > 65535)
    return std::unexpected(BindError{BindError::Kind::not_an_address,
                                     "'" + text + "' is not ADDRESS:PORT, for example 127.0.0.1:9099 or [::1]:9099"});
  return tcp::endpoint{address, static_cast<std::uint16_t>(number)};
}

bool switch_on(int descriptor, int level, int option) {
  const int on = 1;
  return ::setsockopt(descriptor, level, option, &on, sizeof on) == 0;
}

/// Where one of two addresses takes the other's connections.
bool overlap(const tcp::endpoint& a, const tcp::endpoint& b) {
  if (a.port() != b.port() || a.protocol() != b.protocol()) return false;
  return a.address() == b.address() || a.address().is_unspecified() || b.address().is_unspecified();
}

}  // namespace

BindError bind_error(const std::string& text, int error) {
  if (error == EADDRINUSE) return {BindError::Kind::in_use, "cannot listen on " + text + ": another program has it"};
  return {BindError::Kind::not_possible, "cannot listen on " + text + ": " + std::strerror(error)};
}

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

BoundSocket::BoundSocket(std::string wanted, tcp::endpoint endpoint, int descriptor)
    : wanted_(std::move(wanted)), endpoint_(std::move(endpoint)), descriptor_(descriptor) {}

BoundSocket::BoundSocket(BoundSocket&& other) noexcept
    : wanted_(std::move(other.wanted_)), endpoint_(other.endpoint_), descriptor_(other.release()) {}

BoundSocket::~BoundSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int BoundSocket::release() { return std::exchange(descriptor_, -1); }

std::expected<BoundSocket, BindError> BoundSocket::bind(const std::string& text) {
  const auto wanted = parse_address(text);
  if (!wanted) return std::unexpected(wanted.error());
  const bool is_v6 = wanted->address().is_v6();
  const int descriptor = ::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor < 0) return std::unexpected(bind_error(text, errno));
  BoundSocket bound(text, *wanted, descriptor);
  // Reuse is for connections of an earlier life that the system still remembers; a listener has the port for itself.
  if (!switch_on(descriptor, SOL_SOCKET, SO_REUSEADDR) ||
      (is_v6 && !switch_on(descriptor, IPPROTO_IPV6, IPV6_V6ONLY)) ||
      ::bind(descriptor, wanted->data(), static_cast<socklen_t>(wanted->size())) != 0)
    return std::unexpected(bind_error(text, errno));
  auto length = static_cast<socklen_t>(bound.endpoint_.capacity());
  if (::getsockname(descriptor, bound.endpoint_.data(), &length) != 0) return std::unexpected(bind_error(text, errno));
  bound.endpoint_.resize(length);
  return bound;
}

std::vector<BoundSocket> bind_all(const std::vector<std::string>& addresses, std::vector<BindError>& errors) {
  std::vector<BoundSocket> sockets;
  for (const std::string& text : addresses) {
    auto bound = BoundSocket::bind(text);
    if (!bound) {
      errors.push_back(std::move(bound.error()));
      continue;
    }
    // Two sockets that do not listen yet may have one address; only one of them could listen later.
    if (std::ranges::any_of(sockets,
                            [&](const BoundSocket& one) { return overlap(one.endpoint(), bound->endpoint()); }))
      errors.push_back({BindError::Kind::not_an_address, "'" + text + "' is to be listened on twice"});
    sockets.push_back(std::move(*bound));
  }
  return sockets;
}

}  // namespace tocsin
