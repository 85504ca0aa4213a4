#include "engine/core/conditions/alert_texts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "engine/model/check.h"

namespace tocsin {
namespace {

static_assert(kFieldCount <= 32, "the fields that are there are bits of a word");

constexpr std::uint32_t bit_of(std::size_t field) { return std::uint32_t{1} << field; }

/// How a text of a block's own lies there: its length in a byte, or a byte that says that four follow; then its bytes.
constexpr std::size_t kLongText = 255;
std::size_t bytes_of_own(std::size_t size) { return size + (size < kLongText ? 1 : 1 + sizeof(std::uint32_t)); }

char* write_own(char* at, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  if (size < kLongText) {
    *at++ = static_cast<char>(size);
  } else {
    *at++ = static_cast<char>(kLongText);
    std::memcpy(at, &size, sizeof size);
    at += sizeof size;
  }
  if (size > 0) std::memcpy(at, text.data(), size);
  return at + size;
}

std::string_view read_own(const char* at) {
  std::uint32_t size = static_cast<unsigned char>(*at++);
  if (size == kLongText) {
    std::memcpy(&size, at, sizeof size);
    at += sizeof size;
  }
  return {at, size};
}

}  // namespace

/// Decides for each text where it goes: first all, then the block is as large as it must be.
class AlertTexts::Maker {
 public:
  Maker(const rules::Facts& facts, TextPool* pool) : facts_(facts), pool_(pool) {}

  char* make() {
    const std::size_t labels = facts_.labels.size();
    const std::size_t pairs = labels + facts_.annotations.size();
    TOCSIN_CHECK(pairs <= UINT16_MAX, "an alert has a bounded number of labels");
    TextPool::Id names = TextPool::kNone;
    if (pool_ != nullptr) {
      names = pool_->take_names(facts_.labels, facts_.annotations);
      if (names != TextPool::kNone) last_ = &pool_->last_with(names, pairs + kFieldCount);
    }
    reserve(2 * pairs + kFieldCount);
    if (names == TextPool::kNone) {
      for (const Labels part : {facts_.labels, facts_.annotations}) {
        for (const Label& label : part) add_own(label.name);
      }
    }
    const std::size_t first = count_;
    std::size_t place = 0;
    for (const Labels part : {facts_.labels, facts_.annotations}) {
      for (const Label& label : part) add(label.value, place++);
    }
    std::uint32_t there = 0;
    for (std::size_t field = 0; field < kFieldCount; ++field) {
      const std::string_view text = facts_.text[field];
      if (text.empty()) continue;
      there |= bit_of(field);
      add_field(text, field, first, pairs);
    }
    return write(
        {pool_, kNoSlot, 0, names, there, static_cast<std::uint16_t>(labels), static_cast<std::uint16_t>(pairs)});
  }

 private:
  struct Part {
    const char* bytes;
    std::uint32_t size;
    std::uint32_t id;
    bool is_of(std::string_view text) const { return bytes == text.data() && size == text.size(); }
  };

  void reserve(std::size_t count) {
    if (count <= some_.size()) return;
    many_.resize(count);
    parts_ = many_.data();
  }

  void put(std::string_view text, std::uint32_t id) {
    parts_[count_++] = {text.data(), static_cast<std::uint32_t>(text.size()), id};
  }

  void add_own(std::string_view text) {
    put(text, kOwn | static_cast<std::uint32_t>(own_bytes_));
    own_bytes_ += bytes_of_own(text.size());
    TOCSIN_CHECK(own_bytes_ < kOwn, "an alert is smaller than 2 GiB");
  }

  /// `place`: among what alerts with these names had last.
  void add(std::string_view text, std::size_t place) {
    if (pool_ == nullptr) return add_own(text);
    TextPool::Id last = TextPool::kNone;
    if (last_ != nullptr) {
      last = last_->ids[place];
      if (last != TextPool::kNone && pool_->is(last, text)) {
        pool_->hold(last);
        return put(text, last);
      }
    }
    const TextPool::Id id = pool_->take(text);
    if (id == TextPool::kNone) return add_own(text);
    put(text, id);
    if (last_ == nullptr) return;
    pool_->hold(id);
    last_->ids[place] = id;
    if (last != TextPool::kNone) pool_->release(last);
  }

  /// Most fields are a value as it stands, and the one that they were of the alert before.
  void add_field(std::string_view text, std::size_t field, std::size_t first, std::size_t pairs) {
    if (last_ != nullptr) {
      const std::size_t hint = last_->value_of_field[field];
      if (hint < pairs && parts_[first + hint].is_of(text)) return add_again(parts_[first + hint]);
      const TextPool::Id last = last_->ids[pairs + field];
      if (last != TextPool::kNone && pool_->is(last, text)) {
        pool_->hold(last);
        return put(text, last);
      }
    }
    for (std::size_t i = 0; i < pairs; ++i) {
      const Part& value = parts_[first + i];
      if (!value.is_of(text)) continue;
      if (last_ != nullptr) last_->value_of_field[field] = static_cast<std::uint8_t>(std::min<std::size_t>(i, 255));
      return add_again(value);
    }
    add(text, pairs + field);
  }
  void add_again(Part value) {
    parts_[count_++] = value;
    if ((value.id & kOwn) == 0) pool_->hold(value.id);
  }

  char* write(Head head) const {
    const std::size_t begin_of_own = kHeadBytes + count_ * sizeof(std::uint32_t);
    const std::size_t bytes = std::max(begin_of_own + own_bytes_, sizeof(Head));
    head.bytes = static_cast<std::uint32_t>(bytes);
    char* block = nullptr;
    if (pool_ != nullptr && bytes <= PieceHeap::kBlockBytesMax) {
      head.number = pool_->blocks().take(bytes);
      block = pool_->blocks()[head.number];
    } else {
      block = static_cast<char*>(::operator new(bytes));
    }
    std::memcpy(block, &head, kHeadBytes);
    auto* const ids = reinterpret_cast<std::uint32_t*>(block + kHeadBytes);
    char* own = block + begin_of_own;
    std::uint32_t written = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      ids[i] = parts_[i].id;
      // One that is there twice is written once.
      if (parts_[i].id != (kOwn | written)) continue;
      char* const after = write_own(own, {parts_[i].bytes, parts_[i].size});
      written += static_cast<std::uint32_t>(after - own);
      own = after;
    }
    TOCSIN_CHECK(written == own_bytes_, "each text has the place that it was given");
    return block;
  }

  const rules::Facts& facts_;
  TextPool* const pool_;
  TextPool::Last* last_ = nullptr;
  std::array<Part, 96> some_;
  std::vector<Part> many_{};
  Part* parts_ = some_.data();
  std::size_t count_ = 0;
  std::size_t own_bytes_ = 0;
};

AlertTexts::AlertTexts(const rules::Facts& facts, TextPool* pool) : block_(Maker(facts, pool).make()) {}

std::size_t AlertTexts::id_count() const {
  return name_count() + head().pairs + static_cast<std::size_t>(std::popcount(head().there));
}

void AlertTexts::give_back() {
  const Head& of = head();
  TextPool* const pool = of.pool;
  if (pool == nullptr) return ::operator delete(block_);
  const std::uint32_t* const all = ids();
  for (std::size_t i = 0, count = id_count(); i < count; ++i) {
    if ((all[i] & kOwn) == 0) pool->release(all[i]);
  }
  if (of.names != TextPool::kNone) pool->release_names(of.names);
  if (of.number == kNoSlot) return ::operator delete(block_);
  pool->blocks().give_back(of.number, of.bytes);
}

std::string_view AlertTexts::text(std::uint32_t id) const {
  if ((id & kOwn) == 0) return (*head().pool)[id];
  return read_own(reinterpret_cast<const char*>(ids() + id_count()) + (id & ~kOwn));
}

std::string_view AlertTexts::name(std::size_t i) const {
  return head().names == TextPool::kNone ? text(ids()[i]) : head().pool->name(head().names, i);
}

std::string_view AlertTexts::operator[](Field field) const {
  const auto index = static_cast<std::size_t>(field);
  if (block_ == nullptr || (head().there & bit_of(index)) == 0) return {};
  return text(
      ids()[name_count() + head().pairs + static_cast<std::size_t>(std::popcount(head().there & (bit_of(index) - 1)))]);
}

void AlertTexts::list(std::array<std::string_view, kFieldCount>& texts) const {
  texts = {};
  if (block_ == nullptr) return;
  const std::uint32_t* id = ids() + name_count() + head().pairs;
  for (std::uint32_t left = head().there; left != 0; left &= left - 1)
    texts[static_cast<std::size_t>(std::countr_zero(left))] = text(*id++);
}

std::string_view AlertTexts::label_value(std::string_view name) const {
  for (std::size_t i = 0, count = label_count(); i < count; ++i) {
    if (this->name(i) == name) return pair(i).value;
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
