#include "connectors/http/http_refusal.h"

#include "engine/model/json_writer.h"

namespace tocsin {

int status_of(Refusal code) {
  switch (code) {
    case Refusal::body_too_large:
      return 413;
    case Refusal::unsupported_media:
      return 415;
    case Refusal::unknown_source:
    case Refusal::not_found:
      return 404;
    case Refusal::method_not_allowed:
      return 405;
    case Refusal::timed_out:
      return 408;
    case Refusal::overloaded:
    case Refusal::storage_failed:
    case Refusal::storage_full:
    case Refusal::storage_damaged:
    case Refusal::stopping:
    case Refusal::sink_full:
      return 503;
    default:
      return 400;
  }
}

std::string_view retry_after(Refusal code) {
  switch (code) {
    case Refusal::storage_failed:
    case Refusal::storage_full:
    case Refusal::sink_full:
      return "Retry-After: 10\r\n";
    default:
      return "Retry-After: 1\r\n";
  }
}

std::string error_body(const Error& error) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("error").begin_object();
  json.field("code", name_of(error.code)).field("message", error.message);
  if (error.index >= 0) json.field("index", error.index);
  if (!error.pointer.empty()) json.field("pointer", error.pointer);
  json.end_object().end_object();
  return body;
}

std::string error_body(std::string_view code, std::string_view message) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("error").begin_object();
  json.field("code", code).field("message", message);
  json.end_object().end_object();
  return body;
}

}  // namespace tocsin
