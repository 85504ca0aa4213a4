#include "connectors/sinks/output_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tocsin {
namespace {

std::string reason(const char* doing) { return std::string(doing) + ": " + std::strerror(errno); }

/// A write to a pipe without a reader ends the process by a signal; for us it is an answer like any other. Per thread,
/// and the signal that this write has made is taken back, so the process keeps whatever it does about SIGPIPE.
ssize_t write_without_signal(int descriptor, std::string_view bytes) {
  sigset_t pipe_only;
  sigset_t before;
  sigset_t pending;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  sigpending(&pending);
  const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
  pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
  const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
  const int error = errno;
  if (written < 0 && error == EPIPE && !was_pending) {
    const timespec at_once{};
    while (sigtimedwait(&pipe_only, nullptr, &at_once) < 0 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return written;
}

/// So that a file that was just made is still there after a power cut.
void sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

Result<std::unique_ptr<OutputFile>> OutputFile::open(const std::string& path) {
  const bool standard = path == "-";
  struct stat info{};
  const bool is_pipe = ::stat(path.c_str(), &info) == 0 && S_ISFIFO(info.st_mode);
  // A pipe is not opened for reading as well: as a reader of it we would never learn that the others are gone. Without
  // O_NONBLOCK the open would wait for a reader.
  const int mode = is_pipe ? O_WRONLY | O_NONBLOCK : O_RDWR | O_APPEND | O_CREAT;
  const int descriptor = standard ? STDOUT_FILENO : ::open(path.c_str(), mode | O_CLOEXEC, 0640);
  const std::string failure = "cannot write to " + path;
  if (descriptor < 0) return refuse(Refusal::bad_value, reason(failure.c_str()));
  std::unique_ptr<OutputFile> file(new OutputFile(path, descriptor, !standard));
  if (::fstat(descriptor, &info) != 0) return refuse(Refusal::bad_value, reason(failure.c_str()));
  // Standard output is a stream even where a shell has put it into a file: that file is the shell's, not ours to cut.
  file->is_stream_ = standard || !S_ISREG(info.st_mode);
  if (!file->is_stream_) {
    std::string why;
    if (!file->cut_torn_line(why)) return refuse(Refusal::bad_value, path + ": " + why);
    sync_folder_of(path);
  }
  return file;
}

OutputFile::~OutputFile() {
  if (owned_) ::close(descriptor_);
}

bool OutputFile::cut_torn_line(std::string& why) {
  struct stat info{};
  if (::fstat(descriptor_, &info) != 0) return why = reason("cannot be looked at"), false;
  std::array<char, 64 * 1024> block{};
  off_t end = info.st_size;
  off_t keep = 0;
  while (end > 0 && keep == 0) {
    const auto size = static_cast<std::size_t>(std::min<off_t>(end, static_cast<off_t>(block.size())));
    const off_t begin = end - static_cast<off_t>(size);
    if (::pread(descriptor_, block.data(), size, begin) != static_cast<ssize_t>(size)) {
      return why = reason("cannot be read"), false;
    }
    const std::size_t feed = std::string_view(block.data(), size).rfind('\n');
    if (feed != std::string_view::npos) keep = begin + static_cast<off_t>(feed) + 1;
    end = begin;
  }
  torn_bytes_ = static_cast<std::uint64_t>(info.st_size - keep);
  if (torn_bytes_ > 0 && ::ftruncate(descriptor_, keep) != 0)
    return why = reason("its torn line cannot be cut off"), false;
  return true;
}

std::string OutputFile::last_line(std::string& why) const {
  constexpr off_t kLineBytesMax = off_t{64} << 20;
  struct stat info{};
  if (is_stream_ || ::fstat(descriptor_, &info) != 0 || info.st_size == 0) return {};
  std::string line;
  std::array<char, 64 * 1024> block{};
  // Backwards from before the last line feed to the one before it.
  for (off_t end = info.st_size - 1; end > 0 && info.st_size - end < kLineBytesMax;) {
    const auto size = static_cast<std::size_t>(std::min<off_t>(end, static_cast<off_t>(block.size())));
    const off_t begin = end - static_cast<off_t>(size);
    if (::pread(descriptor_, block.data(), size, begin) != static_cast<ssize_t>(size)) {
      why = reason("cannot be read");
      return {};
    }
    const std::string_view bytes(block.data(), size);
    const std::size_t feed = bytes.rfind('\n');
    line.insert(0, feed == std::string_view::npos ? bytes : bytes.substr(feed + 1));
    if (feed != std::string_view::npos) break;
    end = begin;
  }
  return line;
}

bool OutputFile::is_displaced() const {
  if (is_stream_) return false;
  struct stat ours{};
  struct stat there{};
  if (::fstat(descriptor_, &ours) != 0) return false;
  if (::stat(path_.c_str(), &there) != 0) return errno == ENOENT || errno == ENOTDIR;
  return ours.st_dev != there.st_dev || ours.st_ino != there.st_ino;
}

std::size_t OutputFile::append(std::string_view bytes, Duration wait, std::string& why) {
  if (bytes.empty() || reader_gone_) return 0;
  return is_stream_ ? pass_on(bytes, wait, why) : append_to_file(bytes, why);
}

std::size_t OutputFile::append_to_file(std::string_view bytes, std::string& why) {
  struct stat info{};
  if (::fstat(descriptor_, &info) != 0) return why = reason("fstat"), 0;
  if (!failed_) {
    safe_size_ = info.st_size;
  } else if (info.st_size > safe_size_ && ::ftruncate(descriptor_, safe_size_) != 0) {
    return why = reason("ftruncate"), 0;
  }
  failed_ = true;  // until the sync has said otherwise
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      why = reason("write");
      // A torn line is not left for readers to see; should this fail, the next call does it.
      [[maybe_unused]] const int cut = ::ftruncate(descriptor_, safe_size_);
      return 0;
    }
    done += static_cast<std::size_t>(written);
  }
  if (::fdatasync(descriptor_) != 0) return why = reason("fdatasync"), 0;
  failed_ = false;
  return bytes.size();
}

std::size_t OutputFile::pass_on(std::string_view bytes, Duration wait, std::string& why) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    pollfd ready{descriptor_, POLLOUT, 0};
    const auto wait_ms = std::chrono::floor<std::chrono::milliseconds>(wait).count();
    if (::poll(&ready, 1, done > 0 ? 0 : static_cast<int>(std::clamp<std::int64_t>(wait_ms, 0, 60'000))) <= 0) break;
    // A pipe that is ready has room for PIPE_BUF at least (POSIX), so this does not block.
    const ssize_t written = write_without_signal(descriptor_, bytes.substr(done, PIPE_BUF));
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) break;
    if (written <= 0) {
      reader_gone_ = errno == EPIPE;
      why = reason("write");
      break;
    }
    done += static_cast<std::size_t>(written);
  }
  return done;
}

}  // namespace tocsin
