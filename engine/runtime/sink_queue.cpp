#include "engine/runtime/sink_queue.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {
namespace {

/// Roughly what an effect takes in memory.
std::size_t bytes_of(const Effect& effect) {
  std::size_t bytes = sizeof(Effect) + effect.value.size() + effect.flat_value.size() + effect.tenant.size();
  for (const Audience& audience : effect.audiences) {
    bytes += sizeof(Audience) + audience.topic.size() + audience.key.size();
  }
  return bytes;
}

constexpr Duration kMadeUnknown{-1};  // it was on disk meanwhile, or comes from the replay

}  // namespace

SinkQueue::SinkQueue(std::unique_ptr<Sink> sink, OutboxStore& store, const OutboxLimits& limits, Clock& clock)
    : sink_(std::move(sink)), store_(store), limits_(limits), clock_(clock), name_(sink_->name()) {
  remembered_ = store_.confirmed(name_);
  confirmed_ = std::max(remembered_, sink_->confirmed());
}

void SinkQueue::take(FreshEffect&& fresh) {
  const EffectName name = fresh.effect->name;
  TOCSIN_CHECK(name > last_taken_, "effects come in the order of their names");
  last_taken_ = name;
  taken_.add(1);
  if (name <= confirmed_) {
    confirmed_count_.add(1);
  } else if (!overflow_.empty()) {
    overflow_.push_back(std::move(fresh));
  } else if (on_disk_ == 0 && fits_in_memory(fresh)) {
    keep_in_memory(std::move(fresh));
  } else {
    keep_on_disk(std::move(fresh));
  }
}

bool SinkQueue::fits_in_memory(const FreshEffect& fresh) const {
  return memory_.empty() || memory_bytes_ + bytes_of(*fresh.effect) <= limits_.memory_bytes_max;
}

void SinkQueue::keep_in_memory(FreshEffect&& fresh) {
  memory_bytes_ += bytes_of(*fresh.effect);
  memory_.push_back(std::move(fresh));
}

void SinkQueue::keep_on_disk(FreshEffect&& fresh) {
  const auto bytes = store_.keep(name_, *fresh.effect);
  if (!bytes) {
    disk_trouble_ = bytes.error().message;
    overflow_.push_back(std::move(fresh));
    return;
  }
  ++on_disk_;
  disk_bytes_.add(*bytes);
}

bool SinkQueue::is_full() const { return !overflow_.empty() || disk_bytes_.value() >= limits_.disk_bytes_max; }

bool SinkQueue::pump() {
  bool moved = offer();
  sink_->poll(Duration::zero());
  moved |= count_confirmed();
  publish_trouble();
  return moved;
}

bool SinkQueue::offer() {
  bool moved = false;
  while (!memory_.empty() || refill()) {
    FreshEffect& front = memory_.front();
    if (!sink_->offer(front.effect)) break;
    offered_.push_back({front.effect->name, front.made});
    memory_bytes_ -= bytes_of(*front.effect);
    memory_.pop_front();
    moved = true;
  }
  return moved;
}

bool SinkQueue::refill() {
  if (on_disk_ > 0) {
    taken_back_.clear();
    const auto bytes = store_.take_back(name_, std::max<std::size_t>(limits_.memory_bytes_max / 2, 1), taken_back_);
    if (!bytes) {
      disk_trouble_ = bytes.error().message;  // they stay there; tried again at the next poll
      return false;
    }
    TOCSIN_CHECK(!taken_back_.empty(), "what was kept on disk is there");
    on_disk_ -= taken_back_.size();
    disk_bytes_.set(on_disk_ == 0 ? 0 : disk_bytes_.value() - *bytes);
    for (EffectPtr& effect : taken_back_) keep_in_memory({std::move(effect), kMadeUnknown});
    return true;
  }
  if (overflow_.empty()) return false;
  for (FreshEffect& fresh : overflow_) keep_in_memory(std::move(fresh));
  overflow_.clear();
  disk_trouble_.clear();  // the next one that does not fit tries the disk again
  return true;
}

bool SinkQueue::count_confirmed() {
  const EffectName confirmed = sink_->confirmed();
  if (confirmed <= confirmed_) return false;
  confirmed_ = confirmed;
  const Duration now = clock_.uptime();
  std::uint64_t count = 0;
  for (; !offered_.empty() && offered_.front().name <= confirmed_; offered_.pop_front(), ++count)
    if (offered_.front().made > Duration::zero()) made_to_confirmed_.record(now - offered_.front().made);
  confirmed_count_.add(count);
  return true;
}

void SinkQueue::remember(std::uint64_t effects_min) {
  if (!has_news() || confirmed_count_.value() - remembered_count_ < effects_min) return;
  // A failure only means that more is sent again after a restart, and is said by who writes the journal.
  if (!store_.remember_confirmed(name_, confirmed_)) return;
  remembered_ = confirmed_;
  remembered_count_ = confirmed_count_.value();
}

void SinkQueue::close(Duration wait) {
  sink_->close(wait);
  count_confirmed();
  publish_trouble();
  remember(0);
}

void SinkQueue::publish_trouble() {
  std::string trouble = sink_->trouble();
  if (trouble.empty()) trouble = disk_trouble_;
  const std::lock_guard lock(trouble_mutex_);
  trouble_ = std::move(trouble);
}

std::string SinkQueue::trouble() const {
  const std::lock_guard lock(trouble_mutex_);
  return trouble_;
}

}  // namespace tocsin
