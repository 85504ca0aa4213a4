#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "engine/model/check.h"
#include "engine/model/instant.h"

namespace tocsin {

/// Something of one kind that is due at an instant.
struct Deadline {
  Instant at{};
  std::uint64_t number =
      0;                   // of whose it is, in order of arrival: the second key, so that equal instants have one order
  std::uint32_t slot = 0;  // of whose it is
  std::uint32_t generation = 0;  // of the slot; another one there means that this deadline is void
};

/// The deadlines of one kind, in order of instant, then of number: a function of the state, whatever was added when.
/// Moving a deadline is done by the owner: it leaves the old entry in and adds a new one; who takes an entry asks
/// whether it still holds. What is added in order, as leases of one length are, stands in a queue and costs the same
/// however many there are; only what comes before others goes into a heap.
class Deadlines {
 public:
  void add(Instant at, std::uint64_t number, std::uint32_t slot, std::uint32_t generation) {
    TOCSIN_CHECK(at != kNever, "what is never due has no deadline");
    const Deadline added{at, number, slot, generation};
    if (in_order_.empty() || after(added, in_order_.back())) {
      in_order_.push_back(added);
      return;
    }
    heap_.push_back(added);
    std::ranges::push_heap(heap_, after);
  }

  /// Most entries are void, if at most `holding` can hold.
  bool is_crowded(std::size_t holding) const { return size() > 2 * holding + 64; }
  /// Leaves out what `holds(entry)` says is void. For kinds whose entries may be far ahead, so that void ones would
  /// pile up: their owner calls it when it is crowded.
  template <typename F>
  void sweep(F&& holds) {
    const auto is_void = [&](const Deadline& one) { return !holds(one); };
    std::erase_if(heap_, is_void);
    std::ranges::make_heap(heap_, after);
    std::erase_if(in_order_, is_void);
  }

  /// kNever when there is none.
  Instant next() const {
    const Instant queued = in_order_.empty() ? kNever : in_order_.front().at;
    return heap_.empty() ? queued : std::min(queued, heap_.front().at);
  }
  std::size_t size() const { return heap_.size() + in_order_.size(); }

  /// Requires: there is one.
  Deadline take() {
    TOCSIN_CHECK(size() > 0, "who takes a deadline has looked");
    if (heap_.empty() || (!in_order_.empty() && after(heap_.front(), in_order_.front()))) {
      const Deadline taken = in_order_.front();
      in_order_.pop_front();
      return taken;
    }
    std::ranges::pop_heap(heap_, after);
    const Deadline taken = heap_.back();
    heap_.pop_back();
    return taken;
  }

 private:
  static bool after(const Deadline& a, const Deadline& b) { return a.at != b.at ? a.at > b.at : a.number > b.number; }

  std::deque<Deadline> in_order_;
  std::vector<Deadline> heap_;
};

}  // namespace tocsin
