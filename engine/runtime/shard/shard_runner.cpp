#include "engine/runtime/shard/shard_runner.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/model/check.h"
#include "engine/runtime/journal/body_packing.h"

namespace tocsin {
namespace {

constexpr int kInputsBetweenPublishing = 64;
constexpr std::size_t kBatchBytesKept = 512 * 1024;  // of a body and its batch; larger ones are not worth their memory

static_assert(std::is_trivially_copyable_v<ShardCounts>);
using CountsArray = std::array<std::uint64_t, ShardFigures::kCounts>;
static_assert(sizeof(CountsArray) == sizeof(ShardCounts));

}  // namespace

void ShardFigures::publish(const ShardCounts& now) {
  const auto values = std::bit_cast<CountsArray>(now);
  for (std::size_t i = 0; i < kCounts; ++i) counts[i].set(values[i]);
}

ShardCounts ShardFigures::read() const {
  CountsArray values{};
  for (std::size_t i = 0; i < kCounts; ++i) values[i] = counts[i].value();
  return std::bit_cast<ShardCounts>(values);
}

ShardRunner::ShardRunner(ShardPort& shard, ShardFeed& feed, EffectFeed& effects, Gate& gate,
                         std::span<const std::unique_ptr<IntakeLane>> lanes, Clock& clock)
    : shard_(shard), feed_(feed), out_(effects), gate_(gate), lanes_(lanes), clock_(clock) {}

void ShardRunner::replay(const Input& input, bool is_awaited, std::vector<EffectPtr>& effects) {
  effects.clear();
  count(input);
  shard_.write_records(is_awaited);
  shard_.apply(input, effects);
  remember_heard(input);
  count(effects);
  last_at_ = input.at;
  if (input.kind == InputKind::rule_set) feed_.rules.applied(input.position);
}

void ShardRunner::end_replay() {
  shard_.write_records(true);
  publish();
}

void ShardRunner::publish() {
  figures_.publish(shard_.counts());
  figures_.unknown_statuses.publish(unknown_statuses_);
  if (const WordTally* words = shard_.unknown_severities()) figures_.unknown_severities.publish(*words);
  if (const TimesBook* times = shard_.times()) figures_.times.publish(*times);
  figures_.rules.publish(shard_.take_rule_counts(rule_counts_), rule_counts_);
  const Instant deadline = shard_.next_deadline();
  if (deadline == published_deadline_) return;
  // The sequencer sleeps until the old deadline; past that, without limit. So it must hear of an earlier one, and of
  // the one after a deadline that was reached.
  const bool must_hear = deadline < published_deadline_ || published_deadline_ <= last_at_;
  published_deadline_ = deadline;
  // release: pairs with the sequencer's acquire
  feed_.next_deadline_ns.store(to_unix_ns(deadline), std::memory_order_release);
  if (must_hear) feed_.sequencer_bell.ring();
}

void ShardRunner::run() {
  for (;;) {
    // acquire: pairs with the sequencer's release; read before the ring, so that empty means drained
    const bool ended = feed_.ended.load(std::memory_order_acquire);
    bool is_over = false;
    {
      const std::lock_guard turn(turn_);
      bool busy = send_effects();
      if (effects_.empty()) busy |= apply_some();
      busy |= answer_queries();
      if (busy) continue;
      is_over = ended && effects_.empty() && feed_.ring.empty();
    }
    if (is_over) break;
    feed_.shard_bell.wait();
  }
  // release: pairs with the outbox's acquire, so it finds all effects in the ring when it sees the end
  out_.ended.store(true, std::memory_order_release);
  out_.outbox_bell.ring();
}

void ShardRunner::help() {
  const std::unique_lock turn(turn_, std::try_to_lock);
  // Who has the turn may have looked into the ring before something was put there.
  if (!turn) return feed_.shard_bell.ring();
  send_effects();
  if (effects_.empty()) apply_some(clock_.uptime() + kHelpSpan);
  if (!late_.empty()) answer_late();
  if (!effects_.empty() || !feed_.ring.empty()) feed_.shard_bell.ring();
}

bool ShardRunner::apply_some(Duration until) {
  ShardInput input;
  int applied = 0;
  while (applied < kInputsBetweenPublishing && effects_.empty() && feed_.ring.pop(input)) {
    apply(input);
    send_effects();
    ++applied;
    if (until == Duration::max())
      answer_queries();
    else if (clock_.uptime() > until)
      break;
  }
  if (applied == 0) return false;
  publish();
  feed_.room.serve(feed_.sequencer_bell);
  return true;
}

void ShardRunner::apply(ShardInput& taken) {
  Input input;
  input.position = taken.position;
  input.at = taken.at;
  input.wall = taken.wall;
  input.life = taken.life;
  input.kind = taken.kind;
  input.queue_age = taken.queue_age;
  input.batch = taken.batch.get();
  input.command = taken.command.get();
  input.source = taken.source;
  input.tenant = taken.tenant;
  input.rules = std::move(taken.rules);
  if (taken.kind == InputKind::refused_body) input.error = &taken.error;
  if (!taken.payload.empty()) {
    const auto body = unpack_body(taken.payload, body_);
    TOCSIN_CHECK(body.has_value(), "what a connector packed can be unpacked");
    input.bytes = *body;
  }
  count(input);
  shard_.apply(input, effects_);
  remember_heard(input);
  count(effects_);
  last_at_ = taken.at;
  if (taken.kind == InputKind::rule_set) feed_.rules.applied(taken.position);
  if (!effects_.empty()) {
    made_ = clock_.uptime();
    if (taken.received > Duration::zero()) figures_.received_to_effect.record(made_ - taken.received);
  }
  if (taken.batch && taken.cost_bytes <= kBatchBytesKept) lanes_[taken.lane]->give_back(std::move(taken.batch));
  taken.batch.reset();
  taken.command.reset();
  // release: pairs with the sequencer's acquire; only this thread writes it
  feed_.applied.store(feed_.applied.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  // relaxed: see IntakeLane::submit
  gate_.bytes_in_flight.fetch_sub(static_cast<std::int64_t>(taken.cost_bytes), std::memory_order_relaxed);
}

void ShardRunner::count(const Input& input) {
  figures_.position.set(input.position.value());
  if (input.error != nullptr) figures_.bodies_refused[static_cast<std::size_t>(input.error->code)].add(1);
  if (input.batch == nullptr) return;
  for (const RefusedAlert& refused : input.batch->refused)
    figures_.alerts_refused[static_cast<std::size_t>(refused.error.code)].add(1);

  // relaxed: only this thread writes it
  const std::size_t known = figures_.sources.load(std::memory_order_relaxed);
  std::size_t at = 0;
  while (at < known && figures_.source[at].name != input.batch->source) ++at;
  if (at == known) {
    if (known == ShardFigures::kSourcesMax) {
      --at;  // the last one is "other"
    } else {
      figures_.source[at].name = known == ShardFigures::kSourcesMax - 1 ? "other" : input.batch->source;
      // release: pairs with the exporter's acquire, so it sees the name when it sees the number
      figures_.sources.store(known + 1, std::memory_order_release);
    }
  }
  ShardFigures::OfSource& source = figures_.source[at];
  source.alerts.add(input.batch->alerts.size() + input.batch->refused.size());
  for (const std::string_view word : input.batch->unknown_statuses) unknown_statuses_.add(source.name, word);
  if (input.batch->mended_count == 0) return;
  for (const Alert& alert : input.batch->alerts)
    alert.mended.for_each([&](Mending kind) { source.mended[static_cast<std::size_t>(kind)].add(1); });
}

void ShardRunner::count(const std::vector<EffectPtr>& effects) {
  for (const EffectPtr& effect : effects) watch_.see(*effect);
  const ShardCounts& counts = shard_.counts();
  const std::uint64_t over = counts.incidents_closed + counts.incidents_merged;
  figures_.told_wrongly.set(watch_.wronged() +
                            watch_.lost(counts.incidents_opened - std::min(counts.incidents_opened, over)));
}

bool ShardRunner::send_effects() {
  if (effects_.empty()) return false;
  const std::size_t before = sent_;
  for (int look = 0; look < 2; ++look) {
    for (; sent_ < effects_.size(); ++sent_) {
      FreshEffect fresh{std::move(effects_[sent_]), made_};
      if (out_.ring.push(std::move(fresh))) continue;
      effects_[sent_] = std::move(fresh.effect);
      break;
    }
    if (sent_ == effects_.size()) break;
    if (look == 0) out_.room.ask();  // and look once more
  }
  if (sent_ > before) out_.outbox_bell.ring();
  const bool moved = sent_ > before;
  if (sent_ == effects_.size()) {
    effects_.clear();
    sent_ = 0;
  }
  return moved;
}

void ShardRunner::remember_heard(const Input& input) {
  if (input.batch == nullptr) return;
  if (const HeardCounts* heard = shard_.heard()) heard_bodies_.add(input.position, *heard);
}

QueryAnswer ShardRunner::answer(const Query& query) const {
  QueryAnswer answer;
  if (query.kind == QueryKind::body_result) {
    if (const HeardCounts* heard = heard_bodies_.find(query.body)) answer.heard = *heard;
  } else {
    answer = shard_.answer(query);
  }
  answer.ticket = query.ticket;
  return answer;
}

/// What asks for the time after an input waits here until that was applied.
bool ShardRunner::answer_late() {
  bool answered = false;
  const std::uint64_t position = figures_.position.value();
  std::erase_if(late_, [&](LateQuery& late) {
    if (late.query.after_position.value() > position) return false;
    lanes_[late.lane]->give(answer(late.query));
    answered = true;
    return true;
  });
  return answered;
}

bool ShardRunner::answer_queries() {
  bool answered = !late_.empty() && answer_late();
  Query query;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const auto& lane = lanes_[i];
    if (!lane->take(query)) continue;
    if (query.after_position.value() > figures_.position.value()) {
      late_.push_back({std::move(query), i});
      answered = true;
      continue;
    }
    lane->give(answer(query));
    answered = true;
  }
  return answered;
}

}  // namespace tocsin
