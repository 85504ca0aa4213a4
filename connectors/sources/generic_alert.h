#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "connectors/sources/alert_fields.h"
#include "connectors/sources/batch_builder.h"
#include "connectors/sources/generic_fields.h"
#include "connectors/sources/number_texts.h"
#include "engine/model/arena.h"

namespace tocsin {

/// Reads one object of a generic body into the alert that is open. One thread; warm, it does not allocate.
class GenericAlert {
 public:
  /// `first_number` is the place of the object's first number in the document.
  Checked read(simdjson::dom::element value, std::size_t first_number, const NumberTexts& numbers,
               BatchBuilder& builder);

 private:
  /// A field of an object, and the place of the first number in it.
  struct Entry {
    bool is_there = false;
    std::string_view key = {};
    simdjson::dom::element value{};
    std::size_t number = 0;
  };

  Checked collect(simdjson::dom::object object, std::size_t number);
  Checked read_section(const Entry& section, std::string_view pointer, std::vector<Label>& into);
  Checked read_others();
  Checked read_name_and_texts();
  Checked read_rest(BatchBuilder& builder);
  Checked read_instant(GenericField field, Instant& at);
  Checked read_scalar(const Entry& entry, std::string_view& text) const;

  /// The text of a scalar: a string, true, false, a number as it was written, "" for null. False: it is no scalar.
  bool scalar(const Entry& entry, std::string_view& text) const;
  Entry& known(GenericField field) { return known_[static_cast<std::size_t>(field)]; }
  std::string_view label_name(std::string_view key);

  const NumberTexts* numbers_ = nullptr;
  std::array<Entry, kGenericFieldCount> known_{};
  std::array<std::uint8_t, kGenericFieldCount> rank_{};
  std::vector<Entry> labels_to_be_;
  std::vector<Entry> annotations_to_be_;
  std::vector<Label> labels_;
  std::vector<Label> annotations_;
  DuplicateKeys keys_;
  Arena names_{4096};  // label names that had to be made, until the next read
  std::string made_name_;
};

}  // namespace tocsin
