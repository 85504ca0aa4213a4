#include "engine/runtime/log/folder_lock.h"

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "engine/runtime/log/layout.h"

namespace tocsin {
namespace {

struct flock whole_file() {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

FolderLock::~FolderLock() { ::close(fd_); }

Result<std::unique_ptr<FolderLock>> FolderLock::take(const std::filesystem::path& folder) {
  const std::string name = (folder / kLockFile).string();
  const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) {
    const bool full = errno == ENOSPC || errno == EDQUOT;
    return refuse(full ? Refusal::storage_full : Refusal::storage_failed,
                  "cannot open " + name + ": " + std::strerror(errno));
  }
  std::unique_ptr<FolderLock> taken(new FolderLock(fd));
  struct flock lock = whole_file();
  if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) return taken;
  if (errno == EAGAIN || errno == EACCES)
    return refuse(Refusal::storage_failed, "the data folder " + folder.string() + " is in use by another tocsin");
  return refuse(Refusal::storage_failed, "cannot lock " + name + ": " + std::strerror(errno));
}

bool FolderLock::is_taken(const std::filesystem::path& folder) {
  const int fd = ::open((folder / kLockFile).c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  struct flock lock = whole_file();
  const bool taken = ::fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(fd);
  return taken;
}

}  // namespace tocsin
