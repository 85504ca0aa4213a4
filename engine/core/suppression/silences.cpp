#include "engine/core/suppression/silences.h"

#include <algorithm>
#include <charconv>

#include <absl/strings/string_view.h>

#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {

bool Silence::holds_for(const MatchedTexts& alert) const {
  return std::ranges::all_of(matchers, [&](const Matcher& matcher) { return matcher.holds(alert); });
}

std::uint32_t SilenceBook::find(std::string_view id) const {
  if (const auto found = by_id_.find(absl::string_view(id.data(), id.size())); found != by_id_.end())
    return found->second;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc{} || end != id.data() + id.size()) return kNoSlot;
  const auto numbered = by_number_.find(number);
  return numbered == by_number_.end() ? kNoSlot : numbered->second;
}

std::uint32_t SilenceBook::add(Silence silence, Instant now) {
  TOCSIN_CHECK(silence.starts_at < silence.ends_at && silence.ends_at > now, "a silence lasts");
  TOCSIN_CHECK(!by_id_.contains(silence.id), "an id is of one silence");
  const std::uint32_t slot = silences_.take();
  const std::uint32_t generation = silences_[slot].generation;
  silences_[slot] = std::move(silence);
  silences_[slot].used = true;
  silences_[slot].generation = generation;
  silences_[slot].number = ++number_;
  enter(slot);
  schedule(slot, now);
  return slot;
}

void SilenceBook::enter(std::uint32_t slot) {
  const Silence& silence = silences_[slot];
  by_number_.emplace(silence.number, slot);
  by_id_.emplace(silence.id, slot);
  if (!silence.is_over()) put_into_index(slot);
}

void SilenceBook::schedule(std::uint32_t slot, Instant now) {
  const Silence& silence = silences_[slot];
  if (silence.starts_at > now) turns_.add(silence.starts_at, silence.number, slot, silence.generation);
  turns_.add(silence.ends_at, silence.number, slot, silence.generation);
}

void SilenceBook::set_end(std::uint32_t slot, Instant ends_at) {
  Silence& silence = silences_[slot];
  TOCSIN_CHECK(!silence.is_over() && ends_at > silence.starts_at, "what is over is not extended");
  silence.ends_at = ends_at;
  turns_.add(ends_at, silence.number, slot, silence.generation);
}

void SilenceBook::end(std::uint32_t slot, Instant now) {
  Silence& silence = silences_[slot];
  TOCSIN_CHECK(!silence.is_over(), "a silence ends once");
  take_from_index(slot);
  silence.ended_at = now;
  silence.point = kNoSlot;
  ended_.push_back(slot);
  while (ended_.size() > limits::kEndedSilencesMax) {
    const std::uint32_t oldest = ended_.front();
    ended_.pop_front();
    by_id_.erase(silences_[oldest].id);
    by_number_.erase(silences_[oldest].number);
    silences_.release(oldest);
  }
}

std::uint32_t SilenceBook::take_turn(Instant now) {
  const Deadline due = turns_.take();
  TOCSIN_CHECK(due.at == now, "a deadline is met at its own instant");
  if (!silences_.is_same(due.slot, due.generation)) return kNoSlot;
  const Silence& silence = silences_[due.slot];
  return !silence.is_over() && (silence.starts_at == now || silence.ends_at == now) ? due.slot : kNoSlot;
}

/// How many others are found by the same value, or beginning of one.
std::size_t SilenceBook::crowd_at(const Matcher& matcher) const {
  const auto found = std::ranges::find(names_, matcher.parts().name, &OfName::name);
  if (found == names_.end()) return 0;
  const auto size_of = [](const auto& buckets, const std::string& text) {
    const auto bucket = buckets.find(text);
    return bucket == buckets.end() ? std::size_t{0} : bucket->second.size();
  };
  if (matcher.values().empty()) return size_of(found->by_prefix[matcher.prefix().size()], matcher.prefix());
  std::size_t most = 0;
  for (const std::string& value : matcher.values()) most = std::max(most, size_of(found->by_value, value));
  return most;
}

SilenceBook::OfName& SilenceBook::names_with(const Matcher& matcher) {
  const auto found = std::ranges::find(names_, matcher.parts().name, &OfName::name);
  if (found != names_.end()) return *found;
  OfName& added = names_.emplace_back();
  added.name = matcher.parts().name;
  added.field = matcher.field();
  return added;
}

/// Of the values that it asks for, and of how they begin, what the fewest others ask for too: ten thousand silences of
/// one alert name, each of another host, are found by host.
void SilenceBook::put_into_index(std::uint32_t slot) {
  const Silence& silence = silences_[slot];
  std::optional<std::size_t> best;
  std::size_t fewest = 0;
  for (std::size_t i = 0; i < silence.matchers.size(); ++i) {
    const Matcher& matcher = silence.matchers[i];
    if (matcher.values().empty() && matcher.prefix().empty()) continue;
    const std::size_t there = crowd_at(matcher);
    if (best && there >= fewest) continue;
    best = i;
    fewest = there;
  }
  if (!best) {
    others_.push_back(slot);
    return;
  }
  const Matcher& matcher = silence.matchers[*best];
  OfName& name = names_with(matcher);
  for (const std::string& value : matcher.values()) name.by_value[value].push_back(slot);
  if (matcher.values().empty()) name.by_prefix[matcher.prefix().size()][matcher.prefix()].push_back(slot);
  ++name.count;
  indexed_by_[slot] = *best;
}

void SilenceBook::take_from_index(std::uint32_t slot) {
  const auto indexed = indexed_by_.find(slot);
  if (indexed == indexed_by_.end()) {
    const std::size_t erased = std::erase(others_, slot);
    TOCSIN_CHECK(erased == 1, "what is not looked up is asked");
    return;
  }
  const Matcher& matcher = silences_[slot].matchers[indexed->second];
  indexed_by_.erase(indexed);
  const auto found = std::ranges::find(names_, matcher.parts().name, &OfName::name);
  TOCSIN_CHECK(found != names_.end(), "what is looked up has a name");
  const auto take = [slot](auto& buckets, const std::string& text) {
    const auto bucket = buckets.find(text);
    TOCSIN_CHECK(bucket != buckets.end(), "what is looked up has a value");
    std::erase(bucket->second, slot);
    if (bucket->second.empty()) buckets.erase(bucket);
  };
  for (const std::string& value : matcher.values()) take(found->by_value, value);
  if (matcher.values().empty()) take(found->by_prefix[matcher.prefix().size()], matcher.prefix());
  if (--found->count == 0) names_.erase(found);
}

void SilenceBook::find_for(const MatchedTexts& alert, std::vector<std::uint32_t>& slots) const {
  slots.clear();
  const auto ask = [&](const Bucket& bucket) {
    for (const std::uint32_t slot : bucket) {
      if (silences_[slot].holds_for(alert)) slots.push_back(slot);
    }
  };
  const auto look_up = [&](const auto& buckets, std::string_view text) {
    if (buckets.empty()) return;
    const auto found = buckets.find(absl::string_view(text.data(), text.size()));
    if (found != buckets.end()) ask(found->second);
  };
  for (const OfName& name : names_) {
    const std::string_view value = Matcher::value_of(alert, name.name, name.field);
    if (value.empty()) continue;
    look_up(name.by_value, value);
    for (std::size_t size = 1; size < name.by_prefix.size() && size <= value.size(); ++size)
      look_up(name.by_prefix[size], value.substr(0, size));
  }
  ask(others_);
  std::ranges::sort(slots, {}, [this](std::uint32_t slot) { return silences_[slot].number; });
}

void SilenceBook::write(CanonicalWriter& out) const {
  out.part("silences 1");
  out.u64(number_);
  out.u32(static_cast<std::uint32_t>(by_number_.size()));
  for (const auto& [number, slot] : by_number_) {
    const Silence& silence = silences_[slot];
    out.u64(number);
    for (const std::string* text : {&silence.id, &silence.by, &silence.comment}) out.text(*text);
    out.u32(static_cast<std::uint32_t>(silence.matchers.size()));
    for (const Matcher& matcher : silence.matchers) {
      out.text(matcher.parts().name);
      out.flag(matcher.parts().is_equal);
      out.flag(matcher.parts().is_regex);
      out.text(matcher.parts().value);
    }
    for (const Instant at : {silence.created_at, silence.starts_at, silence.ends_at, silence.ended_at}) out.instant(at);
    out.u64(silence.matched);
    out.u64(silence.held);
    out.flag(silence.hid_p1);
  }
  out.u32(static_cast<std::uint32_t>(ended_.size()));
  for (const std::uint32_t slot : ended_) out.u64(silences_[slot].number);
}

void SilenceBook::read(CanonicalReader& in, Instant now) {
  in.part("silences 1");
  number_ = in.u64();
  const std::uint32_t count = in.count(60);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint32_t slot = silences_.take();
    Silence& silence = silences_[slot];
    silence.number = in.u64();
    for (std::string* text : {&silence.id, &silence.by, &silence.comment}) *text = in.text();
    const std::uint32_t matchers = in.count(10);
    for (std::uint32_t one = 0; one < matchers && !in.failed(); ++one) {
      MatcherParts parts;
      parts.name = in.text();
      parts.is_equal = in.flag();
      parts.is_regex = in.flag();
      parts.value = in.text();
      silence.matchers.emplace_back(std::move(parts));
    }
    for (Instant* at : {&silence.created_at, &silence.starts_at, &silence.ends_at, &silence.ended_at})
      *at = in.instant();
    silence.matched = in.u64();
    silence.held = in.u64();
    silence.hid_p1 = in.flag();
    if (in.failed() || by_id_.contains(silence.id) || by_number_.contains(silence.number)) return in.fail();
    enter(slot);
    if (!silence.is_over()) schedule(slot, now);
  }
  const std::uint32_t ended = in.count(8);
  for (std::uint32_t i = 0; i < ended && !in.failed(); ++i) {
    const auto found = by_number_.find(in.u64());
    if (found == by_number_.end() || !silences_[found->second].is_over()) return in.fail();
    ended_.push_back(found->second);
  }
}

void SilenceBook::check() const {
  TOCSIN_CHECK(by_id_.size() == by_number_.size() && by_number_.size() == silences_.count(), "each has id and number");
  TOCSIN_CHECK(ended_.size() <= limits::kEndedSilencesMax, "ended silences are bounded");
  std::size_t indexed = others_.size();
  for (const OfName& name : names_) indexed += name.count;
  TOCSIN_CHECK(indexed == live(), "what has not ended is found");
  for (const auto& [number, slot] : by_number_) {
    const Silence& silence = silences_[slot];
    TOCSIN_CHECK(silence.number == number && number <= number_, "numbers are given out in order");
    TOCSIN_CHECK(silence.is_over() || silence.point != kNoSlot, "what has not ended has a point");
    TOCSIN_CHECK(!silence.hid_p1 || silence.held > 0, "what it hid it held back");
  }
}

}  // namespace tocsin
