#include "engine/story/story_run.h"

#include <algorithm>
#include <map>
#include <optional>

#include <absl/strings/str_join.h>
#include <simdjson.h>

#include "engine/core/explain/chronicle.h"
#include "engine/core/explain/standing.h"
#include "engine/core/shard.h"
#include "engine/core/shard_state.h"
#include "engine/core/telling/incident_record.h"
#include "engine/model/identity.h"
#include "engine/model/time_text.h"
#include "engine/story/story_command.h"

namespace tocsin {
namespace {

using rules::ExpectedIncident;
using rules::Story;
using rules::StoryExpectation;
using rules::StoryStep;
using rules::Texts;

/// One body on the virtual clock.
struct Arrival {
  Duration event{};
  Duration arrives{};
  const StoryStep* step = nullptr;
  std::uint32_t n = 1;
};

/// In order of arrival; equal ones as in the file.
std::vector<Arrival> arrivals_of(const Story& story) {
  std::vector<Arrival> arrivals;
  for (const StoryStep& step : story.steps) {
    for (std::uint32_t n = 1; n <= step.times; ++n) {
      const Duration later = step.every * (n - 1);
      arrivals.push_back({step.at + later, step.arrives + later, &step, n});
    }
  }
  std::ranges::stable_sort(arrivals, {}, &Arrival::arrives);
  return arrivals;
}

/// `{n}` in a text is the number of the repetition.
std::string numbered(std::string_view text, std::uint32_t n) {
  constexpr std::string_view kPlaceholder = "{n}";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t found = text.find(kPlaceholder, at);
    out += text.substr(at, found - at);
    if (found == std::string_view::npos) break;
    out += std::to_string(n);
    at = found + kPlaceholder.size();
  }
  return out;
}

/// Labels in order of name in the batch's pool; empty values say "not there".
void add_labels(AlertBatch& batch, const Texts& texts, std::uint32_t n) {
  const std::size_t first = batch.label_pool.size();
  for (const auto& [name, value] : texts) {
    if (value.empty()) continue;
    const std::string_view kept_name = batch.arena.keep(name);
    batch.label_pool.push_back({kept_name, batch.arena.keep(numbered(value, n))});
  }
  std::sort(batch.label_pool.begin() + static_cast<std::ptrdiff_t>(first), batch.label_pool.end(),
            [](const Label& a, const Label& b) { return a.name < b.name; });
}

/// What `tests:` mean by `alert` and `resolve`: what Prometheus sends to Alertmanager's API.
void make_alert(const StoryStep& step, std::uint32_t n, Instant event_time, Instant first_time, const HashKey& key,
                AlertBatch& batch) {
  add_labels(batch, step.labels, n);
  const std::size_t label_count = batch.label_pool.size();
  add_labels(batch, step.annotations, n);
  Alert alert;
  alert.labels = Labels{batch.label_pool}.first(label_count);
  alert.annotations = Labels{batch.label_pool}.subspan(label_count);
  alert.status = AlertStatus::by_end;
  if (step.kind == StoryStep::Kind::resolve) {
    alert.ends_at = event_time;
  } else {
    alert.starts_at = step.repeats ? first_time : event_time;
    if (step.lease > Duration{0}) alert.ends_at = event_time + step.lease;
  }
  std::string scratch;
  seal(alert, batch.tenant, batch.source, key, scratch);
  batch.alerts.push_back(alert);
}

std::string topics_of(const IncidentState& incident) {
  return absl::StrJoin(incident.audiences, ", ",
                       [](std::string* out, const Audience& audience) { *out += audience.topic; });
}

bool asks_why(const Story& story) {
  const auto asks = [](const ExpectedIncident& incident) { return !incident.why.empty(); };
  return std::ranges::any_of(story.expectations, [&](const StoryExpectation& one) {
    return one.incidents && std::ranges::any_of(*one.incidents, asks);
  });
}

/// A shard, its clock, and what it told.
class Narration {
 public:
  Narration(const Story& story, const rules::RuleSetPtr& rules, const BodyDecoder& decode_body, StoryObserver* observer)
      : story_(story), decode_body_(decode_body), observer_(observer), key_(HashKey::Seed{}), shard_(rules, key_) {
    if (asks_why(story)) write_down();
  }

  StoryResult run();
  /// Failures say what led to them too; before run().
  void write_down() {
    if (chronicle_) return;
    ChronicleInterest interest;
    interest.everything = true;
    chronicle_.emplace(shard_.state(), std::move(interest), TimeForPeople{story_.start});
    shard_.state().set_trace(&*chronicle_);
  }

 private:
  void send(const Arrival& arrival);
  void give(const StoryStep& step, std::uint32_t n);
  void pass_time(Duration until);
  void apply(Input input);
  void check(const StoryExpectation& expectation);
  void check_incidents(const StoryExpectation& expectation);
  void fail(const rules::Place& place, std::string message, std::string expected = {}, std::string found = {});
  using Compare = std::function<void(std::string_view, const std::optional<std::string>&, std::string_view)>;
  void compare_next(const ExpectedIncident::Next& expected, const IncidentState& incident,
                    const Compare& compare) const;
  std::string why_of(const IncidentState& incident) const;
  std::string difference(const ExpectedIncident& expected, const IncidentState& incident) const;
  std::vector<const IncidentState*> live_incidents() const;
  std::vector<std::string> active_names(const IncidentState& incident) const;
  void check_suppressed(const StoryExpectation& expectation);
  bool is_called(std::string_view silence, std::string_view name) const;
  std::string why_not_held(std::string_view name, std::string_view reason) const;
  std::string standing_of(const Condition& alert) const;
  std::string describe(const IncidentState& incident) const;
  std::string explain() const;
  std::string what_happened() const;

  const Story& story_;
  const BodyDecoder& decode_body_;
  StoryObserver* observer_;
  HashKey key_;
  Shard shard_;
  std::uint64_t position_ = 0;
  Instant last_at_ = kUnset;
  std::map<std::string, std::string, std::less<>> newest_type_;  // audience topic → type of its newest record
  StoryResult result_;
  std::optional<Chronicle> chronicle_;
};

void Narration::fail(const rules::Place& place, std::string message, std::string expected, std::string found) {
  result_.failures.push_back({place, std::move(message), std::move(expected), std::move(found), explain()});
}

void Narration::apply(Input input) {
  input.position = Position{++position_};
  last_at_ = input.at;
  std::vector<EffectPtr> effects;
  shard_.apply(input, effects);
  if (observer_ != nullptr) observer_->applied(shard_.state());
  for (const EffectPtr& effect : effects) {
    for (const Audience& audience : effect->audiences) newest_type_[audience.topic] = name_of(effect->change);
  }
}

void Narration::pass_time(Duration until) {
  Input input;
  // Deadlines come one by one, as the clock would bring them.
  while (shard_.next_deadline() <= story_.start + until) {
    input.at = std::max(shard_.next_deadline(), last_at_);
    apply(input);
  }
  input.at = story_.start + until;
  apply(input);
}

void Narration::send(const Arrival& arrival) {
  const StoryStep& step = *arrival.step;
  AlertBatch batch;
  std::string body;
  Input input;
  input.kind = InputKind::alerts;
  input.at = story_.start + arrival.arrives;
  input.batch = &batch;
  switch (step.kind) {
    case StoryStep::Kind::alert:
    case StoryStep::Kind::resolve:
      batch.source = "alertmanager";
      make_alert(step, arrival.n, story_.start + arrival.event, story_.start + step.at, key_, batch);
      break;
    case StoryStep::Kind::body: {
      batch.source = step.source;
      body = numbered(step.body, arrival.n);
      const std::size_t size = body.size();
      body.resize(size + 64);  // the padding that decoders ask for
      const std::string_view bytes{body.data(), size};
      if (const auto decoded = decode_body_(step.source, bytes, key_, batch); !decoded) {
        return fail(step.place, "the body was refused: " + decoded.error().message, "a body that is accepted",
                    std::string(name_of(decoded.error().code)) + " at " + decoded.error().pointer);
      }
      input.bytes = bytes;
      break;
    }
    case StoryStep::Kind::queue_age:
      input.kind = InputKind::queue_age;
      input.queue_age = step.queue_age;
      input.batch = nullptr;
      break;
    case StoryStep::Kind::command:
      return give(step, arrival.n);
  }
  apply(input);
}

/// What the engine refuses is no failure of the story: what it expects says whether that was meant.
void Narration::give(const StoryStep& step, std::uint32_t n) {
  const auto command = read_story_command(step.command, numbered(step.arguments, n), story_.start);
  if (!command) {
    return fail(step.place, "the command was refused: " + command.error().message, "a command that is taken",
                std::string(name_of(command.error().code)) + " at " + command.error().pointer);
  }
  Input input;
  input.kind = InputKind::command;
  input.at = last_at_;
  input.command = &*command;
  apply(input);
}

std::vector<const IncidentState*> Narration::live_incidents() const {
  std::vector<const IncidentState*> live;
  for (const auto& [number, slot] : shard_.state().incidents().by_number()) {
    const IncidentState& incident = shard_.state().incidents()[slot];
    if (incident.status == IncidentStatus::open || incident.status == IncidentStatus::acknowledged)
      live.push_back(&incident);
  }
  return live;
}

std::vector<std::string> Narration::active_names(const IncidentState& incident) const {
  std::vector<std::string> names;
  incident.members.for_each([&](std::uint32_t slot) {
    const Condition& alert = shard_.state().conditions()[slot];
    if (alert.standing == Standing::active) names.emplace_back(alert.texts[Field::name]);
  });
  std::ranges::sort(names);
  const auto rest = std::ranges::unique(names);
  names.erase(rest.begin(), rest.end());
  return names;
}

std::string Narration::describe(const IncidentState& incident) const {
  std::string text = "{priority: ";
  text += name_of(incident.priority());
  ((text += ", status: ") += name_of(incident.status)) += ", severity: ";
  text += rules::name_of(shard_.state().rules(), incident.severity());
  if (!incident.handling.owner.empty()) (text += ", owner: ") += incident.handling.owner;
  if (incident.plan != nullptr) (text += ", plan: ") += incident.plan->id;
  if (!incident.escalation.group.empty()) (text += ", escalated_to: ") += incident.escalation.group;
  if (const auto& next = incident.escalation.next; next.at != kNever) {
    text += ", next_escalation: {at: " + tocsin::to_text(next.at - story_.start) + ", rule: " + next.rule +
            ", to: " + next.what + "}";
  }
  text += ", revision: " + std::to_string(incident.telling.revision.value());
  text += ", alerts: [" + absl::StrJoin(active_names(incident), ", ") + "]";
  if (!incident.cause.empty()) text += ", cause: " + incident.cause;
  text += ", topic: [" + topics_of(incident) + "]";
  text += ", by: " + incident.rule_id + " " + incident.correlation_key + "}";
  return text;
}

std::string Narration::standing_of(const Condition& alert) const {
  std::string text{!alert.primary ? "in no incident" : "in an incident"};
  if (alert.standing == Standing::held) {
    (text += ", held back by ") += shard_.state().held_by(alert);
  } else if (alert.standing == Standing::waits) {
    text += ", waits for an inhibitor until " + tocsin::to_text(alert.settled_at - Duration{1} - story_.start);
  }
  return text;
}

/// What became of the alert that a story wants held back.
std::string Narration::why_not_held(std::string_view name, std::string_view reason) const {
  const ShardState& state = shard_.state();
  std::string text;
  for (const std::uint32_t slot : state.conditions().in_order()) {
    const Condition& alert = state.conditions()[slot];
    if (alert.texts[Field::name] != name) continue;
    if (!text.empty()) text += "; ";
    text += alert.firing ? standing_of(alert) : "it has ended";
  }
  const auto& rules = state.rules().suppress;
  if (std::ranges::find(rules, reason, &rules::SuppressRule::id) == rules.end()) {
    text += text.empty() ? "" : "; ";
    (text += "no suppress rule is called ") += reason;
  }
  return text.empty() ? "no alert of this name is known" : text;
}

/// A silence may also be called by its comment.
bool Narration::is_called(std::string_view silence, std::string_view name) const {
  const SilenceBook& silences = shard_.state().suppression().silences();
  const std::uint32_t slot = silences.find(silence);
  return slot != kNoSlot && !name.empty() && silences[slot].comment == name;
}

void Narration::check_suppressed(const StoryExpectation& expectation) {
  std::vector<std::pair<std::string, std::string>> held;
  const ShardState& state = shard_.state();
  for (const std::uint32_t slot : state.conditions().in_order()) {
    const Condition& alert = state.conditions()[slot];
    if (alert.standing == Standing::held) held.emplace_back(alert.texts[Field::name], state.held_by(alert));
  }
  std::ranges::sort(held);
  const auto rest = std::ranges::unique(held);
  held.erase(rest.begin(), rest.end());
  std::vector<std::pair<std::string, std::string>> wanted = *expectation.suppressed;
  std::ranges::sort(wanted);
  if (held == wanted || std::ranges::equal(held, wanted, [&](const auto& one, const auto& other) {
        return one.first == other.first && (one.second == other.second || is_called(one.second, other.second));
      }))
    return;
  std::string message;
  for (const auto& one : wanted) {
    if (std::ranges::find(held, one) != held.end()) continue;
    if (!message.empty()) message += ", ";
    message += one.first + " is not held back by " + one.second + " (" + why_not_held(one.first, one.second) + ")";
  }
  for (const auto& one : held) {
    if (std::ranges::find(wanted, one) != wanted.end()) continue;
    if (!message.empty()) message += ", ";
    message += one.first + " is held back by " + one.second;
  }
  const auto list = [](const auto& texts) {
    return texts.empty() ? std::string{"nothing"} : absl::StrJoin(texts, ", ", absl::PairFormatter(": "));
  };
  fail(expectation.place, std::move(message), list(wanted), list(held));
}

std::string Narration::explain() const {
  std::string text;
  const ShardState& state = shard_.state();
  for (const std::uint32_t slot : state.conditions().in_order()) {
    const Condition& alert = state.conditions()[slot];
    text += "alert ";
    text += alert.texts[Field::name];
    text += alert.firing ? " fires" : " has ended";
    if (alert.flaps()) text += " and flaps";
    ((text += ", severity ") += rules::name_of(state.rules(), alert.severity)) += ", impact ";
    ((text += name_of(alert.impact)) += ", urgency ") += name_of(alert.urgency);
    ((text += ", ") += name_of(alert.priority)) += ": ";
    (text += standing_of(alert)) += "\n";
    for (const std::string& line : why_it_stands_so(state, slot, TimeForPeople{story_.start}))
      text += "  " + line + "\n";
  }
  for (const auto& [number, slot] : state.incidents().by_number()) {
    text += "incident " + std::to_string(number) + " " + describe(state.incidents()[slot]) + "\n";
  }
  for (const AuditEntry& entry : state.log().entries()) {
    text += "command ";
    ((text += name_of(entry.kind)) += entry.by.empty() ? "" : " by ") += entry.by;
    ((text += " at ") += tocsin::to_text(entry.at - story_.start)) += ": ";
    text += name_of(entry.outcome);
    if (!entry.change.empty()) (text += ", ") += entry.change;
    text += "\n";
  }
  if (chronicle_) text += what_happened();
  return text;
}

/// What happened so far, the newest of it.
std::string Narration::what_happened() const {
  constexpr std::size_t kLinesMax = 40;
  const std::vector<ChronicleEntry> entries = chronicle_->entries();
  std::string text;
  for (std::size_t i = entries.size() - std::min(entries.size(), kLinesMax); i < entries.size(); ++i) {
    const ChronicleEntry& entry = entries[i];
    text += "at " + TimeForPeople{story_.start}(entry.at) + " ";
    text += entry.alert.empty() ? entry.incident : entry.alert;
    text += ": " + entry.words + "\n";
  }
  return text;
}

/// What `tocsin why` says of it, as far as it was decided and not only seen.
std::string Narration::why_of(const IncidentState& incident) const {
  const Condition& lead = shard_.state().conditions()[incident.members.lead()];
  std::string text = reason_of(incident, lead, shard_.state().rules()) + "\n" + incident.telling.change + "\n";
  if (!chronicle_) return text;
  const std::string id = tocsin::to_text(incident.id);
  for (const ChronicleEntry& entry : chronicle_->entries()) {
    if (entry.incident == id) text += entry.words + "\n";
  }
  return text;
}

void Narration::compare_next(const ExpectedIncident::Next& expected, const IncidentState& incident,
                             const Compare& compare) const {
  const Escalation::Next& next = incident.escalation.next;
  const bool is_there = next.at != kNever;
  const std::string what = is_there ? next.what + " by " + next.rule : "none";
  if (expected.none) return compare("next_escalation", "none", what);
  const std::string at = is_there ? tocsin::to_text(next.at - story_.start) : std::string{"none"};
  if (expected.at) compare("next_escalation", tocsin::to_text(*expected.at), at);
  if (expected.instant) compare("next_escalation", tocsin::to_text(*expected.instant - story_.start), at);
  const auto is_goal = [&](const std::string& to) { return to == next.what || "standby group " + to == next.what; };
  if (expected.rule && *expected.rule != next.rule) compare("next_escalation", *expected.rule, what);
  if (expected.to && !is_goal(*expected.to)) compare("next_escalation", *expected.to, what);
  if (expected.text && *expected.text != next.rule && *expected.text != what && !is_goal(*expected.text))
    compare("next_escalation", *expected.text, what);
}

/// "" when the incident is as expected.
std::string Narration::difference(const ExpectedIncident& expected, const IncidentState& incident) const {
  const Condition& leader = shard_.state().conditions()[incident.members.lead()];
  const AlertTexts& lead = leader.texts;
  std::string text;
  const auto compare = [&text](std::string_view what, const std::optional<std::string>& wanted,
                               std::string_view found) {
    if (!wanted || *wanted == found) return;
    if (!text.empty()) text += ", ";
    ((((text += what) += " is ") += found.empty() ? "empty" : found) += ", expected ") += *wanted;
  };
  compare("priority", expected.priority, name_of(incident.priority()));
  compare("status", expected.status, name_of(incident.status));
  compare("severity", expected.severity, rules::name_of(shard_.state().rules(), incident.severity()));
  compare("title", expected.title, title_of(incident, shard_.state().conditions()));
  compare("service", expected.service, lead[Field::service]);
  compare("cause", expected.cause, incident.cause);
  for (const auto& [name, value] : expected.fields) {
    const auto field = field_from(name);
    if (field) compare(name, value, *field == Field::owner ? owner_of(incident, leader) : lead[*field]);
  }
  for (const auto& [name, value] : expected.own_fields) {
    const auto found = std::ranges::find(incident.fields, name, &std::pair<std::string, std::string>::first);
    compare("fields." + name, value,
            found == incident.fields.end() ? std::string_view{} : std::string_view{found->second});
  }
  if (expected.topics) {
    std::vector<std::string> wanted = *expected.topics;
    std::vector<std::string> found;
    for (const Audience& audience : incident.audiences) found.push_back(audience.topic);
    std::ranges::sort(wanted);
    std::ranges::sort(found);
    compare("topics", absl::StrJoin(wanted, ", "), absl::StrJoin(found, ", "));
  }
  if (expected.topic &&
      std::ranges::find(incident.audiences, *expected.topic, &Audience::topic) == incident.audiences.end()) {
    compare("topic", expected.topic, topics_of(incident));
  }
  if (expected.acknowledged) {
    compare("acknowledged", *expected.acknowledged ? "true" : "false",
            incident.status == IncidentStatus::acknowledged ? "true" : "false");
  }
  if (expected.next_escalation) compare_next(*expected.next_escalation, incident, compare);
  compare("escalated_to", expected.escalated_to, incident.escalation.group);
  compare("plan", expected.plan, plan_of(incident).id);
  for (const auto& [role, who] : expected.roles)
    compare("role " + role, who, who_is(role, incident.plan.get(), incident.progress.get()));
  if (expected.steps_done) {
    compare("steps_done", std::to_string(*expected.steps_done),
            std::to_string(steps_done(plan_of(incident), incident.progress.get())));
  }
  if (expected.update_overdue) {
    compare("update_overdue", *expected.update_overdue ? "true" : "false",
            is_update_overdue(incident) ? "true" : "false");
  }
  for (const std::string& part : expected.why) {
    const std::string why = why_of(incident);
    if (why.find(part) == std::string::npos) compare("why", "something with `" + part + "`", "\n" + why);
  }
  if (expected.revision) {
    compare("revision", std::to_string(*expected.revision), std::to_string(incident.telling.revision.value()));
  }
  if (expected.alerts) {
    std::vector<std::string> wanted = *expected.alerts;
    std::ranges::sort(wanted);
    wanted.erase(std::ranges::unique(wanted).begin(), wanted.end());  // of two that are called alike it is one name
    compare("alerts", absl::StrJoin(wanted, ", "), absl::StrJoin(active_names(incident), ", "));
  }
  if (expected.tags) {
    std::vector<std::string> wanted = *expected.tags;
    std::vector<std::string> found;
    for (const Note& note : incident.notes) {
      if (!note.tag.empty()) found.push_back(note.tag);
    }
    for (std::vector<std::string>* tags : {&wanted, &found}) {
      std::ranges::sort(*tags);
      tags->erase(std::ranges::unique(*tags).begin(), tags->end());
    }
    compare("tags", absl::StrJoin(wanted, ", "), absl::StrJoin(found, ", "));
  }
  return text;
}

void Narration::check_incidents(const StoryExpectation& expectation) {
  const std::vector<const IncidentState*> live = live_incidents();
  std::vector<bool> taken(live.size(), false);
  std::string found;
  for (const IncidentState* incident : live) (found += found.empty() ? "" : "\n") += describe(*incident);
  for (const ExpectedIncident& expected : *expectation.incidents) {
    std::string nearest;
    bool matched = false;
    for (std::size_t i = 0; i < live.size() && !matched; ++i) {
      if (taken[i]) continue;
      const std::string what = difference(expected, *live[i]);
      matched = what.empty();
      if (matched) taken[i] = true;
      if (!matched && (nearest.empty() || what.size() < nearest.size())) nearest = what;
    }
    if (!matched) {
      fail(expected.place,
           nearest.empty() ? "an expected incident is not open"
                           : "no open incident is as expected; the nearest: " + nearest,
           std::to_string(expectation.incidents->size()) + " open incidents", found.empty() ? "none" : found);
    }
  }
  if (live.size() > expectation.incidents->size()) {
    fail(expectation.place, "more incidents are open than expected", std::to_string(expectation.incidents->size()),
         found);
  }
}

void Narration::check(const StoryExpectation& expectation) {
  if (expectation.incidents) check_incidents(expectation);
  if (expectation.suppressed) check_suppressed(expectation);
  if (expectation.closed) {
    const ShardCounts& counts = shard_.counts();
    const std::uint64_t ended = counts.incidents_resolved - counts.incidents_reopened;
    if (ended != *expectation.closed) {
      fail(expectation.place, "another number of incidents has ended", std::to_string(*expectation.closed),
           std::to_string(ended));
    }
  }
  for (const auto& [topic, type] : expectation.last) {
    const auto newest = newest_type_.find(topic);
    const std::string found = newest == newest_type_.end() ? "no record" : newest->second;
    if (found != type) fail(expectation.place, "the newest record on " + topic + " is of another type", type, found);
  }
}

StoryResult Narration::run() {
  result_.name = story_.name;
  result_.place = story_.place;
  const std::vector<Arrival> arrivals = arrivals_of(story_);
  std::vector<const StoryExpectation*> expectations;
  for (const StoryExpectation& expectation : story_.expectations) expectations.push_back(&expectation);
  std::ranges::stable_sort(expectations, {}, &StoryExpectation::at);

  auto next = arrivals.begin();
  for (const StoryExpectation* expectation : expectations) {
    for (; next != arrivals.end() && next->arrives <= expectation->at; ++next) {
      pass_time(next->arrives);
      send(*next);
    }
    pass_time(expectation->at);
    check(*expectation);
  }
  return result_;
}

}  // namespace

StoryResult run_story(const Story& story, const rules::RuleSetPtr& rules, const BodyDecoder& decode_body,
                      StoryObserver* observer) {
  if (observer != nullptr) observer->begin();
  return Narration(story, rules, decode_body, observer).run();
}

StoryResult explain_story(const Story& story, const rules::RuleSetPtr& rules, const BodyDecoder& decode_body) {
  Narration narration(story, rules, decode_body, nullptr);
  narration.write_down();
  return narration.run();
}

}  // namespace tocsin
