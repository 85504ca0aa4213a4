#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/sources/json_mend.h"
#include "connectors/sources/section_shapes.h"
#include "engine/model/alert.h"
#include "engine/model/hash.h"
#include "engine/model/refusal.h"

namespace tocsin {

/// Why one alert is refused, without owning anything: made on the hot path, turned into an Error when told.
struct AlertFault {
  Refusal code{};
  std::string_view message = {};  // a static text
  std::string_view section = {};  // a static pointer within the alert: "", "/labels", "/startsAt"
  std::string_view key = {};      // a key below it; borrowed from the document
  bool has_key = false;
};

using Checked = std::expected<void, AlertFault>;

/// A fault at a whole section, and at a key of one.
std::unexpected<AlertFault> fault(Refusal code, std::string_view message, std::string_view section = {});
std::unexpected<AlertFault> fault_at(Refusal code, std::string_view message, std::string_view section,
                                     std::string_view key);

/// Appends an RFC 6901 reference token: `/` and the key with `~` and `/` escaped.
void append_pointer(std::string& pointer, std::string_view key);

/// Fills an AlertBatch, alert by alert: texts are copied into its arena, labels sorted into its pool; spans are taken
/// and hashes made at the end, when the pool no longer moves. Used for one body after the other; warm, it does not
/// allocate. Order of calls: begin, then for each alert open, (add, close_labels), (add, close_annotations), and accept
/// or refuse; then finish. What only describes is mended here and marked on the alert; its identity is hashed over what
/// was sent. An alert without faults pays for none of that: the work lies where it was refused before. One whose names
/// come in the order of an alert before it is neither sorted nor are its names looked at (see SectionShapes).
class BatchBuilder {
 public:
  /// Where the alerts of a body stand: `parent` is the static pointer to their array ("" or "/alerts"), or, where there
  /// is no array, to the only alert. `count` is how many there are.
  struct Place {
    std::string_view parent = "";
    bool is_list = true;
    std::size_t count = 1;
  };

  /// The batch, the key and `mends` (see JsonReader) must outlive finish().
  void begin(AlertBatch& batch, const HashKey& key, std::size_t body_bytes, const Place& place,
             std::span<const JsonMend> mends);

  void open();
  /// A label or an annotation, as the document has it; copied when the section is closed.
  void add(std::string_view name, std::string_view value) { batch_->label_pool.push_back({name, value}); }
  /// Sorts what was added since open() and brings it within the limits: texts and names are cut between characters, of
  /// more than limits::kLabelsMax those that say what the alert is come first, then the order of name. Labels without a
  /// value are dropped. Fault: duplicate_key, for one label with two values.
  Checked close_labels(std::string_view section);
  /// The same for annotations; of two with one name the later counts.
  void close_annotations();
  /// A copy that lives as long as the batch, cut where it is longer than an annotation may be.
  std::string_view keep(std::string_view text);
  /// The same for the source's own name of the condition, and cut where it is longer than a label may be.
  void keep_key(std::string_view key);
  /// A copy that lives as long as the batch, of a text that is not the document's.
  std::string_view keep_made(std::string_view text) { return batch_->arena.keep(text); }

  /// The other fields of the alert that is open.
  Alert& alert() { return alert_; }
  void mend(Mending mending) { alert_.mended.add(mending); }
  /// A word for the status that no table knows: the alert fires.
  void take_unknown_status(std::string_view word);
  /// Checks what needs the whole alert (a label or a key must be there, no end before its start) and takes it.
  void accept();
  void refuse(const AlertFault& fault);
  std::size_t index() const { return index_; }

  /// Seals the alerts. A refusal when there were alerts and none was good: the first's.
  Result<void> finish();

 private:
  struct Pending {
    std::uint32_t labels;  // where its labels begin in the pool
    std::uint32_t annotations;
    std::uint32_t end;
  };

  /// The identity of an alert that is kept otherwise than it was sent.
  struct SentIdentity {
    std::size_t alert;  // its place among the accepted
    Hash128 identity;
  };
  enum class Section : std::uint8_t { labels, annotations };

  Checked close_section(std::size_t first, std::string_view pointer, Section section);
  bool close_as_before(std::size_t first, Section section);
  Checked mend_section(std::size_t first, std::string_view pointer, Section section);
  Checked drop_duplicates(std::string_view pointer, Section section);
  void choose_entries(Section section);
  void mend_order_of_times();
  std::string_view cut(std::string_view text, std::size_t bytes_max);
  void note_sent_identity(std::string_view key, Labels labels);
  std::string_view copy(std::string_view text);

  AlertBatch* batch_ = nullptr;
  const HashKey* key_ = nullptr;
  Place place_;
  std::span<const JsonMend> mends_;  // those of single alerts that are not behind us
  MendingSet mended_everywhere_;
  char* block_ = nullptr;  // texts of a document are together never longer than its body
  std::size_t block_left_ = 0;
  std::size_t index_ = 0;
  Alert alert_;
  std::string_view unknown_status_;
  Pending open_{};
  std::vector<Pending> pending_;
  std::array<SectionShapes, 2> shapes_;  // by Section
  std::uint64_t batch_number_ = 0;       // whose arena has the names of a shape
  std::vector<Label> sent_;              // a section that has to be mended, as the document has it
  std::vector<SentIdentity> sent_identities_;
  bool pool_grew_ = false;
  std::string scratch_;
};

}  // namespace tocsin
