#include "engine/runtime/outbox/sink_queue.h"

#include <algorithm>
#include <utility>

#include "engine/model/check.h"

namespace tocsin {
namespace {

constexpr std::uint64_t kRememberEffects = 1000;
constexpr Duration kRememberSpan = std::chrono::seconds{1};
// While a sink owes its word, nothing wakes its thread but time: delivery reports come by polling.
constexpr Duration kPollSpanMin = std::chrono::milliseconds{1};
constexpr Duration kPollSpanMax = std::chrono::milliseconds{50};
constexpr Duration kIdlePollSpan = std::chrono::seconds{1};
constexpr Duration kStuckSpan = std::chrono::seconds{3};
constexpr std::size_t kResendingMax = 64;

}  // namespace

SinkQueue::SinkQueue(std::unique_ptr<Sink> sink, OutboxStore& store, const OutboxLimits& limits, Gate& gate,
                     Clock& clock)
    : store_(store),
      clock_(clock),
      held_(std::string(sink->name()), store),
      sink_(std::move(sink)),
      name_(sink_->name()),
      line_(name_, store, limits, gate, clock) {
  remembered_ = store_.confirmed(name_);
  confirmed_ = std::max(remembered_, sink_->confirmed());
  begun_behind_ = confirmed_;
  held_.each([this](const Undeliverable& record) { newest_.watch(*record.effect); });
  sink_->hold_in(*this);
  line_.set_held_bytes(held_.bytes());
}

SinkQueue::~SinkQueue() = default;

Result<void> SinkQueue::forget_confirmed() {
  if (auto forgotten = store_.remember_confirmed(name_, {}); !forgotten) return forgotten;
  remembered_ = confirmed_ = begun_behind_ = {};
  return {};
}

bool SinkQueue::take(std::span<const FreshEffect> fresh) {
  passing_.clear();
  std::uint64_t bytes = 0;
  for (const FreshEffect& one : fresh) {
    const EffectName name = one.effect->name;
    newest_.note(*one.effect);  // of the replay too: what was confirmed counts
    TOCSIN_CHECK(name > last_taken_, "effects come in the order of their names");
    last_taken_ = name;
    if (name <= begun_behind_) continue;
    TOCSIN_CHECK(!one.effect->value.empty(), "what a sink waits for is written");
    bytes += bytes_of(*one.effect);
    passing_.push_back(one);
  }
  const std::uint64_t skipped = fresh.size() - passing_.size();
  if (!passing_.empty() && !is_waiting()) note_progress();  // from now on something waits
  taken_bytes_.add(bytes);
  taken_.add(fresh.size());
  skipped_.add(skipped);
  if (passing_.empty()) return false;
  const bool keeper_has_work = line_.put(passing_);
  bell_.ring();
  return keeper_has_work;
}

void SinkQueue::end_input() {
  // release: pairs with run()'s acquire, so all that was taken is seen
  input_ended_.store(true, std::memory_order_release);
  bell_.ring();
}

void SinkQueue::close_by(Duration when) {
  Duration::rep before = close_by_.load(std::memory_order_relaxed);
  // release: pairs with closes_at()'s acquire
  while (when.count() < before &&
         !close_by_.compare_exchange_weak(before, when.count(), std::memory_order_release, std::memory_order_relaxed)) {
  }
  bell_.ring();
}

void SinkQueue::run() {
  for (;;) {
    const bool ended = input_ended_.load(std::memory_order_acquire);  // before the line, so that empty means all
    const bool moved = pump();
    const Duration now = clock_.uptime();
    const bool due = now - remembered_at_ >= kRememberSpan;
    remember(due ? 0 : kRememberEffects);
    if (due) remembered_at_ = now;
    if (now >= closes_at()) break;
    if (moved) {
      wait_ = kPollSpanMin;
      continue;
    }
    if (ended && !is_waiting() && resending_ == 0) break;
    wait();
  }
  close(std::max(std::min(closes_at(), clock_.uptime() + kIdlePollSpan) - clock_.uptime(), Duration{0}));
}

void SinkQueue::wait() {
  if (!is_waiting() && resending_ == 0 && !is_sending_again_) {
    wait_ = kPollSpanMin;
    return bell_.wait_for(kIdlePollSpan);
  }
  bell_.wait_for(std::max(wait_, kPollSpanMin));
  wait_ = std::clamp(2 * wait_, kPollSpanMin, kPollSpanMax);
}

bool SinkQueue::pump() {
  bool moved = offer();
  moved |= send_some_held();
  sink_->poll(Duration::zero());
  moved |= count_confirmed();
  moved |= take_resent();
  line_.set_held_bytes(held_.bytes());  // also what a discard beside us has changed
  publish_trouble();
  return moved;
}

bool SinkQueue::hold(const Undeliverable& record) {
  newest_.watch(*record.effect);
  // The sink has these already: they were taken before this incident was watched.
  for (const Offered& one : offered_) newest_.note(*one.effect);
  if (!ready_.empty()) newest_.note(*ready_.front().effect);
  return held_.hold(record);
}

bool SinkQueue::offer() {
  bool moved = false;
  while (!ready_.empty() || line_.fetch(ready_)) {
    const FreshEffect& front = ready_.front();
    newest_.note(*front.effect);  // it was taken before its incident was watched
    if (!sink_->offer(front.effect)) break;
    offered_.push_back({front.effect, front.made, bytes_of(*front.effect)});
    ready_.pop_front();
    moved = true;
  }
  return moved;
}

bool SinkQueue::count_confirmed() {
  const EffectName confirmed = sink_->confirmed();
  if (confirmed <= confirmed_) return false;
  confirmed_ = confirmed;
  const Duration now = clock_.uptime();
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  for (; !offered_.empty() && offered_.front().effect->name <= confirmed_; offered_.pop_front(), ++count) {
    bytes += offered_.front().bytes;
    if (offered_.front().made > Duration::zero()) made_to_confirmed_.record(now - offered_.front().made);
  }
  acknowledged_bytes_.add(bytes);
  acknowledged_.add(count);
  note_progress();
  line_.set_held_bytes(held_.bytes());
  return true;
}

void SinkQueue::send_held_again() {
  // release: pairs with the acquire in send_some_held()
  send_again_wanted_.store(true, std::memory_order_release);
  bell_.ring();
}

bool SinkQueue::send_some_held() {
  if (send_again_wanted_.exchange(false, std::memory_order_acq_rel)) {
    is_sending_again_ = true;  // from the first on, also when a round is under way
    resent_behind_.reset();
    next_held_.reset();
  }
  bool moved = false;
  while (is_sending_again_ && resending_ < kResendingMax) {
    if (!next_held_) next_held_ = held_.next(resent_behind_);
    if (!next_held_) {
      is_sending_again_ = false;
      break;
    }
    if (sink_->keeps_only_newest(next_held_->topic) && newest_.is_superseded(*next_held_->effect)) {
      next_held_->why = "a newer revision was told since, which this one would hide; it can only be given up";
      held_.hold(*next_held_);
    } else if (sink_->send_again(*next_held_)) {
      ++resending_;
    } else {
      break;
    }
    resent_behind_ = next_held_->key();
    next_held_.reset();
    moved = true;
  }
  return moved;
}

bool SinkQueue::take_resent() {
  const std::vector<ResendOutcome> outcomes = sink_->resent();
  for (const ResendOutcome& outcome : outcomes) {
    if (resending_ > 0) --resending_;
    if (outcome.delivered) held_.drop(outcome.key);  // what was refused again has been put back by the sink
  }
  if (!outcomes.empty()) line_.set_held_bytes(held_.bytes());
  return !outcomes.empty();
}

Result<std::uint64_t> SinkQueue::discard_held() {
  auto discarded = held_.discard_all();
  line_.set_held_bytes(held_.bytes());
  return discarded;
}

void SinkQueue::remember(std::uint64_t effects_min) {
  if (confirmed_ == remembered_ || acknowledged_.value() - remembered_count_ < effects_min) return;
  // A failure only means that more is sent again after a restart, and is said by who writes the journal.
  if (!store_.remember_confirmed(name_, confirmed_)) return;
  remembered_ = confirmed_;
  remembered_count_ = acknowledged_.value();
}

void SinkQueue::close(Duration wait) {
  sink_->close(wait);
  count_confirmed();
  take_resent();
  publish_trouble();
  remember(0);
}

void SinkQueue::publish_trouble() {
  std::string trouble = sink_->trouble();
  const Lock lock(trouble_mutex_);
  trouble_ = std::move(trouble);
}

std::string SinkQueue::trouble() const {
  std::string trouble;
  {
    const Lock lock(trouble_mutex_);
    trouble = trouble_;
  }
  if (trouble.empty()) trouble = line_.disk_trouble();
  if (trouble.empty()) trouble = held_.trouble();
  return trouble;
}

SinkStatus SinkQueue::status() const {
  SinkStatus status;
  status.name = name_;
  // What is confirmed first: it never overtakes what was taken.
  const std::uint64_t acknowledged_bytes = acknowledged_bytes_.value();
  const std::uint64_t confirmed = confirmed_count();
  status.effects_waiting = taken() - std::min(taken(), confirmed);
  status.bytes_waiting = taken_bytes_.value() - std::min(taken_bytes_.value(), acknowledged_bytes);
  status.disk_bytes = line_.disk_bytes();
  status.disk_bytes_max = line_.disk_bytes_max();
  status.trouble = trouble();
  const Duration quiet = clock_.uptime() - Duration{progress_at_.load(std::memory_order_relaxed)};
  if (status.effects_waiting > 0 && quiet >= kStuckSpan) status.stuck_since = clock_.now() - quiet;
  status.full_since = line_.full_since();
  status.undeliverable = held_.count();
  status.undeliverable_bytes = held_.bytes();
  status.undeliverable_ever = held_.held_ever();
  status.undeliverable_last = held_.last();
  return status;
}

}  // namespace tocsin
