// The network extension: ip(), cidr() and what they have; hostOf().

#include <array>
#include <string>

#include "rules/cel/functions.h"
#include "rules/cel/host_name.h"
#include "rules/cel/ip_address.h"

namespace tocsin::cel {
namespace {

using Arguments = std::span<const Value>;

template <typename T>
const T* stored(Evaluation& evaluation, const T& value) {
  T* at = evaluation.allocate<T>(1);
  return at == nullptr ? nullptr : new (at) T(value);
}

Value ip_value(Evaluation& evaluation, const IpAddress& address) {
  const IpAddress* at = stored(evaluation, address);
  return at == nullptr ? Evaluation::exhausted_error() : Value::ip(*at);
}

Value cidr_value(Evaluation& evaluation, const IpPrefix& prefix) {
  const IpPrefix* at = stored(evaluation, prefix);
  return at == nullptr ? Evaluation::exhausted_error() : Value::cidr(*at);
}

Value ip(Evaluation& evaluation, Arguments arguments) {
  if (arguments[0].is(Kind::ip)) return arguments[0];
  if (!arguments[0].is(Kind::string)) return no_overload();
  const auto address = parse_ip(arguments[0].as_text());
  return address ? ip_value(evaluation, *address) : bad_argument("not an IP address");
}

Value cidr(Evaluation& evaluation, Arguments arguments) {
  if (arguments[0].is(Kind::cidr)) return arguments[0];
  if (!arguments[0].is(Kind::string)) return no_overload();
  const auto prefix = parse_cidr(arguments[0].as_text());
  return prefix ? cidr_value(evaluation, *prefix) : bad_argument("not a CIDR range");
}

Value is_ip(Evaluation&, Arguments arguments) {
  return arguments[0].is(Kind::string) ? Value::boolean(parse_ip(arguments[0].as_text()).has_value()) : no_overload();
}

Value is_cidr(Evaluation&, Arguments arguments) {
  return arguments[0].is(Kind::string) ? Value::boolean(parse_cidr(arguments[0].as_text()).has_value()) : no_overload();
}

Value is_canonical(Evaluation&, Arguments arguments) {
  if (!arguments[0].is(Kind::string)) return no_overload();
  const auto address = parse_ip(arguments[0].as_text());
  if (!address) return bad_argument("not an IP address");
  return Value::boolean(to_text(*address) == arguments[0].as_text());
}

Value family(Evaluation&, Arguments arguments) {
  return arguments[0].is(Kind::ip) ? Value::integer(arguments[0].as_ip().is_v6 ? 6 : 4) : no_overload();
}

template <bool (*test)(const IpAddress&)>
Value address_test(Evaluation&, Arguments arguments) {
  return arguments[0].is(Kind::ip) ? Value::boolean(test(arguments[0].as_ip())) : no_overload();
}

Value contains_ip(Evaluation&, Arguments arguments) {
  if (!arguments[0].is(Kind::cidr)) return no_overload();
  if (arguments[1].is(Kind::ip)) return Value::boolean(contains(arguments[0].as_cidr(), arguments[1].as_ip()));
  if (!arguments[1].is(Kind::string)) return no_overload();
  const auto address = parse_ip(arguments[1].as_text());
  return address ? Value::boolean(contains(arguments[0].as_cidr(), *address)) : bad_argument("not an IP address");
}

bool contains_prefix(const IpPrefix& outer, const IpPrefix& inner) {
  return outer.bits <= inner.bits && contains(outer, inner.address);
}

Value contains_cidr(Evaluation&, Arguments arguments) {
  if (!arguments[0].is(Kind::cidr)) return no_overload();
  if (arguments[1].is(Kind::cidr)) {
    return Value::boolean(contains_prefix(arguments[0].as_cidr(), arguments[1].as_cidr()));
  }
  if (!arguments[1].is(Kind::string)) return no_overload();
  const auto inner = parse_cidr(arguments[1].as_text());
  return inner ? Value::boolean(contains_prefix(arguments[0].as_cidr(), *inner)) : bad_argument("not a CIDR range");
}

Value address_of(Evaluation&, Arguments arguments) {
  return arguments[0].is(Kind::cidr) ? Value::ip(arguments[0].as_cidr().address) : no_overload();
}

Value masked_prefix(Evaluation& evaluation, Arguments arguments) {
  return arguments[0].is(Kind::cidr) ? cidr_value(evaluation, masked(arguments[0].as_cidr())) : no_overload();
}

Value prefix_length(Evaluation&, Arguments arguments) {
  return arguments[0].is(Kind::cidr) ? Value::integer(arguments[0].as_cidr().bits) : no_overload();
}

Value host_of_text(Evaluation& evaluation, Arguments arguments) {
  if (!arguments[0].is(Kind::string)) return no_overload();
  const std::string_view text = arguments[0].as_text();
  if (!evaluation.spend(text.size() / 8)) return Evaluation::exhausted_error();
  std::string made;
  const std::string_view host = host_of(text, made);
  return made.empty() ? Value::string(host) : evaluation.string(host);
}

constexpr std::array<Function, 17> kFunctions = {{
    {"ip", false, "s:p p:p", ip, 20},
    {"ip", true, "c:p", address_of},
    {"cidr", false, "s:c c:c", cidr, 20},
    {"isIP", false, "s:b", is_ip, 20},
    {"isCIDR", false, "s:b", is_cidr, 20},
    {"hostOf", false, "s:s", host_of_text, 20},
    {"ip.isCanonical", false, "s:b", is_canonical, 50},
    {"family", true, "p:i", family},
    {"isUnspecified", true, "p:b", address_test<is_unspecified>},
    {"isLoopback", true, "p:b", address_test<is_loopback>},
    {"isGlobalUnicast", true, "p:b", address_test<is_global_unicast>},
    {"isLinkLocalMulticast", true, "p:b", address_test<is_link_local_multicast>},
    {"isLinkLocalUnicast", true, "p:b", address_test<is_link_local_unicast>},
    {"containsIP", true, "cp:b cs:b", contains_ip, 20},
    {"containsCIDR", true, "cc:b cs:b", contains_cidr, 20},
    {"masked", true, "c:c", masked_prefix, 10},
    {"prefixLength", true, "c:i", prefix_length},
}};

}  // namespace

std::span<const Function> network_functions() { return kFunctions; }

}  // namespace tocsin::cel
