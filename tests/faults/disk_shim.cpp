// Writes, syncs, creations and reservations of files that go wrong on demand. What is not asked for costs one look at
// the control block; what is, a look at the descriptor's path (/proc/self/fd), so that files need not be followed from
// their open on.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <optional>

#include <dlfcn.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tests/faults/fault_control.h"

namespace {

using namespace tocsin::faults;

template <typename Number>
Number read(Number& number) {
  // relaxed: a rule's other fields were written before `active`, which is read with acquire
  return std::atomic_ref<Number>(number).load(std::memory_order_relaxed);
}

bool is_active(DiskFault& rule) {
  // acquire: pairs with the test's last write of a rule
  return std::atomic_ref<std::uint32_t>(rule.active).load(std::memory_order_acquire) != 0;
}

std::uint64_t add(std::uint64_t& number, std::uint64_t what) {
  return std::atomic_ref<std::uint64_t>(number).fetch_add(what, std::memory_order_relaxed);
}

/// Of nothing: "".
using Path = std::array<char, PATH_MAX>;

void path_of(int file, Path& path) {
  std::array<char, 32> link{};
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
  const ssize_t size = ::readlink(link.data(), path.data(), path.size() - 1);
  path[static_cast<std::size_t>(std::max<ssize_t>(size, 0))] = '\0';
}

void wait_while(DiskFault& rule) {
  add(rule.waiting, 1);
  while (is_active(rule)) {
    const timespec soon{.tv_sec = 0, .tv_nsec = 2'000'000};
    ::nanosleep(&soon, nullptr);
  }
  add(rule.waiting, ~std::uint64_t{0});
}

struct Fault {
  int error = 0;  // 0: only short
};

/// What is to go wrong with this call; holds it first when that is asked for. Keeps errno.
std::optional<Fault> fault_of(const char* path, std::uint32_t operations) {
  const int before = errno;
  std::optional<Fault> fault;
  for (DiskFault& rule : control()->rules) {
    if (!is_active(rule) || (read(rule.operations) & operations) == 0) continue;
    if (::fnmatch(rule.pattern, path, 0) != 0) continue;
    const auto number = static_cast<std::int64_t>(add(rule.seen, 1)) - read(rule.skip);
    const std::int64_t times = read(rule.times);
    if (number < 0 || (times >= 0 && number >= times)) continue;
    add(rule.done, 1);
    const std::uint32_t action = read(rule.action);
    if (action == kHold) {
      wait_while(rule);
    } else {
      fault = Fault{action == kFail ? rule.error : 0};
      break;
    }
  }
  errno = before;
  return fault;
}

bool any_is_active() {
  Control* const all = control();
  return all != nullptr && std::ranges::any_of(all->rules, is_active);
}

std::optional<Fault> fault_of(int file, std::uint32_t operations) {
  if (!any_is_active()) return std::nullopt;
  const int before = errno;
  Path path;
  path_of(file, path);
  errno = before;
  // sockets, pipes and the like have no path
  return path[0] == '/' ? fault_of(path.data(), operations) : std::nullopt;
}

std::uint32_t write_to(int file, int flags = 0) {
  if (!any_is_active()) return kWrite;
  const bool synced = (flags & (RWF_DSYNC | RWF_SYNC)) != 0 || (::fcntl(file, F_GETFL) & (O_DSYNC | O_SYNC)) != 0;
  return synced ? kWrite | kSync : kWrite;
}

/// How much of `size` bytes a short write takes. A file that is written directly takes whole blocks only; of one block
/// nothing can be left out.
std::size_t half(int file, std::size_t size) {
  if ((::fcntl(file, F_GETFL) & O_DIRECT) == 0) return std::max<std::size_t>(size / 2, std::min<std::size_t>(size, 1));
  constexpr std::size_t kBlock = 4096;
  constexpr std::size_t kSector = 512;
  const std::size_t unit = size >= 2 * kBlock ? kBlock : kSector;
  return size < 2 * unit ? size : size / 2 / unit * unit;
}

/// The first half of the bytes, in as many parts.
struct Half {
  static constexpr int kPartsMax = 64;
  std::array<iovec, kPartsMax> parts{};
  int count = 0;

  Half(int file, const iovec* given, int given_count) {
    std::size_t left = 0;
    for (int i = 0; i < given_count; ++i) left += given[i].iov_len;
    left = half(file, left);
    for (; count < std::min(given_count, kPartsMax) && left > 0; ++count) {
      auto& part = parts[static_cast<std::size_t>(count)];
      part = given[count];
      part.iov_len = std::min(part.iov_len, left);
      left -= part.iov_len;
    }
  }
};

template <typename Result>
Result fail(int error) {
  errno = error;
  return -1;
}

int sync(int file, const char* name) {
  using Real = int (*)(int);
  if (const auto fault = fault_of(file, kSync); fault && fault->error != 0) return fail<int>(fault->error);
  return reinterpret_cast<Real>(next(name))(file);
}

using Open = int (*)(const char*, int, ...);
using OpenAt = int (*)(int, const char*, int, ...);

std::optional<Fault> fault_of_open(const char* path, int flags) {
  if ((flags & O_CREAT) == 0 || !any_is_active()) return std::nullopt;
  return fault_of(path, kCreate);
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t size) {
  using Real = ssize_t (*)(int, const void*, size_t);
  static const auto real = reinterpret_cast<Real>(next("write"));
  const auto fault = fault_of(file, write_to(file));
  if (!fault) return real(file, bytes, size);
  return fault->error != 0 ? fail<ssize_t>(fault->error) : real(file, bytes, half(file, size));
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  using Real = ssize_t (*)(int, const void*, size_t, off_t);
  static const auto real = reinterpret_cast<Real>(next("pwrite"));
  const auto fault = fault_of(file, write_to(file));
  if (!fault) return real(file, bytes, size, at);
  return fault->error != 0 ? fail<ssize_t>(fault->error) : real(file, bytes, half(file, size), at);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) { return pwrite(file, bytes, size, at); }

ssize_t writev(int file, const iovec* parts, int count) {
  using Real = ssize_t (*)(int, const iovec*, int);
  static const auto real = reinterpret_cast<Real>(next("writev"));
  const auto fault = fault_of(file, write_to(file));
  if (!fault) return real(file, parts, count);
  if (fault->error != 0) return fail<ssize_t>(fault->error);
  const Half first(file, parts, count);
  return real(file, first.parts.data(), first.count);
}

ssize_t pwritev2(int file, const iovec* parts, int count, off_t at, int flags) {
  using Real = ssize_t (*)(int, const iovec*, int, off_t, int);
  static const auto real = reinterpret_cast<Real>(next("pwritev2"));
  const auto fault = fault_of(file, write_to(file, flags));
  if (!fault) return real(file, parts, count, at, flags);
  if (fault->error != 0) return fail<ssize_t>(fault->error);
  const Half first(file, parts, count);
  return real(file, first.parts.data(), first.count, at, flags);
}

ssize_t pwritev64v2(int file, const iovec* parts, int count, off64_t at, int flags) {
  return pwritev2(file, parts, count, at, flags);
}

ssize_t pwritev(int file, const iovec* parts, int count, off_t at) { return pwritev2(file, parts, count, at, 0); }
ssize_t pwritev64(int file, const iovec* parts, int count, off64_t at) { return pwritev2(file, parts, count, at, 0); }

int fsync(int file) { return sync(file, "fsync"); }
int fdatasync(int file) { return sync(file, "fdatasync"); }

int fallocate(int file, int mode, off_t at, off_t size) {
  using Real = int (*)(int, int, off_t, off_t);
  static const auto real = reinterpret_cast<Real>(next("fallocate"));
  const auto fault = fault_of(file, kReserve);
  return fault && fault->error != 0 ? fail<int>(fault->error) : real(file, mode, at, size);
}
int fallocate64(int file, int mode, off64_t at, off64_t size) { return fallocate(file, mode, at, size); }

int posix_fallocate(int file, off_t at, off_t size) {
  using Real = int (*)(int, off_t, off_t);
  static const auto real = reinterpret_cast<Real>(next("posix_fallocate"));
  const auto fault = fault_of(file, kReserve);
  return fault && fault->error != 0 ? fault->error : real(file, at, size);  // gives the error, not errno
}
int posix_fallocate64(int file, off64_t at, off64_t size) { return posix_fallocate(file, at, size); }

int open(const char* path, int flags, ...) {
  static const auto real = reinterpret_cast<Open>(next("open"));
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  const auto fault = fault_of_open(path, flags);
  return fault && fault->error != 0 ? fail<int>(fault->error) : real(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open(path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  static const auto real = reinterpret_cast<OpenAt>(next("openat"));
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  if ((flags & O_CREAT) != 0 && any_is_active()) {
    Path whole{};
    if (path[0] == '/') {
      std::snprintf(whole.data(), whole.size(), "%s", path);
    } else {
      Path parent{};
      path_of(folder, parent);
      std::snprintf(whole.data(), whole.size(), "%.2000s/%.2000s", parent.data(), path);
    }
    const auto fault = fault_of(whole.data(), kCreate);
    if (fault && fault->error != 0) return fail<int>(fault->error);
  }
  return real(folder, path, flags, mode);
}

}  // extern "C"
