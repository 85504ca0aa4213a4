#include "engine/app/http_get.h"

#include <chrono>
#include <fstream>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json.hpp>

namespace tocsin::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr auto kPatience = std::chrono::seconds{10};
constexpr std::uint64_t kAnswerBytesMax = 256 * 1024 * 1024;

struct Place {
  std::string host;  // of an IPv6 address without the brackets
  std::string port;

  /// The value of Host.
  std::string text() const { return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port; }
};

HttpFailure misuse(std::string message) { return {std::move(message), 0, true}; }

std::expected<Place, HttpFailure> place_of(std::string server) {
  constexpr std::string_view kScheme = "http://";
  if (server.starts_with("https://")) return std::unexpected(misuse("--server: the engine speaks plain http://"));
  if (server.starts_with(kScheme)) server.erase(0, kScheme.size());
  while (server.ends_with('/')) server.pop_back();
  const auto no_place = std::unexpected(
      misuse("--server must be http://HOST:PORT, for example http://127.0.0.1:9099 or http://[::1]:9099"));
  const bool is_bracketed = server.starts_with('[');
  const std::size_t end = is_bracketed ? server.find(']') : server.rfind(':');
  if (is_bracketed && end == std::string::npos) return no_place;
  const std::string host = is_bracketed ? server.substr(1, end - 1) : server.substr(0, end);
  std::string port = end == std::string::npos ? std::string{} : server.substr(end + 1);
  if (is_bracketed && port.starts_with(':')) port.erase(0, 1);
  const bool is_number = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos;
  if (host.empty() || host.find('/') != std::string::npos) return no_place;
  if (!is_bracketed && host.find(':') != std::string::npos) return no_place;  // an IPv6 address without brackets
  if (!port.empty() && !is_number) return no_place;
  if (port.empty() && server.ends_with(':')) return no_place;
  return Place{host, port.empty() ? "9099" : port};
}

/// As the engine reads its own: the first line that is not empty and no comment.
std::expected<std::string, HttpFailure> token_of(const std::string& file) {
  if (file.empty()) return std::string{};
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty() && line.front() != '#') return line;
  }
  return std::unexpected(misuse("--token-file " + file + ": no token can be read from it"));
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

/// The sentence in an error body of the engine; else the body.
std::string sentence_of(std::string_view body) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(body, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto* said = object == nullptr ? nullptr : object->if_contains("error");
  const auto* message = said == nullptr || !said->is_object() ? nullptr : said->get_object().if_contains("message");
  return message != nullptr && message->is_string() ? std::string(message->get_string()) : std::string(body);
}

std::expected<std::string, HttpFailure> http_ask(http::verb verb, const EngineAddress& engine, const std::string& path,
                                                 const std::string& body) {
  const auto place = place_of(engine.server);
  if (!place) return std::unexpected(place.error());
  const auto token = token_of(engine.token_file);
  if (!token) return std::unexpected(token.error());
  asio::io_context io{1};
  beast::error_code error;
  const auto addresses = asio::ip::tcp::resolver(io).resolve(place->host, place->port, error);
  if (error) return std::unexpected(HttpFailure{place->host + ": " + error.message()});

  beast::tcp_stream stream(io);
  stream.expires_after(kPatience);
  error = wait_for(io, [&](auto done) { stream.async_connect(addresses, done); });
  if (error) {
    return std::unexpected(
        HttpFailure{"no answer from " + engine.server + " (" + error.message() + "); is `tocsin run` running there?"});
  }
  http::request<http::string_body> request{verb, path, 11};
  request.set(http::field::host, place->text());
  request.set(http::field::connection, "close");
  if (!token->empty()) request.set(http::field::authorization, "Bearer " + *token);
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = body;
  if (verb == http::verb::post) request.prepare_payload();
  error = wait_for(io, [&](auto done) { http::async_write(stream, request, done); });
  if (error) return std::unexpected(HttpFailure{engine.server + ": " + error.message()});

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> answer;
  answer.body_limit(kAnswerBytesMax);
  error = wait_for(io, [&](auto done) { http::async_read(stream, buffer, answer, done); });
  if (error) return std::unexpected(HttpFailure{engine.server + ": " + error.message()});
  const int status = static_cast<int>(answer.get().result_int());
  if (status == 200 || status == 202) return std::move(answer.get().body());
  std::string message = engine.server + " answered " + std::to_string(status) + ": " + sentence_of(answer.get().body());
  if (status == 401) message += engine.token_file.empty() ? "; see --token-file" : "; it is not that of --token-file";
  return std::unexpected(HttpFailure{std::move(message), status, status == 400});
}

}  // namespace

void add_engine_flags(CLI::App& command, EngineAddress& address) {
  command.add_option("--server", address.server, "where the engine listens")->capture_default_str();
  command.add_option("--token-file", address.token_file, "a file with the bearer token that the engine asks for");
}

std::expected<std::string, HttpFailure> http_get(const EngineAddress& engine, const std::string& path) {
  return http_ask(http::verb::get, engine, path, {});
}

std::expected<std::string, HttpFailure> http_post(const EngineAddress& engine, const std::string& path,
                                                  const std::string& body) {
  return http_ask(http::verb::post, engine, path, body);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~' || c == ':';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      ((out += '%') += kHex[byte >> 4]) += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace tocsin::app
