#pragma once

#include <string>
#include <string_view>

#include "engine/runtime/journal/journal.h"

namespace tocsin {

/// An entry's value as it is kept, beside its position. The store below has checksums, so there is none here.
/// [version u8 = 2, or 3: the payload is in pieces][kind u8][instant i64, ns since 1970][wall i64, the same][epoch
/// u32][refusal u8] [index of the error i32] [length of source u16][of tenant u16][of message u32][of pointer
/// u32][source][tenant][message][pointer][payload …] All little-endian. Which form a payload in pieces has, the log
/// says (piece_form.h). Version 1 had neither wall nor epoch; it is read as unset and 0.
void append_journal_record(std::string& out, const JournalEntry& entry);
/// All of it but the payload, which comes last; `epoch` in the place of the entry's. Of an entry with pieces it says
/// that the payload is in pieces.
void append_journal_record_head(std::string& out, const JournalEntry& entry, std::uint32_t epoch);

/// The entry, borrowing its texts from `bytes`, and whether its payload is in pieces. storage_failed when that is not
/// what append_journal_record makes.
struct ReadRecord {
  JournalEntry entry;
  bool is_in_pieces = false;
};
Result<ReadRecord> read_journal_record_or_pieces(Position position, std::string_view bytes);
/// The same of a store that keeps no pieces.
Result<JournalEntry> read_journal_record(Position position, std::string_view bytes);

}  // namespace tocsin
