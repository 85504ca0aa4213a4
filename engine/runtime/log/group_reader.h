#pragma once

#include <functional>
#include <string_view>

#include "engine/runtime/journal/journal.h"
#include "engine/runtime/log/layout.h"
#include "engine/runtime/log/piece_form.h"

namespace tocsin {

/// Reads entries of groups whose checksums were right, as they were appended: payloads in pieces are put together. One
/// thread; groups of a segment come in order, those too of which nobody wants the entries.
class GroupReader {
 public:
  /// Calls `see` for each entry of a group, in order, until it returns false; storage_damaged when the body is not what
  /// a group holds. An entry whose texts are lost (JournalEntry::lacks_texts) occurs behind damage only.
  Result<bool> read(const SegmentName& segment, const GroupHead& head, std::string_view body,
                    const std::function<bool(const JournalEntry&)>& see);
  /// Of the entry that `see` has in hand: it is kept in pieces. Then its payload is valid for that call only.
  bool is_in_pieces() const { return is_in_pieces_; }
  /// And so long is its payload in the file.
  std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  Result<void> take_payload(JournalEntry& entry);

  SegmentName segment_;
  PieceReader pieces_;
  bool is_in_pieces_ = false;
  std::size_t kept_bytes_ = 0;
};

}  // namespace tocsin
