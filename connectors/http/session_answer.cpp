#include <charconv>
#include <memory>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "connectors/http/accepted_answer.h"
#include "connectors/http/query_text.h"
#include "connectors/http/reload_answer.h"
#include "connectors/http/session.h"
#include "connectors/http/sink_answer.h"
#include "connectors/http/token_check.h"
#include "connectors/http/worker.h"
#include "engine/core/commands/command_json.h"
#include "engine/model/json_writer.h"
#include "engine/model/limits.h"
#include "engine/runtime/journal/body_packing.h"

namespace tocsin {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
constexpr std::string_view kMetricsText = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kHint =
    "tocsin takes alerts and makes prioritised incidents of them.\n\n"
    "  POST /api/v2/alerts            alerts as Prometheus sends them\n"
    "  POST /v1/sources/alertmanager  the webhook of an Alertmanager\n"
    "  POST /v1/sources/generic       plain JSON\n"
    "  GET  /v1/incidents             incidents, newest first; /v1/incidents/{id} one of them\n"
    "  POST /v1/incidents/{id}/ack    also unack resolve reopen assign note snooze unsnooze …\n"
    "  POST /v1/silences              hold alerts back for a while; GET lists, /v1/silences/preview tries\n"
    "  GET  /v1/audit                 what people did\n"
    "  GET  /v1/storms                what was folded while very much came, and how it adds up\n"
    "  GET  /v1/sources               who speaks, and who is silent\n"
    "  GET  /v1/rules                 what rules that see patterns keep, and how often they fired\n"
    "  GET  /v1/incidents/{id}/explain  why it is there; /v1/incidents/{id}/timeline what happened to it\n"
    "  GET  /v1/alerts                alerts; /v1/explain?match=MATCHERS why they are in no incident\n"
    "  GET  /v1/bodies/{position}     what became of the alerts of a body that was answered 2xx\n"
    "  GET  /v1/stream                revisions of incidents as they happen (server-sent events)\n"
    "  GET  /v1/sinks                 where incidents go, and what waits\n"
    "  GET  /-/healthy  /-/ready  /metrics\n"
    "  POST /-/reload                 read the rule files again\n";

// The path says who sends, the decoder what: an Alertmanager posts its webhook to its own name.
std::string_view decoder_name(const RouteMatch& match) {
  if (match.route == Route::alerts_api) return "alertmanager";
  if (match.argument == "alertmanager") return "alertmanager-webhook";
  return match.argument;
}

std::string_view allow_line(Route route) {
  if (route == Route::silence) return "Allow: POST, DELETE\r\n";
  if (route == Route::silences) return "Allow: GET, HEAD, POST\r\n";
  return is_posted(route)        ? "Allow: POST\r\n"
         : can_be_deleted(route) ? "Allow: GET, HEAD, DELETE\r\n"
                                 : "Allow: GET, HEAD\r\n";
}

/// How long the sender of a command waits for what became of it, once it is durable.
constexpr std::chrono::milliseconds kResultSpan{2000};

/// The form is that of the audit log; without it the shard had not come to the command yet.
std::string command_body(Position position, std::string_view audit) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("position", std::to_string(position.value()));
  if (!audit.empty()) json.key("audit").raw(audit);
  json.end_object();
  return body;
}

bool is_open_to_all(Route route) { return route == Route::healthy || route == Route::ready; }

/// Says where what was probably meant is.
std::string_view no_such_path(std::string_view path) {
  if (path.find("/api/v1/alerts") != std::string_view::npos)
    return "Alertmanager's API v1 is not spoken here; post to /api/v2/alerts (in Prometheus: api_version: v2)";
  if (path.find("/api/v2/") != std::string_view::npos)
    return "of Alertmanager's API there is POST /api/v2/alerts here; incidents are at /v1/incidents";
  return "there is nothing at this path; GET / lists what there is";
}

std::string_view busy_sentence(Refusal code) {
  switch (code) {
    case Refusal::storage_failed:
      return "the journal cannot be written; try again later";
    case Refusal::storage_full:
      return "there is no space for the journal; try again later";
    case Refusal::stopping:
      return "the process is stopping; try again later";
    case Refusal::sink_full:
      return "as much waits for a sink as may; try again later; /-/healthy says which";
    default:
      return "too much is waiting; try again later";
  }
}

}  // namespace

bool Session::refuse_early() {
  if (!worker_.options().tokens.empty() && !is_open_to_all(match_.route) &&
      !is_authorized(head_.authorization, worker_.options().tokens)) {
    worker_.count().refused_unauthorized.add(1);
    response_.status = 401;
    response_.extra_fields = "WWW-Authenticate: Bearer\r\n";
    response_.body = error_body("unauthorized", "a valid bearer token is needed");
    return true;
  }
  if (match_.route == Route::unknown) {
    refuse({404, Error{Refusal::not_found, std::string(no_such_path(split_target(head_.target).path))}});
    return true;
  }
  const bool is_read = (head_.method == Method::get || head_.method == Method::head) && !is_posted(match_.route) &&
                       match_.route != Route::silence;
  const bool is_taken = is_read || (head_.method == Method::del && can_be_deleted(match_.route)) ||
                        (head_.method == Method::post && can_be_posted_to(match_.route));
  if (!is_taken) {
    refuse({405, Error{Refusal::method_not_allowed,
                       "this path takes " + std::string(allowed_methods(match_.route)) + " only"}});
    response_.extra_fields = allow_line(match_.route);
    return true;
  }
  if (takes_command(match_.route) && !is_read) {
    if (const auto refusing = worker_.intake().refusing()) {
      refuse_busy(*refusing);
      return true;
    }
  }
  if (!takes_alerts(match_.route)) return false;
  decoder_ = worker_.decoders().find(decoder_name(match_));
  if (decoder_ == nullptr) {
    refuse({404, Error{Refusal::unknown_source, "there is no source of this name"}});
    return true;
  }
  if (const auto refusing = worker_.intake().refusing()) {
    refuse_busy(*refusing);
    return true;
  }
  const auto wait = read_wait(match_.route, split_target(head_.target).query);
  if (!wait) {
    refuse(wait.error());
    return true;
  }
  applied_wait_ = *wait;
  return false;
}

asio::awaitable<void> Session::serve() {
  switch (match_.route) {
    case Route::alerts_api:
    case Route::source:
      co_await take_alerts();
      co_return;
    case Route::heartbeat:
    case Route::obey:
    case Route::commands:
    case Route::silence:
      co_await take_command();
      co_return;
    case Route::silences:
      if (head_.method == Method::post) {
        co_await take_command();
        co_return;
      }
      co_await answer_query();
      co_return;
    case Route::incidents:
    case Route::incident:
    case Route::notes:
    case Route::alerts:
    case Route::preview:
    case Route::audit:
    case Route::storms:
    case Route::sources:
    case Route::rules:
      co_await answer_query();
      co_return;
    case Route::why:
    case Route::timeline:
    case Route::why_not:
      co_await explain();
      co_return;
    case Route::body:
      co_await answer_of_body();
      co_return;
    case Route::stream:
      response_.content_type = "text/event-stream";
      becomes_stream_ = head_.method == Method::get;
      co_return;
    case Route::healthy:
      serve_probe(worker_.hooks().unhealthy ? worker_.hooks().unhealthy() : std::string{}, "healthy\n",
                  Refusal::storage_failed);
      if (response_.status == 200 && worker_.hooks().remark) {
        if (const std::string remark = worker_.hooks().remark(); !remark.empty()) response_.body += remark + "\n";
      }
      co_return;
    case Route::reload:
      co_await reload_rules();
      co_return;
    case Route::sinks:
    case Route::undeliverable:
    case Route::resend:
      answer_of_sinks();
      co_return;
    case Route::ready:
      serve_probe(worker_.hooks().unready ? worker_.hooks().unready() : std::string{}, "ready\n", Refusal::overloaded);
      co_return;
    case Route::metrics:
      response_.content_type = kMetricsText;
      if (worker_.hooks().metrics) response_.body = worker_.hooks().metrics();
      co_return;
    case Route::root:
      response_.content_type = kPlainText;
      response_.body = kHint;
      co_return;
    case Route::unknown:
      co_return;
  }
}

asio::awaitable<void> Session::take_alerts() {
  if (head_.is_encoded || head_.media == MediaType::other) {
    Error error{Refusal::unsupported_media,
                head_.is_encoded ? "send the body without Content-Encoding; compressed bodies are not taken"
                                 : "the body must be JSON and say so: add -H 'Content-Type: application/json'"};
    co_await refuse_body(std::move(error), body_);
    co_return;
  }
  std::unique_ptr<AlertBatch> batch = worker_.intake().fresh_batch();
  batch->source = decoder_->name();
  if (auto decoded = decoder_->decode(body_, worker_.key(), *batch); !decoded) {
    co_await refuse_body(std::move(decoded.error()), body_);
    co_return;
  }
  // The batch goes to the engine: what the answer says of it is kept.
  Accepted answer;
  answer.accepted = batch->alerts.size();
  answer.mended = batch->mended_count;
  answer.rejected = batch->refused;
  const std::size_t known = batch->known_count;
  const std::size_t unknown = batch->unknown_count;
  for (const RefusedAlert& one : answer.rejected)
    worker_.count().refused[static_cast<std::size_t>(one.error.code)].add(1);
  Submission submission;
  submission.kind = InputKind::alerts;
  submission.batch = std::move(batch);
  submission.source = decoder_->name();
  if (!submission.batch->known_body.is_there()) submission.payload = pack_body(body_);
  submission.body_bytes = body_.size();
  const std::uint64_t ticket = hand_in(std::move(submission));
  if (ticket == 0) co_return;
  const Waited waited = co_await wait_for(ticket);
  const std::optional<Position> position = position_of(waited);
  if (!position) co_return;
  worker_.count().alerts_accepted.add(answer.accepted);
  worker_.count().alerts_known.add(known);
  worker_.count().alerts_unknown.add(unknown);
  worker_.count().alerts_refused.add(answer.rejected.size());
  answer.position = *position;
  if (applied_wait_.span.count() > 0) {
    const Applied heard = co_await hear_of(*position, applied_wait_.span);
    if (heard != Applied::not_told) answer.applied = heard == Applied::applied;
    answer.asked = applied_wait_.asked;
    if (heard == Applied::applied) answer.heard = answer_.heard;
  }
  // Alertmanager answers 200 without a body, its clients read none; sources of our own are told 202.
  response_.status = match_.route == Route::alerts_api ? 200 : 202;
  append_accepted(response_.body, answer);
}

/// What became of the alerts of a body that is on disk: in answer_.heard when they were applied.
asio::awaitable<Session::Applied> Session::hear_of(Position position, Span span) {
  Query query;
  query.kind = QueryKind::body_result;
  query.after_position = query.body = position;
  query.ticket = worker_.next_ticket();
  const std::uint64_t ticket = query.ticket;
  if (!worker_.intake().ask(std::move(query))) co_return Applied::not_yet;
  const Waited waited = co_await wait_for(ticket, span);
  if (waited != Waited::came) co_return Applied::not_yet;
  co_return answer_.heard ? Applied::applied : Applied::not_told;
}

/// The same for who asks later. A position that nothing was applied at yet is not waited for.
asio::awaitable<void> Session::answer_of_body() {
  std::uint64_t position = 0;
  const auto [last, error] =
      std::from_chars(match_.argument.data(), match_.argument.data() + match_.argument.size(), position);
  if (error != std::errc{} || last != match_.argument.data() + match_.argument.size()) {
    refuse({400, Error{Refusal::bad_value, "a position is a number: the `position` of the answer to a body"}});
    co_return;
  }
  Query query;
  query.kind = QueryKind::body_result;
  query.body = Position{position};
  query.ticket = worker_.next_ticket();
  const std::uint64_t ticket = query.ticket;
  if (!worker_.intake().ask(std::move(query))) {
    refuse_busy(worker_.intake().refusing().value_or(Refusal::overloaded));
    co_return;
  }
  const Waited waited = co_await wait_for(ticket);
  if (waited != Waited::came) {
    refuse_busy(waited == Waited::stopped ? Refusal::stopping : Refusal::overloaded);
  } else if (!answer_.heard) {
    refuse(
        {404, Error{Refusal::not_found,
                    "this is the position of no body of alerts that was applied, or not of one of the newest 4096"}});
  } else {
    response_.body = heard_body(Position{position}, *answer_.heard);
  }
}

/// What the path says of it is part of the command.
Result<Command> Session::read_command() const {
  if (body_.size() > limits::kCommandBytesMax)
    return tocsin::refuse(Refusal::too_long,
                          "a command is at most " + std::to_string(limits::kCommandBytesMax) + " bytes");
  auto argument = decode_percent(match_.argument, false);
  if (!argument) return std::unexpected(std::move(argument.error()));
  if (match_.route == Route::silences) return parse_command(body_, CommandKind::silence);
  if (match_.route == Route::commands) return parse_command(body_);
  if (match_.route == Route::heartbeat) return parse_command(body_, CommandKind::heartbeat, *argument);
  const auto kind = match_.route == Route::silence
                        ? (match_.command == "extend" ? CommandKind::extend_silence : CommandKind::expire_silence)
                        : command_from(match_.command);
  if (!kind || (match_.route == Route::obey) != is_of_incident(*kind))
    return tocsin::refuse(Refusal::not_found, "there is no command of this name");
  if (match_.route == Route::obey) return parse_command(body_, kind, *argument);
  return parse_command(body_, kind, {}, *argument);
}

/// Answered when it is durable; with what became of it, where that is known soon.
asio::awaitable<void> Session::take_command() {
  if (head_.is_encoded || (!body_.empty() && head_.media == MediaType::other)) {
    Error error{Refusal::unsupported_media,
                "a command must be JSON and say so: add -H 'Content-Type: application/json'"};
    co_await refuse_body(std::move(error), body_);
    co_return;
  }
  auto command = read_command();
  if (!command) {
    co_await refuse_body(std::move(command.error()), body_);
    co_return;
  }
  command->from = "http";
  std::string text;
  write_command(*command, text);
  Submission submission;
  submission.kind = InputKind::command;
  submission.command = std::make_unique<Command>(std::move(*command));
  submission.source = "http";
  submission.payload = pack_body(text);
  submission.body_bytes = text.size();
  const std::optional<Position> position = co_await make_durable(std::move(submission));
  if (!position) co_return;
  response_.status = 202;
  if (match_.route == Route::heartbeat) {
    response_.body = command_body(*position, {});
    co_return;  // nobody decides about it
  }
  Query query;
  query.kind = QueryKind::command_result;
  query.after_position = *position;
  query.ticket = worker_.next_ticket();
  const std::uint64_t ticket = query.ticket;
  std::string audit;
  if (worker_.intake().ask(std::move(query))) {
    const Waited waited = co_await wait_for(ticket, kResultSpan);
    if (waited == Waited::came && answer_.ok) audit = std::move(answer_.json);
  }
  response_.body = command_body(*position, audit);
}

// A body that can never be accepted is kept first, with the reason, and then refused.
asio::awaitable<void> Session::refuse_body(Error error, std::string_view bytes) {
  if (bytes.empty()) {
    refuse({status_of(error.code), std::move(error)});
    co_return;
  }
  Submission submission;
  submission.kind = InputKind::refused_body;
  submission.source = decoder_ != nullptr           ? std::string(decoder_->name())
                      : takes_command(match_.route) ? std::string("commands")
                                                    : std::string{};
  submission.payload = pack_body(bytes);
  submission.body_bytes = bytes.size();
  submission.error = error;
  if (!co_await make_durable(std::move(submission))) co_return;
  worker_.count().dead_letters.add(1);
  refuse({status_of(error.code), std::move(error)});
}

/// Nothing, with the answer made, when the engine did not take it.
asio::awaitable<std::optional<Position>> Session::make_durable(Submission submission) {
  const std::uint64_t ticket = hand_in(std::move(submission));
  if (ticket == 0) co_return std::nullopt;
  const Waited waited = co_await wait_for(ticket);
  co_return position_of(waited);
}

/// The ticket under which the receipt comes; 0, with the answer made, when the engine takes nothing.
std::uint64_t Session::hand_in(Submission&& submission) {
  const std::uint64_t ticket = submission.ticket = worker_.next_ticket();
  if (worker_.intake().submit(std::move(submission))) return ticket;
  refuse_busy(worker_.intake().refusing().value_or(Refusal::overloaded));
  return 0;
}

/// What receipt_ says; nothing, with the answer made, when it is not durable.
std::optional<Position> Session::position_of(Waited waited) {
  if (waited == Waited::came && receipt_.durable) return receipt_.position;
  refuse_busy(waited == Waited::came      ? receipt_.refusal
              : waited == Waited::stopped ? Refusal::stopping
                                          : Refusal::overloaded);
  return std::nullopt;
}

asio::awaitable<void> Session::answer_query() {
  auto query = read_query(match_, split_target(head_.target).query);
  if (!query) {
    refuse(query.error());
    co_return;
  }
  query->ticket = worker_.next_ticket();
  const std::uint64_t ticket = query->ticket;
  if (!worker_.intake().ask(std::move(*query))) {
    refuse_busy(worker_.intake().refusing().value_or(Refusal::overloaded));
    co_return;
  }
  const Waited waited = co_await wait_for(ticket);
  if (waited != Waited::came) {
    refuse_busy(waited == Waited::stopped ? Refusal::stopping : Refusal::overloaded);
  } else if (!answer_.ok) {
    refuse({status_of(answer_.error.code), std::move(answer_.error)});
  } else if (!answer_.found) {
    refuse({404, Error{Refusal::not_found, "there is no such incident"}});
  } else {
    response_.body = std::move(answer_.json);
  }
}

asio::awaitable<void> Session::reload_rules() {
  if (!worker_.hooks().reload) {
    refuse({404, Error{Refusal::not_found, "there are no rules to reload"}});
    co_return;
  }
  const std::uint64_t ticket = worker_.next_ticket();
  worker_.hooks().reload(worker_.hand_over_later(ticket));
  const Waited waited = co_await wait_for(ticket);
  if (waited != Waited::came) {
    refuse_busy(waited == Waited::stopped ? Refusal::stopping : Refusal::overloaded);
    co_return;
  }
  response_.status = status_of(reload_);
  response_.body = reload_body(reload_);
  if (response_.status == 503) response_.extra_fields = retry_after(reload_.error.code);
}

/// At once, on this thread: what is held is read from the disk, which is seldom asked for.
void Session::answer_of_sinks() {
  const HttpHooks& hooks = worker_.hooks();
  if (!hooks.sinks) {
    refuse({404, Error{Refusal::not_found, "there are no sinks to be asked about"}});
    return;
  }
  if (match_.route == Route::sinks) {
    response_.body = sinks_body(hooks.sinks());
    return;
  }
  const auto sink = decode_percent(match_.argument, false);
  if (!sink) {
    refuse({400, sink.error()});
    return;
  }
  const auto answer = [this](int status, const auto& outcome, auto body_of) {
    if (!outcome) {
      refuse({status_of(outcome.error().code), outcome.error()});
      return;
    }
    response_.status = status;
    response_.body = body_of(*outcome);
  };
  if (match_.route == Route::resend) {
    answer(202, hooks.resend(*sink), [](std::uint64_t count) { return count_body("sending", count); });
  } else if (head_.method == Method::del) {
    answer(200, hooks.discard(*sink), [](std::uint64_t count) { return count_body("discarded", count); });
  } else {
    answer(200, hooks.undeliverable(*sink), undeliverable_body);
  }
}

asio::awaitable<Session::Waited> Session::wait_for(std::uint64_t ticket) {
  return wait_for(ticket, worker_.limits().answer_span);
}

asio::awaitable<Session::Waited> Session::wait_for(std::uint64_t ticket, Span span) {
  ticket_ = ticket;
  waited_ = Waited::nothing;
  worker_.expect(ticket, *this);
  enter(Phase::waiting, span);
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [this](auto handler) { resume_ = std::move(handler); }, use_awaitable);
  enter(Phase::working);
  co_return waited_;
}

void Session::serve_probe(const std::string& trouble, std::string_view word, Refusal code) {
  if (trouble.empty()) {
    response_.content_type = kPlainText;
    response_.body = word;
  } else {
    refuse({503, Error{code, trouble}});
    response_.extra_fields = retry_after(code);
  }
}

void Session::refuse(const HttpRefusal& refusal) {
  worker_.count().refused[static_cast<std::size_t>(refusal.error.code)].add(1);
  response_.status = refusal.status;
  response_.body = error_body(refusal.error);
}

void Session::refuse_busy(Refusal code) {
  refuse({503, Error{code, std::string(busy_sentence(code))}});
  response_.extra_fields = retry_after(code);
}

}  // namespace tocsin
