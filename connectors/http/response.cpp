#include "connectors/http/response.h"

namespace tocsin {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

void append_response(std::string& out, const Response& response, std::string_view date) {
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(1, ' ').append(reason_of(response.status));
  out.append("\r\nDate: ").append(date);
  out.append("\r\nContent-Type: ").append(response.content_type);
  out.append("\r\nContent-Length: ").append(std::to_string(response.body.size()));
  out.append("\r\nX-Content-Type-Options: nosniff\r\n");
  if (response.closes)
    out.append("Connection: close\r\n");
  else if (!response.is_http11)
    out.append("Connection: keep-alive\r\n");
  out.append(response.extra_fields).append("\r\n");
  if (!response.without_body) out.append(response.body);
}

}  // namespace tocsin
