#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/arena.h"
#include "rules/cel/label_directory.h"
#include "rules/expressions/fact_place.h"
#include "rules/expressions/facts.h"

namespace tocsin::rules {

/// Where a place of an alert of a certain shape is read: what is not there at all needs no look.
struct Reading {
  enum class Kind : std::uint8_t {
    field,       // `index` is a Field
    label,       // `index` is the label's place among the alert's
    annotation,  // the same
    elsewhere,   // as `place` says
  };
  Kind kind = Kind::elsewhere;
  std::uint32_t index = 0;
  const FactPlace* place = nullptr;  // as long as whoever has the reading
};

/// Numbers for texts, so that what is remembered by them is found without looking at bytes: texts with equal numbers
/// are equal. And shapes of alerts: those of one shape have labels and annotations of the same names in the same order,
/// none of them empty, so that what depends on names alone is worked out once. Only what is met twice has a number or a
/// shape: a pod's name that never comes again is not kept. Speed, never results. Bounded: at its bounds, everything is
/// forgotten before the next alert. One thread at a time.
class FactNumbers {
 public:
  static constexpr std::uint32_t kUnknown = 0;  // met for the first time, or too long
  static constexpr std::uint32_t kEmpty = 1;
  static constexpr std::uint32_t kNoShape = 0;  // anything may be there

  static constexpr std::size_t kTextsMax = 32'768;
  static constexpr std::size_t kTextBytesMax = 512;  // of one
  static constexpr std::size_t kBytesMax = 4 << 20;  // of all
  static constexpr std::size_t kShapesMax = 256;

  FactNumbers();
  FactNumbers(const FactNumbers&) = delete;
  FactNumbers& operator=(const FactNumbers&) = delete;

  /// Gives `facts` these labels, with directories; valid until the next call. Fields are numbered anew from here on.
  void set_labels(Facts& facts, Labels labels, Labels annotations);
  /// Whether these are facts, or a copy of facts, that set_labels() gave labels last.
  bool knows(const Facts& facts) const { return facts.label_directory == &labels_; }
  /// For who reads facts that it does not know, before each of them: another alert begins. Forgets when there is too
  /// much.
  void make_room() {
    if (++alerts_ == 0) begin_count();
    if (is_full_) [[unlikely]]
      forget_texts();
  }
  /// Rises when everything is forgotten: numbers and shapes of before mean nothing any more.
  std::uint32_t generation() const { return generation_; }

  std::uint32_t shape_of(const Facts& facts) const { return knows(facts) ? shape_ : kNoShape; }
  /// Where alerts of the shape have it; nullopt: it is a label or annotation that they do not have, and is "".
  std::optional<Reading> reading(std::uint32_t shape, const FactPlace& place) const;

  /// What stands there, and its number. `bytes`: as for value_at().
  struct Numbered {
    std::string_view text;
    std::uint32_t number = kUnknown;
  };
  Numbered read(const Reading& reading, const Facts& facts, std::uint64_t& bytes) {
    if (reading.kind == Reading::Kind::field) {
      // The same bytes at the same place while one alert is in hand: what an alert's texts borrow lives as long as it.
      const std::string_view text = facts.text[reading.index];
      if (text.empty()) return {text, kEmpty};
      const OfField& of = fields_[reading.index];
      if (of.at == text.data() && of.size == text.size() && of.alert == alerts_ && knows(facts))
        return {text, of.number};
    } else if (reading.kind == Reading::Kind::label) {
      const OfLabel& of = label_numbers_[reading.index];
      if (of.alert == alerts_) return {facts.labels[reading.index].value, of.number};
    }
    return read_anew(reading, facts, bytes);
  }
  /// A text has one from the second alert on that it is met with.
  std::uint32_t number_of(std::string_view text);
  /// For who knows the number of what he wrote to a field.
  void note(Field field, const Numbered& value) {
    fields_[static_cast<std::size_t>(field)] = {value.text.data(), value.text.size(), alerts_, value.number};
  }

 private:
  static constexpr std::size_t kNumberedLabels = 64;

  struct Text {
    std::uint64_t hash = 0;
    const char* at = nullptr;
    std::uint32_t size = 0;
    std::uint32_t number = kUnknown;  // kUnknown: free
  };
  struct OfField {
    const char* at = nullptr;
    std::size_t size = 0;
    std::uint32_t alert = 0;
    std::uint32_t number = kUnknown;
  };
  /// A text that was met once: a tag of it, and with which alert. Meeting it again in the same one says nothing.
  struct Met {
    std::uint32_t tag = 0;
    std::uint32_t alert = 0;
  };
  struct OfLabel {
    std::uint32_t alert = 0;
    std::uint32_t number = kUnknown;
  };
  struct Shape {
    std::uint64_t hash = 0;
    std::size_t labels = 0;
    std::size_t annotations = 0;
    std::string names;  // one after the other
    std::vector<std::uint32_t> sizes;
    cel::LabelDirectory::Index label_index;
    cel::LabelDirectory::Index annotation_index;
    std::vector<std::string> label_names;  // for who asks for places
    std::vector<std::string> annotation_names;
  };

  Numbered read_anew(const Reading& reading, const Facts& facts, std::uint64_t& bytes);
  void begin_count();
  std::uint32_t find_shape(Labels labels, Labels annotations);
  static bool fits(const Shape& shape, Labels labels, Labels annotations);
  Numbered label(std::array<OfLabel, kNumberedLabels>& known, std::uint32_t at, std::string_view value);
  void grow();
  void forget_texts();

  std::vector<Text> texts_;                       // open addressing, a power of two
  std::vector<Met> met_;                          // by hash
  std::vector<std::unique_ptr<Shape>> shapes_;    // by number; the first is none
  std::array<std::uint64_t, 2048> shapes_met_{};  // hashes of those that were met once, by hash
  std::array<std::uint32_t, 2048> shape_at_{};    // by hash: the shape that was met last
  Arena bytes_;
  std::size_t bytes_used_ = 0;
  std::uint32_t next_ = kEmpty + 1;
  std::uint32_t generation_ = 1;
  bool is_full_ = false;  // of texts
  bool has_all_shapes_ = false;
  // Of the alert in hand.
  std::uint32_t alerts_ = 1;
  std::uint32_t shape_ = kNoShape;
  std::array<OfField, kFieldCount> fields_{};
  std::array<OfLabel, kNumberedLabels> label_numbers_{};
  std::array<OfLabel, kNumberedLabels> annotation_numbers_{};
  cel::LabelDirectory labels_;
  cel::LabelDirectory annotations_;
};

}  // namespace tocsin::rules
