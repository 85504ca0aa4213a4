#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/conditions/condition.h"
#include "engine/model/check.h"

namespace tocsin {

/// Something that came to be true of a condition, and what the next step needs to know of it. Facts of an input are
/// taken in the order in which they were found, until none is left.
struct Fact {
  enum class Kind : std::uint8_t {
    opened,   // it fires, and did not before
    changed,  // it fires as before, with other words or another rank
    ended,    // it fires no more
    turned,   // whether it is held back may have another answer now
    left,     // it has ended, and what it held back was looked at
    derived,  // a rule made an alert of others
  };
  Kind kind{};
  std::uint32_t condition = kNoSlot;
  std::uint32_t generation = 0;  // of the slot: what was forgotten since has no facts
  AlertRank before{};            // changed: its rank until then
  std::uint32_t derived = 0;     // derived: which, of those that this input made
  std::uint64_t heard = 0;       // opened, changed: the word in hand that it is of; 0: none
};

/// The facts of the input in hand. Invariant: it is empty between two inputs.
class Agenda {
 public:
  void add(const Fact& fact) { facts_.push_back(fact); }
  bool has_more() const { return next_ < facts_.size(); }
  Fact take() {
    TOCSIN_CHECK(has_more(), "who takes a fact has asked for it");
    const Fact fact = facts_[next_++];
    if (!has_more()) {
      facts_.clear();
      next_ = 0;
    }
    return fact;
  }

 private:
  std::vector<Fact> facts_;  // keeps its room, so that a warm one does not allocate
  std::size_t next_ = 0;
};

}  // namespace tocsin
