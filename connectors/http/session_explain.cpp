// GET /v1/incidents/{id}/explain, …/timeline, /v1/explain: worked out from the journal, on a thread of its own.
#include <memory>
#include <utility>

#include "connectors/http/query_text.h"
#include "connectors/http/session.h"
#include "connectors/http/worker.h"
#include "engine/model/time_text.h"

namespace tocsin {
namespace {

namespace asio = boost::asio;

HttpResult<ExplainRequest> read_request(const RouteMatch& match, std::string_view query) {
  using What = ExplainRequest::What;
  using Form = ExplainRequest::Form;
  ExplainRequest request;
  request.what = match.route == Route::why        ? What::why
                 : match.route == Route::timeline ? What::timeline
                                                  : What::why_not;
  if (request.what != What::why_not) {
    auto id = decode_percent(match.argument, false);
    if (!id) return std::unexpected<HttpRefusal>(HttpRefusal{400, id.error()});
    request.incident = std::move(*id);
  }
  auto parameters = read_parameters(query);
  if (!parameters) return std::unexpected<HttpRefusal>(HttpRefusal{400, parameters.error()});
  for (auto& [name, value] : *parameters) {
    if (name == "format" && value == "json") {
      request.form = Form::json;
    } else if (name == "format" && value == "text") {
      request.form = Form::text;
    } else if (name == "format" && value == "markdown" && request.what == What::timeline) {
      request.form = Form::markdown;
    } else if (name == "format") {
      return refuse_http(400, Refusal::bad_value, "format is json or text; of a timeline also markdown");
    } else if (name == "match" && request.what == What::why_not) {
      request.matchers.push_back(std::move(value));
    } else if (name == "at" && request.what == What::why_not) {
      const auto at = parse_rfc3339(value);
      if (!at || *at == kUnset)
        return refuse_http(400, Refusal::bad_value, "at must be an instant such as 2026-03-28T23:00:00Z");
      request.at = *at;
    } else {
      return refuse_http(400, Refusal::bad_value, "unknown query parameter '" + name + "'");
    }
  }
  if (request.what == What::why_not && request.matchers.empty())
    return refuse_http(400, Refusal::bad_value, "match is missing: matchers such as alertname=\"DiskFull\"");
  return request;
}

}  // namespace

asio::awaitable<void> Session::explain() {
  if (!worker_.hooks().explain) {
    refuse({404, Error{Refusal::not_found, "explanations are not to be had here"}});
    co_return;
  }
  auto request = read_request(match_, split_target(head_.target).query);
  if (!request) {
    refuse(request.error());
    co_return;
  }
  const ExplainRequest::Form form = request->form;
  const std::uint64_t ticket = worker_.next_ticket();
  if (!worker_.hooks().explain(std::move(*request), worker_.hand_answer_later(ticket))) {
    refuse_busy(Refusal::overloaded);
    co_return;
  }
  const Waited waited = co_await wait_for(ticket);
  if (waited != Waited::came) {
    refuse_busy(waited == Waited::stopped ? Refusal::stopping : Refusal::overloaded);
  } else if (!answer_.ok) {
    refuse({status_of(answer_.error.code), std::move(answer_.error)});
  } else {
    if (form == ExplainRequest::Form::text) response_.content_type = "text/plain; charset=utf-8";
    if (form == ExplainRequest::Form::markdown) response_.content_type = "text/markdown; charset=utf-8";
    response_.body = std::move(answer_.json);
  }
}

}  // namespace tocsin
