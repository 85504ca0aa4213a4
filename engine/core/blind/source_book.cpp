#include "engine/core/blind/source_book.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {

Duration Speaker::longest_gap() const {
  return Duration{static_cast<std::int64_t>(*std::max_element(gaps.begin(), gaps.begin() + gap_count))};
}

bool Speaker::is_steady() const {
  if (gap_count < kGaps || since == kUnset || heard_at - since < SourceBook::kSteadyMin) return false;
  std::uint64_t sum = 0;
  for (const std::uint64_t gap : gaps) sum += gap;
  return static_cast<std::uint64_t>(longest_gap().count()) * kGaps <= 2 * sum;
}

std::uint32_t SourceBook::number_of(std::string_view tenant, std::string_view source, std::string_view origin,
                                    bool repeats, Instant now) {
  const std::tuple<std::string_view, std::string_view, std::string_view> key{tenant, source, origin};
  if (const auto known = numbers_.find(key); known != numbers_.end()) {
    speakers_.at(known->second).repeats = repeats;
    return known->second;
  }
  if (!make_room(now)) {
    ++refused_;
    return 0;
  }
  Speaker& speaker = speakers_[++number_];
  speaker.number = number_;
  speaker.tenant = tenant;
  speaker.source = source;
  speaker.origin = origin;
  speaker.repeats = repeats;
  speaker.stated = stated_for(speaker);
  numbers_.emplace(Key{tenant, source, origin}, number_);
  return number_;
}

/// At the bound the one that was heard first gives way, if that was a week ago.
bool SourceBook::make_room(Instant now) {
  while (speakers_.size() >= policy_.max_keys) {
    const auto oldest = speakers_.begin();
    if (oldest->second.is_silent || now - oldest->second.heard_at < kForgottenAfter) return false;
    look_at(oldest->second, kNever);
    numbers_.erase(Key{oldest->second.tenant, oldest->second.source, oldest->second.origin});
    speakers_.erase(oldest);
  }
  return true;
}

const Speaker* SourceBook::find(std::uint32_t number) const {
  const auto found = speakers_.find(number);
  return found == speakers_.end() ? nullptr : &found->second;
}

bool SourceBook::hear(std::uint32_t number, bool fires, Instant now) {
  const auto found = speakers_.find(number);
  if (found == speakers_.end()) return false;
  Speaker& speaker = found->second;
  TOCSIN_CHECK(now >= speaker.heard_at, "time does not go back");
  speaker.heard_at = now;
  const bool was_silent = speaker.is_silent;
  if (was_silent) {
    TOCSIN_CHECK(silent_ > 0, "who is silent is counted");
    --silent_;
    speaker.is_silent = false;
    speaker.round_at = kUnset;  // its silence is no part of its rhythm
  }
  if (speaker.round_at == kUnset || now - speaker.round_at >= Speaker::kRoundMin) begin_round(speaker, now);
  speaker.round_fires |= fires;
  if (speaker.due == kNever && is_expected(speaker)) look_at(speaker, now + patience(speaker) + Duration{1});
  return was_silent;
}

void SourceBook::begin_round(Speaker& speaker, Instant now) {
  if (speaker.round_at != kUnset) {
    const Duration gap = now - speaker.round_at;
    if (gap > kGapMax) {
      speaker.gap_count = speaker.gap_next = 0;
      speaker.since = kUnset;
    } else {
      speaker.gaps[speaker.gap_next] = static_cast<std::uint64_t>(gap.count());
      speaker.gap_next = (speaker.gap_next + 1) % Speaker::kGaps;
      speaker.gap_count = std::min<std::uint32_t>(speaker.gap_count + 1, Speaker::kGaps);
    }
  }
  if (speaker.since == kUnset) speaker.since = now;
  speaker.round_at = now;
  speaker.round_fires = false;
}

Duration SourceBook::stated_for(const Speaker& speaker) const {
  Duration any{};
  for (const rules::BlindPolicy::Expectation& one : policy_.expected) {
    if (one.source != speaker.source) continue;
    if (one.origin == speaker.origin) return one.every;
    if (one.origin.empty()) any = one.every;
  }
  return any;
}

/// Learned only where a server is named: who has no name may be many.
bool SourceBook::is_watched(const Speaker& speaker) const {
  if (speaker.stated > Duration{0}) return true;
  return policy_.learns && speaker.repeats && !speaker.origin.empty() && speaker.is_steady();
}

bool SourceBook::is_expected(const Speaker& speaker) const {
  return is_watched(speaker) && (speaker.stated > Duration{0} || speaker.round_fires);
}

Duration SourceBook::patience(const Speaker& speaker) {
  if (speaker.stated > Duration{0}) return kGapsMissed * speaker.stated;
  return std::max(kGapsMissed * speaker.longest_gap(), kSilentMin);
}

Instant SourceBook::doubted_until(std::uint32_t number, Instant now) const {
  const Speaker* const speaker = find(number);
  if (speaker == nullptr) return kUnset;
  if (speaker->is_silent) return kNever;
  if (!is_expected(*speaker)) return kUnset;
  // It is late.
  const Duration usual = speaker->stated > Duration{0} ? speaker->stated : speaker->longest_gap();
  if (now - speaker->heard_at <= usual) return kUnset;
  return speaker->heard_at + patience(*speaker) + Duration{1};
}

void SourceBook::look_at(Speaker& speaker, Instant at) {
  if (speaker.due != kNever) {
    const std::size_t erased = due_.erase({speaker.due, speaker.number});
    TOCSIN_CHECK(erased == 1, "who is expected has a deadline");
  }
  speaker.due = at;
  if (at != kNever) due_.emplace(at, speaker.number);
}

std::uint32_t SourceBook::meet(Instant now) {
  TOCSIN_CHECK(next_deadline() == now, "a deadline is met at its own instant");
  Speaker& speaker = speakers_.at(due_.begin()->second);
  TOCSIN_CHECK(!speaker.is_silent, "who is silent has no deadline");
  look_at(speaker, kNever);
  if (!is_expected(speaker)) return 0;
  const Instant silent_at = speaker.heard_at + patience(speaker) + Duration{1};
  if (silent_at > now) {
    look_at(speaker, silent_at);
    return 0;
  }
  speaker.is_silent = true;
  ++silent_;
  return speaker.number;
}

void SourceBook::resume(Instant now) {
  for (auto& [number, speaker] : speakers_) {
    speaker.round_at = kUnset;
    if (speaker.is_silent) continue;
    // Who could not be heard has as long again.
    speaker.heard_at = std::max(speaker.heard_at, now);
    look_at(speaker, is_expected(speaker) ? now + patience(speaker) + Duration{1} : kNever);
  }
}

std::vector<std::uint32_t> SourceBook::use(const rules::BlindPolicy& policy, Instant now) {
  policy_ = policy;
  std::vector<std::uint32_t> ended;
  for (auto& [number, speaker] : speakers_) {
    speaker.stated = stated_for(speaker);
    if (speaker.is_silent) {
      if (is_watched(speaker)) continue;
      speaker.is_silent = false;
      --silent_;
      ended.push_back(number);
      continue;
    }
    const Instant silent_at = is_expected(speaker) ? speaker.heard_at + patience(speaker) + Duration{1} : kNever;
    look_at(speaker, silent_at == kNever ? kNever : std::max(silent_at, now + Duration{1}));
  }
  return ended;
}

void SourceBook::write(CanonicalWriter& out) const {
  out.part("sources 1");
  out.u32(number_);
  out.u64(refused_);
  out.u32(static_cast<std::uint32_t>(speakers_.size()));
  for (const auto& [number, speaker] : speakers_) {
    out.u32(number);
    for (const std::string* text : {&speaker.tenant, &speaker.source, &speaker.origin}) out.text(*text);
    for (const bool flag : {speaker.repeats, speaker.is_silent, speaker.round_fires}) out.flag(flag);
    for (const Instant at : {speaker.heard_at, speaker.round_at, speaker.since, speaker.due}) out.instant(at);
    // From the oldest: where they stand in memory says nothing.
    out.u32(speaker.gap_count);
    for (std::size_t i = 0; i < speaker.gap_count; ++i) {
      out.u64(speaker.gaps[(speaker.gap_next + Speaker::kGaps - speaker.gap_count + i) % Speaker::kGaps]);
    }
  }
}

void SourceBook::read(CanonicalReader& in) {
  in.part("sources 1");
  number_ = in.u32();
  refused_ = in.u64();
  const std::uint32_t count = in.count(50);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    Speaker speaker;
    speaker.number = in.u32();
    for (std::string* text : {&speaker.tenant, &speaker.source, &speaker.origin}) *text = in.text();
    for (bool* flag : {&speaker.repeats, &speaker.is_silent, &speaker.round_fires}) *flag = in.flag();
    Instant due;
    for (Instant* at : {&speaker.heard_at, &speaker.round_at, &speaker.since, &due}) *at = in.instant();
    speaker.gap_count = in.count(8);
    if (speaker.gap_count > Speaker::kGaps) return in.fail();
    for (std::uint32_t gap = 0; gap < speaker.gap_count; ++gap) speaker.gaps[gap] = in.u64();
    speaker.gap_next = speaker.gap_count % Speaker::kGaps;
    speaker.stated = stated_for(speaker);
    silent_ += speaker.is_silent ? std::size_t{1} : std::size_t{0};
    const bool is_new = numbers_.emplace(Key{speaker.tenant, speaker.source, speaker.origin}, speaker.number).second;
    const auto [kept, is_first] = speakers_.emplace(speaker.number, speaker);
    if (!is_new || !is_first || speaker.number == 0 || speaker.number > number_) return in.fail();
    look_at(kept->second, due);
  }
}

void SourceBook::check() const {
  TOCSIN_CHECK(speakers_.size() == numbers_.size(), "each speaker is found by its names");
  std::size_t silent = 0;
  std::size_t due = 0;
  for (const auto& [number, speaker] : speakers_) {
    TOCSIN_CHECK(speaker.number == number && number > 0 && number <= number_, "a speaker knows its number");
    const auto named = numbers_.find(Key{speaker.tenant, speaker.source, speaker.origin});
    TOCSIN_CHECK(named != numbers_.end() && named->second == number, "names are of one speaker");
    TOCSIN_CHECK(speaker.gap_count <= Speaker::kGaps, "gaps are few");
    TOCSIN_CHECK(speaker.round_at == kUnset || speaker.round_at <= speaker.heard_at, "a round begins with a word");
    TOCSIN_CHECK(!speaker.is_silent || speaker.due == kNever, "who is silent has no deadline");
    TOCSIN_CHECK(speaker.is_silent || !is_expected(speaker) || speaker.due != kNever, "who is expected has one");
    TOCSIN_CHECK(speaker.due == kNever || due_.contains({speaker.due, number}), "a deadline is found");
    silent += speaker.is_silent ? std::size_t{1} : std::size_t{0};
    due += speaker.due == kNever ? std::size_t{0} : std::size_t{1};
  }
  TOCSIN_CHECK(silent == silent_ && due == due_.size(), "those that are silent and those that are due are counted");
}

}  // namespace tocsin
