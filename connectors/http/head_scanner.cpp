#include <cstring>

#include "connectors/http/request_head.h"

namespace tocsin {
namespace {

// RFC 9110 §5.6.2: what a token, and so a method, may begin with.
bool is_token_byte(char byte) {
  if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9')) return true;
  return byte != '\0' && std::strchr("!#$%&'*+-.^_`|~", byte) != nullptr;
}

}  // namespace

HeadScanner::Found HeadScanner::scan(std::string_view bytes) {
  if (!bytes.empty() && !is_token_byte(bytes.front())) {
    why_ = "a request must begin with its method; is this TLS?";
    return Found::refused;
  }
  while (seen_ < bytes.size()) {
    const void* found = std::memchr(bytes.data() + seen_, '\n', bytes.size() - seen_);
    if (found == nullptr) {
      seen_ = bytes.size();
      break;
    }
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if (at == 0 || bytes[at - 1] != '\r') {
      why_ = "a line of the header must end with CRLF";
      return Found::refused;
    }
    if (bytes[line_] == ' ' || bytes[line_] == '\t') {
      why_ = "folded header lines are not taken";
      return Found::refused;
    }
    const bool is_empty = at == line_ + 1;
    seen_ = line_ = at + 1;
    if (is_empty) return Found::end;
  }
  return Found::more;
}

}  // namespace tocsin
