#include "engine/core/telling/query.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <optional>

#include "engine/core/shard_state.h"
#include "engine/core/telling/alert_query.h"
#include "engine/core/telling/incident_record.h"
#include "engine/core/telling/query_filter.h"
#include "engine/core/telling/query_parts.h"
#include "engine/core/telling/watch_query.h"
#include "engine/model/check.h"
#include "engine/model/json_writer.h"
#include "engine/model/limits.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

/// Takes the score out of a record that was told with one: three scalars in a row, the last of them a text.
void drop_score(std::string& record) {
  constexpr std::string_view kLast = R"("score_comment":")";
  const std::size_t begin = record.find(R"("score":)");
  if (begin > record.find(R"("alerts":[)")) return;
  std::size_t end = record.find(kLast, begin) + kLast.size();
  while (record[end] != '"') end += record[end] == '\\' ? 2U : 1U;
  record.erase(begin, end + 2 - begin);  // with the comma behind it
}

/// What people say of an incident after its last record.
void add_score(const IncidentState& incident, std::string& out) {
  const auto& score = incident.handling.score;
  if (!score || score->at < incident.closed_at) return;
  TOCSIN_CHECK(out.back() == '}', "a record is an object");
  out.pop_back();
  drop_score(out);
  out += R"(,"score":)" + std::to_string(score->points);
  out += R"(,"score_by":)";
  append_json_string(out, score->by);
  out += R"(,"score_comment":)";
  append_json_string(out, score->comment);
  out += '}';
}

/// Closed incidents are as they were told last; others as they are now, marked where that is more than what is told
/// under this `event_id`.
void write_incident(const ShardState& state, const IncidentState& incident, std::string& out) {
  if (is_over(incident)) {
    out += incident.telling.closed->value;
    add_score(incident, out);
    return;
  }
  const Telling& telling = incident.telling;
  const std::string title = title_of(incident, state.conditions());
  const Condition& lead = state.conditions()[incident.members.lead()];
  // The reason that was told was given by the rules of then.
  const std::string reason = is_untold(incident) ? reason_of(incident, lead, state.rules()) : telling.reason;
  write_record({incident, title, lead, state.rules(), telling.newest_change, telling.change, reason, telling.newest},
               lines_of(incident, state.incidents(), state.conditions(), state.rules()), out);
  if (!is_untold(incident)) return;
  TOCSIN_CHECK(out.back() == '}', "a record is an object");
  out.back() = ',';
  out += R"("untold":true})";
}

/// A page of incidents while it is filled.
struct IncidentPage {
  const ShardState& state;
  const QueryFilter& filter;
  std::size_t limit;
  std::string& out;
  std::size_t told = 0;
  std::size_t looked_at = 0;

  bool is_full() const { return told == limit || looked_at >= limits::kQueryLookedAtMax; }
  void look_at(const IncidentState& incident) {
    looked_at += filter.looks_at(incident);
    if (!filter.matches(state, incident)) return;
    if (told++ > 0) out += ',';
    write_incident(state, incident, out);
  }
};

/// Newest first; the cursor is the number of the last one looked at.
std::optional<std::string> fill_newest(IncidentPage& page, std::string_view after) {
  const auto& by_number = page.state.incidents().by_number();
  auto next = by_number.end();
  if (!after.empty()) {
    const auto number = number_from(after);
    if (!number) return std::string(kBadCursor);
    next = by_number.lower_bound(*number);
  }
  std::uint64_t last = 0;
  while (next != by_number.begin() && !page.is_full()) {
    --next;
    last = next->first;
    page.look_at(page.state.incidents()[next->second]);
  }
  page.out += R"(],"next":)";
  page.out += next != by_number.begin() ? '"' + std::to_string(last) + '"' : "null";
  return std::nullopt;
}

/// `1.2.17`: group, priority and number of the last one looked at.
std::optional<IncidentRanking::Place> place_from(std::string_view text) {
  std::array<std::uint64_t, 3> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t end = i + 1 < numbers.size() ? text.find('.') : text.size();
    const auto number = end > text.size() ? std::nullopt : number_from(text.substr(0, end));
    if (!number) return std::nullopt;
    numbers[i] = *number;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (numbers[0] < 1 || numbers[0] > 3 || numbers[1] < 1 || numbers[1] > 5) return std::nullopt;
  return IncidentRanking::Place{static_cast<IncidentRanking::Group>(numbers[0]), static_cast<Priority>(numbers[1]),
                                numbers[2], UINT32_MAX};
}

/// Whether incidents that stand there can match the filter at all.
bool takes(const QueryFilter& filter, IncidentRanking::Group group) {
  switch (group) {
    case IncidentRanking::Group::live:
      return filter.takes(IncidentStatus::open) || filter.takes(IncidentStatus::acknowledged);
    case IncidentRanking::Group::resolved:
      return filter.takes(IncidentStatus::resolved);
    case IncidentRanking::Group::over:
      return filter.takes(IncidentStatus::closed) || filter.takes(IncidentStatus::merged);
  }
  return false;
}

/// The most pressing first. Says also how many match that do not stand on this or an earlier page, as far as it looks.
std::optional<std::string> fill_pressing(IncidentPage& page, std::string_view after) {
  const auto& by_rank = page.state.incidents().by_rank();
  auto next = by_rank.begin();
  if (!after.empty()) {
    const auto place = place_from(after);
    if (!place) return std::string(kBadCursor);
    next = by_rank.upper_bound(*place);
  }
  std::string cursor;
  std::size_t left_out = 0;
  bool is_cut = false;
  while (next != by_rank.end()) {
    if (!takes(page.filter, next->group)) {
      if (next->group == IncidentRanking::Group::over) break;
      const auto after_group = static_cast<IncidentRanking::Group>(static_cast<int>(next->group) + 1);
      next = by_rank.lower_bound({after_group, Priority{}, 0, 0});
      continue;
    }
    const IncidentState& incident = page.state.incidents()[next->slot];
    if (page.looked_at >= limits::kQueryLookedAtMax) {
      is_cut = true;
      break;
    }
    if (!page.is_full()) {
      page.look_at(incident);
      cursor = std::to_string(static_cast<int>(next->group)) + '.' + std::to_string(static_cast<int>(next->priority)) +
               '.' + std::to_string(next->number);
    } else {
      page.looked_at += page.filter.looks_at(incident);
      if (page.filter.matches(page.state, incident)) ++left_out;
    }
    ++next;
  }
  page.out += R"(],"next":)";
  page.out += left_out > 0 || is_cut ? '"' + cursor + '"' : "null";
  page.out += R"(,"left_out":)" + std::to_string(left_out);
  if (is_cut) page.out += R"(,"left_out_at_least":true)";
  return std::nullopt;
}

QueryAnswer list_incidents(const ShardState& state, const Query& query, const QueryFilter& filter) {
  QueryAnswer answer;
  answer.ticket = query.ticket;
  answer.json = R"({"incidents":[)";
  IncidentPage page{state, filter, page_limit(query), answer.json};
  const auto mistake =
      filter.order() == QueryOrder::pressing ? fill_pressing(page, query.after) : fill_newest(page, query.after);
  if (mistake) return refused(query, Refusal::bad_value, *mistake);
  answer.json += '}';
  return answer;
}

QueryAnswer one_incident(const ShardState& state, const Query& query) {
  QueryAnswer answer;
  answer.ticket = query.ticket;
  const std::uint32_t slot = find_incident(state, query, query.id, answer);
  if (slot != kNoSlot) write_incident(state, state.incidents()[slot], answer.json);
  return answer;
}

std::string_view state_of(const Silence& silence, Instant now) {
  if (silence.is_over()) return "ended";
  return silence.starts_at > now ? "pending" : "active";
}

void write_silence(const Silence& silence, Instant now, std::string& out) {
  JsonWriter json(out);
  json.begin_object();
  json.field("id", silence.id);
  json.field("number", silence.number);
  json.field("state", state_of(silence, now));
  json.key("matchers").begin_array();
  for (const Matcher& matcher : silence.matchers) json.value(to_text(matcher.parts()));
  json.end_array();
  json.field("by", silence.by);
  json.field("comment", silence.comment);
  json.field("created_at", to_rfc3339(silence.created_at));
  json.field("starts_at", to_rfc3339(silence.starts_at));
  json.field("ends_at", to_rfc3339(silence.ends_at));
  json.key("ended_at");
  if (silence.is_over()) {
    json.value(to_rfc3339(silence.ended_at));
  } else {
    json.null();
  }
  json.field("matched", silence.matched);
  json.field("held", silence.held);
  json.field("hid_p1", silence.hid_p1);
  json.end_object();
}

/// A filter may name several values with commas between.
bool one_of(std::string_view values, std::string_view value) {
  while (true) {
    const std::size_t comma = values.find(',');
    if (values.substr(0, comma) == value) return true;
    if (comma == std::string_view::npos) return false;
    values.remove_prefix(comma + 1);
  }
}

bool holds(const Query& query, std::string_view name, std::string_view value) {
  return std::ranges::all_of(query.filters,
                             [&](const auto& one) { return one.first != name || one_of(one.second, value); });
}

/// Newest first, whatever is listed: `tell(place, out)` appends one, or says that it is not wanted.
template <typename Numbers, typename Tell>
QueryAnswer list_by_number(const Query& query, std::string_view name, const Numbers& numbers, Tell tell) {
  std::uint64_t before = UINT64_MAX;
  if (!query.after.empty()) {
    const auto number = number_from(query.after);
    if (!number) return refused(query, Refusal::bad_value, std::string(kBadCursor));
    before = *number;
  }
  QueryAnswer answer;
  answer.ticket = query.ticket;
  std::string& out = answer.json;
  ((out = R"({")") += name) += R"(":[)";
  const std::size_t limit = page_limit(query);
  std::size_t told = 0;
  std::size_t looked_at = 0;
  std::uint64_t last = 0;
  bool more = false;
  for (auto next = numbers.end(); next != numbers.begin();) {
    --next;
    const std::uint64_t number = numbers.number_of(next);
    if (number >= before) continue;
    if (told == limit || ++looked_at > limits::kQueryLookedAtMax) {
      more = true;
      break;
    }
    last = number;
    const std::size_t size = out.size();
    if (told > 0) out += ',';
    if (tell(next, out)) {
      ++told;
    } else {
      out.resize(size);
    }
  }
  out += R"(],"next":)";
  out += more ? '"' + std::to_string(last) + '"' : "null";
  out += '}';
  return answer;
}

struct SilencesByNumber {
  const std::map<std::uint64_t, std::uint32_t>& all;
  auto begin() const { return all.begin(); }
  auto end() const { return all.end(); }
  std::uint64_t number_of(std::map<std::uint64_t, std::uint32_t>::const_iterator at) const { return at->first; }
};

struct EntriesByNumber {
  const std::deque<AuditEntry>& all;
  auto begin() const { return all.begin(); }
  auto end() const { return all.end(); }
  std::uint64_t number_of(std::deque<AuditEntry>::const_iterator at) const { return at->number; }
};

/// The first of a query's filters that is none of `known`; null: there is none.
const std::string* unknown_filter(const Query& query, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : query.filters) {
    if (std::ranges::find(known, name) == known.end()) return &name;
  }
  return nullptr;
}

/// The mistake in a filter of a closed set: what it names, and what there is. "": none.
std::string unknown_value(const Query& query, std::string_view field, const std::vector<std::string_view>& known) {
  for (const auto& [name, values] : query.filters) {
    if (name != field) continue;
    for (std::string_view left = values;;) {
      const std::size_t comma = left.find(',');
      const std::string_view value = left.substr(0, comma);
      if (std::ranges::find(known, value) == known.end()) {
        std::string text = "no " + std::string(field) + " `" + std::string(value) + "`: there is ";
        for (const std::string_view one : known) (text += one == known.front() ? "" : ", ") += one;
        return text;
      }
      if (comma == std::string_view::npos) break;
      left.remove_prefix(comma + 1);
    }
  }
  return {};
}

QueryAnswer list_silences(const ShardState& state, const Query& query) {
  if (const std::string* name = unknown_filter(query, {"state", "by"}))
    return refused(query, Refusal::bad_value, "no field `" + *name + "` to filter by: state, by");
  if (const std::string mistake = unknown_value(query, "state", {"pending", "active", "ended"}); !mistake.empty())
    return refused(query, Refusal::bad_value, mistake);
  const SilenceBook& silences = state.suppression().silences();
  return list_by_number(query, "silences", SilencesByNumber{silences.by_number()}, [&](auto at, std::string& out) {
    const Silence& silence = silences[at->second];
    if (!holds(query, "state", state_of(silence, state.now())) || !holds(query, "by", silence.by)) return false;
    write_silence(silence, state.now(), out);
    return true;
  });
}

QueryAnswer list_audit(const ShardState& state, const Query& query) {
  if (const std::string* name = unknown_filter(query, {"by", "command", "result", "incident_id", "silence_id"}))
    return refused(query, Refusal::bad_value,
                   "no field `" + *name + "` to filter by: by, command, result, incident_id, silence_id");
  std::vector<std::string_view> kinds;
  for (std::size_t kind = 1; kind < kCommandKindCount; ++kind) kinds.push_back(name_of(static_cast<CommandKind>(kind)));
  std::vector<std::string_view> results;
  for (std::size_t i = 0; i < kCommandOutcomeCount; ++i) results.push_back(name_of(static_cast<CommandOutcome>(i)));
  for (const std::string& mistake : {unknown_value(query, "command", kinds), unknown_value(query, "result", results)})
    if (!mistake.empty()) return refused(query, Refusal::bad_value, mistake);
  return list_by_number(query, "audit", EntriesByNumber{state.log().entries()}, [&](auto at, std::string& out) {
    const AuditEntry& entry = *at;
    const std::string incident = entry.incident == IncidentId{} ? std::string{} : to_text(entry.incident);
    if (!holds(query, "by", entry.by) || !holds(query, "command", name_of(entry.kind)) ||
        !holds(query, "result", name_of(entry.outcome)) || !holds(query, "incident_id", incident) ||
        !holds(query, "silence_id", entry.silence))
      return false;
    write_audit(entry, out);
    return true;
  });
}

/// Those that are kept, on one page: there are at most kIncidentNotesMax.
QueryAnswer list_notes(const ShardState& state, const Query& query) {
  QueryAnswer answer;
  answer.ticket = query.ticket;
  const std::uint32_t slot = find_incident(state, query, query.id, answer);
  if (slot == kNoSlot) return answer;
  const auto& notes = state.incidents()[slot].handling.notes;
  JsonWriter json(answer.json);
  json.begin_object().key("notes").begin_array();
  for (auto note = notes.rbegin(); note != notes.rend(); ++note) {
    json.begin_object().field("at", to_rfc3339(note->at)).field("by", note->by).field("text", note->text).end_object();
  }
  json.end_array().key("next").null().end_object();
  return answer;
}

QueryAnswer command_result(const ShardState& state, const Query& query) {
  QueryAnswer answer;
  answer.ticket = query.ticket;
  const AuditEntry* entry = state.log().of(query.after_position);
  if (entry != nullptr) write_audit(*entry, answer.json);
  return answer;
}

}  // namespace

QueryAnswer answer(const Shard& shard, const Query& query) {
  const ShardState& state = shard.state();
  switch (query.kind) {
    case QueryKind::incident:
      return one_incident(state, query);
    case QueryKind::silences:
      return list_silences(state, query);
    case QueryKind::audit:
      return list_audit(state, query);
    case QueryKind::notes:
      return list_notes(state, query);
    case QueryKind::storms:
      return list_storms(state, query);
    case QueryKind::sources:
      return list_sources(state, query);
    case QueryKind::rules:
      return list_rules(state, query);
    case QueryKind::command_result:
      return command_result(state, query);
    case QueryKind::body_result:
      return refused(query, Refusal::not_found, "what became of bodies is not kept here");
    case QueryKind::incidents:
    case QueryKind::alerts:
      break;
  }
  const auto filter = QueryFilter::from(state, query);
  if (!filter) return refused(query, Refusal::bad_value, filter.error());
  return query.kind == QueryKind::alerts ? list_alerts(state, query, *filter) : list_incidents(state, query, *filter);
}

}  // namespace tocsin
