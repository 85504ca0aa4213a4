#pragma once

#include <expected>
#include <string>

namespace tocsin::app {

/// Fetches `path` of a tocsin server, `http://HOST:PORT` (plain HTTP), waiting at most some seconds.
/// The body of a 200; else a sentence that says what went wrong and what to try.
std::expected<std::string, std::string> http_get(const std::string& server, const std::string& path);

/// The same with POST, without a body; also of a 202.
std::expected<std::string, std::string> http_post(const std::string& server, const std::string& path);

}  // namespace tocsin::app
