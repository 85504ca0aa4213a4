// The canonical bytes of conditions and voices.
#include <algorithm>
#include <vector>

#include "engine/core/conditions/condition_book.h"
#include "engine/model/check.h"
#include "rules/expressions/facts.h"

namespace tocsin {
void write_texts(CanonicalWriter& out, const AlertTexts& texts) {
  out.u32(static_cast<std::uint32_t>(texts.label_count()));
  for (std::size_t i = 0; i < texts.label_count(); ++i) {
    out.text(texts.label(i).name);
    out.text(texts.label(i).value);
  }
  out.u32(static_cast<std::uint32_t>(texts.annotation_count()));
  for (std::size_t i = 0; i < texts.annotation_count(); ++i) {
    out.text(texts.annotation(i).name);
    out.text(texts.annotation(i).value);
  }
  for (const FieldInfo& info : fields()) out.text(texts[info.field]);
}

AlertTexts read_texts(CanonicalReader& in, TextPool* pool) {
  std::vector<Label> labels;
  std::vector<Label> annotations;
  for (std::vector<Label>* part : {&labels, &annotations}) {
    const std::uint32_t count = in.count(8);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::string_view name = in.text();
      part->push_back({name, in.text()});
    }
  }
  rules::Facts facts;
  facts.labels = labels;
  facts.annotations = annotations;
  for (const FieldInfo& info : fields()) {
    facts[info.field] = in.text();
    // Where it is a value as it stands, it shares the bytes.
    for (const Labels part : {facts.labels, facts.annotations}) {
      const auto same = std::ranges::find(part, facts[info.field], &Label::value);
      if (same != part.end()) facts[info.field] = same->value;
    }
  }
  return AlertTexts(facts, pool);
}

void ConditionBook::write_voice(CanonicalWriter& out, const Voice& voice) const {
  out.hash(voice.key);
  out.hash(voice.content);
  out.u32(voice.source);
  out.u32(voice.speaker);
  out.u32(voice.looked_by);
  out.u8(voice.severity.level);
  out.flag(voice.firing);
  out.flag(voice.said_resolved);
  out.flag(voice.ever_fired);
  out.flag(voice.lapsed);
  for (const Instant at : {voice.expires_at, voice.heard_at, voice.starts_at, voice.stated_start, voice.close_end,
                           voice.closed_at, voice.close_came})
    out.instant(at);
  const VoicePlace found = find(voice.key);
  out.flag(found && &this->voice(found) == &voice);
}

void ConditionBook::write(CanonicalWriter& out) const {
  out.part("conditions 1");
  out.u64(number_);
  out.u64(kept_up_to_);
  out.instant(grace_at_);
  out.u32(static_cast<std::uint32_t>(graces_.size()));
  for (const Duration grace : graces_) out.duration(grace);
  out.u32(static_cast<std::uint32_t>(sources_.size()));
  for (const std::string& source : sources_) out.text(source);
  keys_.write(out);
  const std::vector<std::uint32_t> slots = in_order();
  out.u32(static_cast<std::uint32_t>(slots.size()));
  for (const std::uint32_t slot : slots) {
    const Condition& condition = on_scale(slot);
    out.u64(condition.number);
    out.hash(condition.identity);
    out.u32(condition.key_number);
    out.u64(condition.repeats);
    out.flag(condition.lingers);
    out.flag(condition.dismissed);
    out.u8(static_cast<std::uint8_t>(condition.standing));
    out.u8(condition.severity.level);
    out.u8(static_cast<std::uint8_t>(condition.impact));
    out.u8(static_cast<std::uint8_t>(condition.urgency));
    out.u8(static_cast<std::uint8_t>(condition.priority));
    out.u8(condition.depth);
    out.u8(condition.impact_by);
    out.u8(condition.urgency_by);
    out.u32(condition.rated_by);
    out.u64(static_cast<std::uint64_t>(condition.tier));
    for (const Instant at : {condition.first_seen, condition.starts_at, condition.event_time, condition.text_said,
                             condition.ended_at, condition.forgotten_at, condition.settled_at})
      out.instant(at);
    write_voice(out, condition.voice);
    out.u32(condition.extra_count);
    for (std::uint32_t extra = condition.extra; extra != kNoSlot; extra = extras_[extra].next) {
      out.u64(extras_[extra].number);
      write_voice(out, extras_[extra].voice);
    }
    out.u64(condition.spoken_by == kNoSlot ? 0 : extras_[condition.spoken_by].number);
    out.flag(condition.flap != nullptr);
    if (condition.flap != nullptr) condition.flap->write(out);
    out.flag(condition.later != nullptr);
    if (condition.later != nullptr) {
      out.instant(condition.later->admitted_at);
      out.instant(condition.later->joins_at);
    }
    out.flag(condition.counted != nullptr);
    if (condition.counted != nullptr) {
      out.instant(condition.counted->at);
      out.u32(static_cast<std::uint32_t>(condition.counted->by.size()));
      for (const std::uint64_t by : condition.counted->by) out.u64(by);
    }
    out.u32(condition.notes == nullptr ? 0 : static_cast<std::uint32_t>(condition.notes->size()));
    if (condition.notes != nullptr) {
      for (const Note& note : *condition.notes) {
        out.text(note.rule);
        out.text(note.tag);
        out.text(note.change);
      }
    }
    for (std::size_t kind = 0; kind < kMendingCount; ++kind) out.flag(condition.mended.has(static_cast<Mending>(kind)));
    write_texts(out, condition.texts);
  }
}

void ConditionBook::read_voice(CanonicalReader& in, Voice& voice) {
  voice.key = in.hash();
  voice.content = in.hash();
  voice.source = static_cast<std::uint16_t>(in.u32());
  if (voice.source >= sources_.size()) in.fail();
  voice.speaker = in.u32();
  voice.looked_by = in.u32();
  voice.severity.level = in.u8_below(kSeverityLevelsMax);
  voice.firing = in.flag();
  voice.said_resolved = in.flag();
  voice.ever_fired = in.flag();
  voice.lapsed = in.flag();
  for (Instant* at : {&voice.expires_at, &voice.heard_at, &voice.starts_at, &voice.stated_start, &voice.close_end,
                      &voice.closed_at, &voice.close_came})
    *at = in.instant();
  const bool has_grace = grace_at_ != kUnset && voice.heard_at < grace_at_ && voice.expires_at != kNever;
  if (has_grace && voice.source >= graces_.size()) in.fail();
}

void ConditionBook::read(CanonicalReader& in) {
  TOCSIN_CHECK(conditions_.count() == 0, "a state is read into an empty book");
  in.part("conditions 1");
  number_ = in.u64();
  kept_up_to_ = in.u64();
  grace_at_ = in.instant();
  const std::uint32_t graces = in.count(8);
  for (std::uint32_t i = 0; i < graces; ++i) graces_.push_back(in.duration());
  const std::uint32_t sources = in.count(4);
  for (std::uint32_t i = 0; i < sources; ++i) sources_.emplace_back(in.text());
  // A source that was first heard after the start has no grace.
  if (graces_.size() > sources_.size()) in.fail();
  keys_.read(in);
  const std::uint32_t count = in.count(100);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint32_t slot = conditions_.take();
    Condition& condition = conditions_[slot];
    condition.scale = scales_.current();
    condition.number = in.u64();
    condition.identity = in.hash();
    const std::uint32_t key_number = in.u32();
    if (key_number > UINT16_MAX) in.fail();
    condition.key_number = static_cast<std::uint16_t>(key_number);
    condition.repeats = in.u64();
    condition.lingers = in.flag();
    condition.dismissed = in.flag();
    condition.standing = static_cast<Standing>(in.u8_below(4));
    condition.severity.level = in.u8_below(kSeverityLevelsMax);
    condition.impact = static_cast<Impact>(in.u8_below(3));
    condition.urgency = static_cast<Urgency>(in.u8_below(3));
    condition.priority = static_cast<Priority>(in.u8_below(6));
    condition.depth = in.u8();
    condition.impact_by = in.u8();
    condition.urgency_by = in.u8();
    condition.rated_by = static_cast<std::uint16_t>(in.u32());
    condition.tier = static_cast<std::int64_t>(in.u64());
    for (Instant* at : {&condition.first_seen, &condition.starts_at, &condition.event_time, &condition.text_said,
                        &condition.ended_at, &condition.forgotten_at, &condition.settled_at})
      *at = in.instant();
    read_voice(in, condition.voice);
    const auto take_up = [&](Voice& voice, VoicePlace place) {
      if (in.flag()) name(voice, place);
      if (voice.firing) condition.firing = true;
    };
    take_up(condition.voice, {slot, kNoSlot});
    std::vector<std::uint32_t> chain;
    const std::uint32_t extras = in.count(80);
    for (std::uint32_t n = 0; n < extras && !in.failed(); ++n) {
      const std::uint32_t extra_slot = extras_.take();
      chain.push_back(extra_slot);
      extras_[extra_slot].condition = slot;
      extras_[extra_slot].number = in.u64();
      read_voice(in, extras_[extra_slot].voice);
      take_up(extras_[extra_slot].voice, {slot, extra_slot});
    }
    condition.extra_count = static_cast<std::uint16_t>(chain.size());
    for (std::size_t n = chain.size(); n-- > 0;) {
      extras_[chain[n]].next = condition.extra;
      condition.extra = chain[n];
    }
    const std::uint64_t speaker = in.u64();
    for (const std::uint32_t extra : chain) {
      if (extras_[extra].number == speaker) condition.spoken_by = extra;
    }
    if (in.flag()) {
      condition.flap = std::make_unique<Flap>();
      condition.flap->read(in);
    }
    if (in.flag()) {
      condition.later = std::make_unique<LaterGroups>();
      condition.later->admitted_at = in.instant();
      condition.later->joins_at = in.instant();
    }
    if (in.flag()) {
      condition.counted = std::make_unique<Counted>();
      condition.counted->at = in.instant();
      const std::uint32_t rules = in.count(8);
      for (std::uint32_t n = 0; n < rules; ++n) condition.counted->by.push_back(in.u64());
    }
    if (const std::uint32_t notes = in.count(12); notes > 0) {
      condition.notes = std::make_unique<std::vector<Note>>();
      for (std::uint32_t n = 0; n < notes && !in.failed(); ++n) {
        Note& note = condition.notes->emplace_back();
        note.rule = in.text();
        note.tag = in.text();
        note.change = in.text();
      }
    }
    for (std::size_t kind = 0; kind < kMendingCount; ++kind) {
      if (in.flag()) condition.mended.add(static_cast<Mending>(kind));
    }
    condition.texts = read_texts(in, &pool_);
    sketch_.note(slot, condition.texts);
    if (in.failed()) return;
    if (!keys_.add(conditions_, slot)) return in.fail();
    for_each_voice(slot, [this](Voice& voice, VoicePlace place) { watch_lease(voice, place); });
    if (condition.forgotten_at != kNever) ended_.insert({condition.forgotten_at, condition.number, slot});
    if (condition.settled_at != kNever) add_settle(slot, condition.settled_at);
    if (condition.later != nullptr && condition.later->joins_at != kNever) add_settle(slot, condition.later->joins_at);
    if (condition.flaps()) {
      flapping_.emplace(condition.number, slot);
      add_flap(slot, condition.flap->quiet_at);
    }
  }
}

}  // namespace tocsin
