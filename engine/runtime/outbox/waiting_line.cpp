#include "engine/runtime/outbox/waiting_line.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/model/check.h"

namespace tocsin {
namespace {

constexpr Duration kMadeUnknown{-1};  // it was on disk meanwhile
constexpr std::size_t kFetchEffects = 256;
constexpr std::size_t kFetchBytes = 4 << 20;
constexpr std::size_t kKeepEffects = 1024;
constexpr std::size_t kKeepBytes = 1 << 20;

}  // namespace

std::size_t bytes_of(const Effect& effect) {
  std::size_t bytes = sizeof(Effect) + effect.value.size() + effect.flat_value.size() + effect.tenant.size();
  for (const Audience& audience : effect.audiences) {
    bytes += sizeof(Audience) + audience.topic.size() + audience.key.size();
  }
  return bytes;
}

WaitingLine::WaitingLine(std::string sink, OutboxStore& store, const OutboxLimits& limits, Gate& gate, Clock& clock)
    : sink_(std::move(sink)), store_(store), limits_(limits), gate_(gate), clock_(clock) {}

WaitingLine::~WaitingLine() {
  const Lock lock(mutex_);
  if (full_since_ != kUnset) gate_.full_sinks.fetch_sub(1, std::memory_order_relaxed);
}

bool WaitingLine::put(std::span<FreshEffect> fresh) {
  const Lock lock(mutex_);
  for (FreshEffect& one : fresh) {
    const std::size_t bytes = bytes_of(*one.effect);
    const bool behind = on_disk_ > 0 || keeping_ || !tail_.empty();
    if (!behind && (memory_.empty() || memory_bytes_ + bytes <= limits_.memory_bytes_max)) {
      memory_bytes_ += bytes;
      memory_.push_back(std::move(one));
    } else {
      tail_bytes_ += bytes;
      tail_.push_back(std::move(one));
    }
  }
  update_full();
  return !tail_.empty();
}

bool WaitingLine::keep_some() {
  std::vector<FreshEffect> moved;
  std::size_t bytes = 0;
  batch_.clear();
  {
    const Lock lock(mutex_);
    TOCSIN_CHECK(!keeping_, "one keeper");
    while (!tail_.empty() && moved.size() < kKeepEffects && bytes < kKeepBytes) {
      bytes += bytes_of(*tail_.front().effect);
      batch_.push_back(tail_.front().effect);
      moved.push_back(std::move(tail_.front()));
      tail_.pop_front();
    }
    if (moved.empty()) return false;
    keeping_ = true;
  }
  const Result<std::size_t> kept = store_.keep(sink_, batch_);
  const Lock lock(mutex_);
  keeping_ = false;
  if (kept) {
    on_disk_ += moved.size();
    disk_bytes_ += *kept;
    tail_bytes_ -= bytes;
    disk_trouble_.clear();
  } else {
    tail_.insert(tail_.begin(), std::make_move_iterator(moved.begin()), std::make_move_iterator(moved.end()));
    disk_trouble_ = kept.error().message;
  }
  update_full();
  return kept.has_value();
}

bool WaitingLine::has_tail() const {
  const Lock lock(mutex_);
  return !tail_.empty();
}

std::size_t WaitingLine::tail_bytes() const {
  const Lock lock(mutex_);
  return tail_bytes_;
}

bool WaitingLine::fetch(std::deque<FreshEffect>& ready) {
  std::size_t on_disk = 0;
  {
    const Lock lock(mutex_);
    std::size_t bytes = 0;
    std::size_t count = 0;
    const auto move_from = [&](std::deque<FreshEffect>& line, std::size_t& line_bytes) ABSL_NO_THREAD_SAFETY_ANALYSIS {
      for (; !line.empty() && count < kFetchEffects && bytes < kFetchBytes; ++count) {
        const std::size_t one = bytes_of(*line.front().effect);
        bytes += one;
        line_bytes -= one;
        ready.push_back(std::move(line.front()));
        line.pop_front();
      }
    };
    move_from(memory_, memory_bytes_);
    if (count == 0 && on_disk_ == 0 && !keeping_ && !tail_.empty()) {
      move_from(tail_, tail_bytes_);
      if (tail_.empty()) disk_trouble_.clear();  // the next one that does not fit tries the disk again
      update_full();
    }
    if (count > 0) return true;
    on_disk = on_disk_;  // the keeper may add to it from now on, behind these
  }
  return on_disk > 0 && take_from_disk(on_disk, ready);
}

bool WaitingLine::take_from_disk(std::size_t effects_max, std::deque<FreshEffect>& ready) {
  taken_back_.clear();
  const std::size_t bytes_max = std::clamp<std::size_t>(limits_.memory_bytes_max / 2, 1, kFetchBytes);
  const auto bytes = store_.take_back(sink_, taken_back_to_, bytes_max, effects_max, taken_back_);
  const Lock lock(mutex_);
  if (!bytes) {
    disk_trouble_ = bytes.error().message;  // they stay there; tried again at the next poll
    update_full();
    return false;
  }
  TOCSIN_CHECK(!taken_back_.empty() && taken_back_.size() <= on_disk_, "what was kept on disk is there");
  taken_back_to_ = taken_back_.back()->name;
  on_disk_ -= taken_back_.size();
  disk_bytes_ -= *bytes;
  if (tail_.empty() && !keeping_) disk_trouble_.clear();
  update_full();
  for (EffectPtr& effect : taken_back_) ready.push_back({std::move(effect), kMadeUnknown});
  return true;
}

void WaitingLine::update_full() {
  const std::uint64_t bytes = disk_bytes_ + tail_bytes_ + held_bytes_;
  if (full_since_ == kUnset) {
    if (bytes < limits_.disk_bytes_max && tail_bytes_ < limits_.tail_bytes_max && disk_trouble_.empty()) return;
    full_since_ = clock_.now();
    // relaxed: see Gate::refused()
    gate_.full_sinks.fetch_add(1, std::memory_order_relaxed);
  } else {
    if (bytes >= limits_.disk_bytes_max - limits_.disk_bytes_max / 10 || !disk_trouble_.empty()) return;
    if (tail_bytes_ >= limits_.tail_bytes_max - limits_.tail_bytes_max / 10) return;
    full_since_ = kUnset;
    gate_.full_sinks.fetch_sub(1, std::memory_order_relaxed);
  }
}

void WaitingLine::set_held_bytes(std::uint64_t bytes) {
  const Lock lock(mutex_);
  held_bytes_ = bytes;
  update_full();
}

bool WaitingLine::is_full() const { return full_since() != kUnset; }

Instant WaitingLine::full_since() const {
  const Lock lock(mutex_);
  return full_since_;
}

std::uint64_t WaitingLine::disk_bytes() const {
  const Lock lock(mutex_);
  return disk_bytes_;
}

std::string WaitingLine::disk_trouble() const {
  const Lock lock(mutex_);
  return disk_trouble_;
}

}  // namespace tocsin
