// Silences: made, extended and ended by commands, started and ended by time. What comes under one is held back like
// under any rule of the phase suppress; at the end what still fires is looked at again.
#include <algorithm>

#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/command.h"
#include "engine/model/limits.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

std::string span_text(const Silence& silence) {
  return "from " + to_rfc3339(silence.starts_at) + " until " + to_rfc3339(silence.ends_at);
}

/// What people should hear at its end: one that was for nothing may have been misspelt, and a P1 may have been missed.
std::string sum_up(const Silence& silence) {
  if (silence.matched == 0) return "it matched nothing";
  std::string text = std::to_string(silence.matched) + (silence.matched == 1 ? " alert" : " alerts") + " came under it";
  if (silence.hid_p1) text += ", a P1 among those that it held back";
  return text;
}

}  // namespace

CommandOutcome ShardState::obey_for_silence(const Command& command, AuditEntry& entry) {
  if (command.kind == CommandKind::silence) return make_silence(command, entry);
  const std::uint32_t slot = suppression_.silences().find(command.silence);
  if (slot == kNoSlot) return CommandOutcome::unknown_silence;
  const Silence& silence = suppression_.silences()[slot];
  entry.silence = silence.id;
  if (silence.is_over()) return CommandOutcome::silence_ended;
  if (command.kind == CommandKind::expire_silence) {
    entry.change = "ended: " + sum_up(silence);
    end_silence(slot);
    return CommandOutcome::applied;
  }
  TOCSIN_CHECK(command.kind == CommandKind::extend_silence, "a command on silences is one of three");
  const Instant until = command.until != kUnset ? from_day(command.until) : silence.ends_at + *command.span;
  if (until <= now_ || until <= silence.starts_at) return CommandOutcome::bad_time;
  if (until == silence.ends_at) return CommandOutcome::unchanged;
  entry.change = "until " + to_rfc3339(silence.ends_at) + " to until " + to_rfc3339(until);
  suppression_.set_silence_end(slot, until);
  return CommandOutcome::applied;
}

CommandOutcome ShardState::make_silence(const Command& command, AuditEntry& entry) {
  auto matchers = parse_matchers(command.matchers);
  if (!matchers) return CommandOutcome::bad_value;
  const SilenceBook& silences = suppression_.silences();
  Silence silence;
  silence.id = command.silence.empty() ? "silence-" + std::to_string(silences.next_number()) : command.silence;
  entry.silence = silence.id;
  if (silences.find(silence.id) != kNoSlot) return CommandOutcome::silence_exists;
  if (silences.live() >= limits::kSilencesMax) return CommandOutcome::too_many_silences;
  silence.by = command.by;
  silence.comment = command.text;
  silence.matchers = std::move(*matchers);
  silence.created_at = now_;
  silence.starts_at = command.start == kUnset ? now_ : from_day(command.start);
  silence.ends_at = command.until != kUnset ? from_day(command.until) : silence.starts_at + *command.span;
  if (silence.ends_at <= now_ || silence.ends_at <= silence.starts_at) return CommandOutcome::bad_time;
  entry.change = "made: " + span_text(silence);
  for (const Matcher& matcher : silence.matchers) (entry.change += ", ") += to_text(matcher.parts());
  const std::uint32_t slot = suppression_.add_silence(std::move(silence), now_);
  const auto fires = [this](std::uint32_t one) {
    return conditions_.holds(one) && conditions_[one].counts_as_firing();
  };
  const std::uint32_t end = conditions_.end();
  const auto each_that_fires = [&](auto&& f) {
    for (std::uint32_t one = 0; one < end; ++one) {
      if (fires(one)) f(one);
    }
  };
  if (silences.live() > 1) {
    if (suppression_.prepare(slot))
      each_that_fires([this](std::uint32_t one) { suppression_.note(conditions_[one], one); });
    for (const std::uint32_t one : suppression_.candidates(slot, end)) {
      if (fires(one)) suppression_.offer(slot, conditions_[one], one);
    }
  } else {
    // Noting costs what asking does: it pays from the second one on.
    each_that_fires([&](std::uint32_t one) { suppression_.offer(slot, conditions_[one], one); });
  }
  suppression_.turn(slot, now_);
  add_turned();
  return CommandOutcome::applied;
}

/// It starts or ends by time.
void ShardState::meet_silence(std::uint32_t slot) {
  const Silence& silence = suppression_.silences()[slot];
  if (silence.ends_at == now_) {
    AuditEntry entry;
    entry.position = position_;
    entry.at = moment().wall;
    entry.kind = CommandKind::expire_silence;
    entry.from = "time";
    entry.silence = silence.id;
    entry.change = "ended: " + sum_up(silence);
    end_silence(slot);
    write_down(std::move(entry));
  } else {
    suppression_.turn(slot, now_);
    add_turned();
  }
  take_facts();
}

void ShardState::end_silence(std::uint32_t slot) {
  const Silence& silence = suppression_.silences()[slot];
  if (silence.matched == 0) ++counts_.silences_unmatched;
  if (silence.hid_p1) ++counts_.silences_hid_p1;
  for (const std::uint32_t one : suppression_.under(slot)) {
    suppression_.let_go(slot, conditions_[one], one);
    add_fact(Fact::Kind::turned, one);
  }
  suppression_.end_silence(slot, now_);
}

}  // namespace tocsin
