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

  enum class Section : std::uint8_t { labels, annotations };

  Checked collect(simdjson::dom::object object, std::size_t number);
  Checked mend_duplicates(simdjson::dom::object object);
  Checked read_section(const Entry& section, std::string_view pointer, std::vector<Label>& into, Section kind);
  Checked take_again(Label& known, std::string_view text, std::string_view pointer, Section kind);
  Checked drop_duplicates(std::vector<Label>& entries, std::string_view pointer, Section kind);
  void read_name_and_texts();
  void read_others();
  void read_rest();
  Instant read_instant(const Entry& entry, bool& is_local);
  std::string_view scalar_or_mend(const Entry& entry);

  /// The text of a scalar: a string, true, false, a number as it was written, "" for null. False: it is no scalar.
  bool scalar(const Entry& entry, std::string_view& text) const;
  Entry& known(GenericField field) { return known_[static_cast<std::size_t>(field)]; }
  std::string_view label_name(std::string_view key);

  const NumberTexts* numbers_ = nullptr;
  BatchBuilder* builder_ = nullptr;  // of the alert that is read
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
