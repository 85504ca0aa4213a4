#include "engine/core/telling/watch_query.h"

#include <algorithm>
#include <charconv>

#include "engine/core/shard_state.h"
#include "engine/core/telling/query_parts.h"
#include "engine/model/json_writer.h"
#include "engine/model/limits.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

QueryAnswer no_filters(const Query& query, std::string_view what) {
  QueryAnswer answer;
  answer.ticket = query.ticket;
  answer.ok = false;
  answer.error = Error{Refusal::bad_value,
                       std::string{what} + " have no field `" + query.filters.front().first + "` to filter by"};
  return answer;
}

void write_time(JsonWriter& json, std::string_view name, Instant at) {
  json.key(name);
  if (at == kUnset || at == kNever) {
    json.null();
  } else {
    json.value(to_rfc3339(at));
  }
}

void write_storm(const ShardState& state, std::string_view tenant, std::string_view scope, const Storm& storm,
                 std::uint64_t folded_now, std::string& out) {
  const StormAccount& account = storm.account;
  JsonWriter json(out);
  json.begin_object();
  json.field("storm", storm.number);
  json.field("tenant", tenant.empty() ? "default" : tenant);
  json.field("scope", scope);
  json.field("status", is_over(storm) ? "over" : "lasts");
  json.field("shadow", storm.is_shadow);
  json.field("by_queue", storm.by_queue);
  write_time(json, "began_at", storm.began_at);
  write_time(json, "ended_at", storm.ended_at);
  json.field("took_per_minute", storm.level);
  json.field("usual_per_minute", storm.usual);
  json.field("peak_per_minute", account.peak);
  json.field("alerts", account.opened);
  json.field("folded", account.folded);
  json.field("folded_now", folded_now);
  json.field("ended", account.left_by(StormExit::ended));
  json.field("became_severe", account.left_by(StormExit::risen));
  json.field("released", account.left_by(StormExit::released));
  json.field("dismissed", account.left_by(StormExit::dismissed));
  json.field("incidents", account.incidents);
  json.field("incidents_after", account.incidents_after);
  json.field("would_fold", account.would_fold);
  json.field("lost", account.lost(folded_now));
  json.key("incident_id");
  const auto incident = state.incidents().by_number().find(storm.incident);
  if (incident == state.incidents().by_number().end()) {
    json.null();
  } else {
    json.value(to_text(state.incidents()[incident->second].id));
  }
  json.end_object();
}

}  // namespace

QueryAnswer list_storms(const ShardState& state, const Query& query) {
  if (!query.filters.empty()) return no_filters(query, "storms");
  QueryAnswer answer;
  answer.ticket = query.ticket;
  std::string& out = answer.json;
  out = R"({"storms":[)";
  std::size_t told = 0;
  const std::size_t limit = page_limit(query);
  const auto tell = [&](std::string_view tenant, std::string_view scope, const Storm& storm, std::uint64_t now) {
    if (told == limit) return;
    if (told++ > 0) out += ',';
    write_storm(state, tenant, scope, storm, now, out);
  };
  state.storms().for_each_on([&](const StormBook::Scope& scope, const Storm& storm) {
    tell(scope.tenant, scope.words, storm, state.folded_now(scope));
  });
  const auto& past = state.storms().past();
  for (auto one = past.rbegin(); one != past.rend(); ++one) tell(one->tenant, one->words, one->storm, 0);
  out += R"(],"next":null})";
  return answer;
}

QueryAnswer list_sources(const ShardState& state, const Query& query) {
  if (!query.filters.empty()) return no_filters(query, "sources");
  QueryAnswer answer;
  answer.ticket = query.ticket;
  std::uint32_t after = 0;
  std::from_chars(query.after.data(), query.after.data() + query.after.size(), after);
  std::string& out = answer.json;
  out = R"({"sources":[)";
  std::size_t told = 0;
  const auto& all = state.sources().speakers();
  auto next = all.upper_bound(after);
  for (; next != all.end() && told < page_limit(query); ++next) {
    const Speaker& speaker = next->second;
    const bool is_watched = state.sources().is_watched(speaker);
    if (told++ > 0) out += ',';
    JsonWriter json(out);
    json.begin_object();
    json.field("tenant", speaker.tenant.empty() ? "default" : std::string_view{speaker.tenant});
    json.field("source", speaker.source);
    json.field("origin", speaker.origin);
    json.field("status", speaker.is_silent ? "silent" : "heard");
    json.field("watched", speaker.stated > Duration{0} ? "stated" : is_watched ? "learned" : "no");
    write_time(json, "last_heard_at", speaker.heard_at);
    json.key("silent_after");
    if (is_watched) {
      json.value(to_text(SourceBook::patience(speaker)));
    } else {
      json.null();
    }
    json.end_object();
    after = speaker.number;
  }
  out += R"(],"next":)";
  out += next != all.end() ? '"' + std::to_string(after) + '"' : "null";
  out += '}';
  return answer;
}

namespace {

std::string_view name_of(rules::TemporalRule::Kind kind) {
  using Kind = rules::TemporalRule::Kind;
  switch (kind) {
    case Kind::threshold:
      return "threshold";
    case Kind::distinct:
      return "distinct";
    case Kind::sequence:
      return "sequence";
    case Kind::all:
      return "all";
    case Kind::absence:
      break;
  }
  return "absence";
}

void write_rule(const rules::TemporalRule& rule, const RuleCounts& counts, std::string& out) {
  JsonWriter json(out);
  json.begin_object();
  json.field("rule", rule.id);
  json.field("kind", name_of(rule.kind));
  json.key("by").begin_array();
  for (const Field field : rule.by_fields) json.value(name_of(field));
  for (const std::string& label : rule.by_labels) json.value("labels." + label);
  json.end_array();
  json.field("within", to_text(rule.within));
  json.field("keys", counts.keys);
  json.field("keys_max", counts.keys_max);
  json.field("evicted", counts.evicted);
  json.field("refused", counts.refused);
  json.field("fired", counts.fired);
  json.end_object();
}

}  // namespace

QueryAnswer list_rules(const ShardState& state, const Query& query) {
  bool only_used = false;
  for (const auto& [name, value] : query.filters) {
    if (name != "used" || (value != "true" && value != "false")) {
      QueryAnswer answer = no_filters(query, "rules");
      if (name == "used") answer.error.message = "used must be true or false";
      return answer;
    }
    only_used = value == "true";
  }
  QueryAnswer answer;
  answer.ticket = query.ticket;
  std::uint32_t next = 0;
  std::from_chars(query.after.data(), query.after.data() + query.after.size(), next);
  std::string& out = answer.json;
  out = R"({"rules":[)";
  std::size_t told = 0;
  const TemporalBook& rules = state.temporal();
  for (; next < rules.rule_count() && told < page_limit(query); ++next) {
    const RuleCounts counts = rules.counts(next);
    if (only_used && !counts.is_used()) continue;
    if (told++ > 0) out += ',';
    write_rule(rules.rule(next), counts, out);
  }
  out += R"(],"next":)";
  out += next < rules.rule_count() ? '"' + std::to_string(next) + '"' : "null";
  out += '}';
  return answer;
}

}  // namespace tocsin
