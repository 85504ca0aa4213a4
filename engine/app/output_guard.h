#pragma once

#include <ostream>
#include <streambuf>
#include <string>

namespace tocsin::app {

/// Stands between a stream of the program (std::cout, std::cerr) and its file descriptor, from its making to its end:
/// what a stranger wrote into a label must not steer a terminal, whichever command shows it, and what could not be
/// written must not look as if it had been. Of one thread at a time, as the stream is.
///
/// On a terminal the control characters of C1 and those that turn the direction of a text (U+009B, U+202E and their
/// kind), and bytes that are no UTF-8, become U+FFFD; our own escape sequences are of C0 and pass, those of strangers
/// are replaced where their texts are put together (terminal_text.h). Elsewhere bytes pass as they are.
class OutputGuard : public std::streambuf {
 public:
  OutputGuard(std::ostream& stream, int file_descriptor);
  ~OutputGuard() override;
  OutputGuard(const OutputGuard&) = delete;
  OutputGuard& operator=(const OutputGuard&) = delete;

  /// Writes what waits. The errno of the first write that failed; 0: all is written, or its reader has gone (EPIPE).
  int finish();

 protected:
  int_type overflow(int_type byte) override;
  std::streamsize xsputn(const char* bytes, std::streamsize count) override;
  int sync() override;

 private:
  bool take(std::string_view bytes);
  bool write_all(std::string_view bytes);

  std::ostream& stream_;
  std::streambuf* const before_;
  const int file_descriptor_;
  const bool is_terminal_;
  std::string waiting_;
  int error_ = 0;
};

}  // namespace tocsin::app
