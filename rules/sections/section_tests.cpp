#include <algorithm>
#include <array>
#include <span>

#include "engine/model/limits.h"
#include "engine/model/time_text.h"
#include "rules/sections/draft.h"
#include "rules/yaml/suggest.h"
#include "rules/yaml/yaml_json.h"

namespace tocsin::rules {
namespace {

/// 2026-01-01T00:00:00Z, the instant of 0s where a story does not say.
constexpr Instant kStoryStart = from_unix_ns(1'767'225'600'000'000'000);
constexpr std::uint64_t kTimesMax = 1'000'000;

/// What operators may do in a story.
constexpr std::array<std::string_view, 25> kCommands{
    "ack",       "unack",          "resolve",        "close",    "reopen",    "note",  "comment",
    "assign",    "snooze",         "unsnooze",       "priority", "severity",  "drill", "merge",
    "split",     "move",           "roles",          "plan",     "plan_step", "score", "silence",
    "unsilence", "expire_silence", "extend_silence", "heartbeat"};

/// A map from text to text; numbers and truth values are taken as they are written.
Texts read_texts(const YamlNode& node, std::string_view what, Context& context) {
  Texts texts;
  if (!node.is_map()) {
    context.report.error(node, "wrong_type", std::string{what} + " must be a map from name to text");
    return texts;
  }
  for (std::size_t i = 0; i < node.items.size(); i += 2) {
    const auto value = read_text(*node.items[i + 1], "a value of " + std::string{what}, context.report);
    if (value && node.items[i]->is_scalar()) texts.emplace_back(node.items[i]->text, *value);
  }
  return texts;
}

Texts read_labels(const YamlNode& node, std::string_view what, Context& context) {
  Texts labels = read_texts(node, what, context);
  for (std::size_t i = 0; node.is_map() && i < node.items.size(); i += 2) {
    if (node.items[i]->is_scalar() &&
        (node.items[i]->text.empty() || node.items[i]->text.size() > limits::kLabelNameBytesMax)) {
      context.report.error(*node.items[i], "bad_label",
                           "`" + std::string{node.items[i]->text.substr(0, 80)} + "` is not a name of a label");
    }
  }
  return labels;
}

/// True for `resolve: {incident: 1, by: ana}`, the command; `resolve: {alertname: …}` is an alert.
bool names_incident(const YamlNode& node) {
  for (std::size_t i = 0; node.is_map() && i < node.items.size(); i += 2) {
    if (node.items[i]->is_scalar() && node.items[i]->text == "incident") return true;
  }
  return false;
}

/// Which of the keys of a step says what it does; null and a diagnostic when there is not exactly one.
const YamlNode* find_action(const YamlNode& step, bool& is_told, Context& context) {
  constexpr std::array<std::string_view, 8> kOthers{"at",    "arrives",     "every",   "times",
                                                    "lease", "annotations", "repeats", "source"};
  const YamlNode* action = nullptr;
  for (std::size_t i = 0; i < step.items.size(); i += 2) {
    const YamlNode& key = *step.items[i];
    if (!key.is_scalar() || std::ranges::find(kOthers, key.text) != kOthers.end()) continue;
    const bool is_known = key.text == "alert" || key.text == "body" || key.text == "queue_age" ||
                          std::ranges::find(kCommands, key.text) != kCommands.end();
    if (!is_known) {
      std::vector<std::string_view> known{"alert", "body"};
      known.insert(known.end(), kOthers.begin(), kOthers.end());
      known.push_back("queue_age");
      known.insert(known.end(), kCommands.begin(), kCommands.end());
      std::string hint = context.report.is_full() ? "" : suggestion(key.text, known);
      constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kMeant{{{"acknowledge", "ack"},
                                                                                     {"unacknowledge", "unack"},
                                                                                     {"mute", "silence"},
                                                                                     {"fire", "alert"},
                                                                                     {"firing", "alert"}}};
      const auto meant = std::ranges::find(kMeant, key.text, &std::pair<std::string_view, std::string_view>::first);
      if (meant != kMeant.end()) hint = "did you mean `" + std::string{meant->second} + "`?";
      if (hint.empty() && !context.report.is_full()) hint = "its keys are " + one_of(known);
      context.report.error(key, "unknown_key", "a step has no key `" + std::string{key.text.substr(0, 80)} + "`",
                           std::move(hint));
      is_told = true;
    } else if (action != nullptr) {
      context.report.error(key, "conflicting_keys", "a step does one thing, this is the second");
    } else {
      action = &key;
    }
  }
  return action;
}

void read_times(const YamlNode& node, StoryStep& step, Context& context) {
  if (const YamlNode* at = value_of(node, "at")) {
    step.at = read_duration(*at, "`at`", Duration{0}, context.report).value_or(Duration{0});
  } else {
    context.report.error(node, "missing_key", "a step needs `at`");
  }
  step.arrives = step.at;
  if (const YamlNode* arrives = value_of(node, "arrives")) {
    step.arrives = read_duration(*arrives, "`arrives`", Duration{0}, context.report).value_or(step.at);
  }
  const YamlNode* every = value_of(node, "every");
  const YamlNode* times = value_of(node, "times");
  if ((every == nullptr) != (times == nullptr)) {
    context.report.error(node, "missing_key", "`every` and `times` go together");
  }
  if (every != nullptr) {
    step.every = read_duration(*every, "`every`", Duration{0}, context.report).value_or(Duration{0});
  }
  if (times != nullptr) {
    step.times = static_cast<std::uint32_t>(read_count(*times, "`times`", 1, kTimesMax, context.report).value_or(1));
  }
}

/// What Prometheus says of an alert that it repeats.
void read_repeats(const YamlNode& node, StoryStep& step, Context& context) {
  const YamlNode* repeats = value_of(node, "repeats");
  const YamlNode* lease = value_of(node, "lease");
  for (const YamlNode* one : {repeats, lease}) {
    if (one != nullptr && step.kind != StoryStep::Kind::alert)
      context.report.error(*one, "conflicting_keys", "only an `alert` has `repeats` and `lease`");
  }
  if (repeats != nullptr) step.repeats = read_bool(*repeats, "`repeats`", context.report).value_or(false);
  if (lease != nullptr)
    step.lease = read_duration(*lease, "`lease`", Duration{1}, context.report).value_or(Duration{0});
}

StoryStep read_step(const YamlNode& node, Context& context) {
  StoryStep step;
  step.place = context.report.place(node);
  if (!node.is_map()) {
    context.report.error(node, "wrong_type", "a step is a map such as `{at: 0s, alert: {…}}`");
    return step;
  }
  bool is_told = false;
  const YamlNode* action = find_action(node, is_told, context);
  read_times(node, step, context);
  if (action == nullptr) {
    if (!is_told)
      context.report.error(node, "missing_key", "a step needs `alert`, `resolve`, `body`, `queue_age` or a command");
    return step;
  }
  const YamlNode& value = *value_of(node, action->text);
  const bool is_alert = action->text == "alert" || (action->text == "resolve" && !names_incident(value));
  if (is_alert) {
    step.kind = action->text == "alert" ? StoryStep::Kind::alert : StoryStep::Kind::resolve;
    step.labels = read_labels(value, action->text, context);
  } else if (action->text == "body") {
    step.kind = StoryStep::Kind::body;
    append_json(step.body, value);
  } else if (action->text == "queue_age") {
    step.kind = StoryStep::Kind::queue_age;
    step.queue_age = read_duration(value, "`queue_age`", Duration{0}, context.report).value_or(Duration{0});
  } else {
    step.kind = StoryStep::Kind::command;
    step.command = action->text;
    append_json(step.arguments, value);
  }
  read_repeats(node, step, context);
  if (const YamlNode* annotations = value_of(node, "annotations")) {
    if (!is_alert) context.report.error(*annotations, "conflicting_keys", "only alerts have `annotations`");
    step.annotations = read_labels(*annotations, "`annotations`", context);
  }
  const YamlNode* source = value_of(node, "source");
  if (source != nullptr) step.source = read_name(*source, "`source`", context.report).value_or("");
  if ((source != nullptr) != (step.kind == StoryStep::Kind::body)) {
    context.report.error(node, "missing_key", "`source` and `body` go together");
  }
  return step;
}

std::vector<std::string> read_names(const YamlNode& node, std::string_view what, Context& context) {
  std::vector<std::string> names;
  for (const YamlNode* item : read_list(node, what, context.report)) {
    if (const auto text = read_text(*item, what, context.report)) names.emplace_back(*text);
  }
  return names;
}

/// `30m`, `2026-01-01T00:30:00Z`, the name of a rule, `P1`, `none`, or `{at: 30m, rule: …, to: …}`.
ExpectedIncident::Next read_next(const YamlNode& node, Context& context) {
  ExpectedIncident::Next next;
  if (node.kind == YamlNode::Kind::null) {
    next.none = true;
    return next;
  }
  const auto name = [&](const YamlNode& value, std::string_view what, std::optional<std::string>& into) {
    if (const auto text = read_text(value, what, context.report)) into = *text;
  };
  if (node.is_scalar()) {
    next.none = node.text.empty() || node.text == "none";
    next.at = parse_duration(node.text);
    next.instant = parse_rfc3339(node.text);
    if (!next.none && !next.at && !next.instant) name(node, "`next_escalation`", next.text);
    return next;
  }
  const MapReader map(node, "`next_escalation`", {"at", "rule", "to"}, context.report);
  if (const YamlNode* at = map.find("at")) next.at = read_duration(*at, "`at`", Duration{0}, context.report);
  if (const YamlNode* rule = map.find("rule")) name(*rule, "`rule`", next.rule);
  if (const YamlNode* to = map.find("to")) name(*to, "`to`", next.to);
  return next;
}

ExpectedIncident read_incident(const YamlNode& node, Context& context) {
  constexpr std::string_view kStatuses[]{"open", "acknowledged", "resolved"};
  constexpr std::string_view kTruths[]{"false", "true"};
  constexpr std::string_view kPriorities[]{"P1", "P2", "P3", "P4", "P5"};
  constexpr std::string_view kExpectedFields[]{"component", "environment",      "region", "team",
                                               "owner",     "assignment_group", "host",   "resource",
                                               "category",  "alert_class"};
  const MapReader map(node, "an expected incident", {"priority",
                                                     "status",
                                                     "severity",
                                                     "alerts",
                                                     "cause",
                                                     "tags",
                                                     "topic",
                                                     "topics",
                                                     "revision",
                                                     "title",
                                                     "service",
                                                     "component",
                                                     "environment",
                                                     "region",
                                                     "team",
                                                     "owner",
                                                     "assignment_group",
                                                     "host",
                                                     "resource",
                                                     "category",
                                                     "alert_class",
                                                     "acknowledged",
                                                     "fields",
                                                     "next_escalation",
                                                     "escalated_to",
                                                     "plan",
                                                     "roles",
                                                     "steps_done",
                                                     "update_overdue",
                                                     "why"},
                      context.report);
  ExpectedIncident incident;
  incident.place = context.report.place(node);
  if (const YamlNode* value = map.find("priority")) {
    const auto index = read_word(*value, "`priority`", kPriorities, "unknown_priority", context.report);
    if (index) incident.priority = kPriorities[*index];
  }
  if (const YamlNode* value = map.find("status")) {
    const auto index = read_word(*value, "`status`", kStatuses, "unknown_status", context.report);
    if (index) incident.status = kStatuses[*index];
  }
  if (const YamlNode* value = map.find("severity")) {
    if (read_severity(*value, "`severity`", context)) incident.severity = value->text;
  }
  const auto text = [&](std::string_view key, std::optional<std::string>& into) {
    const YamlNode* value = map.find(key);
    if (value == nullptr) return;
    if (const auto read = read_text(*value, key, context.report)) into = *read;
  };
  text("cause", incident.cause);
  text("topic", incident.topic);
  text("title", incident.title);
  text("service", incident.service);
  if (const YamlNode* value = map.find("revision")) {
    incident.revision = read_count(*value, "`revision`", 1, UINT32_MAX, context.report);
  }
  if (const YamlNode* value = map.find("acknowledged")) {
    const auto index = read_word(*value, "`acknowledged`", kTruths, "wrong_type", context.report);
    if (index) incident.acknowledged = *index == 1;
  }
  text("escalated_to", incident.escalated_to);
  text("plan", incident.plan);
  if (const YamlNode* value = map.find("roles")) incident.roles = read_texts(*value, "`roles`", context);
  if (const YamlNode* value = map.find("steps_done")) {
    incident.steps_done = read_count(*value, "`steps_done`", 0, UINT32_MAX, context.report);
  }
  if (const YamlNode* value = map.find("update_overdue")) {
    const auto index = read_word(*value, "`update_overdue`", kTruths, "wrong_type", context.report);
    if (index) incident.update_overdue = *index == 1;
  }
  if (const YamlNode* value = map.find("next_escalation")) incident.next_escalation = read_next(*value, context);
  if (const YamlNode* value = map.find("why")) {
    if (value->is_scalar()) {
      if (const auto words = read_text(*value, "`why`", context.report)) incident.why.emplace_back(*words);
    } else {
      incident.why = read_names(*value, "`why`", context);
    }
  }
  if (const YamlNode* value = map.find("alerts")) incident.alerts = read_names(*value, "`alerts`", context);
  if (const YamlNode* value = map.find("tags")) incident.tags = read_names(*value, "`tags`", context);
  if (const YamlNode* value = map.find("topics")) incident.topics = read_names(*value, "`topics`", context);
  if (const YamlNode* value = map.find("fields")) incident.own_fields = read_texts(*value, "`fields`", context);
  for (const std::string_view name : kExpectedFields) {
    const YamlNode* value = map.find(name);
    const auto read = value != nullptr ? read_text(*value, name, context.report) : std::nullopt;
    if (read) incident.fields.emplace_back(name, *read);
  }
  return incident;
}

StoryExpectation read_expectation(const YamlNode& node, Context& context) {
  constexpr std::string_view kChanges[]{"opened",   "updated",  "acknowledged", "escalated",
                                        "resolved", "reopened", "merged",       "closed"};
  const MapReader map(node, "an expectation", {"at", "incidents", "suppressed", "closed", "last"}, context.report);
  StoryExpectation expectation;
  expectation.place = context.report.place(node);
  if (const YamlNode* at = map.require("at")) {
    expectation.at = read_duration(*at, "`at`", Duration{0}, context.report).value_or(Duration{0});
  }
  if (const YamlNode* incidents = map.find("incidents")) {
    expectation.incidents.emplace();
    for (const YamlNode* item : read_list(*incidents, "`incidents`", context.report)) {
      expectation.incidents->push_back(read_incident(*item, context));
    }
  }
  if (const YamlNode* held = map.find("suppressed")) {
    expectation.suppressed = read_texts(*held, "`suppressed`", context);
  }
  if (const YamlNode* closed = map.find("closed")) {
    expectation.closed = read_count(*closed, "`closed`", 0, UINT32_MAX, context.report);
  }
  if (const YamlNode* last = map.find("last")) {
    expectation.last = read_texts(*last, "`last`", context);
    for (std::size_t i = 1; last->is_map() && i < last->items.size(); i += 2) {
      if (last->items[i]->is_scalar()) {
        read_word(*last->items[i], "a value of `last`", kChanges, "unknown_word", context.report);
      }
    }
  }
  if (node.is_map() && node.items.size() <= 2) {
    context.report.error(node, "missing_key", "an expectation says what must hold: `incidents`, `closed` …");
  }
  return expectation;
}

}  // namespace

void read_stories(const YamlNode& node, Context& context) {
  for (const YamlNode* item : read_list(node, "`tests`", context.report)) {
    const MapReader map(*item, "a test", {"name", "start", "send", "expect"}, context.report);
    Story story;
    story.place = context.report.place(*item);
    story.start = kStoryStart;
    if (const YamlNode* name = map.require("name")) {
      story.name = read_text(*name, "`name`", context.report).value_or("");
    }
    if (const YamlNode* start = map.find("start")) {
      story.start = read_instant(*start, "`start`", context.report).value_or(kStoryStart);
    }
    if (const YamlNode* send = map.require("send")) {
      for (const YamlNode* step : read_list(*send, "`send`", context.report)) {
        story.steps.push_back(read_step(*step, context));
      }
    }
    if (const YamlNode* expect = map.require("expect")) {
      for (const YamlNode* one : read_list(*expect, "`expect`", context.report)) {
        story.expectations.push_back(read_expectation(*one, context));
      }
    }
    context.draft.stories.push_back(std::move(story));
  }
}

}  // namespace tocsin::rules
