// What alerts mean with others over time: the temporal rules see what comes in, what they find becomes derived alerts
// and notes. An alert is seen when nothing holds it back, as it goes on to its group; what an absence waits for is seen
// also when it is held back, since it came. A firing counts once for a rule; a word with another start is another.
#include <algorithm>

#include "engine/core/shard_state.h"
#include "engine/model/check.h"
#include "engine/model/limits.h"
#include "engine/model/time_text.h"
#include "rules/cel/value.h"

namespace tocsin {
namespace {

/// From the name of a step to the fields and labels of its alert, for expressions of `emit`.
class StepParts final : public cel::MapSource {
 public:
  StepParts(const rules::TemporalRule& rule, const WindowParts& parts) : rule_(rule), labels_(rule.steps.size()) {
    for (const auto& [step, texts] : parts.steps) {
      std::vector<Label>& all = labels_[step];
      for (std::size_t i = 0; i < texts->label_count(); ++i) all.push_back(texts->label(i));
      for (const FieldInfo& info : fields()) {
        const std::string_view text = (*texts)[info.field];
        if (text.empty()) continue;
        std::erase_if(all, [&](const Label& label) { return label.name == info.name; });
        all.push_back({info.name, text});
      }
      std::ranges::sort(all, {}, &Label::name);
    }
  }

  cel::Value find(const cel::Value& key) const override {
    for (std::size_t step = 0; step < rule_.steps.size(); ++step) {
      if (key.is(cel::Kind::string) && rule_.steps[step].name == key.as_text())
        return cel::Value::labels(Labels{labels_[step]});
    }
    return cel::Value::error(cel::Fault::no_such_key, "no such step");
  }
  std::uint32_t size() const override { return static_cast<std::uint32_t>(rule_.steps.size()); }
  cel::MapEntry entry(std::uint32_t index) const override {
    return {cel::Value::string(rule_.steps[index].name), cel::Value::labels(Labels{labels_[index]})};
  }

 private:
  const rules::TemporalRule& rule_;
  std::vector<std::vector<Label>> labels_;
};

void set_part(DerivedAlert& derived, std::vector<std::pair<std::string, std::string>>& labels,
              const rules::AlertPart& part, std::string_view text) {
  if (part.label.empty()) {
    derived.texts[static_cast<std::size_t>(part.field)] = text;
    return;
  }
  const auto known = std::ranges::find(labels, part.label, &std::pair<std::string, std::string>::first);
  if (known != labels.end()) {
    known->second = text;
  } else {
    labels.emplace_back(part.label, text);
  }
}

/// Of the alert that is a change: what people know it by.
std::string change_text(const Condition& alert) {
  std::string text{alert.texts[Field::name]};
  if (const std::string_view title = alert.texts[Field::title]; !title.empty() && title != text) {
    (text += text.empty() ? "" : ": ") += title;
  }
  return text;
}

/// "4 of 5 within 2m".
std::string in_words(const rules::TemporalRule& rule, const Pattern& pattern) {
  std::string words = std::to_string(pattern.count) + " of " + std::to_string(pattern.needed);
  if (rule.kind == rules::TemporalRule::Kind::distinct) words += " values";
  if (rule.has_steps()) words += " steps";
  return words + " within " + to_text(rule.within);
}

}  // namespace

void add_note(std::vector<Note>& notes, const Note& note) {
  if (notes.size() >= limits::kNotesMax || std::ranges::find(notes, note) != notes.end()) return;
  notes.push_back(note);
}

/// Whether this firing was not counted for that step yet.
bool ShardState::counts_anew(Condition& condition, std::uint64_t serial, std::uint32_t step) {
  if (condition.counted == nullptr) condition.counted = std::make_unique<Counted>();
  Counted& counted = *condition.counted;
  if (counted.at != condition.event_time) counted = {condition.event_time, {}};
  const std::uint64_t by = serial << 10 | (step & 1023);
  if (std::ranges::find(counted.by, by) != counted.by.end()) return false;
  counted.by.push_back(by);
  return true;
}

void ShardState::see_in_time(std::uint32_t slot, const CategorisedAlert& subject, bool is_held) {
  if (rule_memo_.triggers().empty()) return;
  rules::Walk walk = rule_memo_.temporal(subject.facts, scratch_);
  for (std::uint32_t at = walk.next(); at != rules::Walk::kEnd; at = walk.next()) {
    const rules::TemporalTrigger& trigger = rule_memo_.triggers()[at];
    if (is_held && !trigger.is_expected) continue;
    const rules::TemporalRule& rule = rules_->temporal[trigger.rule];
    if (!rule.steps.empty() && !rule.when.holds(subject.facts, scratch_)) continue;
    Condition& alert = conditions_[slot];
    // Values are counted by themselves, and a heartbeat is heard with every word.
    const bool counts_always = rule.kind == rules::TemporalRule::Kind::distinct || rule.is_heartbeat();
    if (!counts_always && !counts_anew(alert, temporal_.serial(trigger.rule), trigger.step)) continue;
    // bytes: [tenant][0xff]([value][0xff])…
    by_.assign(alert.texts[Field::tenant]) += '\xff';
    for (const Field field : rule.by_fields) (by_ += alert.texts[field]) += '\xff';
    for (const std::string& name : rule.by_labels) (by_ += alert.texts.label_value(name)) += '\xff';
    scratch_text_.assign(rule.id) += '\xff';
    scratch_text_ += by_;
    Sighting seen;
    seen.key = key_.hash(scratch_text_);
    seen.step = trigger.step;
    seen.at = window_time(alert, now_, rules_->defaults.clock);
    seen.now = now_;
    seen.alert = alert.number;
    seen.who = {slot, alert.generation};
    seen.speaker = conditions_.voice({slot, alert.spoken_by}).speaker;
    if (rule.kind == rules::TemporalRule::Kind::distinct) {
      seen.value =
          rule.counted.label.empty() ? alert.texts[rule.counted.field] : alert.texts.label_value(rule.counted.label);
    }
    if (rule.has_steps() && rule.emit && rule.emit->reads_steps[trigger.step]) seen.texts = &alert.texts;
    const std::uint64_t full_before = temporal_.keys_evicted() + temporal_.alerts_refused();
    temporal_.see(trigger.rule, seen, {alert.tier, alert.severity, alert.depth, by_}, outcomes_);
    counts_.patterns_evicted = temporal_.keys_evicted();
    counts_.patterns_refused = temporal_.alerts_refused();
    if (trace_ != nullptr && temporal_.keys_evicted() + temporal_.alerts_refused() != full_before) {
      const std::size_t bound = rule.max_keys.value_or(rules_->defaults.max_keys);
      trace_->keys_full(alert, rule, bound);
      trace_->remarked(alert, rule.id, "it has " + std::to_string(bound) + " keys, as many as it may");
    }
    if (trace_ != nullptr) {
      for (const TemporalBook::Outcome& outcome : outcomes_) {
        if (outcome.kind == TemporalBook::Outcome::Kind::ended) continue;
        trace_->counted(alert, rule, outcome.pattern);
        if (outcome.pattern.needed > 0) trace_->remarked(alert, rule.id, in_words(rule, outcome.pattern));
      }
    }
    take_outcomes(by_);
  }
}

/// What was found becomes facts and notes. `by`: of the alert that it was found with.
void ShardState::take_outcomes(std::string_view by) {
  using Kind = TemporalBook::Outcome::Kind;
  for (TemporalBook::Outcome& outcome : outcomes_) {
    if (outcome.kind == Kind::nothing) continue;
    if (outcome.kind == Kind::ended) {
      DerivedAlert derived;
      derived.identity = outcome.alert.key;
      derived.ends = true;
      derived.depth = outcome.alert.depth;
      add_derived(std::move(derived));
      continue;
    }
    const rules::TemporalRule& rule = temporal_.rule(outcome.rule);
    if (trace_ != nullptr) trace_->derived(rule, outcome);
    WindowParts parts;
    const bool reads_parts = rule.emit && rule.emit->reads_window;
    if (reads_parts || rule.annotate) {
      temporal_.parts(outcome, parts);
    }
    if (rule.annotate) annotate(rule, parts);
    if (outcome.kind == Kind::began || outcome.kind == Kind::grew) {
      add_derived(derive(outcome, outcome.by.empty() ? by : std::string_view{outcome.by}, parts));
    }
  }
  outcomes_.clear();
}

void ShardState::add_derived(DerivedAlert derived) {
  TOCSIN_CHECK(derived.depth > 0, "what is derived is of others");
  if (derived.depth > limits::kDerivationDepthMax) {
    ++counts_.derived_refused;
    return;
  }
  Fact fact;
  fact.kind = Fact::Kind::derived;
  fact.derived = static_cast<std::uint32_t>(derived_.size());
  derived_.push_back(std::move(derived));
  agenda_.add(fact);
}

/// The alert that a rule makes: its `by` values, and what `emit` says.
DerivedAlert ShardState::derive(const TemporalBook::Outcome& outcome, std::string_view by, const WindowParts& parts) {
  const rules::TemporalRule& rule = temporal_.rule(outcome.rule);
  const rules::Emission& emit = *rule.emit;
  const StandingAlert& standing = outcome.alert;
  DerivedAlert derived;
  derived.identity = standing.key;
  derived.depth = standing.depth;
  derived.tier = standing.tier;
  derived.severity = emit.severity.value_or(standing.severity);
  std::vector<std::pair<std::string, std::string>> labels;
  const auto next_value = [&by] {
    const std::size_t end = by.find('\xff');
    TOCSIN_CHECK(end != std::string_view::npos, "each value has its end");
    const std::string_view value = by.substr(0, end);
    by.remove_prefix(end + 1);
    return value;
  };
  derived.texts[static_cast<std::size_t>(Field::tenant)] = next_value();
  for (const Field field : rule.by_fields) {
    const std::string_view value = next_value();
    if (field != Field::tenant) derived.texts[static_cast<std::size_t>(field)] = value;
  }
  for (const std::string& name : rule.by_labels) set_part(derived, labels, {{}, name}, next_value());
  derived.texts[static_cast<std::size_t>(Field::source)] = kDerivedSource;
  derived.texts[static_cast<std::size_t>(Field::name)] = rule.id;
  derived.texts[static_cast<std::size_t>(Field::level)] = rules::name_of(*rules_, derived.severity);
  for (const auto& [part, text] : emit.texts) set_part(derived, labels, part, text);

  const auto view_of = [](std::vector<std::pair<std::string, std::string>>& all) {
    std::ranges::sort(all);
    std::vector<Label> view;
    for (const auto& [name, value] : all) {
      if (!value.empty()) view.push_back({name, value});
    }
    return view;
  };
  if (!emit.set.empty()) {
    const StepParts steps(rule, parts);
    rules::WindowFacts window;
    window.count = static_cast<std::int64_t>(standing.count);
    window.first_at = standing.first_at;
    window.last_at = standing.last_at;
    window.values = parts.values;
    window.steps = &steps;
    rules::Facts facts;
    for (const FieldInfo& info : fields()) facts[info.field] = derived.texts[static_cast<std::size_t>(info.field)];
    const std::vector<Label> of_by = view_of(labels);
    facts.labels = of_by;
    facts.tier = derived.tier;
    facts.starts_at = facts.received_at = moment().wall;
    facts.window = &window;
    // All see what `by` says; none sees what another sets.
    std::vector<std::pair<const rules::AlertPart*, std::string>> set;
    for (const rules::Emission::Assignment& one : emit.set) {
      if (const auto text = one.expression.text(facts, scratch_)) set.emplace_back(&one.part, *text);
    }
    for (const auto& [part, text] : set) set_part(derived, labels, *part, text);
  }
  derived.labels = LabelSet(view_of(labels));
  return derived;
}

/// Those that the pattern is made of, and the incidents that they are members of.
void ShardState::annotate(const rules::TemporalRule& rule, const WindowParts& parts) {
  Note note;
  note.rule = rule.id;
  note.tag = rule.annotate->tag;
  for (const auto& [step, who] : parts.change_of) {
    if (step == rule.annotate->change && conditions_.is_same(who.slot, who.generation))
      note.change = change_text(conditions_[who.slot]);
  }
  for (const ConditionRef& who : parts.members) {
    if (!conditions_.is_same(who.slot, who.generation)) continue;
    Condition& alert = conditions_[who.slot];
    if (alert.notes == nullptr) alert.notes = std::make_unique<std::vector<Note>>();
    const std::size_t before = alert.notes->size();
    add_note(*alert.notes, note);
    if (alert.notes->size() == before) continue;
    if (trace_ != nullptr) trace_->annotated(alert, note);
    member_changed(who.slot);
    alert.for_each_membership([&](const Membership& one) {
      IncidentState& incident = incidents_[one.incident];
      if (incident.status == IncidentStatus::closed) return;
      const std::size_t known = incident.notes.size();
      add_note(incident.notes, note);
      if (incident.notes.size() != known && is_live(incident)) touch(one.incident, IncidentChange::updated);
    });
  }
}

void ShardState::meet_in_time() {
  temporal_.meet(
      now_, conditions_, [this](std::uint32_t speaker) { return sources_.doubted_until(speaker, now_); }, outcomes_);
  take_outcomes({});
}

ConditionNumbers ShardState::numbers() const {
  ConditionNumbers numbers;
  numbers.number_of = [this](ConditionRef who) {
    return conditions_.is_same(who.slot, who.generation) ? conditions_[who.slot].number : std::uint64_t{0};
  };
  return numbers;
}

}  // namespace tocsin
