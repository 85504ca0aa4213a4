#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin::cel {

/// An IPv4 or IPv6 address; of IPv4 the first four bytes count, the rest is zero.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool is_v6 = false;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// An address and how many of its leading bits name the network; the address may have bits beyond them.
struct IpPrefix {
  IpAddress address;
  std::uint8_t bits = 0;
  friend bool operator==(const IpPrefix&, const IpPrefix&) = default;
};

/// Dotted decimal without leading zeros, or RFC 4291 text. No zone, no IPv4 mapped into IPv6.
std::optional<IpAddress> parse_ip(std::string_view text);
/// ADDRESS/BITS.
std::optional<IpPrefix> parse_cidr(std::string_view text);

/// Canonical, RFC 5952.
std::string to_text(const IpAddress& address);
std::string to_text(const IpPrefix& prefix);

/// The prefix with the bits beyond it zero.
IpPrefix masked(const IpPrefix& prefix);
bool contains(const IpPrefix& prefix, const IpAddress& address);

bool is_unspecified(const IpAddress& address);
bool is_loopback(const IpAddress& address);
bool is_link_local_multicast(const IpAddress& address);
bool is_link_local_unicast(const IpAddress& address);
/// Any unicast address but loopback and link-local ones; private ranges count as global.
bool is_global_unicast(const IpAddress& address);

}  // namespace tocsin::cel
