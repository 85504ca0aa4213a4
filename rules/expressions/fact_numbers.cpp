#include "rules/expressions/fact_numbers.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/model/check.h"
#include "rules/expressions/text_hash.h"

namespace tocsin::rules {
namespace {

constexpr std::size_t kTextsAtFirst = 512;
constexpr std::size_t kMetSlots = 32'768;

/// Cheap, and good enough to tell the names of one sender's alerts from another's: who is found is compared.
std::uint64_t names_hash(Labels labels, std::uint64_t state) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;
  for (const Label& label : labels) {
    const std::size_t size = label.name.size();
    if (size == 0 || label.value.empty()) return 0;
    std::uint64_t letters = 0;
    std::memcpy(&letters, label.name.data(), std::min(size, sizeof letters));
    state = (state ^ letters ^ size << 56U) * kOdd;
    state ^= state >> 29U;
  }
  return state;
}

}  // namespace

FactNumbers::FactNumbers() : texts_(kTextsAtFirst), met_(kMetSlots) { shapes_.push_back(nullptr); }

void FactNumbers::set_labels(Facts& facts, Labels labels, Labels annotations) {
  make_room();
  if (has_all_shapes_) [[unlikely]] {  // only here: what is in hand until now reads by its shape
    has_all_shapes_ = false;
    ++generation_;
    shapes_.resize(1);
    shapes_met_.fill(0);
    shape_at_.fill(kNoShape);
  }
  shape_ = find_shape(labels, annotations);
  if (shape_ != kNoShape) {
    labels_.share(labels, shapes_[shape_]->label_index);
    annotations_.share(annotations, shapes_[shape_]->annotation_index);
  } else {
    labels_.build(labels);
    annotations_.build(annotations);
  }
  facts.labels = labels;
  facts.annotations = annotations;
  facts.label_directory = &labels_;
  facts.annotation_directory = &annotations_;
}

bool FactNumbers::fits(const Shape& shape, Labels labels, Labels annotations) {
  if (shape.labels != labels.size() || shape.annotations != annotations.size()) return false;
  const char* at = shape.names.data();
  const std::uint32_t* size = shape.sizes.data();
  const auto all_fit = [&](Labels given) {
    for (const Label& label : given) {
      if (label.name.size() != *size || std::memcmp(label.name.data(), at, *size) != 0) return false;
      at += *size++;
    }
    return true;
  };
  return all_fit(labels) && all_fit(annotations);
}

std::uint32_t FactNumbers::find_shape(Labels labels, Labels annotations) {
  if (labels.empty() || labels.size() > kNumberedLabels || annotations.size() > kNumberedLabels) return kNoShape;
  std::uint64_t hash = names_hash(labels, labels.size() + 1);
  if (hash == 0) return kNoShape;
  hash = names_hash(annotations, hash);
  if (hash == 0) return kNoShape;
  const std::size_t slot = hash % shape_at_.size();
  if (const std::uint32_t last = shape_at_[slot];
      last != kNoShape && shapes_[last]->hash == hash && fits(*shapes_[last], labels, annotations))
    return last;
  if (std::exchange(shapes_met_[slot], hash) != hash) return kNoShape;
  for (std::uint32_t i = 1; i < shapes_.size(); ++i) {
    if (shapes_[i]->hash == hash && fits(*shapes_[i], labels, annotations)) return shape_at_[slot] = i;
  }
  if (shapes_.size() > kShapesMax) {
    has_all_shapes_ = true;
    return kNoShape;
  }
  auto shape = std::make_unique<Shape>();
  shape->hash = hash;
  shape->labels = labels.size();
  shape->annotations = annotations.size();
  const auto add = [&](Labels given, std::vector<std::string>& names, cel::LabelDirectory::Index& index) {
    for (const Label& label : given) {
      shape->names += label.name;
      shape->sizes.push_back(static_cast<std::uint32_t>(label.name.size()));
      names.emplace_back(label.name);
    }
    cel::LabelDirectory::fill(index, given);
  };
  add(labels, shape->label_names, shape->label_index);
  add(annotations, shape->annotation_names, shape->annotation_index);
  TOCSIN_CHECK(fits(*shape, labels, annotations), "an alert is of its own shape");
  shapes_.push_back(std::move(shape));
  return shape_at_[slot] = static_cast<std::uint32_t>(shapes_.size() - 1);
}

std::optional<Reading> FactNumbers::reading(std::uint32_t shape, const FactPlace& place) const {
  if (place.kind == FactPlace::Kind::field) return Reading{Reading::Kind::field, place.index, &place};
  const bool is_label = place.kind == FactPlace::Kind::label;
  if (shape == kNoShape || (!is_label && place.kind != FactPlace::Kind::annotation))
    return Reading{Reading::Kind::elsewhere, 0, &place};
  TOCSIN_CHECK(shape < shapes_.size(), "a shape of this generation");
  const std::vector<std::string>& names = is_label ? shapes_[shape]->label_names : shapes_[shape]->annotation_names;
  const auto at = std::ranges::find(names, place.key);
  if (at == names.end()) return std::nullopt;
  return Reading{is_label ? Reading::Kind::label : Reading::Kind::annotation,
                 static_cast<std::uint32_t>(at - names.begin()), &place};
}

FactNumbers::Numbered FactNumbers::label(std::array<OfLabel, kNumberedLabels>& known, std::uint32_t at,
                                         std::string_view value) {
  OfLabel& of = known[at];
  if (of.alert != alerts_) of = {alerts_, number_of(value)};
  return {value, of.number};
}

/// What was noted 2^32 alerts ago must not look like this one's.
void FactNumbers::begin_count() {
  fields_.fill({});
  label_numbers_.fill({});
  annotation_numbers_.fill({});
  std::ranges::fill(met_, Met{});
  alerts_ = 1;
}

FactNumbers::Numbered FactNumbers::read_anew(const Reading& reading, const Facts& facts, std::uint64_t& bytes) {
  switch (reading.kind) {
    case Reading::Kind::field: {
      const std::string_view text = facts.text[reading.index];
      const std::uint32_t number = number_of(text);
      if (knows(facts)) fields_[reading.index] = {text.data(), text.size(), alerts_, number};
      return {text, number};
    }
    case Reading::Kind::label:
      return label(label_numbers_, reading.index, facts.labels[reading.index].value);
    case Reading::Kind::annotation:
      return label(annotation_numbers_, reading.index, facts.annotations[reading.index].value);
    case Reading::Kind::elsewhere:
      break;
  }
  // It is no text: its numbers are compared with its own only.
  const std::string_view text = value_at(*reading.place, facts, bytes);
  if (reading.place->kind == FactPlace::Kind::severity) return {text, kEmpty + 1U + facts.severity.level};
  return {text, number_of(text)};
}

std::uint32_t FactNumbers::number_of(std::string_view text) {
  if (text.empty()) return kEmpty;
  if (text.size() > kTextBytesMax) return kUnknown;
  const std::uint64_t hash = hash_on(text_seed(), text);
  const std::size_t mask = texts_.size() - 1;
  std::size_t slot = hash & mask;
  for (; texts_[slot].number != kUnknown; slot = (slot + 1) & mask) {
    const Text& known = texts_[slot];
    if (known.hash == hash && known.size == text.size() && std::memcmp(known.at, text.data(), text.size()) == 0)
      return known.number;
  }
  const auto tag = static_cast<std::uint32_t>(hash >> 32U | 1U);
  Met& met = met_[(hash >> 12U) % kMetSlots];
  if (met.tag != tag || met.alert == alerts_) {
    met = {tag, alerts_};
    return kUnknown;
  }
  if (next_ >= kTextsMax || bytes_used_ + text.size() > kBytesMax) {
    is_full_ = true;
    return kUnknown;
  }
  const std::string_view copy = bytes_.keep(text);
  bytes_used_ += text.size();
  texts_[slot] = {hash, copy.data(), static_cast<std::uint32_t>(copy.size()), next_++};
  const std::uint32_t number = texts_[slot].number;
  if (4 * std::size_t{next_} > 3 * texts_.size()) grow();
  return number;
}

void FactNumbers::grow() {
  std::vector<Text> smaller(2 * texts_.size());
  smaller.swap(texts_);
  const std::size_t mask = texts_.size() - 1;
  for (const Text& text : smaller) {
    if (text.number == kUnknown) continue;
    std::size_t slot = text.hash & mask;
    while (texts_[slot].number != kUnknown) slot = (slot + 1) & mask;
    texts_[slot] = text;
  }
}

void FactNumbers::forget_texts() {
  is_full_ = false;
  ++generation_;
  bytes_.clear();
  bytes_used_ = 0;
  next_ = kEmpty + 1;
  std::ranges::fill(texts_, Text{});
  // What is in hand was numbered by what is forgotten.
  fields_.fill({});
  label_numbers_.fill({});
  annotation_numbers_.fill({});
}

}  // namespace tocsin::rules
