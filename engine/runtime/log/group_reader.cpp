#include "engine/runtime/log/group_reader.h"

#include <algorithm>
#include <string>

#include "engine/runtime/journal/byte_order.h"
#include "engine/runtime/journal/journal_record.h"

namespace tocsin {

Result<void> GroupReader::take_payload(JournalEntry& entry) {
  const auto payload = pieces_.read(entry.payload);
  entry.payload = payload.value_or(std::string_view{});
  if (payload) return {};
  if (payload.error().code == Refusal::storage_damaged) {
    entry.lacks_texts = true;
    return {};
  }
  return refuse(Refusal::storage_failed,
                "journal entry " + std::to_string(entry.position.value()) + " " + payload.error().message);
}

Result<bool> GroupReader::read(const SegmentName& segment, const GroupHead& head, std::string_view body,
                               const std::function<bool(const JournalEntry&)>& see) {
  const auto wrong = [&] {
    return refuse(Refusal::storage_damaged, "the group of journal position " + std::to_string(head.first.value()) +
                                                " matches its checksum, but is not a group of entries");
  };
  if (segment != segment_) pieces_.forget();
  segment_ = segment;
  ByteReader reader(body);
  Position last{head.first.value() - std::min<std::uint64_t>(1, head.first.value())};
  bool goes_on = true;
  for (std::uint32_t i = 0; i < head.entries; ++i) {
    const Position position{reader.little_endian<std::uint64_t>()};
    const std::string_view record = reader.text(reader.little_endian<std::uint32_t>());
    if (!reader.ok() || position <= last) return wrong();
    last = position;
    auto read = read_journal_record_or_pieces(position, record);
    if (!read) return std::unexpected(read.error());
    // Also when nobody looks any more: what follows may refer to what it tells.
    is_in_pieces_ = read->is_in_pieces;
    kept_bytes_ = read->entry.payload.size();
    if (is_in_pieces_)
      if (auto taken = take_payload(read->entry); !taken) return std::unexpected(std::move(taken.error()));
    goes_on = goes_on && see(read->entry);
  }
  if (!reader.rest().empty() || last != head.last) return wrong();
  return goes_on;
}

}  // namespace tocsin
