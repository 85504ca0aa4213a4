#include "connectors/http/accepted_answer.h"

#include <array>
#include <cstdint>

#include "connectors/http/query_text.h"
#include "engine/model/json_writer.h"

namespace tocsin {
namespace {

/// The shard is some microseconds behind the disk; when it is more, a sender is not held up for it.
constexpr std::chrono::milliseconds kBrieflySpan{100};
/// Who asks waits as long as a supervisor's patience, not for ever: a full outbox stops the shard.
constexpr std::chrono::milliseconds kAskedSpan{10'000};

/// What people call it; several of what a word can be are one thing to its sender.
struct Told {
  std::string_view name;
  std::array<Heard, 2> of;
  bool had_no_effect;
};

constexpr std::array<Told, 8> kTold{{
    {"opened", {Heard::opened, Heard::opened}, false},
    {"updated", {Heard::changed, Heard::changed}, false},
    {"repeated", {Heard::repeat, Heard::close_again}, false},
    {"closed", {Heard::closed, Heard::closed}, false},
    {"still_firing", {Heard::voice_closed, Heard::voice_closed}, true},
    {"late", {Heard::late, Heard::late}, true},
    {"stale", {Heard::earlier_life, Heard::unheard_of}, true},
    {"dropped", {Heard::dropped, Heard::dropped}, true},
}};

std::uint32_t count_of(const Told& told, const HeardCounts& heard) {
  return heard[told.of[0]] + (told.of[1] == told.of[0] ? 0 : heard[told.of[1]]);
}

void write_heard(JsonWriter& json, const HeardCounts& heard, bool all) {
  for (const Told& told : kTold) {
    const std::uint32_t count = count_of(told, heard);
    if (all || (told.had_no_effect && count > 0)) json.field(told.name, count);
  }
}

}  // namespace

HttpResult<AppliedWait> read_wait(Route route, std::string_view query_text) {
  const AppliedWait by_itself{route == Route::source ? kBrieflySpan : std::chrono::milliseconds{0}, false};
  if (query_text.empty()) return by_itself;
  const auto parameters = read_parameters(query_text);
  // Senders that put parameters of their own into the address are not refused for them.
  if (!parameters) return by_itself;
  for (const auto& [name, value] : *parameters) {
    if (name != "wait") continue;
    if (value == "applied") return AppliedWait{kAskedSpan, true};
    if (value == "durable") return AppliedWait{};
    return refuse_http(400, Refusal::bad_value, "wait is `applied` or `durable`");
  }
  return by_itself;
}

void append_accepted(std::string& body, const Accepted& answer) {
  const bool is_plain = answer.rejected.empty() && answer.mended == 0 && !answer.applied && !answer.heard;
  if (is_plain) {
    // As below, without the way there: most answers say no more.
    body.append(R"({"accepted":)").append(std::to_string(answer.accepted));
    body.append(R"(,"rejected":[],"position":")").append(std::to_string(answer.position.value())).append("\"}");
    return;
  }
  JsonWriter json(body);
  json.begin_object().field("accepted", answer.accepted).key("rejected").begin_array();
  for (const RefusedAlert& refused : answer.rejected) {
    json.begin_object();
    if (refused.error.index >= 0) json.field("index", refused.error.index);
    json.field("code", name_of(refused.error.code)).field("reason", refused.error.message);
    if (!refused.error.pointer.empty()) json.field("pointer", refused.error.pointer);
    json.end_object();
  }
  json.end_array();
  if (answer.mended > 0) json.field("mended", answer.mended);
  if (answer.applied && (answer.asked || !*answer.applied)) json.field("applied", *answer.applied);
  if (answer.heard) write_heard(json, *answer.heard, answer.asked);
  json.field("position", std::to_string(answer.position.value())).end_object();
}

std::string heard_body(Position position, const HeardCounts& heard) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("position", std::to_string(position.value())).field("applied", true);
  write_heard(json, heard, true);
  json.end_object();
  return body;
}

}  // namespace tocsin
