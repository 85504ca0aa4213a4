#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/http/request_head.h"

namespace tocsin {

/// The header that a connection sent last. Clients send each body under the same one but for its Content-Length, so the
/// next is mostly recognised by its bytes and need not be read again: what is read of a header is a function of its
/// bytes and of limits that do not change, and of that one value only `content_length`.
class HeadMemo {
 public:
  static constexpr std::size_t kHeadBytesMax = 2048;  // of longer ones nothing is kept

  /// After `head` was read from `bytes`, all of a header with its empty line, without refusal.
  void remember(std::string_view bytes, const RequestHead& head);

  /// What was read last is no header that was taken.
  void forget() { before_.clear(); }

  /// How long the header at the front of `bytes` is, if it is the remembered one with this or another length of its
  /// body, which is `content_length` then; 0: it is not, or is not there as a whole.
  std::size_t recognise(std::string_view bytes, std::uint64_t& content_length) const;

 private:
  std::string before_;  // up to the digits; "": nothing is remembered
  std::string behind_;  // from the end of that line on
};

}  // namespace tocsin
