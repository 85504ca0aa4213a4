#include "engine/core/correlation/absence.h"

#include <algorithm>

#include "engine/core/conditions/condition_book.h"
#include "engine/model/check.h"

namespace tocsin {
namespace {

/// How long after a stop something may still be said a second time: senders repeat within minutes.
constexpr Duration kGraceMax = std::chrono::minutes{5};

}  // namespace

AbsenceKind::AbsenceKind(const rules::TemporalRule& rule) : is_heartbeat_(rule.is_heartbeat()), within_(rule.within) {
  TOCSIN_CHECK(within_ > Duration{0}, "an absence takes a time");
}

Pattern AbsenceKind::see(const Sighting& seen, KeyBound& bound) {
  const Instant horizon = seen.now - kOldestEventTime;
  Waiting* const waiting = keys_.enter(
      seen.key, bound,
      [&](const Waiting& of) { return !of.waits() && !of.is_held && !of.is_missed() && of.expected < horizon; },
      [&](Waiting& of) {
        schedule(of, kNever);
        forget_held(of);
        if (of.is_missed()) given_up_.push_back(of.key);
      });
  if (waiting == nullptr) return {};
  if (waiting->number == 0) {
    waiting->number = ++number_;
    waiting->key = seen.key;
  }
  if (waiting->is_held) let_go(*waiting, seen.now);
  if (is_heartbeat_ || seen.step == 0) waiting->speaker = seen.speaker;
  if (is_heartbeat_) return see_heartbeat(*waiting, seen);
  return seen.step == 0 ? see_start(*waiting, seen) : see_expected(*waiting, seen);
}

Pattern AbsenceKind::see_start(Waiting& waiting, const Sighting& seen) {
  if (waiting.expected != kUnset && waiting.expected >= seen.at) return {};  // it came before its start was heard of
  // The bound is inclusive. A start that comes very late is due at once.
  const Instant due = std::max(seen.at + within_ + Duration{1}, seen.now);
  const auto after = std::ranges::upper_bound(waiting.starts, seen.at, {}, &Start::at);
  if (after != waiting.starts.begin() && (after - 1)->at == seen.at) return {};
  waiting.starts.insert(after, {seen.at, due});
  if (waiting.starts.size() > kStartsMax) waiting.starts.erase(waiting.starts.end() - 2);
  schedule_starts(waiting);
  return {};
}

Pattern AbsenceKind::see_expected(Waiting& waiting, const Sighting& seen) {
  Pattern pattern;
  waiting.expected = std::max(waiting.expected, seen.at);
  std::erase_if(waiting.starts, [&](const Start& start) { return start.at <= seen.at; });
  schedule_starts(waiting);
  if (waiting.is_missed() && waiting.missed <= seen.at) {
    waiting.missed = kUnset;
    pattern.holds = true;
    pattern.last_at = seen.at;
  }
  return pattern;
}

Pattern AbsenceKind::see_heartbeat(Waiting& waiting, const Sighting& seen) {
  Pattern pattern;
  waiting.expected = std::max(waiting.expected, seen.now);
  if (std::ranges::find(waiting.speakers, seen.who) == waiting.speakers.end()) {
    waiting.speakers.push_back(seen.who);
    if (waiting.speakers.size() > kSpeakersMax) waiting.speakers.erase(waiting.speakers.begin());
  }
  pattern.holds = waiting.is_missed();
  pattern.last_at = seen.now;
  waiting.missed = kUnset;
  // One that is scheduled is met and moved then.
  if (!waiting.waits()) schedule(waiting, waiting.expected + within_ + Duration{1});
  return pattern;
}

void AbsenceKind::remember(const Awaited& awaited) {
  Waiting* const waiting = keys_.find(awaited.key);
  if (waiting == nullptr) return;
  waiting->by = awaited.by;
  waiting->tier = awaited.tier;
  waiting->severity = awaited.severity;
  waiting->depth = std::max(waiting->depth, awaited.depth);
}

void AbsenceKind::schedule(Waiting& waiting, Instant due) {
  if (waiting.due == due) return;
  if (waiting.waits()) {
    const std::size_t erased = due_.erase({waiting.due, waiting.number});
    TOCSIN_CHECK(erased == 1, "what waits has a deadline");
  }
  waiting.due = due;
  if (waiting.waits()) due_.emplace(std::pair{due, waiting.number}, waiting.key);
}

void AbsenceKind::schedule_starts(Waiting& waiting) {
  Instant due = kNever;
  for (const Start& start : waiting.starts) due = std::min(due, start.due);
  schedule(waiting, due);
}

/// Nothing of it is due before `at`.
void AbsenceKind::wait_until(Waiting& waiting, Instant at, Instant now) {
  if (at == kNever) {
    schedule(waiting, kNever);
    waiting.is_held = true;
    held_.emplace(std::pair{waiting.speaker, waiting.number}, waiting.key);
    return;
  }
  TOCSIN_CHECK(at > now, "who is doubted is so until later");
  for (Start& start : waiting.starts) start.due = std::max(start.due, at);
  schedule(waiting, at);
}

void AbsenceKind::forget_held(Waiting& waiting) {
  if (!std::exchange(waiting.is_held, false)) return;
  const std::size_t erased = held_.erase({waiting.speaker, waiting.number});
  TOCSIN_CHECK(erased == 1, "what is held is found by its speaker");
}

void AbsenceKind::let_go(Waiting& waiting, Instant now) {
  forget_held(waiting);
  const Instant least = now + std::min(within_, kGraceMax) + Duration{1};
  if (is_heartbeat_) return schedule(waiting, least);
  for (Start& start : waiting.starts) start.due = std::max(start.due, least);
  schedule_starts(waiting);
}

void AbsenceKind::go_on(std::uint32_t speaker, Instant now) {
  for (auto next = held_.lower_bound({speaker, 0}); next != held_.end() && next->first.first == speaker;
       next = held_.lower_bound({speaker, 0})) {
    let_go(*keys_.find(next->second), now);
  }
}

bool AbsenceKind::meet(Instant now, ConditionBook& conditions, const Doubt& doubt, Awaited& awaited) {
  TOCSIN_CHECK(next_deadline() == now, "a deadline is met at its own instant");
  Waiting& waiting = *keys_.find(due_.begin()->second);
  const bool was_missed = waiting.is_missed();
  if (is_heartbeat_) {
    for (const ConditionRef& who : waiting.speakers) {
      if (conditions.is_same(who.slot, who.generation))
        waiting.expected = std::max(waiting.expected, conditions.last_seen(conditions[who.slot]));
    }
    const Instant due = waiting.expected + within_ + Duration{1};
    if (due > now) {
      schedule(waiting, due);
      return false;
    }
  }
  if (const Instant until = doubt(waiting.speaker); until != kUnset) {
    wait_until(waiting, until, now);
    return false;
  }
  if (is_heartbeat_) {
    waiting.missed = waiting.expected;
    schedule(waiting, kNever);
    for (const ConditionRef& who : waiting.speakers) {
      if (conditions.is_same(who.slot, who.generation)) conditions.look_again_at_words(who.slot);
    }
  } else {
    for (const Start& start : waiting.starts) {
      if (start.due <= now) waiting.missed = std::max(waiting.missed, start.at);
    }
    std::erase_if(waiting.starts, [&](const Start& start) { return start.due <= now; });
    schedule_starts(waiting);
  }
  TOCSIN_CHECK(waiting.is_missed(), "what is due is absent");
  awaited = {waiting.key, waiting.by, waiting.missed, waiting.tier, waiting.severity, waiting.depth};
  return !was_missed;
}

void AbsenceKind::give_grace(Instant now, Duration gap) {
  const Instant least = now + std::min(within_, kGraceMax) + Duration{1};
  keys_.for_each([&](Hash128, Waiting& waiting) {
    for (Start& start : waiting.starts) start.due = std::max(start.due + gap, least);
    if (waiting.is_held) return;
    if (!is_heartbeat_) return schedule_starts(waiting);
    if (!waiting.waits()) return;
    waiting.expected = std::max(waiting.expected + gap, least - within_ - Duration{1});
    schedule(waiting, std::max(waiting.due, waiting.expected + within_ + Duration{1}));
  });
}

void AbsenceKind::write(CanonicalWriter& out, const ConditionNumbers& numbers) const {
  out.u64(number_);
  keys_.write(out, [&](const Waiting& waiting) {
    out.u64(waiting.number);
    for (const Instant at : {waiting.due, waiting.expected, waiting.missed}) out.instant(at);
    out.u32(static_cast<std::uint32_t>(waiting.starts.size()));
    for (const Start& start : waiting.starts) {
      out.instant(start.at);
      out.instant(start.due);
    }
    out.u32(static_cast<std::uint32_t>(waiting.speakers.size()));
    for (const ConditionRef& who : waiting.speakers) out.u64(numbers.number_of(who));
    out.text(waiting.by);
    out.u64(static_cast<std::uint64_t>(waiting.tier));
    out.u8(waiting.severity.level);
    out.u8(waiting.depth);
    out.u32(waiting.speaker);
    out.flag(waiting.is_held);
  });
}

void AbsenceKind::read(CanonicalReader& in, const ConditionNumbers& numbers) {
  number_ = in.u64();
  keys_.read(in, [&](Waiting& waiting) {
    waiting.number = in.u64();
    const Instant due = in.instant();
    waiting.expected = in.instant();
    waiting.missed = in.instant();
    const std::uint32_t starts = in.count(16);
    for (std::uint32_t i = 0; i < starts; ++i) {
      Start& start = waiting.starts.emplace_back();
      start.at = in.instant();
      start.due = in.instant();
    }
    const std::uint32_t speakers = in.count(8);
    for (std::uint32_t i = 0; i < speakers; ++i) waiting.speakers.push_back(numbers.ref_of(in.u64()));
    waiting.by = in.text();
    waiting.tier = static_cast<std::int64_t>(in.u64());
    waiting.severity.level = in.u8_below(kSeverityLevelsMax);
    waiting.depth = in.u8();
    waiting.speaker = in.u32();
    waiting.is_held = in.flag();
    waiting.due = due;
  });
  keys_.for_each([&](Hash128 key, Waiting& waiting) {
    waiting.key = key;
    if (waiting.waits() && !due_.emplace(std::pair{waiting.due, waiting.number}, key).second) in.fail();
    if (waiting.is_held && !held_.emplace(std::pair{waiting.speaker, waiting.number}, key).second) in.fail();
  });
}

void AbsenceKind::check() const {
  keys_.check();
  std::size_t waits = 0;
  std::size_t held = 0;
  keys_.for_each([&](Hash128 key, const Waiting& waiting) {
    TOCSIN_CHECK(waiting.key == key && waiting.number > 0 && waiting.number <= number_, "a key knows itself");
    TOCSIN_CHECK(waiting.starts.size() <= kStartsMax && std::ranges::is_sorted(waiting.starts, {}, &Start::at),
                 "starts are few and in order");
    TOCSIN_CHECK(is_heartbeat_ || (waiting.waits() || waiting.is_held) == !waiting.starts.empty(),
                 "who waits has a start");
    TOCSIN_CHECK(!waiting.is_held || (!waiting.waits() && held_.contains({waiting.speaker, waiting.number})),
                 "what is held waits for its speaker");
    held += waiting.is_held ? 1 : 0;
    if (!waiting.waits()) return;
    ++waits;
    const auto due = due_.find({waiting.due, waiting.number});
    TOCSIN_CHECK(due != due_.end() && due->second == key, "what waits has a deadline");
  });
  TOCSIN_CHECK(held == held_.size(), "what is held is counted");
  TOCSIN_CHECK(waits == due_.size(), "each deadline is of what waits");
}

}  // namespace tocsin
