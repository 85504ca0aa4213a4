#include "connectors/http/head_memo.h"

#include <algorithm>

namespace tocsin {
namespace {

constexpr std::string_view kField = "\r\ncontent-length:";
constexpr std::size_t kDigitsMax = 9;  // no overflow, and far above what a body may have

char lower(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; }

/// Digits at the front as a length is written, without zeros in front; 0: there are none, or too many.
std::size_t digits_of(std::string_view text, std::uint64_t& value) {
  std::size_t count = 0;
  value = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') {
    if (count == kDigitsMax || (count == 0 && text[0] == '0')) return 0;
    value = value * 10 + static_cast<std::uint64_t>(text[count] - '0');
    ++count;
  }
  return count;
}

}  // namespace

void HeadMemo::remember(std::string_view bytes, const RequestHead& head) {
  before_.clear();
  if (head.content_length == 0 || bytes.size() > kHeadBytesMax) return;
  // There is one such field, or the header would have been refused; a line begins with it, so it is no value's part.
  const auto field = std::search(bytes.begin(), bytes.end(), kField.begin(), kField.end(),
                                 [](char a, char b) { return lower(a) == b; });
  if (field == bytes.end()) return;
  std::size_t at = static_cast<std::size_t>(field - bytes.begin()) + kField.size();
  while (at < bytes.size() && bytes[at] == ' ') ++at;
  std::uint64_t value = 0;
  const std::size_t digits = digits_of(bytes.substr(at), value);
  if (digits == 0 || value != head.content_length || !bytes.substr(at + digits).starts_with("\r\n")) return;
  before_ = bytes.substr(0, at);
  behind_ = bytes.substr(at + digits);
}

std::size_t HeadMemo::recognise(std::string_view bytes, std::uint64_t& content_length) const {
  if (before_.empty() || !bytes.starts_with(before_)) return 0;
  std::uint64_t value = 0;
  const std::size_t digits = digits_of(bytes.substr(before_.size()), value);
  if (digits == 0 || !bytes.substr(before_.size() + digits).starts_with(behind_)) return 0;
  content_length = value;
  return before_.size() + digits + behind_.size();
}

}  // namespace tocsin
