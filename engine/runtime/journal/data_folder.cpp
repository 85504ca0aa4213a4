#include "engine/runtime/journal/data_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/runtime/log/layout.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;
using Kind = FolderTrouble::Kind;

constexpr const char* kLock = "LOCK";
// One of these and a folder is ours: the lock is made first.
constexpr std::array<std::string_view, 5> kOurs{kLock, "CURRENT", "identity", "log", "db"};
// One of these and there is a journal.
constexpr std::array<std::string_view, 4> kJournals{"CURRENT", "identity", "log", "carry.done"};
// What no start does without, in one version or another.
constexpr std::array<std::string_view, 6> kNeeded{"CURRENT", "identity", "mark", "log", "db", "db/CURRENT"};
// What others leave everywhere, for example at the root of a disk.
constexpr std::string_view kNobodys = "lost+found";

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

bool is_there(const fs::path& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0;
}

/// The process that has the lock, 0 when it is free, -1 when it belongs to an open file and one cannot know whose.
pid_t who_has(const fs::path& lock) {
  const Descriptor file(::open(lock.c_str(), O_RDWR | O_CLOEXEC));
  if (file.number() < 0) return 0;
  struct flock record{};
  record.l_type = F_WRLCK;
  record.l_whence = SEEK_SET;
  const bool is_taken = ::fcntl(file.number(), F_GETLK, &record) == 0 && record.l_type != F_UNLCK;
  return is_taken ? record.l_pid : 0;
}

bool is_same(int descriptor, const fs::path& path) {
  struct stat opened{};
  struct stat now{};
  if (::fstat(descriptor, &opened) != 0 || ::stat(path.c_str(), &now) != 0) return false;
  return opened.st_dev == now.st_dev && opened.st_ino == now.st_ino;
}

/// Of an open descriptor of this process; its flags are in a line `flags: OCTAL`.
bool is_open_for_writing(const char* descriptor) {
  std::ifstream info(std::string("/proc/self/fdinfo/") + descriptor);
  for (std::string word; info >> word;) {
    if (word != "flags:" || !(info >> word)) continue;
    return (std::strtol(word.c_str(), nullptr, 8) & O_ACCMODE) != O_RDONLY;
  }
  return false;
}

std::string list_some(std::vector<std::string> names) {
  std::ranges::sort(names);
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 3); ++i) text += (i > 0 ? ", " : "") + names[i];
  return names.size() > 3 ? text + ", …" : text;
}

/// The nearest folder above that is there.
fs::path nearest(fs::path path) {
  std::error_code ignored;
  while (!fs::exists(path, ignored) && path.has_parent_path() && path != path.parent_path()) path = path.parent_path();
  return path;
}

bool can_write(const fs::path& folder) { return ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0; }

/// Damage is for the opening to tell: it knows what may be missing.
bool is_newer(const fs::path& identity) {
  std::ifstream file(identity, std::ios::binary);
  std::string block(kLogBlockBytes, '\0');
  if (!file.read(block.data(), static_cast<std::streamsize>(block.size()))) return false;
  const auto read = read_identity(block);
  return !read && read.error() == BlockFault::newer;
}

void look_inside(const fs::path& folder, FolderLook& look) {
  std::error_code error;
  std::vector<std::string> others;
  bool is_ours = false;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (std::ranges::find(kJournals, name) != kJournals.end()) look.has_journal = true;
    if (std::ranges::find(kOurs, name) != kOurs.end()) is_ours = true;
    if (name != kNobodys && !name.starts_with('.')) others.push_back(name);
  }
  if (error) {
    look.troubles.push_back(
        {Kind::unusable, "the data folder " + folder.string() + " cannot be read: " + error.message()});
  } else if (!is_ours && !others.empty()) {
    look.troubles.push_back({Kind::foreign, "the data folder " + folder.string() + " is not one of tocsin: it holds " +
                                                list_some(std::move(others)) +
                                                "; give an empty folder, or one that is not there yet"});
  }
  if (is_newer(folder / kIdentityFile))
    look.troubles.push_back({Kind::newer, "the data folder " + folder.string() + " was made by a newer tocsin"});
  if (const pid_t pid = who_has(folder / kLock); pid != 0)
    look.troubles.push_back({Kind::in_use, "the data folder " + folder.string() + " is in use by another tocsin" +
                                               (pid > 0 ? " (process " + std::to_string(pid) + ")" : "")});
}

void look_at_space(const fs::path& place, const fs::path& folder, std::uint64_t bytes_free_min, FolderLook& look) {
  struct statvfs disk{};
  if (::statvfs(place.c_str(), &disk) != 0 || disk.f_blocks == 0) return;  // a file system that does not tell
  const std::uint64_t bytes_free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (bytes_free >= bytes_free_min) return;
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), "%.1f MiB free, a start needs %.1f MiB",
                static_cast<double>(bytes_free) / 1048576.0, static_cast<double>(bytes_free_min) / 1048576.0);
  look.troubles.push_back({Kind::full, "the disk of the data folder " + folder.string() + " is full: " + text.data()});
}

}  // namespace

FolderLook look_at_data_folder(const fs::path& folder, std::uint64_t bytes_free_min) {
  FolderLook look;
  std::error_code error;
  const fs::path wanted = fs::absolute(folder, error);
  const fs::path place = nearest(wanted);
  if (!fs::is_directory(place, error)) {
    const std::string what = place == wanted ? "" : " cannot be made: " + place.string();
    look.troubles.push_back({Kind::unusable, "the data folder " + folder.string() + what + " is not a folder"});
    return look;
  }
  if (place == wanted) look_inside(folder, look);
  if (!can_write(place)) {
    const std::string why = std::strerror(errno);
    look.troubles.push_back(
        {Kind::unusable,
         "the data folder " + folder.string() +
             (place == wanted ? " cannot be written: " : " cannot be made in " + place.string() + ": ") + why});
  }
  look_at_space(place, folder, bytes_free_min, look);
  return look;
}

DataFolderGuard::DataFolderGuard(const fs::path& folder) {
  std::error_code error;
  path_ = fs::absolute(folder, error);
  target_ = fs::canonical(folder, error);
  folder_ = ::open(path_.c_str(), O_PATH | O_CLOEXEC);
  lock_ = ::open((path_ / kLock).c_str(), O_PATH | O_CLOEXEC);
  for (const std::string_view name : kNeeded)
    if (is_there(path_ / name)) needed_.emplace_back(name);
}

DataFolderGuard::~DataFolderGuard() {
  for (const int descriptor : {folder_, lock_})
    if (descriptor >= 0) ::close(descriptor);
}

std::string DataFolderGuard::look() {
  const std::string name = "the data folder " + path_.string();
  struct stat info{};
  if (::stat(path_.c_str(), &info) != 0) return name + " is gone: it was deleted or renamed while the engine runs";
  if (!is_same(folder_, path_))
    return name + " is another one than the engine opened: it was replaced while the engine runs";
  if (lock_ >= 0 && !is_same(lock_, path_ / kLock)) return name + " has lost its LOCK while the engine runs";
  for (const std::string& one : needed_)
    if (!is_there(path_ / one)) return name + " has lost `" + one + "` while the engine runs";
  if (const std::string removed = removed_while_open(); !removed.empty())
    return name + " has lost `" + removed + "`, which is being written";
  return {};
}

/// The name of a file of the folder that is open for writing and has no name any more, since the last look at least.
std::string DataFolderGuard::removed_while_open() {
  const std::unique_ptr<DIR, int (*)(DIR*)> list(::opendir("/proc/self/fd"), ::closedir);
  if (!list) return {};
  std::set<ino_t> removed;
  std::string found;
  while (const dirent* entry = ::readdir(list.get())) {
    // Asked by name, never by number: another thread may close it meanwhile, and then it is not what is looked for.
    struct stat info{};
    const int folder = ::dirfd(list.get());
    if (::fstatat(folder, entry->d_name, &info, 0) != 0 || !S_ISREG(info.st_mode) || info.st_nlink > 0) continue;
    if (!is_open_for_writing(entry->d_name)) continue;
    std::array<char, 4096> target{};
    const ssize_t length = ::readlinkat(folder, entry->d_name, target.data(), target.size());
    if (length <= 0) continue;
    std::string_view text(target.data(), static_cast<std::size_t>(length));
    if (!text.starts_with(target_.string() + "/")) continue;
    removed.insert(info.st_ino);
    if (!removed_before_.contains(info.st_ino)) continue;
    text.remove_prefix(target_.string().size() + 1);
    constexpr std::string_view kDeleted = " (deleted)";
    if (text.ends_with(kDeleted)) text.remove_suffix(kDeleted.size());
    found = text;
  }
  removed_before_ = std::move(removed);
  return found;
}

}  // namespace tocsin
