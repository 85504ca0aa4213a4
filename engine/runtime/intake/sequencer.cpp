#include "engine/runtime/intake/sequencer.h"

#include <algorithm>
#include <utility>

#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {
namespace {

constexpr Duration kLookForRoomSpan = std::chrono::seconds{1};

}  // namespace

Sequencer::Sequencer(Journal& journal, std::span<const std::unique_ptr<IntakeLane>> lanes, ShardFeed& feed, Gate& gate,
                     Clock& clock, Instant last_wall)
    : journal_(journal),
      lanes_(lanes),
      feed_(feed),
      gate_(gate),
      clock_(clock),
      timekeeper_(clock, {journal.last_instant(), last_wall}),
      lanes_to_wake_(lanes.size()) {}

void Sequencer::run() {
  listened_at_ = clock_.uptime();
  if (journal_.last_position() > Position{0}) owed_ = InputKind::started;  // it listens again
  for (;;) {
    // acquire: pairs with stop()'s release; read before the lanes, so what was submitted before stop() is still taken
    const bool stopping = stopping_.load(std::memory_order_acquire);
    // acquire: pairs with give_up()'s release
    if (gave_up_.load(std::memory_order_acquire)) failed_ = true;
    if (failed_) {
      feed_.rules.close(Error{Refusal::storage_failed, failure()});
      refuse_waiting(Refusal::storage_failed);
      if (stopping) break;
      feed_.sequencer_bell.wait();
      continue;
    }
    if (short_ && !has_room()) {
      if (failed_) continue;
      if (feed_.rules.is_waiting()) {
        feed_.rules.take();
        feed_.rules.refuse_taken(Error{Refusal::storage_full, shortage()});
      }
      refuse_waiting(Refusal::storage_full);
      if (stopping) break;
      feed_.sequencer_bell.wait_for(look_for_room_at_ - clock_.uptime());
      continue;
    }
    if (feed_.ring.room() == 0) {
      if (stopping) {
        refuse_waiting(Refusal::stopping);
        break;
      }
      feed_.room.ask();
      if (feed_.ring.room() == 0) feed_.sequencer_bell.wait();
      continue;
    }
    if (!stopping && shard_is_behind()) {
      feed_.room.ask();
      if (shard_is_behind()) feed_.sequencer_bell.wait();
      continue;
    }
    if (!owed_ && could_not_listen()) {
      figures_.unheard.add(1);
      owed_ = InputKind::clock_set;
    }
    if (!owed_) owed_ = timekeeper_.take_step();
    if (owed_) {
      if (write_that_time_passed(*owed_)) owed_.reset();
      continue;
    }
    if (feed_.rules.is_waiting()) {
      write_rules();
      continue;
    }
    collect(std::min(limits::kGroupCommitBodiesMax, feed_.ring.room()));
    tell_queue_age();
    if (!group_.empty()) {
      commit();
      continue;
    }
    if (stopping) break;
    // acquire: pairs with the shard's release
    const Instant deadline = from_unix_ns(feed_.next_deadline_ns.load(std::memory_order_acquire));
    if (deadline_is_due(deadline)) {
      if (write_that_time_passed(InputKind::time_passed)) figures_.deadlines.add(1);
    } else {
      // A deadline before the last instant has its input already; the shard rings when it knows the next one.
      clock_.sleep_until(feed_.sequencer_bell, timekeeper_.wake_at(deadline > timekeeper_.last() ? deadline : kNever));
    }
  }
  feed_.rules.close(Error{Refusal::stopping, "the process is stopping"});
  // release: pairs with the shard's acquire, so it finds all inputs in the ring when it sees the end
  feed_.ended.store(true, std::memory_order_release);
  feed_.shard_bell.ring();
}

void Sequencer::stop() {
  // release: pairs with the acquire in run()
  stopping_.store(true, std::memory_order_release);
  feed_.sequencer_bell.ring();
}

void Sequencer::give_up(std::string why) {
  fail(std::move(why));
  // release: pairs with the acquire in run()
  gave_up_.store(true, std::memory_order_release);
  feed_.sequencer_bell.ring();
}

std::string Sequencer::failure() const {
  const std::lock_guard lock(failure_mutex_);
  return failure_;
}

Instant Sequencer::failed_at() const {
  const std::lock_guard lock(failure_mutex_);
  return failed_at_;
}

std::string Sequencer::shortage() const {
  const std::lock_guard lock(failure_mutex_);
  return shortage_;
}

/// Looks at most once a second. Sets failed_ when it finds worse than no space.
bool Sequencer::has_room() {
  if (clock_.uptime() < look_for_room_at_) return false;
  const Result<void> made = journal_.make_room();
  if (!made && made.error().code == Refusal::storage_full) {
    run_short(made.error().message);
    return false;
  }
  short_ = false;
  {
    const std::lock_guard lock(failure_mutex_);
    shortage_.clear();
  }
  figures_.full.set(0);
  if (!made) {
    failed_ = true;
    fail(made.error().message);
    return false;
  }
  int full = static_cast<int>(Refusal::storage_full);
  gate_.refusing.compare_exchange_strong(full, Gate::kOpen, std::memory_order_acq_rel, std::memory_order_relaxed);
  return true;
}

void Sequencer::run_short(std::string why) {
  if (!short_) figures_.fulls.add(1);
  short_ = true;
  look_for_room_at_ = clock_.uptime() + kLookForRoomSpan;
  {
    const std::lock_guard lock(failure_mutex_);
    shortage_ = std::move(why);
  }
  figures_.full.set(1);
  // Not when stopping was said already: it is the better reason.
  int open = Gate::kOpen;
  gate_.refusing.compare_exchange_strong(open, static_cast<int>(Refusal::storage_full), std::memory_order_acq_rel,
                                         std::memory_order_relaxed);
}

/// The first failure is the one that is told. Any thread.
void Sequencer::fail(std::string why) {
  {
    const std::lock_guard lock(failure_mutex_);
    if (failure_.empty()) {
      failure_ = std::move(why);
      failed_at_ = clock_.now();
    }
  }
  figures_.failed.set(1);
  // Not when stopping was said already: it is the better reason.
  int refusing = gate_.refusing.load(std::memory_order_relaxed);
  while (refusing != static_cast<int>(Refusal::stopping) &&
         !gate_.refusing.compare_exchange_weak(refusing, static_cast<int>(Refusal::storage_failed),
                                               std::memory_order_acq_rel, std::memory_order_relaxed)) {
  }
}

/// While the process was stopped, the disk was stuck or the shard's ring was full, sources may have spoken in vain.
bool Sequencer::could_not_listen() {
  const Duration now = clock_.uptime();
  return now - std::exchange(listened_at_, now) > kUnheardMin;
}

/// Whether what waits for the shard waits for too long. Where time stands still it never does: the ring has an end,
/// too.
bool Sequencer::shard_is_behind() {
  // acquire: pairs with the shard's release
  const std::uint64_t applied = feed_.applied.load(std::memory_order_acquire);
  while (!passed_.empty() && passed_.front().inputs <= applied) passed_.pop_front();
  return !passed_.empty() && clock_.uptime() - passed_.front().since > kShardBehindMax;
}

/// Requires: the ring has room.
void Sequencer::pass(ShardInput&& input) {
  TOCSIN_CHECK(feed_.ring.push(std::move(input)), "no more is taken than there is room");
  ++passed_inputs_;
  if (!passed_.empty() && passed_.back().since == passing_since_)
    passed_.back().inputs = passed_inputs_;
  else
    passed_.push_back({passed_inputs_, passing_since_});
}

bool Sequencer::deadline_is_due(Instant deadline) {
  const Instant now = timekeeper_.look();
  return deadline > timekeeper_.last() && deadline <= now;
}

Moment Sequencer::next_moment() {
  Moment moment = timekeeper_.next();
  if (moment.wall == moment.at) moment.wall = kUnset;  // as it nearly always is: bytes that need not be kept
  return moment;
}

void Sequencer::collect(std::size_t bodies_max) {
  std::size_t bytes = 0;
  // One from each lane in turn, so that no lane waits behind another's crowd.
  for (std::size_t empty = 0; empty < lanes_.size() && group_.size() < bodies_max;) {
    const auto lane = static_cast<std::uint32_t>(next_lane_);
    next_lane_ = (next_lane_ + 1) % lanes_.size();
    Member member{{}, lane};
    if (!lanes_[lane]->take(member.waiting)) {
      ++empty;
      continue;
    }
    empty = 0;
    const Submission& submission = member.waiting.submission;
    bytes += submission.payload.size() + (submission.batch ? submission.batch->known_body.body.size() : 0);
    group_.push_back(std::move(member));
    if (bytes >= limits::kGroupCommitBytesMax) break;
  }
}

void Sequencer::commit() {
  const auto [at, wall] = next_moment();
  std::uint64_t position = journal_.last_position().value();
  for (const Member& member : group_) {
    const Submission& submission = member.waiting.submission;
    entries_.push_back({Position{++position}, at, submission.kind, submission.source, submission.tenant,
                        submission.payload, submission.error, wall});
    if (submission.batch && submission.batch->known_body.is_there()) {
      TOCSIN_CHECK(submission.payload.empty(), "a body is packed or in pieces");
      entries_.back().pieces = &submission.batch->known_body;
    }
  }
  if (append()) {
    send_receipts(true, Refusal{});
    pass_on();
  } else {
    send_receipts(false, failed_ ? Refusal::storage_failed : Refusal::storage_full);
  }
  entries_.clear();
  group_.clear();
}

/// Of what was just collected, before it gets its positions: what is decided by it lies in the journal.
void Sequencer::tell_queue_age() {
  if (feed_.ring.room() <= group_.size()) return;  // the next time
  Duration age{};
  const Duration now = clock_.uptime();
  for (const Member& member : group_) age = std::max(age, now - member.waiting.received);
  const auto told = queue_age_.look(age);
  if (!told) return;
  std::vector<Member> collected = std::exchange(group_, {});  // not of this entry
  if (!write_that_time_passed(InputKind::queue_age, *told)) queue_age_.forget();
  group_ = std::move(collected);
}

bool Sequencer::write_that_time_passed(InputKind kind, Duration queue_age) {
  const Position position{journal_.last_position().value() + 1};
  const auto [at, wall] = next_moment();
  JournalEntry entry{position, at, kind};
  entry.wall = wall;
  std::string packed;
  if (kind == InputKind::queue_age) entry.payload = packed = pack_queue_age(queue_age);
  entries_.push_back(entry);
  const bool appended = append();
  if (appended) {
    ShardInput input;
    input.position = position;
    input.at = at;
    input.wall = wall;
    input.life = journal_.life();
    input.kind = kind;
    input.queue_age = queue_age;
    pass(std::move(input));
    feed_.shard_bell.ring();
  }
  entries_.clear();
  return appended;
}

void Sequencer::write_rules() {
  RuleSwitch next = feed_.rules.take();
  const Position position{journal_.last_position().value() + 1};
  const auto [at, wall] = next_moment();
  JournalEntry entry{position, at, InputKind::rule_set};
  entry.wall = wall;
  entry.payload = next.packed;
  entries_.push_back(entry);
  if (append()) {
    figures_.rule_sets.add(1);
    ShardInput input;
    input.position = position;
    input.at = at;
    input.wall = wall;
    input.life = journal_.life();
    input.kind = InputKind::rule_set;
    input.rules = std::move(next.rules);
    pass(std::move(input));
    feed_.shard_bell.ring();
  } else {
    feed_.rules.refuse_taken(failed_ ? Error{Refusal::storage_failed, failure()}
                                     : Error{Refusal::storage_full, shortage()});
  }
  entries_.clear();
}

bool Sequencer::append() {
  const Duration began = clock_.uptime();
  passing_since_ = began;
  const Result<void> appended = journal_.append(entries_);
  if (!appended) {
    if (appended.error().code == Refusal::storage_full) {
      run_short(appended.error().message);
    } else {
      failed_ = true;
      fail(appended.error().message);
    }
    return false;
  }
  const Duration durable = clock_.uptime();
  figures_.sync_span.record(durable - began);
  figures_.groups.add(1);
  figures_.group_size.record(entries_.size());
  figures_.entries.add(entries_.size());
  figures_.payload_bytes.set(journal_.payload_bytes());
  for (const Member& member : group_) figures_.received_to_durable.record(durable - member.waiting.received);
  return true;
}

void Sequencer::send_receipts(bool durable, Refusal refusal) {
  for (std::size_t i = 0; i < group_.size(); ++i) {
    const Member& member = group_[i];
    lanes_[member.lane]->give(
        {member.waiting.submission.ticket, durable ? entries_[i].position : Position{}, durable, refusal});
    lanes_to_wake_[member.lane] = true;
    if (!durable)  // relaxed: see IntakeLane::submit
      gate_.bytes_in_flight.fetch_sub(static_cast<std::int64_t>(member.waiting.cost_bytes), std::memory_order_relaxed);
  }
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (lanes_to_wake_[lane]) lanes_[lane]->wake_for_receipts();
    lanes_to_wake_[lane] = false;
  }
}

/// Known alerts are mostly repeats; of one that is not, all is to be worked out.
std::size_t Sequencer::work_of(const Submission& submission) {
  if (submission.kind != InputKind::alerts || !submission.batch) return kHelpWorkMax + 1;
  const AlertBatch& batch = *submission.batch;
  return batch.known_count + kWorkOfUnknown * (batch.alerts.size() - batch.known_count);
}

void Sequencer::pass_on() {
  // acquire: pairs with the shard's release
  const bool shard_has_nothing = feed_.applied.load(std::memory_order_acquire) == passed_inputs_;
  std::size_t work = 0;
  for (const Member& member : group_) work += work_of(member.waiting.submission);
  for (std::size_t i = 0; i < group_.size(); ++i) {
    Waiting& waiting = group_[i].waiting;
    Submission& submission = waiting.submission;
    ShardInput input;
    input.position = entries_[i].position;
    input.at = entries_[i].at;
    input.wall = entries_[i].wall;
    input.life = journal_.life();
    input.kind = submission.kind;
    const bool dead_letters =
        submission.kind == InputKind::refused_body || (submission.batch && !submission.batch->refused.empty());
    if (dead_letters) input.payload = std::move(submission.payload);
    input.batch = std::move(submission.batch);
    input.command = std::move(submission.command);
    input.source = std::move(submission.source);
    input.tenant = std::move(submission.tenant);
    input.error = std::move(submission.error);
    input.cost_bytes = waiting.cost_bytes;
    input.received = waiting.received;
    input.lane = group_[i].lane;
    pass(std::move(input));
  }
  // What waits is to be on its way to the disk while the shard works: then that has its own thread.
  const bool nothing_waits = std::ranges::none_of(lanes_, [](const auto& lane) { return lane->has_waiting(); });
  if (feed_.help != nullptr && shard_has_nothing && nothing_waits && work <= kHelpWorkMax)
    feed_.help->help();
  else
    feed_.shard_bell.ring();
}

void Sequencer::refuse_waiting(Refusal why) {
  do {
    group_.clear();
    collect(limits::kGroupCommitBodiesMax);
    send_receipts(false, why);
  } while (!group_.empty());
}

}  // namespace tocsin
