#include "engine/core/conditions/condition_book.h"

#include <algorithm>
#include <array>

#include "engine/model/check.h"

namespace tocsin {

LabelFingerprint fingerprint_of(const Condition& condition) {
  std::array<Label, limits::kLabelsMax> labels;
  const std::size_t count = condition.texts.label_count();
  if (count <= labels.size()) {
    for (std::size_t i = 0; i < count; ++i) labels[i] = condition.texts.label(i);
    return fingerprint_of(Labels{labels.data(), count});
  }
  std::vector<Label> many;
  std::vector<Label> annotations;
  condition.texts.list(many, annotations);
  return fingerprint_of(many);
}

void ConditionBook::move_to_scale(Condition& condition) const {
  condition.severity = scales_.now(condition.severity, condition.scale);
  condition.voice.severity = scales_.now(condition.voice.severity, condition.scale);
  for (std::uint32_t extra = condition.extra; extra != kNoSlot; extra = extras_[extra].next) {
    Severity& severity = extras_[extra].voice.severity;
    severity = scales_.now(severity, condition.scale);
  }
  condition.scale = scales_.current();
}

std::uint16_t ConditionBook::source_number(std::string_view name) {
  const auto found = std::ranges::find(sources_, name);
  if (found != sources_.end()) return static_cast<std::uint16_t>(found - sources_.begin());
  TOCSIN_CHECK(sources_.size() < UINT16_MAX, "sources are configured, not made up by senders");
  sources_.emplace_back(name);
  return static_cast<std::uint16_t>(sources_.size() - 1);
}

std::uint32_t ConditionBook::add(Hash128 identity, Instant now) {
  const std::uint32_t slot = conditions_.take();
  Condition& condition = conditions_[slot];
  condition.number = ++number_;
  condition.identity = identity;
  condition.key_number = keys_.current();
  condition.first_seen = now;
  condition.scale = scales_.current();
  const bool added = keys_.add(conditions_, slot);
  TOCSIN_CHECK(added, "who adds a condition has looked for it");
  TOCSIN_CHECK(slot < kExtra, "slots of conditions have 31 bits");
  return slot;
}

VoicePlace ConditionBook::add_voice(std::uint32_t slot, const Word& word) {
  Condition& condition = conditions_[slot];
  VoicePlace place{slot, kNoSlot};
  if (condition.voice.heard_at != Instant{}) {
    if (condition.extra_count + std::size_t{1} >= limits::kVoicesMax) {
      std::uint32_t oldest = kNoSlot;
      for (std::uint32_t extra = condition.extra; extra != kNoSlot; extra = extras_[extra].next) {
        if (oldest == kNoSlot) {
          oldest = extra;
          continue;
        }
        const Voice& one = extras_[extra].voice;
        const Voice& other = extras_[oldest].voice;
        const bool before = one.firing != other.firing ? !one.firing : one.heard_at <= other.heard_at;
        if (before) oldest = extra;
      }
      TOCSIN_CHECK(oldest != kNoSlot, "at the bound there are voices");
      drop_extra(slot, oldest);
    }
    place.extra = extras_.take();
    ExtraVoice& extra = extras_[place.extra];
    extra.condition = slot;
    extra.number = ++number_;
    extra.next = condition.extra;
    condition.extra = place.extra;
    ++condition.extra_count;
  }
  Voice& voice = this->voice(place);
  voice.key = word.voice;
  voice.source = word.source;
  voice.speaker = word.speaker;
  voice.heard_at = word.came;
  name(voice, place);
  return place;
}

/// From now on it is the one that is found under its key.
void ConditionBook::name(const Voice& voice, VoicePlace place) {
  const std::uint32_t tag = TagTable::tag_of(voice.key.low);
  if (const VoicePlace other = find(voice.key)) by_voice_.remove(tag, number_of(other));
  by_voice_.add(tag, number_of(place));
}

void ConditionBook::unname(const Voice& voice, VoicePlace place) {
  const VoicePlace found = find(voice.key);
  if (found.condition != place.condition || found.extra != place.extra) return;
  by_voice_.remove(TagTable::tag_of(voice.key.low), number_of(place));
}

void ConditionBook::drop_extra(std::uint32_t slot, std::uint32_t extra) {
  Condition& condition = conditions_[slot];
  unname(extras_[extra].voice, {slot, extra});
  std::uint32_t* link = &condition.extra;
  while (*link != extra) {
    TOCSIN_CHECK(*link != kNoSlot, "an extra voice is in the chain of its condition");
    link = &extras_[*link].next;
  }
  *link = extras_[extra].next;
  extras_.release(extra);
  TOCSIN_CHECK(condition.extra_count > 0, "what is dropped was counted");
  --condition.extra_count;
  if (condition.spoken_by == extra) condition.spoken_by = kNoSlot;
}

void ConditionBook::fire(VoicePlace place, const Word& word, Severity severity) {
  TOCSIN_CHECK(place.extra == kNoSlot || extras_[place.extra].condition == place.condition,
               "a voice is of the condition that it speaks of");
  Voice& voice = this->voice(place);
  voice.take_firing(word);
  voice.severity = severity;
  watch_lease(voice, place);
  Condition& condition = on_scale(place.condition);
  remember_again(condition, place.condition);
  sum_up(place.condition);
  TOCSIN_CHECK(condition.firing, "a condition fires while a voice does");
}

void ConditionBook::close(VoicePlace place, const Word& word) {
  voice(place).take_close(word);
  sum_up(place.condition);
}

void ConditionBook::lapse(VoicePlace place) {
  TOCSIN_CHECK(voice(place).firing, "what lapses fired");
  voice(place).lapse();
  sum_up(place.condition);
}

void ConditionBook::move_away(VoicePlace place) {
  Voice& voice = this->voice(place);
  unname(voice, place);
  if (!voice.firing) return;  // it had no part in what the condition is
  voice.lapse();
  sum_up(place.condition);
}

void ConditionBook::sum_up(std::uint32_t slot) {
  Condition& condition = on_scale(slot);
  bool firing = condition.voice.firing;
  Severity highest = firing ? condition.voice.severity : Severity{};
  Instant began = firing ? condition.voice.starts_at : kNever;
  for (std::uint32_t extra = condition.extra; extra != kNoSlot; extra = extras_[extra].next) {
    const Voice& voice = extras_[extra].voice;
    if (!voice.firing) continue;
    highest = firing ? std::max(highest, voice.severity) : voice.severity;
    began = std::min(began, voice.starts_at);
    firing = true;
  }
  condition.firing = firing;
  if (!firing) return;
  condition.severity = highest;
  condition.starts_at = began;
}

void ConditionBook::look_again_at_words(std::uint32_t slot) {
  for_each_voice(slot, [](Voice& voice, VoicePlace) { voice.looked_by = 0; });
}

bool ConditionBook::is_late_for(std::uint32_t slot, const Word& word, Duration lateness) const {
  const Condition& condition = on_scale(slot);
  if (condition.firing) return false;
  if (condition.voice.is_late(word, lateness)) return true;
  for (std::uint32_t extra = condition.extra; extra != kNoSlot; extra = extras_[extra].next) {
    if (extras_[extra].voice.is_late(word, lateness)) return true;
  }
  return false;
}

Instant ConditionBook::last_seen(const Condition& condition) const {
  Instant newest = condition.voice.heard_at;
  for (std::uint32_t extra = condition.extra; extra != kNoSlot; extra = extras_[extra].next)
    newest = std::max(newest, extras_[extra].voice.heard_at);
  return newest;
}

bool ConditionBook::ended_in_silence(std::uint32_t slot) const {
  const Voice* newest = nullptr;
  const_cast<ConditionBook*>(this)->for_each_voice(slot, [&](Voice& voice, VoicePlace) {
    if (!voice.ever_fired) return;
    if (newest == nullptr || voice.heard_at >= newest->heard_at) newest = &voice;
  });
  return newest != nullptr && newest->lapsed;
}

Instant ConditionBook::expires_at(std::uint32_t slot) const {
  Instant latest = kUnset;
  const_cast<ConditionBook*>(this)->for_each_voice(slot, [&](Voice& voice, VoicePlace) {
    if (voice.firing) latest = std::max(latest, lease_end(voice));
  });
  return latest;
}

/// A lease runs longer where its source could not be heard for a while.
Instant ConditionBook::lease_end(const Voice& voice) const {
  if (voice.expires_at == kNever || grace_at_ == kUnset || voice.heard_at >= grace_at_) return voice.expires_at;
  TOCSIN_CHECK(voice.source < graces_.size(), "each source that was heard before has a grace");
  return std::max(voice.expires_at, grace_at_ + graces_[voice.source]);
}

void ConditionBook::watch_lease(Voice& voice, VoicePlace place) {
  if (voice.expires_at >= voice.scheduled_at) return;
  voice.scheduled_at = voice.expires_at;
  if (place.extra == kNoSlot) {
    add_to(leases_, place.condition, voice.expires_at);
    if (leases_.is_crowded(conditions_.count())) sweep_leases();
  } else {
    const ExtraVoice& extra = extras_[place.extra];
    extra_leases_.add(voice.expires_at, extra.number, place.extra, extra.generation);
    if (extra_leases_.is_crowded(extras_.count())) sweep_leases();
  }
}

/// Senders may state an end that is years ahead, of alerts that are closed and forgotten in minutes.
void ConditionBook::sweep_leases() {
  leases_.sweep([this](const Deadline& one) {
    return conditions_.is_same(one.slot, one.generation) && conditions_[one.slot].voice.scheduled_at == one.at;
  });
  extra_leases_.sweep([this](const Deadline& one) {
    return extras_.is_same(one.slot, one.generation) && extras_[one.slot].voice.scheduled_at == one.at;
  });
}

VoicePlace ConditionBook::take_lapsed(Instant now) {
  VoicePlace place;
  if (leases_.next() == now) {
    const Deadline due = leases_.take();
    if (!conditions_.is_same(due.slot, due.generation)) return {};
    place = {due.slot, kNoSlot};
  } else {
    TOCSIN_CHECK(extra_leases_.next() == now, "who takes a lapse has asked when the next is");
    const Deadline due = extra_leases_.take();
    if (!extras_.is_same(due.slot, due.generation)) return {};
    place = {extras_[due.slot].condition, due.slot};
  }
  Voice& voice = this->voice(place);
  if (voice.scheduled_at != now) return {};  // an earlier one took its place
  voice.scheduled_at = kNever;
  if (!voice.firing) return {};
  voice.expires_at = lease_end(voice);
  if (voice.expires_at <= now) return place;
  watch_lease(voice, place);  // repeats have moved it since
  return {};
}

std::uint32_t ConditionBook::take_from(Deadlines& deadlines, Instant now) {
  const Deadline due = deadlines.take();
  TOCSIN_CHECK(due.at == now, "a deadline is met at its own instant");
  return conditions_.is_same(due.slot, due.generation) ? due.slot : kNoSlot;
}

Instant ConditionBook::next_deadline() const {
  return std::min({leases_.next(), extra_leases_.next(), next_forgotten(), flaps_.next(), settles_.next()});
}

void ConditionBook::forget_at(std::uint32_t slot, Instant at) {
  Condition& condition = conditions_[slot];
  TOCSIN_CHECK(!condition.firing && !condition.primary, "what fires or is a member is not forgotten");
  remember_again(condition, slot);
  condition.forgotten_at = at;
  const bool added = ended_.insert({at, condition.number, slot}).second;
  TOCSIN_CHECK(added, "a condition is forgotten once");
}

/// It is not going to be forgotten any more.
void ConditionBook::remember_again(Condition& condition, std::uint32_t slot) {
  if (condition.forgotten_at == kNever) return;
  const std::size_t erased = ended_.erase({condition.forgotten_at, condition.number, slot});
  TOCSIN_CHECK(erased == 1, "what is to be forgotten is in the list of these");
  condition.forgotten_at = kNever;
}

std::uint32_t ConditionBook::take_forgotten(Instant now) {
  TOCSIN_CHECK(next_forgotten() == now, "a deadline is met at its own instant");
  return ended_.begin()->slot;
}

std::uint32_t ConditionBook::one_too_many() {
  return ended_.size() <= limits::kEndedConditionsMax ? kNoSlot : ended_.begin()->slot;
}

void ConditionBook::forget(std::uint32_t slot) {
  Condition& condition = conditions_[slot];
  TOCSIN_CHECK(!condition.firing && !condition.lingers, "what fires is not forgotten");
  TOCSIN_CHECK(!condition.primary && condition.others == nullptr, "a member is let go before it is forgotten");
  TOCSIN_CHECK(condition.roles.empty(), "what does not fire has no role");
  remember_again(condition, slot);
  flapping_.erase(condition.number);
  unname(condition.voice, {slot, kNoSlot});
  while (conditions_[slot].extra != kNoSlot) drop_extra(slot, conditions_[slot].extra);
  keys_.remove(conditions_, slot);
  conditions_.release(slot);
}

void ConditionBook::refresh_sketch(std::uint32_t slot) const {
  if (!sketch_.is_worn(slot)) return;
  sketch_.renew(slot);
  const std::uint32_t first = slot - slot % ValueSketch::kBlockSlots;
  for (std::uint32_t at = first; at < std::min(first + ValueSketch::kBlockSlots, conditions_.end()); ++at) {
    if (conditions_.holds(at)) sketch_.note(at, conditions_[at].texts);
  }
}

std::vector<std::uint32_t> ConditionBook::in_order() const {
  std::vector<std::uint32_t> slots;
  slots.reserve(conditions_.count());
  for (std::uint32_t slot = 0; slot < conditions_.end(); ++slot) {
    if (conditions_.holds(slot)) slots.push_back(slot);
  }
  std::ranges::sort(slots, {}, [this](std::uint32_t slot) { return conditions_[slot].number; });
  return slots;
}

void ConditionBook::check() const {
  std::size_t named = 0;
  std::size_t extras = 0;
  for (std::uint32_t slot = 0; slot < conditions_.end(); ++slot) {
    if (!conditions_.holds(slot)) continue;
    const Condition& condition = on_scale(slot);
    TOCSIN_CHECK(condition.number <= number_, "numbers are given out in order");
    bool firing = false;
    Severity highest{};
    const_cast<ConditionBook*>(this)->for_each_voice(slot, [&](Voice& voice, VoicePlace place) {
      const VoicePlace found = find(voice.key);
      if (found && found.condition == slot && found.extra == place.extra) ++named;
      TOCSIN_CHECK(!voice.firing || voice.starts_at != kUnset, "what fires has begun");
      TOCSIN_CHECK(!voice.firing || voice.ever_fired, "what fires has fired");
      TOCSIN_CHECK(voice.firing || voice.expires_at == kNever, "only what fires has a lease");
      TOCSIN_CHECK(voice.expires_at == kNever || voice.scheduled_at <= voice.expires_at, "a lease has a deadline");
      TOCSIN_CHECK(voice.close_came == kUnset || voice.closed_at <= voice.close_came, "no close is of the future");
      if (voice.firing) highest = firing ? std::max(highest, voice.severity) : voice.severity;
      firing |= voice.firing;
      if (place.extra != kNoSlot) ++extras;
    });
    for (const Field field : ValueSketch::kFields)
      TOCSIN_CHECK(sketch_.may_have(slot, field, condition.texts[field]), "no value that is there is denied");
    TOCSIN_CHECK(condition.firing == firing, "a condition fires while a voice does");
    TOCSIN_CHECK(!(condition.firing && condition.lingers), "what fires need not linger");
    TOCSIN_CHECK(condition.counts_as_firing() || condition.standing == Standing::idle, "what has ended is idle");
    TOCSIN_CHECK(condition.counts_as_firing() || condition.roles.empty(), "what has ended has no role");
    TOCSIN_CHECK(condition.standing != Standing::active || condition.primary, "who is active is a member");
    TOCSIN_CHECK((condition.standing == Standing::waits) == (condition.settled_at != kNever), "who waits has an end");
    TOCSIN_CHECK(
        condition.later == nullptr || condition.standing == Standing::waits || condition.later->joins_at != kNever,
        "who joins further groups later does so some day");
    TOCSIN_CHECK(condition.later == nullptr || condition.counts_as_firing(), "what has ended joins nothing later");
    TOCSIN_CHECK((condition.standing == Standing::held) == static_cast<bool>(condition.held_by),
                 "who is held has a reason");
    TOCSIN_CHECK(condition.counts_as_firing() || condition.primary || condition.forgotten_at != kNever,
                 "what has ended is forgotten some day");
    // The rank of one that waits as a member, or is held, moves at its release.
    TOCSIN_CHECK(!condition.firing || condition.standing == Standing::held || condition.standing == Standing::waits ||
                     condition.severity == highest,
                 "a condition is as severe as its voices");
  }
  for (const Ended& one : ended_) {
    TOCSIN_CHECK(conditions_.holds(one.slot) && conditions_[one.slot].forgotten_at == one.at,
                 "what is forgotten is known");
  }
  for (const auto& [number, slot] : flapping_) {
    TOCSIN_CHECK(conditions_.holds(slot) && conditions_[slot].flaps(), "who is said to flap flaps");
  }
  TOCSIN_CHECK(named == by_voice_.size(), "each voice that is found is there");
  TOCSIN_CHECK(extras == extras_.count(), "each extra voice is in one chain");
}

}  // namespace tocsin
