#include <algorithm>
#include <set>
#include <string>

#include "engine/model/check.h"
#include "engine/runtime/journal/byte_order.h"
#include "engine/runtime/journal/journal_record.h"
#include "engine/runtime/log/aligned_bytes.h"
#include "engine/runtime/log/group_reader.h"
#include "tests/fuzz/entries.h"
#include "tests/runtime/log_world.h"

namespace tocsin::fuzz {
namespace {

/// Any bytes as every block that there is.
void read_as_blocks(std::string_view bytes) {
  static_cast<void>(read_identity(bytes));
  static_cast<void>(read_segment_head(bytes, nullptr));
  static_cast<void>(read_mark(bytes, 7));
  static_cast<void>(read_group(bytes, 7));
  static_cast<void>(read_group_head(bytes, 7));
  static_cast<void>(parse_segment_name(bytes));
  if (const auto identity = read_identity(bytes))
    TOCSIN_CHECK(block_of(*identity) == bytes.substr(0, kLogBlockBytes), "read, written, equal");
}

/// Any bytes as the body of a group whose checksums are right: what is read of it, written again, is read alike.
void read_as_body(std::string_view bytes) {
  ByteReader reader(bytes);
  GroupHead head;
  head.entries = reader.little_endian<std::uint8_t>();
  head.first = Position{reader.little_endian<std::uint8_t>()};
  head.last = Position{reader.little_endian<std::uint16_t>()};
  const std::string_view body = reader.rest();
  std::string again;
  std::uint32_t entries = 0;
  GroupReader reader_of_groups;
  const auto read = reader_of_groups.read({}, head, body, [&](const JournalEntry& entry) {
    std::string record;
    append_journal_record(record, entry);
    const auto reread = read_journal_record(entry.position, record);
    TOCSIN_CHECK(reread && reread->payload == entry.payload && reread->at == entry.at &&
                     reread->source == entry.source && reread->error == entry.error,
                 "read, written, read again");
    ++entries;
    return true;
  });
  if (read) TOCSIN_CHECK(entries == head.entries, "a group that is read has as many entries as it says");
}

struct Base {
  SimulatedDisk disk{3};
  Entries written;
  std::multiset<std::string> payloads;
  Base() {
    const auto journal = open_small_log(disk).value();
    for (int i = 0; i < 20; ++i)
      TOCSIN_CHECK(append_all(*journal, {"a" + std::to_string(i), std::string(static_cast<std::size_t>(i) * 400, 'b')},
                              &written),
                   "a log on a good disk is written");
    for (const auto& [name, payload] : written) payloads.insert(payload);
  }
};

/// The bytes as damages of a good log: [file u8][where u16][how u8]…. However many there are: it is refused or what is
/// there was written; gone on from, nothing is there that was not.
void read_as_damages(std::string_view bytes) {
  static const Base kBase;
  SimulatedDisk disk = kBase.disk.clone();
  const std::vector<std::string> files = disk.files();
  ByteReader reader(bytes);
  for (int i = 0; i < 8 && !reader.rest().empty(); ++i) {
    const std::string& file = files[reader.little_endian<std::uint8_t>() % files.size()];
    const std::size_t where = reader.little_endian<std::uint16_t>() * std::size_t{2};
    const auto how = reader.little_endian<std::uint8_t>();
    if (!disk.has(file)) continue;
    std::string& content = disk.bytes(file);
    if (how == 0) {
      disk.lose(file);
    } else if (how == 1) {
      content.resize(std::min(content.size(), where));
    } else if (how == 2) {
      for (std::size_t at = where; at < std::min(where + 4096, content.size()); ++at) content[at] = 0;
    } else if (where < content.size()) {
      content[where] = static_cast<char>(content[where] ^ how);
    }
  }
  auto journal = open_small_log(disk);
  if (!journal) journal = open_small_log(disk, true);
  if (!journal) return;  // nothing is left that says whose it is
  const auto entries = entries_of(**journal);
  TOCSIN_CHECK(entries.has_value(), "a log that was opened can be read");
  std::multiset<std::string> left = kBase.payloads;
  for (const auto& [name, payload] : *entries) {
    const auto found = left.find(payload);
    TOCSIN_CHECK(found != left.end(), "nothing is there that was not written, and nothing twice");
    left.erase(found);
    const auto known = kBase.written.find(name);
    TOCSIN_CHECK(known == kBase.written.end() || known->second == payload, "a position of an epoch has one content");
  }
}

}  // namespace

void log(std::string_view bytes) {
  if (bytes.empty()) return;
  const char way = bytes.front();
  bytes.remove_prefix(1);
  if (way == 'b') return read_as_body(bytes);
  if (way == 'd') return read_as_damages(bytes);
  read_as_blocks(bytes);
}

}  // namespace tocsin::fuzz

#ifdef TOCSIN_FUZZ_MAIN
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tocsin::fuzz::log({reinterpret_cast<const char*>(data), size});
  return 0;
}
#endif
