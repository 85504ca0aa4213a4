#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/log/disk.h"
#include "engine/runtime/log/layout.h"

namespace tocsin {

/// A disk in memory that forgets what was not synced, tears what was being written, fails and ends when it is told to.
/// The same seed, the same run. Every change counts as a step; faults are set by the number of the step.
class SimulatedDisk final : public Disk {
 public:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
  enum class Ending { killed, power_lost };

  explicit SimulatedDisk(std::uint64_t seed = 1) : random_(seed) {}

  /// At this step the machine or the process ends: a write is done in part, everything after fails.
  std::uint64_t end_at = kNever;
  /// This step fails, once, with this code; a write is done in part.
  std::uint64_t fail_at = kNever;
  Refusal failure = Refusal::storage_failed;
  std::uint64_t bytes_max = kNever;  // of all files together

  std::uint64_t steps() const { return steps_; }
  bool has_ended() const { return ended_; }

  /// What is there at the next start.
  void settle(Ending how) {
    if (how == Ending::power_lost) {
      const std::size_t kept = pending_.empty() ? 0 : random_() % (pending_.size() + 1);
      now_ = durable_;
      for (std::size_t i = 0; i < kept; ++i) pending_[i].change(now_);
      for (auto& [path, node] : now_.files) forget_some(*node);
    }
    for (auto& [path, node] : now_.files) node->durable = node->bytes;
    durable_ = now_;
    pending_.clear();
    ended_ = false;
    end_at = fail_at = kNever;
  }

  /// The same disk again, sharing nothing. Requires: settled.
  SimulatedDisk clone() const {
    SimulatedDisk copy;
    copy.random_ = random_;
    copy.now_.folders = now_.folders;
    for (const auto& [path, node] : now_.files) copy.now_.files[path] = std::make_shared<Node>(*node);
    copy.durable_ = copy.now_;
    return copy;
  }

  // What damages a disk at rest.
  std::vector<std::string> files() const {
    std::vector<std::string> paths;
    for (const auto& [path, node] : now_.files) paths.push_back(path);
    return paths;
  }
  std::string& bytes(const std::string& path) { return now_.files.at(path)->bytes; }
  /// From now on reading this block of the file fails.
  void make_unreadable(const std::string& path, std::uint64_t byte) {
    now_.files.at(path)->unreadable.insert(byte / kLogBlockBytes);
  }
  bool has(const std::string& path) const { return now_.files.contains(path); }
  void lose(const std::string& path) { now_.files.erase(path); }

  Result<std::unique_ptr<DiskFile>> open(std::string_view path, DiskUse) override {
    const auto found = now_.files.find(std::string(path));
    if (ended_ || found == now_.files.end()) return refuse(Refusal::storage_failed, "cannot open " + full_name(path));
    return std::make_unique<File>(*this, found->second);
  }

  Result<std::unique_ptr<DiskFile>> create(std::string_view path, std::uint64_t bytes) override {
    if (auto may = step(path); !may) return std::unexpected(std::move(may.error()));
    std::uint64_t used = bytes;
    for (const auto& [name, node] : now_.files) used += node->bytes.size();
    if (used > bytes_max) return refuse(Refusal::storage_full, "no space for " + full_name(path));
    auto node = std::make_shared<Node>();
    node->bytes.assign(bytes, '\0');
    node->durable = node->bytes;
    change([name = std::string(path), node](Names& names) { names.files[name] = node; }, {folder_of(path)});
    return std::make_unique<File>(*this, node);
  }

  Result<void> rename(std::string_view from, std::string_view to) override {
    if (auto may = step(from); !may) return may;
    change([a = std::string(from), b = std::string(to)](Names& names) { names.move(a, b); },
           {folder_of(from), folder_of(to)});
    return {};
  }

  Result<void> link(std::string_view from, std::string_view to) override {
    if (auto may = step(from); !may) return may;
    const auto found = now_.files.find(std::string(from));
    if (found == now_.files.end()) return refuse(Refusal::storage_failed, "cannot link " + full_name(from));
    change([node = found->second, b = std::string(to)](Names& names) { names.files[b] = node; }, {folder_of(to)});
    return {};
  }

  Result<void> remove(std::string_view path) override {
    if (auto may = step(path); !may) return may;
    change(
        [name = std::string(path)](Names& names) {
          names.files.erase(name);
          names.folders.erase(name);
        },
        {folder_of(path)});
    return {};
  }

  Result<void> make_folder(std::string_view path) override {
    if (auto may = step(path); !may) return may;
    change([name = std::string(path)](Names& names) { names.folders.insert(name); }, {folder_of(path)});
    return {};
  }

  Result<std::vector<std::string>> list(std::string_view folder) override {
    if (ended_) return refuse(Refusal::storage_failed, "the disk has ended");
    std::vector<std::string> names;
    const auto see = [&](const std::string& path) {
      if (folder_of(path) == folder) names.push_back(path.substr(folder.empty() ? 0 : folder.size() + 1));
    };
    for (const auto& [path, node] : now_.files) see(path);
    for (const std::string& path : now_.folders) see(path);
    std::ranges::sort(names);
    return names;
  }

  /// Everything up to the last change in that folder: a file system's journal is in order.
  Result<void> sync_folder(std::string_view folder) override {
    if (auto may = step(folder); !may) return may;
    std::size_t end = 0;
    for (std::size_t i = 0; i < pending_.size(); ++i)
      if (std::ranges::find(pending_[i].folders, folder) != pending_[i].folders.end()) end = i + 1;
    for (std::size_t i = 0; i < end; ++i) pending_[i].change(durable_);
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(end));
    return {};
  }

  bool exists(std::string_view path) override {
    return now_.files.contains(std::string(path)) || now_.folders.contains(std::string(path));
  }
  Result<std::uint64_t> free_bytes() override { return std::uint64_t{1} << 30; }
  std::string full_name(std::string_view path) const override { return "/disk/" + std::string(path); }

 private:
  struct Node {
    std::string bytes;                   // as a process sees them
    std::string durable;                 // as they are after a power loss, before the coin is tossed for each sector
    std::set<std::uint64_t> unreadable;  // blocks
  };

  struct Names {
    std::map<std::string, std::shared_ptr<Node>> files;
    std::set<std::string> folders;

    void move(const std::string& from, const std::string& to) {
      if (const auto found = files.find(from); found != files.end()) {
        files[to] = found->second;
        files.erase(from);
        return;
      }
      folders.erase(from);
      folders.insert(to);
      std::map<std::string, std::shared_ptr<Node>> moved;
      for (const auto& [path, node] : files)
        moved[path.starts_with(from + "/") ? to + path.substr(from.size()) : path] = node;
      files = std::move(moved);
    }
  };

  struct Change {
    std::function<void(Names&)> change;
    std::vector<std::string> folders;
  };

  class File final : public DiskFile {
   public:
    File(SimulatedDisk& disk, std::shared_ptr<Node> node) : disk_(disk), node_(std::move(node)) {}

    Result<std::size_t> read(std::uint64_t offset, std::span<char> into) override {
      if (disk_.ended_) return refuse(Refusal::storage_failed, "the disk has ended");
      if (offset >= node_->bytes.size()) return 0u;
      const std::size_t count = std::min<std::size_t>(into.size(), node_->bytes.size() - offset);
      const auto bad = node_->unreadable.lower_bound(offset / kLogBlockBytes);
      if (bad != node_->unreadable.end() && *bad * kLogBlockBytes < offset + count)
        return refuse(Refusal::storage_failed, "the disk cannot read that");
      std::copy_n(node_->bytes.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
      return count;
    }

    Result<void> write(std::uint64_t offset, std::string_view bytes) override {
      if (auto may = disk_.step("a file"); !may) return may;
      node_->bytes.resize(std::max<std::size_t>(node_->bytes.size(), offset + bytes.size()));
      node_->bytes.replace(offset, bytes.size(), bytes);
      return {};
    }

    Result<void> write_durable(std::uint64_t offset, std::string_view bytes) override {
      const bool aligned = offset % kLogBlockBytes == 0 && bytes.size() % kLogBlockBytes == 0 &&
                           reinterpret_cast<std::uintptr_t>(bytes.data()) % kLogBlockBytes == 0;
      if (!aligned || offset + bytes.size() > node_->bytes.size())
        return refuse(Refusal::storage_failed, "a durable write is of whole blocks, within the file");
      const bool was_ended = disk_.ended_;
      auto may = disk_.step("a file");
      if (!may && was_ended) return may;
      for (std::size_t at = 0; at < bytes.size(); at += kSectorBytes) {
        if (!may && disk_.random_() % 2 == 0) continue;  // torn, in any order
        node_->bytes.replace(offset + at, kSectorBytes, bytes.substr(at, kSectorBytes));
        node_->durable.resize(node_->bytes.size());
        node_->durable.replace(offset + at, kSectorBytes, bytes.substr(at, kSectorBytes));
      }
      return may;
    }

    Result<void> sync() override {
      if (auto may = disk_.step("a file"); !may) return may;
      node_->durable = node_->bytes;
      return {};
    }

    Result<std::uint64_t> size() override { return node_->bytes.size(); }

   private:
    SimulatedDisk& disk_;
    std::shared_ptr<Node> node_;
  };

  static std::string folder_of(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return std::string(slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash));
  }

  Result<void> step(std::string_view what) {
    const std::uint64_t number = steps_++;
    if (number >= end_at) ended_ = true;
    if (ended_) return refuse(Refusal::storage_failed, "the disk has ended");
    if (number == fail_at) return refuse(failure, "the test lets it fail: " + full_name(what));
    return {};
  }

  void change(std::function<void(Names&)> how, std::vector<std::string> folders) {
    how(now_);
    pending_.push_back({std::move(how), std::move(folders)});
  }

  void forget_some(Node& node) {
    const std::size_t size = random_() % 2 == 0 ? node.bytes.size() : node.durable.size();
    std::string bytes(size, '\0');
    for (std::size_t at = 0; at < size; at += kSectorBytes) {
      const std::string& from = random_() % 2 == 0 ? node.bytes : node.durable;
      if (at < from.size()) bytes.replace(at, std::min(kSectorBytes, size - at), from.substr(at, kSectorBytes));
    }
    node.bytes = std::move(bytes);
  }

  std::mt19937_64 random_;
  std::uint64_t steps_ = 0;
  bool ended_ = false;
  Names now_;
  Names durable_;
  std::vector<Change> pending_;
};

}  // namespace tocsin
