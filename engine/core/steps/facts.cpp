// The agenda: facts are taken in the order in which they were found. An alert that opens or changes is looked at by the
// phase suppress, then it joins; one that ends lets go of what it held back before it leaves its incident, so that
// people see one incident that goes on and not a resolve and a reopening in one breath. What a rule derives of a fact
// comes after what was there already.
#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {

void ShardState::add_fact(Fact::Kind kind, std::uint32_t slot, const AlertRank& before) {
  agenda_.add({kind, slot, conditions_[slot].generation, before, 0});
}

void ShardState::take_facts(const CategorisedAlert* subject) {
  while (agenda_.has_more()) {
    take_fact(agenda_.take(), subject);
    subject = nullptr;
  }
}

void ShardState::take_fact(const Fact& fact, const CategorisedAlert* subject) {
  if (fact.kind == Fact::Kind::derived) return see_derived(derived_[fact.derived]);
  const std::uint32_t slot = fact.condition;
  if (!conditions_.is_same(slot, fact.generation)) return;  // forgotten since
  Condition& condition = conditions_[slot];
  switch (fact.kind) {
    case Fact::Kind::opened:
    case Fact::Kind::changed: {
      if (!condition.counts_as_firing()) return;  // it has ended since, which is a fact of its own
      const CategorisedAlert& known = subject != nullptr ? *subject : recall(slot);
      suppression_.enter(condition, slot, known.facts, rule_memo_, scratch_, key_, moment());
      take_rank(slot, fact.before);
      if (condition.standing == Standing::idle) {
        admit(slot, known);
      } else {
        look_again(slot);
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
      suppression_.leave(condition, slot, now_);
      add_turned();
      add_fact(Fact::Kind::left, slot);
      break;
    case Fact::Kind::turned:
      if (condition.counts_as_firing()) look_again(slot);
      return;
    case Fact::Kind::left:
      if (condition.counts_as_firing()) return;
      end_as_member(slot);
      forget_later(slot);
      return;
    case Fact::Kind::derived:
      return;
  }
  if (!correlators_.empty()) correlate(fact);
}

/// What may have another answer now becomes facts, in the order of the suppress rules and of arrival.
void ShardState::add_turned() {
  for (std::uint32_t slot = suppression_.take_turned(); slot != kNoSlot; slot = suppression_.take_turned()) {
    if (conditions_.holds(slot)) add_fact(Fact::Kind::turned, slot);
  }
}

void ShardState::correlate(const Fact& fact) {
  made_.clear();
  for (const auto& correlator : correlators_) correlator->see(fact.kind, conditions_[fact.condition], now_, made_);
  add_derived();
}

void ShardState::add_derived() {
  for (DerivedAlert& made : made_) {
    TOCSIN_CHECK(made.depth > 0, "what is derived is of others");
    if (made.depth > limits::kDerivationDepthMax) {
      ++counts_.derived_refused;
      continue;
    }
    Fact fact;
    fact.kind = Fact::Kind::derived;
    fact.derived = static_cast<std::uint32_t>(derived_.size());
    derived_.push_back(std::move(made));
    agenda_.add(fact);
  }
  made_.clear();
}

/// It enters at the phase severity, under the identity that it comes with.
void ShardState::see_derived(const DerivedAlert& derived) {
  ++counts_.alerts_taken;
  ++counts_.alerts_derived;
  Word word;
  word.voice = word.identity = derived.identity;
  scratch_text_.clear();
  for (const std::string& text : derived.texts) (scratch_text_ += text) += '\xff';
  word.content = key_.hash(scratch_text_);
  word.resolved = word.said_resolved = derived.ends;
  word.depth = derived.depth;
  word.source = conditions_.source_number("tocsin");
  word.came = word.said = word.start = word.ended = now_;
  const VoicePlace place = conditions_.find(derived.identity);
  if (place && !derived.ends) {
    const Voice& voice = conditions_.voice(place);
    if (voice.firing && voice.content == word.content) {
      ++counts_.alerts_repeated;
      ++conditions_[place.condition].repeats;
      return;
    }
  }
  scratch_.clear();
  heard_ = CategorisedAlert{};
  rules::Facts& facts = heard_.facts;
  for (const FieldInfo& info : fields()) facts[info.field] = derived.texts[static_cast<std::size_t>(info.field)];
  facts.tier = derived.tier;
  facts.starts_at = facts.received_at = word.since = moment().wall;
  facts.resolved = heard_.resolved = derived.ends;
  rule_memo_.set_labels(facts, derived.labels.view(), {});
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
  subject = CategorisedAlert{};
  rules::Facts& facts = subject.facts;
  for (const FieldInfo& info : fields()) facts[info.field] = alert.texts[info.field];
  facts.tier = alert.tier;
  facts.starts_at = alert.starts_at;
  facts.received_at = moment().wall;
  facts.severity = alert.severity;
  alert.texts.list(recalled_labels_, recalled_annotations_);
  rule_memo_.set_labels(facts, recalled_labels_, recalled_annotations_);
}

}  // namespace tocsin
