// What a word means for what is known: RULES.md's dedup. Repeats are found with one look-up and evaluate nothing.
#include <algorithm>

#include "engine/core/shard_state.h"
#include "engine/model/alert.h"
#include "engine/model/check.h"

namespace tocsin {

void ShardState::see_body(const AlertBatch& batch) {
  Speaking speaker;
  speaker.source = conditions_.source_number(batch.source);
  speaker.lease = rules_->dedup.expire.of(batch.source);
  // A look-up among a million waits for memory as long as some alerts take, and what it finds lies elsewhere again.
  constexpr std::size_t kAhead = 12;
  constexpr std::size_t kFoundAhead = 6;
  const std::size_t count = batch.alerts.size();
  for (std::size_t i = 0; i < std::min(kAhead, count); ++i) conditions_.prefetch(batch.alerts[i].voice);
  for (std::size_t i = 0; i < std::min(kFoundAhead, count); ++i) conditions_.prefetch_found(batch.alerts[i].voice);
  for (std::size_t i = 0; i < count; ++i) {
    if (i + kAhead < count) conditions_.prefetch(batch.alerts[i + kAhead].voice);
    if (i + kFoundAhead < count) conditions_.prefetch_found(batch.alerts[i + kFoundAhead].voice);
    heard_counts_.add(see(batch.alerts[i], batch, speaker));
  }
  if (!speaker.spoke.empty()) [[unlikely]]
    end_silences(speaker.spoke);
}

Instant ShardState::stated_start(const Alert& alert) const {
  return alert.starts_at == kUnset ? kUnset : ours(alert.starts_at);
}

/// An end that the source states comes before the rules': Prometheus says how long its word is good for.
Instant ShardState::lease_end(const Alert& alert, const Speaking& speaker) const {
  if (alert.status == AlertStatus::by_end && alert.ends_at > wall_clock_)
    return alert.ends_at > kNever - behind() ? kNever : alert.ends_at + behind();
  return speaker.lease ? received_at_ + *speaker.lease : kNever;
}

Word ShardState::word_of(const Alert& alert, const Speaking& speaker, bool said_resolved) const {
  Word word;
  word.voice = alert.voice;
  word.identity = alert.identity;
  word.content = alert.content;
  word.said_resolved = said_resolved;
  word.identity_is_labels = alert.identity_is_labels;
  word.source = speaker.source;
  word.came = received_at_;
  word.said = alert.said_at == kUnset ? received_at_ : ours(alert.said_at);
  word.start = stated_start(alert);
  word.end = alert.ends_at;
  word.ended = alert.ends_at == kUnset ? word.said : ours(alert.ends_at);
  word.since = alert.starts_at == kUnset ? wall_clock_ : alert.starts_at;
  word.mended = alert.mended;
  word.expires_at = lease_end(alert, speaker);
  return word;
}

/// An alert that was recognised by its bytes, with its texts; valid until the next one.
const Alert& ShardState::read_known(const Alert& known, const AlertBatch& batch) {
  TOCSIN_CHECK(batch.read_known != nullptr, "who recognises an alert can read it");
  batch.read_known(batch, known, key_, read_);
  TOCSIN_CHECK(read_.alerts.size() == 1, "it is one alert");
  const Alert& whole = read_.alerts.front();
  TOCSIN_CHECK(whole.voice == known.voice && whole.content == known.content && whole.identity == known.identity,
               "it is what it was taken for");
  TOCSIN_CHECK(whole.starts_at == known.starts_at && whole.ends_at == known.ends_at, "its times, too");
  return whole;
}

/// An alert whose times were said without a zone, by the clock of its source. Valid until the next one.
const Alert& ShardState::put_in_place(const Alert& alert, std::string_view source) {
  const rules::Zone& zone = rules_->defaults.zones.of(source);
  placed_ = alert;
  if (alert.starts_locally) placed_.starts_at = zone.when_it_shows(alert.starts_at);
  if (alert.ends_locally) placed_.ends_at = zone.when_it_shows(alert.ends_at);
  placed_.starts_locally = placed_.ends_locally = false;
  TOCSIN_CHECK(placed_.is_in_place(), "it is placed once");
  const bool is_in_order =
      placed_.starts_at == kUnset || placed_.ends_at == kUnset || placed_.ends_at >= placed_.starts_at;
  if (is_in_order) return placed_;
  // As decoders mend it: where a status says that it has ended, it has; else the end is what says it.
  placed_.mended.add(Mending::time);
  (placed_.status == AlertStatus::by_end ? placed_.starts_at : placed_.ends_at) = kUnset;
  return placed_;
}

Heard ShardState::see(const Alert& alert, const AlertBatch& batch, Speaking& speaker) {
  if (!alert.is_in_place()) [[unlikely]]
    return see(put_in_place(alert, batch.source), batch, speaker);
  // Who looks on wants its texts.
  if (trace_ != nullptr && !alert.is_whole()) [[unlikely]]
    return see(read_known(alert, batch), batch, speaker);
  ++counts_.alerts_taken;
  const bool said_resolved = says_resolved(alert, wall_clock_);
  VoicePlace place = conditions_.find(alert.voice);
  bool is_repeat = false;
  if (place) {
    Condition& condition = conditions_.as_it_is(place.condition);
    Voice& voice = place.extra == kNoSlot ? condition.voice : conditions_.voice(place);
    // The hot path: one look-up, nothing evaluated. What has lapsed does not fire although its source never said so:
    // not a repeat.
    is_repeat =
        voice.content == alert.content && voice.said_resolved == said_resolved && (voice.firing || said_resolved);
    if (is_repeat && voice.firing && voice.looked_by == rules_number_) [[likely]] {
      ++counts_.alerts_repeated;
      ++condition.repeats;
      conditions_.repeat(voice, place, received_at_, stated_start(alert), lease_end(alert, speaker));
      hear_speaker(voice.speaker, true, speaker);
      if (condition.primary) incidents_.count_repeat(condition.primary.incident);
      if (trace_ != nullptr) trace_->heard(alert, &conditions_[place.condition], &voice, Heard::repeat);
      return Heard::repeat;
    }
  }
  Word word = word_of(alert, speaker, said_resolved);
  // A close of what fires by other voices may be a recovery of these.
  if (is_repeat && !conditions_.voice(place).firing && !conditions_[place.condition].firing) {
    word.speaker = conditions_.voice(place).speaker;
    hear_speaker(word.speaker, false, speaker);
    hear_close_again(place, word);
    if (trace_ != nullptr)
      trace_->heard(alert, &conditions_[place.condition], &conditions_.voice(place), Heard::close_again);
    return Heard::close_again;
  }
  scratch_.clear();
  ++heard_number_;
  heard_.is_derived = false;
  heard_.unknown_severities = &unknown_severities_;  // only what a source says: not what is recalled of it
  // A repeat needs no texts: only here those of a known alert are read.
  const Alert& whole = alert.is_whole() ? alert : read_known(alert, batch);
  normalise(rule_memo_, whole, batch.source, batch.tenant, wall_clock_, wall_clock_, scratch_, heard_);
  word.resolved = heard_.resolved;
  word.speaker = speaker_of(whole, batch, speaker);
  hear_speaker(word.speaker, !word.resolved, speaker);
  // The close of what fires is never dropped: it would fire for ever.
  if (heard_.dropped && !(word.resolved && place && conditions_.voice(place).firing)) {
    ++counts_.alerts_dropped;
    if (trace_ != nullptr && place)
      trace_->heard(alert, &conditions_[place.condition], &conditions_.voice(place), Heard::dropped);
    return Heard::dropped;
  }
  if (is_repeat && !word.resolved && conditions_.voice(place).firing) {
    hear_under_new_rules(place, word, heard_);
    return Heard::repeat;
  }

  Hash128 identity{};
  Fact moved;
  const std::uint32_t slot = find_condition(word, place, heard_.facts, identity, moved);
  const Heard heard =
      word.resolved ? see_close(slot, place, word, identity, heard_) : see_firing(slot, place, word, identity, heard_);
  if (moved.condition != kNoSlot) {
    agenda_.add(moved);
    take_facts();
  }
  if (trace_ == nullptr) return heard;
  const VoicePlace now = conditions_.find(alert.voice);
  const std::uint32_t subject = now ? now.condition : slot;  // what comes late may be of a voice that is not known
  trace_->heard(alert, subject != kNoSlot && conditions_.holds(subject) ? &conditions_[subject] : nullptr,
                now ? &conditions_.voice(now) : nullptr, heard);
  return heard;
}

/// A close of what does not fire. One with another end than the last is the last one now.
void ShardState::hear_close_again(VoicePlace place, const Word& word) {
  Voice& voice = conditions_.voice(place);
  TOCSIN_CHECK(!voice.firing, "what is closed again has ended");
  Condition& condition = conditions_[place.condition];
  ++counts_.alerts_repeated;
  ++condition.repeats;
  if (condition.primary) incidents_.count_repeat(condition.primary.incident);
  if (voice.is_repeated_close(word)) {
    voice.heard_at = word.came;
  } else {
    voice.take_close(word);
  }
}

/// It says what it said, and the rules are others since: they look at it.
void ShardState::hear_under_new_rules(VoicePlace place, const Word& word, CategorisedAlert& subject) {
  Condition& condition = conditions_[place.condition];
  const AlertRank before = rank_of(condition);
  ++counts_.alerts_repeated;
  ++condition.repeats;
  if (condition.primary) incidents_.count_repeat(condition.primary.incident);
  rate(rule_memo_, scratch_, subject);
  take_firing(place.condition, place, word, subject);
  add_fact(Fact::Kind::changed, place.condition, before, heard_number_);
  take_facts();
}

/// The condition that a word is about; kNoSlot: none is known, and one that is made has `identity`. `place`: its voice
/// there, if it has one. `moved`: what becomes of the condition that its speaker spoke of before.
std::uint32_t ShardState::find_condition(const Word& word, VoicePlace& place, const rules::Facts& facts,
                                         Hash128& identity, Fact& moved) {
  if (place) {
    // A close often says less than what identities are made of.
    const bool is_its_close = word.resolved && conditions_.voice(place).firing;
    if (conditions_.keys().is_of_source() || conditions_.keeps_identity(conditions_[place.condition]) || is_its_close)
      return place.condition;
  }
  bool lacks_key = false;
  const DedupKeys::Asked asked{word.identity, facts, word.identity_is_labels};
  identity = conditions_.keys().identity_of(asked, key_, scratch_text_, lacks_key);
  if (lacks_key) ++counts_.alerts_without_key;
  const std::uint32_t slot = conditions_.find_identity(identity, asked, key_, scratch_text_);
  if (place && place.condition != slot) {
    // Its speaker spoke of another condition before: of that it says nothing any more.
    Condition& old = conditions_[place.condition];
    const bool voice_fired = conditions_.voice(place).firing;
    moved.before = rank_of(old);
    moved.generation = old.generation;
    if (voice_fired) moved.condition = place.condition;
    conditions_.move_away(place);
    // The texts may be of who has left: those who stay give theirs with their next word.
    if (voice_fired && old.firing) conditions_.look_again_at_words(place.condition);
    member_changed(place.condition);
    place = {};
    moved.kind = old.firing ? Fact::Kind::changed : Fact::Kind::ended;
    if (voice_fired && !old.firing) {
      --counts_.alerts_firing;
      ++counts_.alerts_expired;
    }
  }
  return slot;
}

Heard ShardState::see_firing(std::uint32_t slot, VoicePlace place, const Word& word, Hash128 identity,
                             CategorisedAlert& subject) {
  const Duration lateness = rules_->defaults.lateness;
  if (slot != kNoSlot) {
    const bool is_late = place ? !conditions_.voice(place).firing && conditions_.voice(place).is_late(word, lateness)
                               : conditions_.is_late_for(slot, word, lateness);
    if (is_late) {
      ++counts_.alerts_stale;
      take_facts();
      return Heard::late;
    }
  } else {
    slot = conditions_.add(identity, received_at_);
    counts_.alerts_known = conditions_.count();
  }
  const bool was_firing = conditions_[slot].firing;
  const bool was_lingering = conditions_[slot].lingers;
  const AlertRank before = rank_of(conditions_[slot]);
  const bool is_known = conditions_[slot].voice.heard_at != Instant{};
  if (!place) place = conditions_.add_voice(slot, word);
  rate(rule_memo_, scratch_, subject);
  take_firing(slot, place, word, subject);
  if (was_firing) {
    ++counts_.alerts_updated;
    add_fact(Fact::Kind::changed, slot, before, heard_number_);
    take_facts();
    return Heard::changed;
  }
  ++counts_.alerts_opened;
  ++counts_.alerts_firing;
  if (is_known) status_changed(slot);
  Condition& condition = conditions_[slot];
  if (was_lingering) {  // for its incident it never ended
    condition.lingers = false;
    count_as_heard(slot);
    add_fact(Fact::Kind::changed, slot, before, heard_number_);
  } else {
    condition.ended_at = kUnset;
    add_fact(Fact::Kind::opened, slot, before, heard_number_);
  }
  take_facts();
  return Heard::opened;
}

/// A firing word is applied to its voice and condition; the subject is rated as the word alone is. Afterwards its
/// severity and priority are those of the condition.
void ShardState::take_firing(std::uint32_t slot, VoicePlace place, const Word& word, CategorisedAlert& subject) {
  Condition& condition = conditions_[slot];
  Voice& voice = conditions_.voice(place);
  // A start of before the last close says nothing of when it fires again.
  const bool is_anew =
      !voice.firing && voice.closed_at != kUnset && word.start != kUnset && word.start < voice.closed_at;
  condition.event_time = is_anew ? word.said : word.began();
  conditions_.fire(place, word, subject.facts.severity);
  voice.looked_by = rules_number_;
  subject.facts.severity = condition.severity;
  prioritise(rule_memo_, scratch_, subject);
  condition.text_said = word.said;
  condition.mended = word.mended;
  condition.depth = word.depth;
  condition.spoken_by = place.extra;
  take_category(slot, subject);
  member_changed(slot);
}

void ShardState::take_category(std::uint32_t slot, const CategorisedAlert& subject) {
  Condition& condition = conditions_[slot];
  condition.severity = subject.facts.severity;
  condition.impact = subject.impact;
  condition.urgency = subject.urgency;
  condition.priority = subject.priority;
  condition.impact_by = subject.impact_by;
  condition.urgency_by = subject.urgency_by;
  condition.rated_by = digest_part(*rules_);
  condition.tier = subject.facts.tier;
  const bool spreads = condition.standing == Standing::active;
  if (spreads) {
    condition.for_each_membership([&](const Membership& one) {
      if (Spread* spread = incidents_[one.incident].spread.get()) {
        spread->services.remove(condition.texts[Field::service]);
        spread->hosts.remove(condition.texts[Field::host]);
      }
    });
  }
  const auto for_each_count = [&](auto&& change) {
    condition.for_each_membership([&](const Membership& one) {
      if (SharedLabels* labels = incidents_[one.incident].shared_labels.get()) change(*labels);
    });
  };
  for_each_count([&](SharedLabels& labels) { labels.remove(condition.texts, key_); });
  condition.texts = AlertTexts(subject.facts, &conditions_.pool());
  conditions_.note_texts(slot);
  for_each_count([&](SharedLabels& labels) { labels.add(condition.texts, key_); });
  if (spreads) {
    condition.for_each_membership([&](const Membership& one) {
      if (Spread* spread = incidents_[one.incident].spread.get()) {
        spread->services.add(condition.texts[Field::service]);
        spread->hosts.add(condition.texts[Field::host]);
      }
    });
  }
}

Heard ShardState::see_close(std::uint32_t slot, VoicePlace place, const Word& word, Hash128 identity,
                            CategorisedAlert& subject) {
  if (slot == kNoSlot) return remember_close(word, identity, subject);
  const AlertRank before = rank_of(conditions_[slot]);
  if (place) {
    Voice& voice = conditions_.voice(place);
    if (voice.is_repeated_close(word)) {
      ++counts_.alerts_repeated;
      ++conditions_[slot].repeats;
      voice.heard_at = word.came;
      return Heard::close_again;
    }
    if (voice.firing) {
      if (voice.is_of_earlier_life(word)) {
        ++counts_.alerts_stale;
        return Heard::earlier_life;
      }
      conditions_.close(place, word);
      conditions_[slot].mended = word.mended;
      member_changed(slot);
      return voices_ended(slot, before);
    }
    if (voice.ever_fired || word.identity_is_labels) {
      // Other words, but it had ended already.
      ++counts_.alerts_repeated;
      voice.take_close(word);
      return Heard::close_again;
    }
  }
  return close_others(slot, place, word);
}

/// A close without its opening, or before it: remembered for a while, so that the late opening does not open.
Heard ShardState::remember_close(const Word& word, Hash128 identity, CategorisedAlert& subject) {
  const std::uint32_t slot = conditions_.add(identity, received_at_);
  counts_.alerts_known = conditions_.count();
  conditions_.close(conditions_.add_voice(slot, word), word);
  categorise(rule_memo_, scratch_, subject);
  Condition& condition = conditions_[slot];
  take_category(slot, subject);
  condition.ended_at = now_;
  ++counts_.alerts_stale;
  forget_later(slot);
  take_facts();
  return Heard::unheard_of;
}

/// A close whose own voice never fired. Where the identity is all labels it is of nothing; else a recovery often has
/// other labels than its opening: it ends all that its source says of the condition.
Heard ShardState::close_others(std::uint32_t slot, VoicePlace place, const Word& word) {
  const AlertRank before = rank_of(conditions_[slot]);
  bool ended_any = false;
  if (!word.identity_is_labels) {
    conditions_.for_each_voice(slot, [&](Voice& voice, VoicePlace) {
      if (!voice.firing || voice.source != word.source || voice.is_of_earlier_life(word)) return;
      voice.take_close(word);
      ended_any = true;
    });
    // All at once: what has ended was as severe as it was with all of them.
    if (ended_any) conditions_.sum_up(slot);
  }
  if (!place) place = conditions_.add_voice(slot, word);
  // It never fired, so the condition is what it was.
  if (Voice& own = conditions_.voice(place); !own.firing) own.take_close(word);
  if (ended_any) {
    member_changed(slot);
    return voices_ended(slot, before);
  }
  ++counts_.alerts_stale;
  take_facts();
  return Heard::unheard_of;
}

/// Voices have been closed by a word.
Heard ShardState::voices_ended(std::uint32_t slot, const AlertRank& before) {
  Condition& condition = conditions_[slot];
  if (condition.firing) {
    ++counts_.alerts_updated;
    // What it says is what its newest word said; that may have been of a voice that is over.
    conditions_.look_again_at_words(slot);
    add_fact(Fact::Kind::changed, slot, before);
    take_facts();
    return Heard::voice_closed;
  }
  ++counts_.alerts_resolved;
  --counts_.alerts_firing;
  add_fact(Fact::Kind::ended, slot);
  take_facts();
  return Heard::closed;
}

void ShardState::lapse(VoicePlace place) {
  const std::uint32_t slot = place.condition;
  const AlertRank before = rank_of(conditions_[slot]);
  conditions_.lapse(place);
  member_changed(slot);
  Condition& condition = conditions_[slot];
  if (trace_ != nullptr) trace_->lapsed(condition);
  if (condition.firing) {
    conditions_.look_again_at_words(slot);
    add_fact(Fact::Kind::changed, slot, before);
  } else {
    ++counts_.alerts_expired;
    --counts_.alerts_firing;
    add_fact(Fact::Kind::ended, slot);
  }
  take_facts();
}

void ShardState::forget_later(std::uint32_t slot) {
  // A member is let go with its incident; see let_go.
  if (conditions_[slot].is_member()) return;
  conditions_.forget_at(slot, now_ + rules_->dedup.reopen_within + Duration{1});
  for (std::uint32_t one = conditions_.one_too_many(); one != kNoSlot; one = conditions_.one_too_many()) forget(one);
}

void ShardState::forget(std::uint32_t slot) {
  if (trace_ != nullptr) trace_->forgotten(conditions_[slot]);
  conditions_.forget(slot);
  counts_.alerts_known = conditions_.count();
}

/// Sources could not reach us, or time was skipped: each may be silent for its lease again.
void ShardState::give_grace() {
  conditions_.give_grace(received_at_, [this](std::string_view source) {
    return rules_->dedup.expire.of(source).value_or(std::chrono::minutes{5});
  });
}

}  // namespace tocsin
