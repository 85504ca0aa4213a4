#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tocsin::app {

/// Folders to look at, and which names in each mean something.
struct WatchList {
  struct Entry {
    std::string folder;
    std::set<std::string, std::less<>> names;
    bool all_rule_files = false;  // any *.yaml or *.yml in it

    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::vector<Entry> entries;

  friend bool operator==(const WatchList&, const WatchList&) = default;
};

/// What must be watched for rules of `paths` (files and folders) whose tables are `tables` (paths of files): the
/// folders that hold them, because editors put another file in the place of the old one; and where links lead to.
WatchList watch_list(const std::vector<std::string>& paths, const std::vector<std::string>& tables);

/// True when a change of `name` in the entry's folder means something. A name that begins with `..` does: that is how
/// mounted configuration of Kubernetes is changed.
bool means_something(const WatchList::Entry& entry, std::string_view name);

/// Tells that files changed once nothing more happens to them for kQuietSpan, at the latest kPatienceSpan after the
/// first change: saving is several steps, and files come in groups. Has a thread of its own (inotify).
class RuleWatch {
 public:
  static constexpr int kQuietMs = 200;
  static constexpr int kPatienceMs = 2000;
  static constexpr int kLookAgainMs = 1000;  // for folders that are not there

  /// `changed` is called on the watch's thread.
  explicit RuleWatch(std::function<void()> changed);
  ~RuleWatch();
  RuleWatch(const RuleWatch&) = delete;
  RuleWatch& operator=(const RuleWatch&) = delete;

  /// False with a sentence in `trouble` when the system does not allow it.
  bool start(WatchList list, std::string& trouble);
  /// Another list from now on. Any thread; nothing after stop().
  void watch(WatchList list);
  /// `changed` is called no more when it returns.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tocsin::app
