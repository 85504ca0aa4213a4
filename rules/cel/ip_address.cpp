#include "rules/cel/ip_address.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include <fmt/format.h>

namespace tocsin::cel {
namespace {

std::optional<std::uint32_t> number(std::string_view text, std::size_t digits_max, int base, std::uint32_t max) {
  std::uint32_t value = 0;
  if (text.empty() || text.size() > digits_max) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> decimal(std::string_view text, std::uint32_t max) {
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  return number(text, 3, 10, max);
}

std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) {
  std::array<std::uint8_t, 4> bytes{};
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const std::optional<std::uint32_t> part = decimal(text.substr(0, dot), 255);
    if (!part) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(*part);
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return bytes;
}

/// Groups between colons into `to`; how many bytes that were, nullopt when it is none of that. A last group may be
/// IPv4.
std::optional<std::size_t> parse_groups(std::string_view text, bool may_end_in_v4, std::span<std::uint8_t> to) {
  std::size_t bytes = 0;
  if (text.empty()) return bytes;
  while (true) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (may_end_in_v4 && colon == std::string_view::npos && group.find('.') != std::string_view::npos) {
      const auto v4 = parse_v4(group);
      if (!v4 || bytes + 4 > to.size()) return std::nullopt;
      std::ranges::copy(*v4, to.begin() + static_cast<std::ptrdiff_t>(bytes));
      return bytes + 4;
    }
    const std::optional<std::uint32_t> value = number(group, 4, 16, 0xFFFF);
    if (!value || bytes + 2 > to.size()) return std::nullopt;
    to[bytes++] = static_cast<std::uint8_t>(*value >> 8U);
    to[bytes++] = static_cast<std::uint8_t>(*value & 0xFFU);
    if (colon == std::string_view::npos) return bytes;
    text.remove_prefix(colon + 1);
  }
}

bool is_v4_mapped(const std::array<std::uint8_t, 16>& bytes) {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t b) { return b == 0; }) && bytes[10] == 0xFF &&
         bytes[11] == 0xFF;
}

std::optional<IpAddress> parse_v6(std::string_view text) {
  IpAddress address{.bytes = {}, .is_v6 = true};
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    if (parse_groups(text, true, address.bytes) != 16) return std::nullopt;
  } else {
    std::array<std::uint8_t, 16> tail{};
    const auto before = parse_groups(text.substr(0, gap), false, address.bytes);
    const auto after = parse_groups(text.substr(gap + 2), true, tail);
    if (!before || !after || *before + *after > 14) return std::nullopt;
    std::copy_n(tail.begin(), *after, address.bytes.end() - static_cast<std::ptrdiff_t>(*after));
  }
  if (!is_v4_mapped(address.bytes)) return address;
  // The form with dots is refused; in groups it is the IPv4 address that it stands for.
  if (text.find('.') != std::string_view::npos) return std::nullopt;
  IpAddress v4;
  std::copy_n(address.bytes.begin() + 12, 4, v4.bytes.begin());
  return v4;
}

std::uint32_t width_of(const IpAddress& address) { return address.is_v6 ? 128 : 32; }

/// The longest run of at least two zero groups: where it starts and how many; {8, 0} for none.
std::pair<std::size_t, std::size_t> longest_zero_run(const std::array<std::uint16_t, 8>& groups) {
  std::pair<std::size_t, std::size_t> best{8, 0};
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t count = 0;
    while (i + count < 8 && groups[i + count] == 0) ++count;
    if (count >= 2 && count > best.second) best = {i, count};
    if (count > 0) i += count - 1;
  }
  return best;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return parse_v6(text);
  const auto v4 = parse_v4(text);
  if (!v4) return std::nullopt;
  IpAddress address;
  std::ranges::copy(*v4, address.bytes.begin());
  return address;
}

std::optional<IpPrefix> parse_cidr(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<IpAddress> address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  // `::ffff:c0a8:0/112` is 192.168.0.0/16.
  const bool is_mapped = !address->is_v6 && text.find(':') != std::string_view::npos;
  const std::uint32_t extra = is_mapped ? 96 : 0;
  std::optional<std::uint32_t> bits = decimal(text.substr(slash + 1), width_of(*address) + extra);
  if (!bits || *bits < extra) return std::nullopt;
  *bits -= extra;
  return IpPrefix{*address, static_cast<std::uint8_t>(*bits)};
}

std::string to_text(const IpAddress& address) {
  const auto& b = address.bytes;
  if (!address.is_v6) return fmt::format("{}.{}.{}.{}", b[0], b[1], b[2], b[3]);
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = static_cast<std::uint16_t>((b[2 * i] << 8) | b[2 * i + 1]);
  const auto [from, count] = longest_zero_run(groups);
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == from) {
      text += "::";
      i += count - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += fmt::format("{:x}", groups[i]);
  }
  return text;
}

std::string to_text(const IpPrefix& prefix) { return fmt::format("{}/{}", to_text(prefix.address), prefix.bits); }

IpPrefix masked(const IpPrefix& prefix) {
  IpPrefix result = prefix;
  for (std::size_t i = 0; i < 16; ++i) {
    const std::size_t first_bit = i * 8;
    if (first_bit >= prefix.bits) {
      result.address.bytes[i] = 0;
    } else if (prefix.bits - first_bit < 8) {
      const auto keep = static_cast<std::uint8_t>(0xFF00U >> (prefix.bits - first_bit));
      result.address.bytes[i] = static_cast<std::uint8_t>(result.address.bytes[i] & keep);
    }
  }
  return result;
}

bool contains(const IpPrefix& prefix, const IpAddress& address) {
  if (prefix.address.is_v6 != address.is_v6) return false;
  return masked({address, prefix.bits}).address == masked(prefix).address;
}

bool is_unspecified(const IpAddress& address) { return address.bytes == std::array<std::uint8_t, 16>{}; }

bool is_loopback(const IpAddress& address) {
  if (!address.is_v6) return address.bytes[0] == 127;
  std::array<std::uint8_t, 16> one{};
  one[15] = 1;
  return address.bytes == one;
}

bool is_link_local_multicast(const IpAddress& address) {
  const auto& b = address.bytes;
  if (!address.is_v6) return b[0] == 224 && b[1] == 0 && b[2] == 0;
  return b[0] == 0xFF && (b[1] & 0x0FU) == 0x02;
}

bool is_link_local_unicast(const IpAddress& address) {
  const auto& b = address.bytes;
  if (!address.is_v6) return b[0] == 169 && b[1] == 254;
  return b[0] == 0xFE && (b[1] & 0xC0U) == 0x80;
}

bool is_global_unicast(const IpAddress& address) {
  const auto& b = address.bytes;
  const bool multicast = address.is_v6 ? b[0] == 0xFF : (b[0] & 0xF0U) == 0xE0;
  const bool broadcast = !address.is_v6 && b[0] == 255 && b[1] == 255 && b[2] == 255 && b[3] == 255;
  return !multicast && !broadcast && !is_unspecified(address) && !is_loopback(address) &&
         !is_link_local_unicast(address);
}

}  // namespace tocsin::cel
