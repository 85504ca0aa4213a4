#pragma once

#include <string>
#include <string_view>

namespace tocsin::cel {

/// The host in what exporters and probes call an instance: a host or an address, with or without a port, or a URL with
/// what belongs to one. `n1:9100`, `https://user@n1:8443/x?y` and `n1` are `n1`; `[2001:db8::1]:9100` is `2001:db8::1`,
/// and so is the address without brackets, whole. IPv6 comes in its canonical form (RFC 5952), a zone (`%eth0`) stays.
/// A name that EC2 made of an address is that address, so that both are one machine: `ip-10-0-1-5.compute.internal`.
/// Where no host is found the text is given back as it stands, without the white space around it: two odd names stay
/// two. `made` holds the text where it is not a part of `text`.
std::string_view host_of(std::string_view text, std::string& made);

}  // namespace tocsin::cel
