#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <absl/container/btree_map.h>

#include "engine/core/conditions/condition.h"
#include "engine/core/deadlines.h"
#include "engine/core/slots.h"
#include "engine/core/tag_table.h"
#include "engine/model/ids.h"

namespace tocsin {

/// Which firing alerts hold back which. They meet at points: a suppress rule and values of its `equal`. A target is
/// held back while an inhibitor is at its point. As in Alertmanager, an alert that is both there is not held back by
/// others that are both, nor by itself: two of one kind would silence each other and nobody would be told.
///
/// Invariants: a point that nobody is at, and where nothing lingers, is forgotten; one that lingers has a deadline.
/// A point costs one look-up to find; what turns there is found without a walk over other alerts.
class Inhibition {
 public:
  /// An alert at a point.
  struct Who {
    std::uint64_t number;  // order of arrival
    std::uint32_t slot;
  };
  /// Slots of targets for which the answer may be another now, in order of arrival at each point; maybe twice.
  using Turned = std::vector<std::uint32_t>;

  /// A point whose inhibitor is a maintenance window or a silence. It is there until it is dropped.
  std::uint32_t add_window_point(std::uint32_t rule);
  void set_window(std::uint32_t point, bool is_open, Turned& turned);
  /// Requires: nobody is there.
  void drop_window_point(std::uint32_t point);
  /// Who may be held back there, in order of arrival.
  std::vector<std::uint32_t> targets_of(std::uint32_t point) const;

  /// The point of a key, made when there is none.
  std::uint32_t point_of(std::uint32_t rule, Hash128 key);
  void enter(const SuppressRole& role, Who who, Turned& turned);
  /// Targets stay held back for `linger` after the last inhibitor has left, the bound included.
  void leave(const SuppressRole& role, Who who, Turned& turned, Duration linger = {}, Instant now = {});
  Instant next_linger_end() const { return lingers_.next(); }
  /// Requires: one is due at `now`.
  void end_linger(Instant now, Turned& turned);
  /// After the last `leave`, when nobody needs it.
  void forget_if_empty(std::uint32_t point);

  bool holds_back(const SuppressRole& role) const;
  std::uint32_t rule_of(std::uint32_t point) const { return points_[point].rule; }
  bool is_window(std::uint32_t point) const { return points_[point].is_window; }
  Hash128 key_of(std::uint32_t point) const { return points_[point].key; }
  bool has_targets(std::uint32_t point) const { return !points_[point].targets.empty(); }
  /// Points that are remembered.
  std::size_t point_count() const { return points_.count(); }
  /// Points whose targets linger, in order of rule and key: until when those that are targets only do, and those that
  /// are inhibitors too. Who is where follows from the roles of conditions.
  struct Lingering {
    std::uint32_t rule;
    Hash128 key;
    Instant for_targets;
    Instant for_both;
    friend auto operator<=>(const Lingering&, const Lingering&) = default;
  };
  std::vector<Lingering> lingering() const;
  void restore(const Lingering& lingering);
  /// `role` may be one that somebody entered with.
  bool is_point(std::uint32_t point) const { return points_.holds(point); }

 private:
  /// Targets in order of number. At most points there is one, which lies here.
  class Targets {
   public:
    bool empty() const { return more_ == nullptr && one_.slot == kNoSlot; }
    /// False: it is there already.
    bool add(Who who);
    /// False: it was not there.
    bool remove(std::uint64_t number);
    template <typename F>
    void for_each_slot(F&& f) const {
      if (one_.slot != kNoSlot) f(one_.slot);
      if (more_ == nullptr) return;
      for (const auto& [number, slot] : *more_) f(slot);
    }

   private:
    Who one_{0, kNoSlot};                                                  // kNoSlot: none, or they are all in more_
    std::unique_ptr<absl::btree_map<std::uint64_t, std::uint32_t>> more_;  // number → slot; never empty
  };
  struct Point {
    bool used = false;
    bool is_window = false;
    std::uint32_t generation = 0;
    std::uint32_t rule = 0;
    std::uint32_t inhibitors = 0;  // that are no possible targets here
    Hash128 key{};
    std::uint32_t two_sided = 0;           // that are
    Instant lingers_for_targets = kUnset;  // until when, after the last of these and those above has left
    Instant lingers_for_both = kUnset;     // the same for those that are both, after the last that is not
    Targets targets;
  };

  static void add_targets(const Point& point, Turned& turned);
  void linger(std::uint32_t slot, Instant until);

  Slots<Point> points_;
  TagTable by_key_;
  Deadlines lingers_;  // by point; the number is that of its slot: what turns at one instant is sorted by number anyway
};

}  // namespace tocsin
