#include "bench/load/wall_text.h"

#include <ctime>

#include <fmt/format.h>

namespace tocsin {
namespace {

constexpr std::int64_t kEndSpanSeconds = 240;

void write_date(std::array<char, 24>& text, std::int64_t seconds) {
  const std::time_t instant = seconds;
  std::tm parts{};
  ::gmtime_r(&instant, &parts);
  fmt::format_to_n(text.data(), text.size(), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.000Z", parts.tm_year + 1900,
                   parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace

void WallText::refresh() {
  std::timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec != seconds_) {
    seconds_ = now.tv_sec;
    write_date(now_, seconds_);
    write_date(end_, seconds_ + kEndSpanSeconds);
  }
  const auto milliseconds = static_cast<unsigned>(now.tv_nsec / 1'000'000);
  now_[20] = static_cast<char>('0' + milliseconds / 100);
  now_[21] = static_cast<char>('0' + milliseconds / 10 % 10);
  now_[22] = static_cast<char>('0' + milliseconds % 10);
}

}  // namespace tocsin
