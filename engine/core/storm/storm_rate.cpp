#include "engine/core/storm/storm_rate.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {

void StormRate::add() {
  TOCSIN_CHECK(tick_ != kNone, "who is counted comes at an instant");
  ++ticks_[static_cast<std::size_t>(tick_ % kTicks)];
  ++in_window_;
  ++current_;
}

void StormRate::next_tick() {
  ++tick_;
  std::uint32_t& oldest = ticks_[static_cast<std::size_t>(tick_ % kTicks)];
  TOCSIN_CHECK(oldest <= in_window_, "what leaves the window was in it");
  in_window_ -= oldest;
  oldest = 0;
  if (tick_ % kTicks == 0) next_minute();
}

void StormRate::next_minute() {
  if (learns_before_) learn_minute(before_);
  before_ = current_;
  learns_before_ = learns_current_;
  current_ = 0;
  learns_current_ = learns_;
}

void StormRate::jump(std::int64_t target) {
  TOCSIN_CHECK(in_window_ == 0, "only an empty window is passed over");
  const std::int64_t minutes = target / kTicks - tick_ / kTicks;
  tick_ = target;
  if (minutes > kMinutesIdle) {
    *this = StormRate(target, learns_);
    return;
  }
  for (std::int64_t i = 0; i < minutes; ++i) next_minute();
}

void StormRate::learn_minute(std::uint32_t count) {
  if (learned_count_ < kMinutes) ++learned_count_;
  learned_[learned_next_] = count;
  learned_next_ = static_cast<std::uint32_t>((learned_next_ + 1) % kMinutes);
  median_ = kUnknown;
}

std::uint64_t StormRate::usual() const {
  if (learned_count_ == 0) return 0;
  if (median_ == kUnknown) {
    // While fewer than sixty are learned they are the first ones.
    std::array<std::uint32_t, kMinutes> sorted = learned_;
    const auto end = sorted.begin() + learned_count_;
    const auto middle = sorted.begin() + (learned_count_ - 1) / 2;
    std::nth_element(sorted.begin(), middle, end);
    median_ = *middle;
  }
  return median_;
}

void StormRate::learn(bool wanted) {
  learns_ = wanted;
  learns_current_ = learns_before_ = false;
}

void StormRate::resume(Instant now) {
  ticks_ = {};
  in_window_ = 0;
  current_ = before_ = 0;
  tick_ = tick_of(now);
  learns_current_ = learns_;
  learns_before_ = false;
}

Instant StormRate::falls_below(std::uint64_t level) const {
  TOCSIN_CHECK(in_window_ >= level && level > 0, "what falls was above");
  std::uint64_t left = in_window_;
  std::int64_t tick = tick_;
  while (left >= level) left -= ticks_[static_cast<std::size_t>(++tick % kTicks)];
  return begin_of(tick);
}

bool StormRate::is_idle(Instant now) const { return tick_of(now) / kTicks - tick_ / kTicks > kMinutesIdle; }

void StormRate::write(CanonicalWriter& out) const {
  out.u64(static_cast<std::uint64_t>(tick_));
  for (const std::uint32_t count : ticks_) out.u32(count);
  out.u32(current_);
  out.u32(before_);
  for (const bool learns : {learns_, learns_current_, learns_before_}) out.flag(learns);
  // From the oldest: where they stand in memory says nothing.
  out.u32(learned_count_);
  for (std::size_t i = 0; i < learned_count_; ++i) {
    out.u32(learned_[(learned_next_ + kMinutes - learned_count_ + i) % kMinutes]);
  }
}

void StormRate::read(CanonicalReader& in) {
  tick_ = static_cast<std::int64_t>(in.u64());
  for (std::uint32_t& count : ticks_) in_window_ += count = in.u32();
  current_ = in.u32();
  before_ = in.u32();
  for (bool* learns : {&learns_, &learns_current_, &learns_before_}) *learns = in.flag();
  const std::uint32_t count = in.count(4);
  if (count > kMinutes) return in.fail();
  for (std::uint32_t i = 0; i < count; ++i) learn_minute(in.u32());
}

void StormRate::check() const {
  std::uint64_t in_window = 0;
  for (const std::uint32_t count : ticks_) in_window += count;
  TOCSIN_CHECK(in_window == in_window_, "what is in the window is counted");
  TOCSIN_CHECK(learned_count_ <= kMinutes, "an hour is learned");
  TOCSIN_CHECK(learned_count_ == kMinutes || learned_next_ == learned_count_, "minutes are learned one after another");
  const auto below = std::count_if(learned_.begin(), learned_.begin() + learned_count_,
                                   [this](std::uint32_t count) { return count <= usual(); });
  TOCSIN_CHECK(2 * static_cast<std::size_t>(below) >= learned_count_, "half of the minutes had no more than is usual");
}

}  // namespace tocsin
