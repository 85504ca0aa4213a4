#include "engine/model/identity.h"

#include <cstdint>
#include <cstring>

namespace tocsin {
namespace {

// What is hashed; `|` stands for a byte 0xff, numbers are little-endian.
//   identity: tenant | source | 'k' source_key |                     or
//             tenant | source | 'l' (name | value |)*
//   content:  [identity.high u64][identity.low u64][status u8] (name | value |)* | (name | value |)*
//             the labels (only where identity does not hold them already), then the annotations

constexpr char kSeparator = '\xff';
constexpr std::size_t kFrameBytes = 3;  // behind tenant and source, and the letter

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
  void add(Labels labels) {
    for (const Label& label : labels) {
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
    who.add(labels);
  return key.hash(who.view());
}

void seal_content(Alert& alert, const HashKey& key, std::string& scratch) {
  const bool by_key = !alert.source_key.empty();
  Assembly what(scratch, 17 + (by_key ? bytes_of(alert.labels) : 0) + bytes_of(alert.annotations) + 2);
  what.add(alert.identity.high);
  what.add(alert.identity.low);
  what.add(static_cast<char>(alert.status));
  if (by_key) what.add(alert.labels);
  what.add(kSeparator);
  what.add(alert.annotations);
  alert.content = key.hash(what.view());
}

void seal(Alert& alert, std::string_view tenant, std::string_view source, const HashKey& key, std::string& scratch) {
  alert.identity = identity_of(tenant, source, alert.source_key, alert.labels, key, scratch);
  seal_content(alert, key, scratch);
}

}  // namespace tocsin
