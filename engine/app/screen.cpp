#include "engine/app/screen.h"

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/app/rule_files.h"

namespace tocsin::app {
namespace {

/// COLUMNS, for who looks through a pipe; 0: nobody says how wide it may be.
std::size_t columns_asked_for() {
  const char* said = std::getenv("COLUMNS");
  if (said == nullptr) return 0;
  std::size_t columns = 0;
  const std::string_view text{said};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), columns);
  constexpr std::size_t kColumnsMax = 10'000;
  return error == std::errc{} && end == text.data() + text.size() && columns <= kColumnsMax ? columns : 0;
}

}  // namespace

TableStyle style_of_screen() {
  TableStyle style;
  style.colour = wants_colour(STDOUT_FILENO);
  winsize size{};
  const bool known = isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  style.width = known ? size.ws_col : columns_asked_for();
  style.height = known ? size.ws_row : 0;
  return style;
}

bool is_screen() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && terminal != nullptr && std::string_view{terminal} != "dumb";
}

Instant now() {
  return from_unix_ns(std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds{1});
}

std::expected<std::string, HttpFailure> where_as_query(const std::vector<std::string>& where) {
  std::string query;
  for (const std::string& one : where) {
    const std::size_t sign = one.find('=');
    if (sign == std::string::npos || sign == 0) {
      return std::unexpected(HttpFailure{"--where must be FIELD=VALUE, for example --where service=checkout", 0, true});
    }
    query += percent_encoded(one.substr(0, sign)) + "=" + percent_encoded(one.substr(sign + 1)) + "&";
  }
  return query;
}

}  // namespace tocsin::app
