// The agenda: facts are taken in the order in which they were found. An alert that opens or changes is looked at by the
// phase suppress, then it joins; one that ends lets go of what it held back before it leaves its incident, so that
// people see one incident that goes on and not a resolve and a reopening in one breath. What a rule derives of a fact
// comes after what was there already.
#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {

void ShardState::add_fact(Fact::Kind kind, std::uint32_t slot, const AlertRank& before, std::uint64_t heard) {
  agenda_.add({kind, slot, conditions_[slot].generation, before, 0, heard});
}

/// Who finds facts while one is taken leaves them to who takes them.
void ShardState::take_facts() {
  if (takes_facts_) return;
  takes_facts_ = true;
  while (agenda_.has_more()) take_fact(agenda_.take());
  takes_facts_ = false;
}

void ShardState::take_fact(const Fact& fact) {
  if (fact.kind == Fact::Kind::derived) return see_derived(derived_[fact.derived]);
  const std::uint32_t slot = fact.condition;
  if (!conditions_.is_same(slot, fact.generation)) return;  // forgotten since
  Condition& condition = conditions_[slot];
  switch (fact.kind) {
    case Fact::Kind::opened:
    case Fact::Kind::changed: {
      if (!condition.counts_as_firing()) return;  // it has ended since, which is a fact of its own
      if (fact.kind == Fact::Kind::opened) {
        condition.notes.reset();
        count_for_storm(slot);
      }
      // The word in hand has its texts at hand, unless another was looked at since.
      const bool is_in_hand = fact.heard != 0 && fact.heard == heard_number_;
      const CategorisedAlert& known = is_in_hand ? heard_ : recall(slot);
      suppression_.enter(condition, slot, known.facts, rule_memo_, scratch_, key_, moment());
      if (fact.kind == Fact::Kind::opened || is_higher(rank_of(condition), fact.before)) condition.dismissed = false;
      if (condition.standing != Standing::held && !suppression_.reason(condition)) rise_out_of_storm(slot);
      take_rank(slot, fact.before);
      const Standing before = condition.standing;
      if (before == Standing::idle) {
        admit(slot, known);
      } else {
        look_again(slot);
      }
      // Who was let in has been seen by the temporal rules already.
      if (condition.standing == Standing::held || condition.standing == Standing::waits) {
        if (before != Standing::held || condition.standing == Standing::held) see_in_time(slot, known, true);
      } else if (before == Standing::active) {
        see_in_time(slot, known, false);
      }
      add_turned();
      break;
    }
    case Fact::Kind::ended:
      status_changed(slot);
      if (stays_for_its_flap(condition)) {
        condition.lingers = true;
        break;
      }
      condition.ended_at = now_;
      condition.dismissed = false;
      suppression_.leave(condition, slot, now_);
      add_turned();
      add_fact(Fact::Kind::left, slot);
      break;
    case Fact::Kind::turned:
      if (condition.counts_as_firing()) look_again(slot);
      break;
    case Fact::Kind::left:
      if (condition.counts_as_firing()) break;
      end_as_member(slot);
      forget_later(slot);
      break;
    case Fact::Kind::derived:
      break;
  }
}

/// What may have another answer now becomes facts, in the order of the suppress rules and of arrival.
void ShardState::add_turned() {
  for (std::uint32_t slot = suppression_.take_turned(); slot != kNoSlot; slot = suppression_.take_turned()) {
    if (conditions_.holds(slot)) add_fact(Fact::Kind::turned, slot);
  }
}

/// It enters at the phase severity, under the identity that it comes with.
void ShardState::see_derived(const DerivedAlert& derived) {
  ++counts_.alerts_taken;
  ++counts_.alerts_derived;
  Word word;
  word.voice = word.identity = derived.identity;
  scratch_text_.clear();
  for (const std::string& text : derived.texts) (scratch_text_ += text) += '\xff';
  for (const Label& label : derived.labels.view()) {
    (scratch_text_ += label.name) += '\xff';
    (scratch_text_ += label.value) += '\xff';
  }
  scratch_text_ += std::to_string(derived.tier);
  word.content = key_.hash(scratch_text_);
  word.resolved = word.said_resolved = derived.ends;
  word.depth = derived.depth;
  word.source = conditions_.source_number(kDerivedSource);
  word.came = word.said = word.start = word.ended = now_;
  const VoicePlace place = conditions_.find(derived.identity);
  if (place && !derived.ends) {
    Voice& voice = conditions_.voice(place);
    if (voice.firing && voice.content == word.content && voice.looked_by == rules_number_) {
      ++counts_.alerts_repeated;
      ++conditions_[place.condition].repeats;
      voice.heard_at = now_;
      return;
    }
    // What grows is the same firing: it counts once for the rules that see it.
    if (voice.firing) word.start = voice.stated_start;
  }
  scratch_.clear();
  ++heard_number_;
  heard_ = CategorisedAlert{};
  heard_.is_derived = true;
  rules::Facts& facts = heard_.facts;
  for (const FieldInfo& info : fields()) facts[info.field] = derived.texts[static_cast<std::size_t>(info.field)];
  facts.tier = derived.tier;
  facts.severity = derived.severity;
  facts.starts_at = facts.received_at = word.since = moment().wall;
  facts.resolved = heard_.resolved = derived.ends;
  rule_memo_.set_labels(facts, derived.labels.view(), {});
  // Another derived alert may be made while this one is looked at: what it borrows is copied then.
  if (derived.ends) {
    see_close(place.condition, place, word, derived.identity, heard_);
  } else {
    see_firing(place.condition, place, word, derived.identity, heard_);
  }
}

const CategorisedAlert& ShardState::recall(std::uint32_t slot) {
  recall_facts(slot, recalled_);
  rate(rule_memo_, scratch_, recalled_);
  Condition& condition = conditions_[slot];
  if (condition.firing) {
    // The texts are of one voice; the others stay as severe as they were rated.
    Voice& speaker = conditions_.voice({slot, condition.spoken_by});
    if (speaker.firing) speaker.severity = recalled_.facts.severity;
    conditions_.sum_up(slot);
    recalled_.facts.severity = condition.severity;
  }
  prioritise(rule_memo_, scratch_, recalled_);
  set_rank(condition, {recalled_.facts.severity, recalled_.impact, recalled_.urgency, recalled_.priority});
  return recalled_;
}

void ShardState::recall_facts(std::uint32_t slot, CategorisedAlert& subject) {
  const Condition& alert = conditions_[slot];
  scratch_.clear();
  ++heard_number_;  // what the word in hand borrowed is gone
  subject = CategorisedAlert{};
  subject.is_derived = alert.depth > 0;
  rules::Facts& facts = subject.facts;
  alert.texts.list(facts.text);
  facts.tier = alert.tier;
  facts.starts_at = alert.starts_at;
  facts.received_at = moment().wall;
  facts.severity = alert.severity;
  alert.texts.list(recalled_labels_, recalled_annotations_);
  rule_memo_.set_labels(facts, recalled_labels_, recalled_annotations_);
}

}  // namespace tocsin
