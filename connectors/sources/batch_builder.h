#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

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
/// or refuse; then finish.
class BatchBuilder {
 public:
  /// Where the alerts of a body stand: `parent` is the static pointer to their array ("" or "/alerts"), or, where there
  /// is no array, to the only alert. `count` is how many there are.
  struct Place {
    std::string_view parent = "";
    bool is_list = true;
    std::size_t count = 1;
  };

  /// The batch must outlive finish().
  void begin(AlertBatch& batch, std::size_t body_bytes, const Place& place);

  void open();
  /// A label or an annotation, as the document has it; copied when the section is closed.
  void add(std::string_view name, std::string_view value) { batch_->label_pool.push_back({name, value}); }
  /// Sorts what was added since open() and checks it: duplicate_key, bad_label_name, too_long, too_many_labels. Labels
  /// without a value are dropped.
  Checked close_labels(std::string_view section);
  /// The same for annotations; their names may be any text.
  Checked close_annotations(std::string_view section);
  /// A copy that lives as long as the batch; a fault when it is longer than an annotation may be.
  Checked keep(std::string_view text, std::string_view section, std::string_view& kept);

  /// The other fields of the alert that is open.
  Alert& alert() { return alert_; }
  /// Checks what needs the whole alert (ends_before_start, a label or a key must be there) and takes it.
  void accept(std::string_view ends_section);
  void refuse(const AlertFault& fault);
  std::size_t index() const { return index_; }

  /// Seals the alerts. A refusal when there were alerts and none was good: the first's.
  Result<void> finish(const HashKey& key);

 private:
  struct Pending {
    std::uint32_t labels;  // where its labels begin in the pool
    std::uint32_t annotations;
    std::uint32_t end;
  };

  Checked close_section(std::size_t first, std::string_view section, std::size_t value_bytes_max, bool are_labels);
  std::string_view copy(std::string_view text);

  AlertBatch* batch_ = nullptr;
  Place place_;
  char* block_ = nullptr;  // texts of a document are together never longer than its body
  std::size_t block_left_ = 0;
  std::size_t index_ = 0;
  Alert alert_;
  Pending open_{};
  std::vector<Pending> pending_;
  std::string scratch_;
};

}  // namespace tocsin
