#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/model/check.h"

namespace tocsin {

/// What was read together, and which of it is in the journal already. What is not is handed over again, in its order;
/// what is never is: a command would be known by its id, a dead letter would be there twice.
///
/// Invariant: a record that was handed over has one receipt to come, or is kept, or is to be handed over again.
class CommandRound {
 public:
  explicit CommandRound(std::size_t records) : kept_(records, false) {}

  /// Begins to hand over what is not kept; tickets from `first_ticket` on, one each, rising by one.
  void begin(std::uint64_t first_ticket) {
    first_ticket_ = first_ticket;
    next_ = 0;
    sent_.clear();
    waiting_ = 0;
  }
  /// The next record that is to be handed over; nothing: there is none.
  std::optional<std::size_t> next() {
    while (next_ < kept_.size() && kept_[next_]) ++next_;
    return next_ < kept_.size() ? std::optional{next_++} : std::nullopt;
  }
  /// It says nothing: there is nothing to hand over.
  void skip(std::size_t record) { kept_[record] = true; }
  /// It was handed over with the next ticket.
  void sent(std::size_t record) {
    TOCSIN_CHECK(!kept_[record], "what is in the journal is not handed over again");
    sent_.push_back(record);
    ++waiting_;
  }
  /// How many receipts are to come.
  std::size_t waiting() const { return waiting_; }
  /// Gives the record that is in the journal by it; nothing: it is not, or the receipt is of an earlier time.
  std::optional<std::size_t> receive(std::uint64_t ticket, bool durable) {
    if (ticket < first_ticket_ || ticket - first_ticket_ >= sent_.size()) return std::nullopt;
    TOCSIN_CHECK(waiting_ > 0, "a receipt is of something that was handed over");
    --waiting_;
    if (!durable) return std::nullopt;
    const std::size_t record = sent_[ticket - first_ticket_];
    TOCSIN_CHECK(!kept_[record], "a ticket has one receipt");
    kept_[record] = true;
    return record;
  }
  bool is_kept() const {
    for (const bool kept : kept_) {
      if (!kept) return false;
    }
    return true;
  }

 private:
  std::vector<bool> kept_;
  std::vector<std::size_t> sent_;  // by ticket
  std::size_t next_ = 0;
  std::size_t waiting_ = 0;
  std::uint64_t first_ticket_ = 0;
};

}  // namespace tocsin
