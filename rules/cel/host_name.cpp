#include "rules/cel/host_name.h"

#include <algorithm>

#include "engine/model/word.h"
#include "rules/cel/ip_address.h"

namespace tocsin::cel {
namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// RFC 3986 §3.1; a colon too, for `jdbc:postgresql`.
bool is_scheme(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_letter_or_digit(c) || c == '+' || c == '-' || c == '.' || c == ':';
  });
}

/// Host, user and port of a URL (RFC 3986 §3.2); of what is none all up to a path.
std::string_view authority_of(std::string_view text) {
  if (const std::size_t colon = text.find("://"); colon != std::string_view::npos && is_scheme(text.substr(0, colon)))
    text.remove_prefix(colon + 3);
  else if (text.starts_with("//"))
    text.remove_prefix(2);
  text = text.substr(0, text.find_first_of("/?#"));
  if (const std::size_t user = text.rfind('@'); user != std::string_view::npos && user + 1 < text.size())
    text.remove_prefix(user + 1);
  return text;
}

std::string_view without_zone(std::string_view address) { return address.substr(0, address.find('%')); }

bool is_ipv6(std::string_view text) { return text.find(':') != std::string_view::npos && parse_ip(text).has_value(); }

/// Only what an IPv6 address is made of: also what parse_ip does not read, such as IPv4 mapped into one.
bool looks_like_ipv6(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
  });
}

/// The host of what has no brackets: with one colon what stands before it, with several an address.
std::string_view without_port(std::string_view text) {
  const std::size_t first = text.find(':');
  if (first == std::string_view::npos) return text;
  const std::size_t last = text.rfind(':');
  if (first == last) return text.substr(0, first);
  const std::string_view address = without_zone(text);
  if (is_ipv6(address)) return text;
  // Eight groups and a port that nobody put apart.
  const bool all_groups_are_there = text.find("::") == std::string_view::npos;
  if (all_groups_are_there && is_ipv6(text.substr(0, last))) return text.substr(0, last);
  return looks_like_ipv6(address) ? text : text.substr(0, first);
}

/// The address that a cloud made a name of: `ip-10-0-1-5.eu-west-1.compute.internal`. Empty when it is no such name.
std::string address_in_name(std::string_view host) {
  if (!host.starts_with("ip-")) return {};
  const std::string_view first = host.substr(3, host.find('.') - 3);
  if (first.size() > 15) return {};  // 255-255-255-255
  std::string address{first};
  std::ranges::replace(address, '-', '.');
  const auto parsed = parse_ip(address);
  return parsed && !parsed->is_v6 ? address : std::string();
}

}  // namespace

std::string_view host_of(std::string_view text, std::string& made) {
  text = trim_blanks(text);
  std::string_view host = authority_of(text);
  if (const std::size_t bracket = host.find(']'); host.starts_with('[') && bracket != std::string_view::npos)
    host = host.substr(1, bracket - 1);
  else
    host = without_port(host);
  if (host.empty()) return text;
  // In a URL the zone of an address is written `%25eth0` (RFC 6874).
  if (const std::size_t zone = host.find("%25"); zone != std::string_view::npos && is_ipv6(host.substr(0, zone))) {
    made = to_text(*parse_ip(host.substr(0, zone)));
    made.append("%").append(host.substr(zone + 3));
    return made;
  }
  const std::string_view address = without_zone(host);
  if (!is_ipv6(address)) {
    made = address_in_name(host);
    return made.empty() ? host : std::string_view(made);
  }
  made = to_text(*parse_ip(address));
  made += host.substr(address.size());
  return made;
}

}  // namespace tocsin::cel
