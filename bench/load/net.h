#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tocsin {

/// Owns a file descriptor and closes it.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_ = -1;
};

/// An address of this machine and a port, IPv4 or IPv6.
struct LoopbackAddress {
  sockaddr_storage address{};
  socklen_t size = 0;
  std::string text;  // as in the Host field: 127.0.0.1:9099, [::1]:9099
};

/// Reads `127.0.0.1:9099`, `localhost:9099` or `[::1]:9099`. Anything that is not of this machine is refused (and no
/// name is looked up): a load generator that can be pointed at others is a weapon.
std::expected<LoopbackAddress, std::string> parse_loopback(std::string_view text, bool allow_port_zero);

/// A connected, non-blocking socket without Nagle; the connect itself waits (it is on this machine).
std::expected<Descriptor, std::string> connect_to(const LoopbackAddress& target);

/// A non-blocking listener; `bound` gets the address with the port that was really taken.
std::expected<Descriptor, std::string> listen_on(const LoopbackAddress& wanted, std::string& bound);

}  // namespace tocsin
