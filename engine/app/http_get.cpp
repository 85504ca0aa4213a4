#include "engine/app/http_get.h"

#include <chrono>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace tocsin::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr auto kPatience = std::chrono::seconds{10};
constexpr std::uint64_t kAnswerBytesMax = 256 * 1024 * 1024;

struct Place {
  std::string host;
  std::string port;
};

std::expected<Place, std::string> place_of(std::string server) {
  constexpr std::string_view kScheme = "http://";
  if (server.starts_with(kScheme)) server.erase(0, kScheme.size());
  while (server.ends_with('/')) server.pop_back();
  const std::size_t colon = server.rfind(':');
  if (server.empty() || server.find('/') != std::string::npos || colon == 0) {
    return std::unexpected("--server must be http://HOST:PORT, for example http://127.0.0.1:9099");
  }
  if (colon == std::string::npos) return Place{server, "9099"};
  return Place{server.substr(0, colon), server.substr(colon + 1)};
}

/// Runs what was started on `io` until it has finished.
template <typename Start>
beast::error_code wait_for(asio::io_context& io, Start start) {
  beast::error_code result;
  start([&result](beast::error_code error, auto&&...) { result = error; });
  io.restart();
  io.run();
  return result;
}

std::expected<std::string, std::string> http_ask(http::verb verb, const std::string& server, const std::string& path) {
  const auto place = place_of(server);
  if (!place) return std::unexpected(place.error());
  asio::io_context io{1};
  beast::error_code error;
  const auto addresses = asio::ip::tcp::resolver(io).resolve(place->host, place->port, error);
  if (error) return std::unexpected(place->host + ": " + error.message());

  beast::tcp_stream stream(io);
  stream.expires_after(kPatience);
  error = wait_for(io, [&](auto done) { stream.async_connect(addresses, done); });
  if (error) {
    return std::unexpected("no answer from " + server + " (" + error.message() + "); is `tocsin run` running there?");
  }
  http::request<http::empty_body> request{verb, path, 11};
  request.set(http::field::host, place->host + ":" + place->port);
  request.set(http::field::connection, "close");
  if (verb == http::verb::post) request.set(http::field::content_length, "0");
  error = wait_for(io, [&](auto done) { http::async_write(stream, request, done); });
  if (error) return std::unexpected(server + ": " + error.message());

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> answer;
  answer.body_limit(kAnswerBytesMax);
  error = wait_for(io, [&](auto done) { http::async_read(stream, buffer, answer, done); });
  if (error) return std::unexpected(server + ": " + error.message());
  if (answer.get().result() != http::status::ok && answer.get().result() != http::status::accepted) {
    return std::unexpected(server + path + " answered " + std::to_string(answer.get().result_int()) + ": " +
                           answer.get().body());
  }
  return std::move(answer.get().body());
}

}  // namespace

std::expected<std::string, std::string> http_get(const std::string& server, const std::string& path) {
  return http_ask(http::verb::get, server, path);
}

std::expected<std::string, std::string> http_post(const std::string& server, const std::string& path) {
  return http_ask(http::verb::post, server, path);
}

}  // namespace tocsin::app
