#include "engine/model/identity.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace tocsin {
namespace {

// What is hashed; `|` stands for a byte 0xff, numbers are little-endian.
//   identity: tenant | source | 'k' source_key |                     or
//             tenant | source | 'l' (name | value |)*
//   voice:    the identity where there is no origin, else it with the hash of the origin's text in it
//   content:  [identity.high u64][identity.low u64][status u8] (name | value |)* | (name | value |)*
//             the labels (only where identity does not hold them already), then the annotations

constexpr char kSeparator = '\xff';
constexpr std::size_t kFrameBytes = 3;  // behind tenant and source, and the letter

/// What by custom changes while the condition stays. In order.
constexpr std::array<std::string_view, 14> kUnstable{"description", "level",  "message", "priority", "severity",
                                                     "state",       "status", "summary", "text",     "time",
                                                     "timestamp",   "title",  "url",     "value"};

bool is_unstable(std::string_view name) { return std::ranges::binary_search(kUnstable, name); }

std::size_t bytes_of(Labels labels) {
  std::size_t bytes = 0;
  for (const Label& label : labels) bytes += label.name.size() + label.value.size() + 2;
  return bytes;
}

/// Writes into a block that was measured before: append() of std::string pays for its checks at each of 30 pieces.
class Assembly {
 public:
  Assembly(std::string& scratch, std::size_t bytes_max) {
    if (scratch.size() < bytes_max) scratch.resize(bytes_max);
    start_ = at_ = scratch.data();
  }

  void add(char byte) { *at_++ = byte; }
  void add(std::string_view text) {
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    *at_++ = kSeparator;
  }
  void add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) *at_++ = static_cast<char>(number >> shift & 0xff);
  }
  void add(Labels labels, bool stable_only = false) {
    for (const Label& label : labels) {
      if (stable_only && is_unstable(label.name)) continue;
      add(label.name);
      add(label.value);
    }
  }

  std::string_view view() const { return {start_, static_cast<std::size_t>(at_ - start_)}; }

 private:
  char* start_;
  char* at_;
};

}  // namespace

bool is_of_alertmanager(std::string_view source) {
  return source == "alertmanager" || source == "alertmanager-webhook";
}

void append_origin(std::string_view url, std::string& out) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return;
  const std::size_t begin = scheme + 3;
  std::size_t end = begin;
  std::size_t host_begin = begin;  // behind what may say who asks
  for (; end < url.size() && url[end] != '/' && url[end] != '?' && url[end] != '#'; ++end) {
    if (url[end] == '@') host_begin = end + 1;
  }
  if (host_begin == end) return;
  const std::size_t first = out.size();
  out.append(url.substr(0, begin)).append(url.substr(host_begin, end - host_begin));
  for (std::size_t i = first; i < out.size(); ++i) {
    if (out[i] >= 'A' && out[i] <= 'Z') out[i] = static_cast<char>(out[i] - 'A' + 'a');
  }
  const std::string_view whole = std::string_view{out}.substr(first);
  constexpr std::string_view kPlain = ":80";
  constexpr std::string_view kSecure = ":443";
  if (whole.ends_with(kPlain) && whole.starts_with("http://"))
    out.resize(out.size() - kPlain.size());
  else if (whole.ends_with(kSecure) && whole.starts_with("https://"))
    out.resize(out.size() - kSecure.size());
}

Hash128 identity_of(std::string_view tenant, std::string_view source, std::string_view source_key, Labels labels,
                    const HashKey& key, std::string& scratch) {
  const bool by_key = !source_key.empty();
  Assembly who(scratch,
               tenant.size() + source.size() + (by_key ? source_key.size() + 1 : bytes_of(labels)) + kFrameBytes);
  who.add(tenant);
  who.add(source);
  who.add(by_key ? 'k' : 'l');
  if (by_key)
    who.add(source_key);
  else
    who.add(labels, !is_of_alertmanager(source));
  return key.hash(who.view());
}

void seal_rest(Alert& alert, std::string_view source, const HashKey& key, std::string& scratch) {
  const bool of_alertmanager = is_of_alertmanager(source);
  alert.identity_is_labels = of_alertmanager && alert.source_key.empty();
  Assembly what(scratch,
                17 + (alert.identity_is_labels ? 0 : bytes_of(alert.labels)) + bytes_of(alert.annotations) + 2);
  what.add(alert.identity.high);
  what.add(alert.identity.low);
  what.add(static_cast<char>(alert.status));
  if (!alert.identity_is_labels) what.add(alert.labels);
  what.add(kSeparator);
  what.add(alert.annotations);
  alert.content = key.hash(what.view());

  alert.voice = alert.identity;
  if (!of_alertmanager || alert.link.empty()) return;
  scratch.clear();
  append_origin(alert.link, scratch);
  if (scratch.empty()) return;
  const Hash128 origin = key.hash(scratch);
  alert.voice = {alert.identity.high ^ origin.high, alert.identity.low ^ origin.low};
}

void seal(Alert& alert, std::string_view tenant, std::string_view source, const HashKey& key, std::string& scratch) {
  alert.identity = identity_of(tenant, source, alert.source_key, alert.labels, key, scratch);
  seal_rest(alert, source, key, scratch);
}

}  // namespace tocsin
