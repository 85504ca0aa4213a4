#include "engine/app/output_guard.h"

#include <cerrno>
#include <string_view>

#include <unistd.h>

#include "engine/app/terminal_text.h"

namespace tocsin::app {
namespace {

constexpr std::size_t kWaitingBytesMax = 64 * 1024;

/// Where the last whole character ends: a sequence that is still to be completed stays behind.
std::size_t whole_characters(std::string_view text) {
  std::size_t back = 0;
  while (back < 3 && back < text.size() && (static_cast<unsigned char>(text[text.size() - 1 - back]) & 0xC0) == 0x80)
    ++back;
  if (back == text.size()) return text.size();
  const auto lead = static_cast<unsigned char>(text[text.size() - 1 - back]);
  const std::size_t due = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  return back + 1 < due ? text.size() - 1 - back : text.size();
}

}  // namespace

OutputGuard::OutputGuard(std::ostream& stream, int file_descriptor)
    : stream_(stream),
      before_(stream.rdbuf()),
      file_descriptor_(file_descriptor),
      is_terminal_(::isatty(file_descriptor) == 1) {
  stream_.rdbuf(this);
}

OutputGuard::~OutputGuard() {
  finish();
  stream_.rdbuf(before_);
}

int OutputGuard::finish() {
  sync();
  return error_ == EPIPE ? 0 : error_;
}

OutputGuard::int_type OutputGuard::overflow(int_type byte) {
  if (traits_type::eq_int_type(byte, traits_type::eof())) return traits_type::not_eof(byte);
  const char one = traits_type::to_char_type(byte);
  return take({&one, 1}) ? byte : traits_type::eof();
}

std::streamsize OutputGuard::xsputn(const char* bytes, std::streamsize count) {
  return take({bytes, static_cast<std::size_t>(count)}) ? count : 0;
}

bool OutputGuard::take(std::string_view bytes) {
  if (error_ != 0) return false;
  waiting_ += bytes;
  const bool is_line = is_terminal_ && bytes.find('\n') != std::string_view::npos;
  return waiting_.size() < kWaitingBytesMax && !is_line ? true : sync() == 0;
}

int OutputGuard::sync() {
  if (error_ != 0) return -1;
  const std::size_t end = is_terminal_ ? whole_characters(waiting_) : waiting_.size();
  const std::string_view whole = std::string_view{waiting_}.substr(0, end);
  const bool written = is_terminal_ ? write_all(without_hidden_controls(whole)) : write_all(whole);
  waiting_.erase(0, end);
  return written ? 0 : -1;
}

bool OutputGuard::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      error_ = errno;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace tocsin::app
