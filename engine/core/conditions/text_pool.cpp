#include "engine/core/conditions/text_pool.h"

#include <algorithm>
#include <cstring>

#include <absl/hash/hash.h>
#include <absl/strings/string_view.h>

#include "engine/model/check.h"

namespace tocsin {
namespace {

std::uint32_t tag_of(std::string_view text) {
  return TagTable::tag_of(static_cast<std::uint64_t>(absl::HashOf(absl::string_view{text.data(), text.size()})) *
                          0x9E37'79B9'7F4A'7C15ULL);
}

}  // namespace

TextPool::~TextPool() { forget_last(); }

TextPool::Id TextPool::make(std::uint32_t tag, std::size_t size, bool is_names) {
  const Id id = blocks_.take(sizeof(Record) + size);
  if (id >= kNone) {  // 32 GiB of texts: what comes now stays with its alert
    blocks_.give_back(id, sizeof(Record) + size);
    return kNone;
  }
  record(id) = {1, static_cast<std::uint32_t>(size), tag, is_names ? 1U : 0U};
  (is_names ? names_ : texts_).add(tag, id);
  return id;
}

bool TextPool::was_met(std::uint32_t tag) {
  constexpr std::size_t kMetMin = 1024;
  constexpr std::size_t kMetMax = 64 * 1024;
  if (met_.empty()) met_.resize(kMetMin);
  std::uint32_t& place = met_[tag & (met_.size() - 1)];
  const std::uint32_t mark = tag | 1;  // 0: nothing
  if (place == mark) return true;
  place = mark;
  if (++met_count_ < met_.size() || met_.size() >= kMetMax) return false;
  const std::vector<std::uint32_t> before = std::move(met_);
  met_ = std::vector<std::uint32_t>(2 * before.size());
  for (std::size_t at = 0; at < before.size(); ++at) {
    const std::uint32_t known = before[at];
    if (known != 0) met_[((known & ~1U) | (at & 1)) & (met_.size() - 1)] = known;
  }
  met_count_ = 0;
  return false;
}

TextPool::Id TextPool::take(std::string_view text) {
  if (text.size() < kTextBytesMin || text.size() > kTextBytesMax) return kNone;
  const std::uint32_t tag = tag_of(text);
  const Id found = texts_.find(tag, [&](Id id) { return is(id, text); });
  if (found != kNoSlot) {
    hold(found);
    return found;
  }
  if (!was_met(tag)) return kNone;
  const Id id = make(tag, text.size(), false);
  if (id != kNone) std::memcpy(blocks_[id] + sizeof(Record), text.data(), text.size());
  return id;
}

void TextPool::release(Id id) {
  Record& of = record(id);
  TOCSIN_CHECK(of.holders > 0, "what is released was held");
  if (--of.holders > 0) return;
  (of.is_names != 0 ? names_ : texts_).remove(of.tag, id);
  if (id == last_names_) last_names_ = kNone;
  blocks_.give_back(id, sizeof(Record) + of.size);
}

bool TextPool::are_names(Id id, Labels labels, Labels annotations) const {
  const std::uint32_t* const begin = begin_of(id);
  if (begin[0] != labels.size() || begin[1] != labels.size() + annotations.size()) return false;
  const std::uint32_t* end = begin + 2;
  const char* bytes = reinterpret_cast<const char*>(end + begin[1]);
  std::uint32_t at = 0;
  for (const Labels part : {labels, annotations}) {
    for (const Label& label : part) {
      const std::size_t size = *end++ - at;
      if (label.name.size() != size || !is_same_text(label.name.data(), bytes + at, size)) return false;
      at += static_cast<std::uint32_t>(size);
    }
  }
  return true;
}

TextPool::Id TextPool::take_names(Labels labels, Labels annotations) {
  if (last_names_ != kNone && are_names(last_names_, labels, annotations)) {
    hold(last_names_);
    return last_names_;
  }
  std::uint64_t hash = labels.size();
  std::size_t bytes = 0;
  for (const Labels part : {labels, annotations}) {
    for (const Label& label : part) {
      // Its beginning and its length will do: two that meet under one hash are compared.
      std::uint64_t word = 0;
      if (!label.name.empty()) std::memcpy(&word, label.name.data(), std::min(label.name.size(), sizeof word));
      hash = (hash ^ word ^ (std::uint64_t{label.name.size()} << 57)) * 0x9E37'79B9'7F4A'7C15ULL;
      hash ^= hash >> 29;
      bytes += label.name.size();
    }
  }
  const std::uint32_t tag = TagTable::tag_of(hash * 0x9E37'79B9'7F4A'7C15ULL);
  last_names_ = names_.find(tag, [&](Id id) { return are_names(id, labels, annotations); });
  if (last_names_ != kNoSlot) {
    hold(last_names_);
    return last_names_;
  }
  last_names_ = kNone;
  const std::size_t pairs = labels.size() + annotations.size();
  const std::size_t size = (2 + pairs) * sizeof(std::uint32_t) + bytes;
  if (sizeof(Record) + size > PieceHeap::kBlockBytesMax) return kNone;
  const Id id = make(tag, size, true);
  if (id == kNone) return kNone;
  auto* const begin = reinterpret_cast<std::uint32_t*>(blocks_[id] + sizeof(Record));
  begin[0] = static_cast<std::uint32_t>(labels.size());
  begin[1] = static_cast<std::uint32_t>(pairs);
  std::uint32_t* end = begin + 2;
  char* const names = reinterpret_cast<char*>(end + pairs);
  std::uint32_t at = 0;
  for (const Labels part : {labels, annotations}) {
    for (const Label& label : part) {
      if (!label.name.empty()) std::memcpy(names + at, label.name.data(), label.name.size());
      *end++ = at += static_cast<std::uint32_t>(label.name.size());
    }
  }
  return last_names_ = id;
}

TextPool::Last& TextPool::last_with(Id names, std::size_t count) {
  Last& last = last_[names % kLastCount];
  if (last.names != names) {
    let_go(last);
    // They are held, so that nobody else gets their number.
    hold(names);
    last.names = names;
  }
  if (last.ids.size() < count) last.ids.resize(count, kNone);
  return last;
}

void TextPool::let_go(Last& last) {
  if (last.names == kNone) return;
  for (const Id id : last.ids) {
    if (id != kNone) release(id);
  }
  last.ids.clear();
  release(last.names);
  last.names = kNone;
}

void TextPool::forget_last() {
  for (Last& last : last_) let_go(last);
}

}  // namespace tocsin
