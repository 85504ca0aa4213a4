#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/http/http_refusal.h"

namespace tocsin {

struct HttpLimits;

enum class Method : std::uint8_t { get, head, post, del, other };

/// What Content-Type says of a body.
enum class MediaType : std::uint8_t { none, json, other };

/// What the server needs to know of a request's header.
struct RequestHead {
  Method method = Method::other;
  std::string target;         // path and query, as sent, beginning with '/'
  std::string authorization;  // the field's value
  std::string media_text;     // Content-Type as sent, for the message
  std::uint64_t content_length = 0;
  MediaType media = MediaType::none;
  bool is_http11 = true;
  bool keeps_alive = true;
  bool is_chunked = false;
  bool expects_continue = false;
  bool is_encoded = false;  // Content-Encoding other than identity

  bool has_body() const { return is_chunked || content_length > 0; }
};

/// Finds where a header ends while its bytes arrive, and refuses at once what can be no line of one: bare LF, folded
/// lines, a first byte that no method begins with. The rest is parse_head's.
class HeadScanner {
 public:
  enum class Found { more, end, refused };

  /// `bytes` is all that has arrived since the begin of the request; it only grows between two calls.
  Found scan(std::string_view bytes);

  /// Bytes of the header with the empty line, after Found::end.
  std::size_t end() const { return line_; }
  /// A sentence, after Found::refused.
  std::string_view why() const { return why_; }
  void reset() { *this = HeadScanner{}; }

 private:
  std::size_t seen_ = 0;  // bytes looked at
  std::size_t line_ = 0;  // begin of the line that `seen_` is in
  std::string_view why_;
};

/// Reads a whole header (RFC 9112), empty line included. Refused with 400: a transfer coding other than exactly
/// `chunked`, or together with Content-Length, or in HTTP/1.0; no Host or more than one; Content-Length twice or not a
/// number; control characters; a target that is neither a path nor an http URL. 431: too many fields; 417: unknown
/// Expect; 505: neither HTTP/1.0 nor 1.1. After a refusal the connection cannot be used further: where its next request
/// begins is not known.
HttpResult<void> parse_head(std::string_view bytes, const HttpLimits& limits, RequestHead& head);

}  // namespace tocsin
