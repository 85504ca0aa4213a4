#include "engine/core/conditions/alert_texts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <optional>
#include <span>

#include "engine/model/limits.h"

namespace tocsin {
namespace {

static_assert(kFieldCount <= 32, "the fields that are there are bits of a word");

constexpr std::uint32_t bit_of(std::size_t field) { return std::uint32_t{1} << field; }

/// Where `part` begins in `whole`, when it lies in it.
std::optional<std::size_t> offset_in(std::string_view whole, std::string_view part) {
  const std::less_equal<const char*> not_after;
  if (!not_after(whole.data(), part.data())) return std::nullopt;
  if (!not_after(part.data() + part.size(), whole.data() + whole.size())) return std::nullopt;
  return static_cast<std::size_t>(part.data() - whole.data());
}

/// A field's text and, when its bytes are those of a value, which one's and where.
struct Shared {
  std::size_t pair = 0;
  std::size_t offset = 0;
};

/// Finds whose bytes a text is a part of. Batches and what is remembered have values one after the other, so that they
/// are found by their addresses; where they are not, all are looked at.
class Values {
 public:
  explicit Values(const rules::Facts& facts) : facts_(facts), count_(facts.labels.size() + facts.annotations.size()) {
    are_in_order_ = count_ <= begins_.size();
    const std::less_equal<const char*> not_after;
    const char* end = nullptr;
    for (std::size_t i = 0; i < count_ && are_in_order_; ++i) {
      const std::string_view value = (*this)[i];
      begins_[i] = value.empty() ? end : value.data();
      are_in_order_ = not_after(end, begins_[i]);
      end = begins_[i] + value.size();
    }
  }

  std::string_view operator[](std::size_t i) const {
    const std::size_t labels = facts_.labels.size();
    return i < labels ? facts_.labels[i].value : facts_.annotations[i - labels].value;
  }

  std::optional<Shared> find(std::string_view text) const {
    if (!are_in_order_) {
      for (std::size_t i = 0; i < count_; ++i) {
        if (const auto offset = offset_in((*this)[i], text)) return Shared{i, *offset};
      }
      return std::nullopt;
    }
    const auto* const first = begins_.data();
    const auto after =
        static_cast<std::size_t>(std::upper_bound(first, first + count_, text.data(), std::less<>{}) - first);
    if (after == 0) return std::nullopt;
    const auto offset = offset_in((*this)[after - 1], text);
    return offset ? std::optional(Shared{after - 1, *offset}) : std::nullopt;
  }

 private:
  const rules::Facts& facts_;
  std::size_t count_;
  bool are_in_order_ = true;
  std::array<const char*, std::size_t{2} * limits::kLabelsMax> begins_;
};

}  // namespace

AlertTexts::AlertTexts(const rules::Facts& facts)
    : label_count_(static_cast<std::uint32_t>(facts.labels.size())),
      pair_count_(static_cast<std::uint32_t>(facts.labels.size() + facts.annotations.size())) {
  const Values values(facts);
  std::array<std::optional<Shared>, kFieldCount> shared;
  std::size_t total = 0;
  std::uint32_t there = 0;
  for (const Labels part : {facts.labels, facts.annotations}) {
    for (const Label& label : part) total += label.name.size() + label.value.size();
  }
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const std::string_view text = facts.text[i];
    if (text.empty()) continue;
    there |= bit_of(i);
    shared[i] = values.find(text);
    if (!shared[i]) total += text.size();
  }
  const std::size_t first = 1 + 2 * static_cast<std::size_t>(std::popcount(there));
  const std::size_t words = first + std::size_t{2} * pair_count_;
  block_ = std::make_unique_for_overwrite<std::uint32_t[]>(words + (total + 3) / 4);

  block_[0] = there;
  const std::span<std::uint32_t> ends{block_.get() + first, std::size_t{2} * pair_count_};
  char* const begin = reinterpret_cast<char*>(block_.get() + words);
  std::uint32_t at = 0;
  const auto keep = [&](std::string_view text) {
    if (!text.empty()) std::memcpy(begin + at, text.data(), text.size());
    return at += static_cast<std::uint32_t>(text.size());
  };
  std::size_t next = 0;
  for (const Labels part : {facts.labels, facts.annotations}) {
    for (const Label& label : part) {
      ends[next++] = keep(label.name);
      ends[next++] = keep(label.value);
    }
  }
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const std::string_view text = facts.text[i];
    if (text.empty()) continue;
    std::uint32_t from = at;
    if (shared[i]) {
      from = ends[2 * shared[i]->pair] + static_cast<std::uint32_t>(shared[i]->offset);
    } else {
      keep(text);
    }
    std::uint32_t* const place = block_.get() + place_of(i);
    place[0] = from;
    place[1] = from + static_cast<std::uint32_t>(text.size());
  }
}

std::size_t AlertTexts::place_of(std::size_t field) const {
  return 1 + 2 * static_cast<std::size_t>(std::popcount(block_[0] & (bit_of(field) - 1)));
}

const std::uint32_t* AlertTexts::ends() const {
  return block_.get() + 1 + 2 * static_cast<std::size_t>(std::popcount(block_[0]));
}

const char* AlertTexts::bytes() const { return reinterpret_cast<const char*>(ends() + std::size_t{2} * pair_count_); }

std::string_view AlertTexts::operator[](Field field) const {
  const auto index = static_cast<std::size_t>(field);
  if (!block_ || (block_[0] & bit_of(index)) == 0) return {};
  const std::uint32_t* const at = block_.get() + place_of(index);
  return {bytes() + at[0], at[1] - at[0]};
}

Label AlertTexts::pair(std::size_t i) const {
  const std::uint32_t* const here = ends() + 2 * i;
  const std::uint32_t begin = i == 0 ? 0 : here[-1];
  return {{bytes() + begin, here[0] - begin}, {bytes() + here[0], here[1] - here[0]}};
}

std::string_view AlertTexts::label_value(std::string_view name) const {
  for (std::size_t i = 0; i < label_count_; ++i) {
    if (const Label found = label(i); found.name == name) return found.value;
  }
  return {};
}

void AlertTexts::list(std::vector<Label>& labels, std::vector<Label>& annotations) const {
  labels.clear();
  annotations.clear();
  for (std::size_t i = 0; i < label_count(); ++i) labels.push_back(label(i));
  for (std::size_t i = 0; i < annotation_count(); ++i) annotations.push_back(annotation(i));
}

bool is_drill(const AlertTexts& texts) {
  if (texts[Field::source] == "drill" || texts.label_value("drill") == "true") return true;
  for (std::size_t i = 0; i < texts.annotation_count(); ++i) {
    if (texts.annotation(i).name == "drill") return texts.annotation(i).value == "true";
  }
  return false;
}

}  // namespace tocsin
