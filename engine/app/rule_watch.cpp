#include "engine/app/rule_watch.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "engine/app/rule_files.h"
#include "engine/runtime/thread_name.h"

namespace tocsin::app {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kChanges = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB |
                                   IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

std::string folder_of(const fs::path& file) {
  const fs::path parent = file.parent_path();
  return parent.empty() ? "." : parent.string();
}

void add(WatchList& list, const std::string& folder, const std::string& name, bool all_rule_files) {
  auto entry = std::ranges::find(list.entries, folder, &WatchList::Entry::folder);
  if (entry == list.entries.end()) entry = list.entries.insert(entry, WatchList::Entry{folder, {}, false});
  if (!name.empty()) entry->names.insert(name);
  entry->all_rule_files |= all_rule_files;
}

constexpr int kLinksMax = 16;  // as many as lead on from one another; the system follows 40

/// Each link on the way to `path`: it may lead elsewhere tomorrow, which is seen only in the folder that holds it.
void add_links(WatchList& list, const fs::path& path, int left = kLinksMax) {
  fs::path so_far;
  std::error_code error;
  for (const fs::path& part : path) {
    so_far /= part;
    if (!fs::is_symlink(so_far, error) || left == 0) continue;
    add(list, folder_of(so_far), so_far.filename().string(), false);
    const fs::path target = fs::read_symlink(so_far, error);
    if (!error) add_links(list, target.is_absolute() ? target : so_far.parent_path() / target, left - 1);
  }
}

/// What a folder is called without links, if there are any.
std::string real_folder(const std::string& path) {
  std::error_code error;
  const fs::path plain = fs::absolute(path, error).lexically_normal();
  const fs::path real = fs::canonical(path, error);
  const bool is_same = error || real == plain || real / "" == plain;
  return is_same ? path : real.string();
}

void add_file(WatchList& list, const fs::path& file) {
  add_links(list, file.parent_path());
  add(list, folder_of(file), file.filename().string(), false);
  std::error_code error;
  const fs::path target = fs::canonical(file, error);
  if (!error && target != fs::absolute(file, error)) add(list, folder_of(target), target.filename().string(), false);
}

}  // namespace

WatchList watch_list(const std::vector<std::string>& paths, const std::vector<std::string>& tables) {
  WatchList list;
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      add_links(list, path);
      add(list, real_folder(path), {}, true);
    } else {
      add_file(list, path);
    }
  }
  for (const std::string& table : tables) add_file(list, table);
  return list;
}

bool means_something(const WatchList::Entry& entry, std::string_view name) {
  return name.empty() || name.starts_with("..") || entry.names.contains(name) ||
         (entry.all_rule_files && is_rule_file(fs::path(name)));
}

struct RuleWatch::Parts {
  std::function<void()> changed;
  int inotify = -1;
  int wake = -1;  // an eventfd: the list is another, or the end
  std::mutex mutex;
  WatchList list;                           // guarded by mutex
  bool is_new = true;                       // guarded by mutex
  bool stopping = false;                    // guarded by mutex
  std::map<int, WatchList::Entry> watched;  // the thread's
  std::vector<WatchList::Entry> missing;    // the thread's: folders that are not there
  std::thread thread;

  void run();
  std::optional<bool> take_list();
  void renew(const WatchList& wanted);
  bool look_for_missing();
  bool read_changes();
};

// The list may be another one: watches of folders that stay are left alone, so that nothing is missed.
void RuleWatch::Parts::renew(const WatchList& wanted) {
  std::erase_if(watched, [&](const auto& one) {
    const bool stays =
        std::ranges::find(wanted.entries, one.second.folder, &WatchList::Entry::folder) != wanted.entries.end();
    if (!stays) inotify_rm_watch(inotify, one.first);
    return !stays;
  });
  for (auto& [number, entry] : watched) entry = {entry.folder, {}, false};
  missing = wanted.entries;
  look_for_missing();
}

/// True when one is there now.
bool RuleWatch::Parts::look_for_missing() {
  return std::erase_if(missing, [&](const WatchList::Entry& entry) {
           const int number = inotify_add_watch(inotify, entry.folder.c_str(), kChanges);
           if (number < 0) return false;
           WatchList::Entry& now = watched[number];  // one folder may have several names
           if (now.folder.empty()) now.folder = entry.folder;
           now.names.insert(entry.names.begin(), entry.names.end());
           now.all_rule_files |= entry.all_rule_files;
           return true;
         }) > 0;
}

/// True when something that matters changed.
bool RuleWatch::Parts::read_changes() {
  bool matters = false;
  alignas(inotify_event) char buffer[16 * 1024];
  for (ssize_t bytes = 0; (bytes = read(inotify, buffer, sizeof buffer)) > 0;) {
    for (ssize_t at = 0; at < bytes;) {
      inotify_event event{};
      std::memcpy(&event, buffer + at, sizeof event);
      const char* name = buffer + at + sizeof event;
      at += static_cast<ssize_t>(sizeof event + event.len);
      if ((event.mask & IN_Q_OVERFLOW) != 0) matters = true;
      const auto found = watched.find(event.wd);
      if (found == watched.end()) continue;
      if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0) {
        // The folder went, or another takes its place: look for it under its name.
        inotify_rm_watch(inotify, event.wd);
        missing.push_back(found->second);
        watched.erase(found);
        matters = true;
      } else {
        matters |= means_something(found->second, event.len > 0 ? name : "");
      }
    }
  }
  return matters;
}

/// Nothing: the end. Else true when the list is another one: what changed before it came was not looked for.
std::optional<bool> RuleWatch::Parts::take_list() {
  std::uint64_t rings = 0;
  [[maybe_unused]] const ssize_t bytes = read(wake, &rings, sizeof rings);
  WatchList wanted;
  {
    const std::lock_guard lock(mutex);
    if (stopping) return std::nullopt;
    if (!std::exchange(is_new, false)) return false;
    wanted = list;
  }
  renew(wanted);
  return true;
}

void RuleWatch::Parts::run() {
  bool pending = false;
  Clock::time_point quiet_at{};
  Clock::time_point patience_ends{};
  while (const std::optional<bool> is_other = take_list()) {
    const bool is_back = look_for_missing();
    if (*is_other || is_back || read_changes()) {
      if (!pending) patience_ends = Clock::now() + std::chrono::milliseconds{kPatienceMs};
      pending = true;
      quiet_at = Clock::now() + std::chrono::milliseconds{kQuietMs};
    }
    int wait_ms = missing.empty() ? -1 : kLookAgainMs;
    if (pending) {
      const auto left = std::min(quiet_at, patience_ends) - Clock::now();
      wait_ms = std::max(0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count()));
      if (wait_ms == 0) {
        pending = false;
        changed();
        continue;
      }
    }
    pollfd ready[] = {{inotify, POLLIN, 0}, {wake, POLLIN, 0}};
    poll(ready, 2, wait_ms);
  }
}

RuleWatch::RuleWatch(std::function<void()> changed) : parts_(std::make_unique<Parts>()) {
  parts_->changed = std::move(changed);
}

RuleWatch::~RuleWatch() {
  stop();
  for (const int descriptor : {parts_->inotify, parts_->wake}) {
    if (descriptor >= 0) close(descriptor);
  }
}

bool RuleWatch::start(WatchList list, std::string& trouble) {
  parts_->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  parts_->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (parts_->inotify < 0 || parts_->wake < 0) {
    trouble = std::string("rule files cannot be watched: ") + std::strerror(errno);
    return false;
  }
  parts_->list = std::move(list);
  parts_->renew(parts_->list);  // before it returns: a change from now on is seen
  parts_->is_new = false;
  parts_->thread = std::thread([this] {
    name_this_thread("rule-watch");
    parts_->run();
  });
  return true;
}

void RuleWatch::watch(WatchList list) {
  {
    const std::lock_guard lock(parts_->mutex);
    if (parts_->list == list) return;
    parts_->list = std::move(list);
    parts_->is_new = true;
  }
  const std::uint64_t ring = 1;
  [[maybe_unused]] const ssize_t bytes = write(parts_->wake, &ring, sizeof ring);
}

void RuleWatch::stop() {
  if (parts_->thread.joinable()) {
    {
      const std::lock_guard lock(parts_->mutex);
      parts_->stopping = true;
    }
    const std::uint64_t ring = 1;
    [[maybe_unused]] const ssize_t bytes = write(parts_->wake, &ring, sizeof ring);
    parts_->thread.join();
  }
  // The descriptors stay: another thread may still give a list, which then does nothing.
}

}  // namespace tocsin::app
