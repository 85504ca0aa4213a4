#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/model/instant.h"
#include "engine/model/refusal.h"

namespace tocsin {

/// Somewhere that lines are appended to: a regular file, which keeps them, or a stream (standard output, a pipe, a
/// device), which only passes them on. One thread.
class OutputFile {
 public:
  /// Opens or makes `path`; "-" is standard output. A regular file is cut after its last line feed: what follows was
  /// being written when a process ended. Refused (bad_value): it cannot be opened for writing.
  static Result<std::unique_ptr<OutputFile>> open(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Appends and returns how many bytes are safe: all or none in a file (written and synced), any number in a stream,
  /// which is waited for at most `wait`. Less than all: `why`, when it is not empty, says what is wrong; offer the rest
  /// again. After a failure a file is cut back first, so nothing is in it twice, and no failed sync is trusted
  /// afterwards.
  std::size_t append(std::string_view bytes, Duration wait, std::string& why);

  /// The last line of a regular file without its line feed; empty when there is none, or when it cannot be read
  /// (`why`).
  std::string last_line(std::string& why) const;
  /// A regular file that its path no longer leads to: it was deleted, renamed or replaced. What is appended goes where
  /// nobody looks for it.
  bool is_displaced() const;

  /// The reader of a stream went away: nothing will ever be taken again.
  bool is_reader_gone() const { return reader_gone_; }
  /// Bytes that open() cut off.
  std::uint64_t torn_bytes() const { return torn_bytes_; }

 private:
  OutputFile(std::string path, int descriptor, bool owned)
      : path_(std::move(path)), descriptor_(descriptor), owned_(owned) {}
  bool cut_torn_line(std::string& why);
  std::size_t append_to_file(std::string_view bytes, std::string& why);
  std::size_t pass_on(std::string_view bytes, Duration wait, std::string& why);

  std::string path_;
  int descriptor_;
  bool owned_;
  bool is_stream_ = true;
  bool reader_gone_ = false;
  bool failed_ = false;         // what is behind safe_size_ is not to be trusted
  std::int64_t safe_size_ = 0;  // of a file: all before is written and synced
  std::uint64_t torn_bytes_ = 0;
};

}  // namespace tocsin
