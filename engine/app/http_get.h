#pragma once

#include <expected>
#include <string>

namespace CLI {
class App;
}

namespace tocsin::app {

/// Where a running engine listens, and what it asks of those who come.
struct EngineAddress {
  std::string server = "http://127.0.0.1:9099";  // http://HOST:PORT, plain HTTP; an IPv6 address in brackets
  std::string token_file;                        // its first line that is no comment is the bearer token; "": none
};

/// `--server` and `--token-file`.
void add_engine_flags(CLI::App& command, EngineAddress& address);

/// Why there is no answer.
struct HttpFailure {
  std::string message;  // what went wrong and what to try
  int status = 0;       // 0: it did not come to an answer

  /// The command was used wrongly: the engine said that it does not understand, or the address is none.
  bool is_misuse = false;
};

/// Fetches `path`, waiting at most some seconds. The body of a 200; else what went wrong.
std::expected<std::string, HttpFailure> http_get(const EngineAddress& engine, const std::string& path);

/// The same with POST, without a body unless there is one (JSON); also of a 202.
std::expected<std::string, HttpFailure> http_post(const EngineAddress& engine, const std::string& path,
                                                  const std::string& body = {});

/// As one segment of a path or one value of a query.
std::string percent_encoded(std::string_view text);

}  // namespace tocsin::app
