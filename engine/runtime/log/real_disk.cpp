#include "engine/runtime/log/real_disk.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engine/runtime/log/aligned_bytes.h"

namespace tocsin {
namespace {

constexpr std::size_t kZeroBytes = 1 << 20;  // of one write when a file is made

std::unexpected<Error> failure(const std::string& doing, const std::string& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return refuse(full ? Refusal::storage_full : Refusal::storage_failed,
                "cannot " + doing + " " + path + ": " + std::strerror(error));
}

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void take(int fd) {
    close();
    fd_ = fd;
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

class RealFile final : public DiskFile {
 public:
  RealFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  /// From now on whole blocks go directly to the disk, where that can be.
  void go_direct() { direct_.take(::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_DIRECT)); }

  Result<std::size_t> read(std::uint64_t offset, std::span<char> into) override {
    std::size_t got = 0;
    while (got < into.size()) {
      const ssize_t count = ::pread(fd_.get(), into.data() + got, into.size() - got, static_cast<off_t>(offset + got));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failure("read", path_, errno);
      if (count == 0) break;
      got += static_cast<std::size_t>(count);
    }
    return got;
  }

  Result<void> write(std::uint64_t offset, std::string_view bytes) override { return put(fd_.get(), offset, bytes, 0); }

  Result<void> write_durable(std::uint64_t offset, std::string_view bytes) override {
    if (direct_.get() >= 0) {
      const auto written = put(direct_.get(), offset, bytes, RWF_DSYNC);
      if (written || unsupported_ == 0) return written;
      direct_.close();  // EINVAL, EOPNOTSUPP: nothing was tried; the long way from now on
    }
    if (auto written = put(fd_.get(), offset, bytes, 0); !written) return written;
    return sync();
  }

  Result<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) return failure("sync", path_, errno);
    return {};
  }

  Result<std::uint64_t> size() override {
    struct stat about{};
    if (::fstat(fd_.get(), &about) != 0) return failure("look at", path_, errno);
    return static_cast<std::uint64_t>(about.st_size);
  }

  Result<void> fill_with_zeros(std::uint64_t bytes) {
    // Reserved in one piece if possible; zeros then make it written, so that no later sync has to say so to the file
    // system. Where there is nothing to reserve with, they reserve too.
    if (bytes > 0 && ::fallocate(fd_.get(), 0, 0, static_cast<off_t>(bytes)) != 0 && errno != EOPNOTSUPP &&
        errno != ENOSYS && errno != EINTR)
      return failure("reserve space for", path_, errno);
    AlignedBytes zeros;
    zeros.resize(std::min<std::uint64_t>(bytes, kZeroBytes));
    const bool whole_blocks = bytes % kLogBlockBytes == 0;
    for (std::uint64_t at = 0; at < bytes;) {
      const std::string_view some = zeros.view().substr(0, std::min<std::uint64_t>(zeros.size(), bytes - at));
      auto written = whole_blocks && direct_.get() >= 0 ? put(direct_.get(), at, some, 0) : put(fd_.get(), at, some, 0);
      if (!written && unsupported_ != 0) {
        direct_.close();
        unsupported_ = 0;
        continue;
      }
      if (!written) return written;
      at += some.size();
    }
    if (::fsync(fd_.get()) != 0) return failure("sync", path_, errno);
    return {};
  }

 private:
  Result<void> put(int fd, std::uint64_t offset, std::string_view bytes, int flags) {
    unsupported_ = 0;
    std::size_t done = 0;
    while (done < bytes.size()) {
      const iovec part{const_cast<char*>(bytes.data()) + done, bytes.size() - done};
      const auto at = static_cast<off_t>(offset + done);
      const ssize_t count =
          flags == 0 ? ::pwrite(fd, part.iov_base, part.iov_len, at) : ::pwritev2(fd, &part, 1, at, flags);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        if (errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS) unsupported_ = errno;
        return failure("write", path_, errno);
      }
      if (count == 0) return failure("write", path_, EIO);
      done += static_cast<std::size_t>(count);
    }
    return {};
  }

  std::string path_;
  Descriptor fd_;
  Descriptor direct_;
  int unsupported_ = 0;  // of the last put(): the file system does not do it this way
};

class RealDisk final : public Disk {
 public:
  explicit RealDisk(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<std::unique_ptr<DiskFile>> open(std::string_view path, DiskUse use) override {
    const std::string name = full_name(path);
    const int fd = ::open(name.c_str(), (use == DiskUse::reading ? O_RDONLY : O_RDWR) | O_CLOEXEC);
    if (fd < 0) return failure("open", name, errno);
    auto file = std::make_unique<RealFile>(name, fd);
    if (use == DiskUse::writing) file->go_direct();
    return file;
  }

  Result<std::unique_ptr<DiskFile>> create(std::string_view path, std::uint64_t bytes) override {
    const std::string name = full_name(path);
    const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0) return failure("make", name, errno);
    auto file = std::make_unique<RealFile>(name, fd);
    file->go_direct();
    if (auto filled = file->fill_with_zeros(bytes); !filled) {
      ::unlink(name.c_str());  // what it took is given back
      return std::unexpected(std::move(filled.error()));
    }
    return file;
  }

  Result<void> rename(std::string_view from, std::string_view to) override {
    if (::rename(full_name(from).c_str(), full_name(to).c_str()) != 0) return failure("rename", full_name(from), errno);
    return {};
  }

  Result<void> link(std::string_view from, std::string_view to) override {
    if (::link(full_name(from).c_str(), full_name(to).c_str()) == 0) return {};
    std::error_code error;
    std::filesystem::copy_file(full_name(from), full_name(to), error);
    if (error) return failure("copy", full_name(from), error.value());
    auto copy = open(to, DiskUse::writing);
    if (!copy) return std::unexpected(std::move(copy.error()));
    return (*copy)->sync();
  }

  Result<void> remove(std::string_view path) override {
    if (::remove(full_name(path).c_str()) != 0 && errno != ENOENT) return failure("remove", full_name(path), errno);
    return {};
  }

  Result<void> make_folder(std::string_view path) override {
    if (::mkdir(full_name(path).c_str(), 0750) != 0 && errno != EEXIST) return failure("make", full_name(path), errno);
    return {};
  }

  Result<std::vector<std::string>> list(std::string_view folder) override {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator at(full_name(folder), error);
    if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return names;
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error))
      names.push_back(at->path().filename().string());
    if (error) return failure("list", full_name(folder), error.value());
    std::ranges::sort(names);
    return names;
  }

  Result<void> sync_folder(std::string_view folder) override {
    const std::string name = full_name(folder);
    const Descriptor fd(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0) return failure("open", name, errno);
    if (::fsync(fd.get()) != 0 && errno != EINVAL) return failure("sync", name, errno);
    return {};
  }

  bool exists(std::string_view path) override { return ::access(full_name(path).c_str(), F_OK) == 0; }

  Result<std::uint64_t> free_bytes() override {
    struct statvfs about{};
    if (::statvfs(folder_.c_str(), &about) != 0) return failure("look at", folder_.string(), errno);
    return std::uint64_t{about.f_bavail} * about.f_frsize;
  }

  std::string full_name(std::string_view path) const override {
    return path.empty() ? folder_.string() : (folder_ / path).string();
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace

std::unique_ptr<Disk> real_disk(const std::filesystem::path& folder) { return std::make_unique<RealDisk>(folder); }

}  // namespace tocsin
