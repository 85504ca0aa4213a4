#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/model/ids.h"

namespace tocsin {

/// A name and a value, borrowed from whoever holds the bytes.
struct Label {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const Label&, const Label&) = default;
};

/// Labels sorted by name (bytewise), each name once, no empty value: an empty value means "not there", as in
/// Prometheus.
using Labels = std::span<const Label>;

/// The value of `name`, "" when there is none. Binary search.
std::string_view value_of(Labels labels, std::string_view name);

/// Prometheus' rule: [a-zA-Z_][a-zA-Z0-9_]*.
bool is_label_name(std::string_view name);

/// Alertmanager's fingerprint: FNV-1a 64 over name, 0xff, value, 0xff of each label in order of name
/// (prometheus/common, model/signature.go).
LabelFingerprint fingerprint_of(Labels labels);

/// Labels that own their bytes: one block for all texts.
class LabelSet {
 public:
  LabelSet() = default;
  explicit LabelSet(Labels labels);
  LabelSet(const LabelSet& other) : LabelSet(other.view()) {}
  LabelSet& operator=(const LabelSet& other);
  LabelSet(LabelSet&&) noexcept = default;
  LabelSet& operator=(LabelSet&&) noexcept = default;
  ~LabelSet() = default;

  /// Valid until this set is assigned to or ends.
  Labels view() const { return labels_; }

 private:
  // The labels point into `bytes_`, a vector (not a string) so that moving the set keeps the addresses.
  std::vector<char> bytes_;
  std::vector<Label> labels_;
};

}  // namespace tocsin
