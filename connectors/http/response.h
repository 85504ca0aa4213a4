#pragma once

#include <string>
#include <string_view>

namespace tocsin {

/// One answer before it is put into bytes.
struct Response {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string body{};
  std::string_view extra_fields{};  // whole lines, each with CRLF
  bool closes = false;              // the connection ends after it
  bool is_http11 = true;            // of the request
  bool without_body = false;        // HEAD: the fields of the body without it
};

/// Appends status line, fields and body (RFC 9112 §4). `date` is an IMF-fixdate.
void append_response(std::string& out, const Response& response, std::string_view date);

std::string_view reason_of(int status);

}  // namespace tocsin
