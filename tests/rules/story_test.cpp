#include "rules/set/story.h"

#include <gtest/gtest.h>

#include "engine/model/time_text.h"
#include "tests/rules/rule_text.h"

namespace tocsin::rules {
namespace {

using namespace std::chrono_literals;

Story only_story(std::string_view text) {
  Loaded loaded = load_text(text);
  EXPECT_EQ(errors_of(loaded), "") << told(loaded);
  EXPECT_EQ(loaded.stories.size(), 1U);
  return loaded.stories.empty() ? Story{} : std::move(loaded.stories[0]);
}

TEST(StoryText, ReadsAlertsWithTheirTimes) {
  const Story story = only_story(R"(
tests:
  - name: a story
    start: 2026-03-28T23:00:00Z
    send:
      - {at: 10s, arrives: 40s, alert: {alertname: DiskFull, code: 500, ok: true}, annotations: {summary: "s {n}"}}
      - {at: 0s, every: 10s, times: 5, alert: {instance: "a{n}:1"}}
      - {at: 5m, resolve: {alertname: DiskFull}}
    expect: []
)");
  EXPECT_EQ(story.name, "a story");
  EXPECT_EQ(to_rfc3339(story.start), "2026-03-28T23:00:00.000Z");
  EXPECT_EQ(story.place.line, 4U);
  ASSERT_EQ(story.steps.size(), 3U);
  EXPECT_EQ(story.steps[0].at, 10s);
  EXPECT_EQ(story.steps[0].arrives, 40s);
  EXPECT_EQ(story.steps[0].labels, (Texts{{"alertname", "DiskFull"}, {"code", "500"}, {"ok", "true"}}));
  EXPECT_EQ(story.steps[0].annotations, (Texts{{"summary", "s {n}"}}));
  EXPECT_EQ(story.steps[0].place.line, 7U);
  EXPECT_EQ(story.steps[1].every, 10s);
  EXPECT_EQ(story.steps[1].times, 5U);
  EXPECT_EQ(story.steps[1].arrives, 0s);
  EXPECT_EQ(story.steps[2].kind, StoryStep::Kind::resolve);
  EXPECT_EQ(story.steps[2].at, 5min);
}

TEST(StoryText, ReadsBodiesAndCommandsAsJson) {
  const Story story = only_story(R"(
tests:
  - name: a story
    send:
      - {at: 6m, source: grafana, body: {alerts: [{labels: {a: "1", b: 2}}], truncated: null, x: 1.5, y: true}}
      - {at: 7m, ack: {incident: 1, by: ana}}
      - {at: 7m, resolve: {incident: 1, by: ana}}
      - {at: 8m, silence: {matchers: ['alertname="DiskFull"'], for: 1h, comment: disk swap}}
    expect: []
)");
  ASSERT_EQ(story.steps.size(), 4U);
  EXPECT_EQ(story.steps[0].kind, StoryStep::Kind::body);
  EXPECT_EQ(story.steps[0].source, "grafana");
  EXPECT_EQ(story.steps[0].body, R"({"alerts":[{"labels":{"a":"1","b":2}}],"truncated":null,"x":1.5,"y":true})");
  EXPECT_EQ(story.steps[1].kind, StoryStep::Kind::command);
  EXPECT_EQ(story.steps[1].command, "ack");
  EXPECT_EQ(story.steps[1].arguments, R"({"incident":1,"by":"ana"})");
  EXPECT_EQ(story.steps[2].kind, StoryStep::Kind::command);
  EXPECT_EQ(story.steps[2].command, "resolve");
  EXPECT_EQ(story.steps[3].arguments, R"({"matchers":["alertname=\"DiskFull\""],"for":"1h","comment":"disk swap"})");
}

TEST(StoryText, AnAlertMayBeRepeatedAsPrometheusDoes) {
  const Story story = only_story(R"(
tests:
  - name: a story
    send:
      - {at: 0s, every: 1m, times: 9, repeats: true, lease: 4m, alert: {alertname: A}}
      - {at: 0s, alert: {alertname: A}, repeats: false}
      - {at: 5m, queue_age: 40s}
    expect: []
)");
  ASSERT_EQ(story.steps.size(), 3U);
  EXPECT_TRUE(story.steps[0].repeats);
  EXPECT_EQ(story.steps[0].lease, 4min);
  EXPECT_FALSE(story.steps[1].repeats);
  EXPECT_EQ(story.steps[1].lease, 0s);
  EXPECT_EQ(story.steps[2].kind, StoryStep::Kind::queue_age);
  EXPECT_EQ(story.steps[2].queue_age, 40s);
}

TEST(StoryText, ReadsExpectationsAndTellsWhatIsNotStated) {
  const Story story = only_story(R"(
tests:
  - name: a story
    send: []
    expect:
      - at: 9m
        incidents:
          - {priority: P2, status: open, severity: error, alerts: [A, B], cause: c, tags: [t], topic: x, revision: 2}
          - {title: t, service: s, team: red, host: n1, topics: [x, y]}
        suppressed: {PodCrash: node-mutes-pods}
        closed: 0
        last: {incidents.page: updated}
      - {at: 10m, incidents: []}
      - {at: 11m, closed: 1}
)");
  ASSERT_EQ(story.expectations.size(), 3U);
  const StoryExpectation& first = story.expectations[0];
  EXPECT_EQ(first.at, 9min);
  ASSERT_EQ(first.incidents->size(), 2U);
  const ExpectedIncident& incident = (*first.incidents)[0];
  EXPECT_EQ(incident.priority, "P2");
  EXPECT_EQ(incident.severity, "error");
  EXPECT_EQ(incident.alerts, (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(incident.revision, 2U);
  EXPECT_EQ(incident.title, std::nullopt);
  EXPECT_EQ(incident.topics, std::nullopt);
  EXPECT_EQ((*first.incidents)[1].alerts, std::nullopt);
  EXPECT_EQ((*first.incidents)[1].topics, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ((*first.incidents)[1].fields, (Texts{{"team", "red"}, {"host", "n1"}}));
  EXPECT_EQ((*first.incidents)[1].place.line, 10U);
  EXPECT_EQ(first.suppressed, (Texts{{"PodCrash", "node-mutes-pods"}}));
  EXPECT_EQ(first.closed, 0U);
  EXPECT_EQ(first.last, (Texts{{"incidents.page", "updated"}}));
  EXPECT_EQ(story.expectations[1].incidents->size(), 0U);
  EXPECT_EQ(story.expectations[1].suppressed, std::nullopt);
  EXPECT_EQ(story.expectations[2].incidents, std::nullopt);
}

}  // namespace
}  // namespace tocsin::rules
