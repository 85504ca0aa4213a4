#include "connectors/http/request_head.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <boost/beast/http/basic_parser.hpp>

#include "connectors/http/http_options.h"

namespace tocsin {
namespace {

namespace http = boost::beast::http;
using boost::beast::iequals;
using Ec = boost::beast::error_code;
using Text = boost::beast::string_view;

std::string_view std_view(Text text) { return {text.data(), text.size()}; }

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool same_word(std::string_view left, std::string_view right) {
  return iequals(Text(left.data(), left.size()), Text(right.data(), right.size()));
}

// JSON is UTF-8 (RFC 8259 §8.1): a charset that says otherwise is refused, other parameters mean nothing.
MediaType media_of(std::string_view value) {
  std::size_t semicolon = value.find(';');
  const std::string_view type = trim(value.substr(0, semicolon));
  if (!same_word(type, "application/json")) return MediaType::other;
  while (semicolon != std::string_view::npos) {
    value.remove_prefix(semicolon + 1);
    semicolon = value.find(';');
    const std::string_view parameter = trim(value.substr(0, semicolon));
    if (!same_word(parameter.substr(0, 8), "charset=")) continue;
    std::string_view charset = parameter.substr(8);
    if (charset.size() >= 2 && charset.front() == '"' && charset.back() == '"')
      charset = charset.substr(1, charset.size() - 2);
    if (!same_word(charset, "utf-8")) return MediaType::other;
  }
  return MediaType::json;
}

// Beast's grammar with the checks that it leaves to its user. Its virtual calls for bodies stay unused: the header is
// parsed alone.
class HeadParser : public http::basic_parser<true> {
 public:
  HeadParser(const HttpLimits& limits, RequestHead& head) : limits_(limits), head_(head) {
    skip(true);
    header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  }

  const std::optional<HttpRefusal>& refusal() const { return refusal_; }

 private:
  void stop(Ec& ec, int status, std::string message) {
    refusal_ = HttpRefusal{status, Error{Refusal::bad_request, std::move(message)}};
    ec = http::error::bad_field;
  }

  void on_request_impl(http::verb verb, Text, Text target, int version, Ec& ec) override {
    head_.method = verb == http::verb::get       ? Method::get
                   : verb == http::verb::head    ? Method::head
                   : verb == http::verb::post    ? Method::post
                   : verb == http::verb::delete_ ? Method::del
                                                 : Method::other;
    head_.is_http11 = version == 11;
    set_target(std_view(target), ec);
  }

  void set_target(std::string_view target, Ec& ec) {
    constexpr std::string_view kScheme = "http://";
    if (same_word(target.substr(0, kScheme.size()), kScheme)) {
      const std::size_t path = target.find_first_of("/?", kScheme.size());
      if (path == kScheme.size()) return stop(ec, 400, "the URL of the request has no host");
      target = path == std::string_view::npos ? std::string_view{} : target.substr(path);
      if (target.empty() || target.front() != '/') head_.target.assign(1, '/');
      head_.target.append(target);
      return;
    }
    if (target.front() != '/') return stop(ec, 400, "the target of the request must be a path or an http URL");
    head_.target.assign(target);
  }

  void on_field_impl(http::field name, Text, Text text, Ec& ec) override {
    if (++fields_ > limits_.header_fields_max)
      return stop(ec, 431, "the header has more than " + std::to_string(limits_.header_fields_max) + " fields");
    const std::string_view value = std_view(text);
    switch (name) {
      case http::field::host:
        return see_host(value, ec);
      case http::field::content_length:
        return see_length(value, ec);
      case http::field::transfer_encoding:
        return see_coding(value, ec);
      case http::field::expect:
        if (!same_word(value, "100-continue")) return stop(ec, 417, "only 'Expect: 100-continue' is understood");
        head_.expects_continue = true;
        return;
      case http::field::content_type:
        if (has_type_) return stop(ec, 400, "Content-Type is given twice");
        has_type_ = true;
        head_.media = media_of(value);
        head_.media_text.assign(value.substr(0, 100));
        return;
      case http::field::content_encoding:
        if (!same_word(value, "identity")) head_.is_encoded = true;
        return;
      case http::field::authorization:
        if (!head_.authorization.empty()) return stop(ec, 400, "Authorization is given twice");
        head_.authorization.assign(value);
        return;
      default:
        return;
    }
  }

  void see_host(std::string_view value, Ec& ec) {
    if (has_host_) return stop(ec, 400, "Host is given twice");
    if (value.find_first_of(" \t,/@?#\\") != std::string_view::npos)
      return stop(ec, 400, "Host is not a host and port");
    has_host_ = true;
  }

  void see_length(std::string_view value, Ec& ec) {
    if (has_length_) return stop(ec, 400, "Content-Length is given twice");
    const auto [last, error] = std::from_chars(value.data(), value.data() + value.size(), head_.content_length);
    if (error != std::errc{} || last != value.data() + value.size())
      return stop(ec, 400, "Content-Length is not a number");
    has_length_ = true;
  }

  void see_coding(std::string_view value, Ec& ec) {
    // RFC 9112 §6.1: a coding that is not understood, or one in HTTP/1.0, makes the framing doubtful.
    if (!same_word(value, "chunked")) return stop(ec, 400, "Transfer-Encoding must be exactly 'chunked'");
    if (!head_.is_http11) return stop(ec, 400, "HTTP/1.0 has no Transfer-Encoding");
    head_.is_chunked = true;
  }

  void on_header_impl(Ec& ec) override {
    if (head_.is_http11 && !has_host_) return stop(ec, 400, "HTTP/1.1 needs a Host");
    if (head_.is_chunked && has_length_)
      return stop(ec, 400, "Transfer-Encoding and Content-Length exclude each other");
  }

  void on_finish_impl(Ec&) override {}
  void on_response_impl(int, Text, int, Ec&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Ec&) override {}
  std::size_t on_body_impl(Text, Ec&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, Text, Ec&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text, Ec&) override { return 0; }

  const HttpLimits& limits_;
  RequestHead& head_;
  std::optional<HttpRefusal> refusal_;
  std::size_t fields_ = 0;
  bool has_host_ = false;
  bool has_length_ = false;
  bool has_type_ = false;
};

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// A request line that ends like one of another version (HTTP/2 without TLS says "PRI * HTTP/2.0").
bool asks_other_version(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
  if (line.size() < 9) return false;
  const std::string_view version = line.substr(line.size() - 9);
  if (!version.starts_with(" HTTP/") || !is_digit(version[6]) || version[7] != '.' || !is_digit(version[8]))
    return false;
  return version.substr(6) != "1.0" && version.substr(6) != "1.1";
}

std::string_view sentence_of(const Ec& ec) {
  using http::error;
  if (ec == error::bad_method || ec == error::bad_target || ec == error::bad_version)
    return "the request line is not valid";
  if (ec == error::bad_field) return "a header field has a name that is not valid, or white space before its colon";
  if (ec == error::bad_value) return "a header field holds a control character or a value that is not valid";
  if (ec == error::bad_line_ending) return "a line of the header must end with CRLF";
  if (ec == error::bad_content_length || ec == error::multiple_content_length) return "Content-Length is not valid";
  if (ec == error::bad_transfer_encoding) return "Transfer-Encoding is given twice or beside Content-Length";
  return "the header is not valid";
}

void clear(RequestHead& head) {
  head.method = Method::other;
  head.target.clear();
  head.authorization.clear();
  head.media_text.clear();
  head.content_length = 0;
  head.media = MediaType::none;
  head.is_http11 = true;
  head.keeps_alive = head.is_chunked = head.expects_continue = head.is_encoded = false;
}

}  // namespace

HttpResult<void> parse_head(std::string_view bytes, const HttpLimits& limits, RequestHead& head) {
  clear(head);
  if (asks_other_version(bytes)) return refuse_http(505, Refusal::bad_request, "only HTTP/1.1 and HTTP/1.0 are spoken");
  HeadParser parser(limits, head);
  Ec ec;
  const std::size_t used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  if (parser.refusal()) return std::unexpected<HttpRefusal>(*parser.refusal());
  if (ec) return refuse_http(400, Refusal::bad_request, std::string(sentence_of(ec)));
  if (used != bytes.size() || !parser.is_header_done())
    return refuse_http(400, Refusal::bad_request, "the header is not valid");
  head.keeps_alive = parser.keep_alive();
  return {};
}

}  // namespace tocsin
