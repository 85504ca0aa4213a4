#include "tests/fuzz/decoder_fuzz.h"

#include <algorithm>

#include "connectors/sources/decoders.h"
#include "connectors/sources/json_fault.h"
#include "connectors/sources/json_mend.h"
#include "connectors/sources/json_reader.h"
#include "connectors/sources/wide_text.h"
#include "engine/model/check.h"
#include "engine/model/hash.h"
#include "engine/model/json_writer.h"
#include "engine/model/time_text.h"
#include "engine/runtime/intake/source_decoder.h"

namespace tocsin::fuzz {
namespace {

struct Decoded {
  AlertBatch batch;
  Result<void> result;
};

Decoded decode(DecoderSet& decoders, std::string_view source, std::string_view body) {
  std::string padded(body);
  padded.append(SourceDecoder::kBodyPadding, '\0');
  Decoded decoded;
  decoded.batch.source = source;
  decoded.result = decoders.find(source)->decode({padded.data(), body.size()}, published_key(), decoded.batch);
  return decoded;
}

bool same_texts(const Alert& a, const Alert& b) {
  return std::ranges::equal(a.labels, b.labels) && std::ranges::equal(a.annotations, b.annotations) &&
         a.status == b.status && a.starts_at == b.starts_at && a.ends_at == b.ends_at && a.link == b.link &&
         a.source_key == b.source_key;
}

bool same(const Alert& a, const Alert& b) {
  return same_texts(a, b) && a.mended == b.mended && a.identity == b.identity && a.content == b.content;
}

bool same(const Decoded& a, const Decoded& b) {
  return a.result == b.result &&
         std::ranges::equal(a.batch.alerts, b.batch.alerts,
                            [](const Alert& x, const Alert& y) { return same(x, y); }) &&
         a.batch.unknown_statuses == b.batch.unknown_statuses &&
         std::ranges::equal(a.batch.refused, b.batch.refused, {}, &RefusedAlert::error, &RefusedAlert::error);
}

void check_labels(Labels labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    TOCSIN_CHECK(!labels[i].value.empty() && !labels[i].name.empty(), "names and values are there");
    TOCSIN_CHECK(i == 0 || labels[i - 1].name < labels[i].name, "sorted, each name once");
  }
}

void write_texts(JsonWriter& json, std::string_view name, Labels labels) {
  json.key(name).begin_object();
  for (const Label& label : labels) json.field(label.name, label.value);
  json.end_object();
}

/// RFC 3339 with nine digits: append_rfc3339 cuts to milliseconds.
void write_time(JsonWriter& json, std::string_view name, Instant at) {
  if (at == kUnset) return;
  std::string text = to_rfc3339(at);
  text.pop_back();
  const auto below_ms = at.time_since_epoch() - std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch());
  const std::string digits = std::to_string(below_ms.count());
  text += std::string(6 - digits.size(), '0') + digits + 'Z';
  json.field(name, text);
}

void write_alert(JsonWriter& json, const Alert& alert) {
  write_texts(json, "labels", alert.labels);
  write_texts(json, "annotations", alert.annotations);
  write_time(json, "startsAt", alert.starts_at);
  write_time(json, "endsAt", alert.ends_at);
  json.field("generatorURL", alert.link);
}

/// The fast path and the second look agree: where there is nothing to mend, the second look finds nothing (but for
/// numbers below the smallest double, which it does not tell from those that are too large); what it makes is a
/// document that the fast path takes as it is.
void check_mending(std::string_view body) {
  static JsonReader reader;
  std::string padded(body);
  padded.append(SourceDecoder::kBodyPadding, '\0');
  const auto document = reader.read({padded.data(), body.size()});
  TOCSIN_CHECK(document.has_value(), "what the slow judge takes is taken");
  const std::string minified = simdjson::minify(*document);
  const bool was_mended = !reader.mends().empty();
  const bool had_mark = body.starts_with("\xef\xbb\xbf");

  std::string mended(body.substr(had_mark ? 3 : 0));
  std::vector<JsonMend> mends;
  mend_json(mended, mends);
  const std::size_t size = mended.size();
  TOCSIN_CHECK(size == body.size() - (had_mark ? 3U : 0U), "no byte moves");
  TOCSIN_CHECK(was_mended || std::ranges::none_of(
                                 mends, [](const JsonMend& mend) { return mend.mended.has(Mending::surrogate); }),
               "what the fast path takes has no halves of pairs");
  TOCSIN_CHECK(!mends.empty() || std::string_view{mended} == body.substr(had_mark ? 3 : 0), "what changes is told");
  mended.append(SourceDecoder::kBodyPadding, '\0');
  const auto again = reader.read({mended.data(), size});
  TOCSIN_CHECK(again.has_value() && reader.mends().empty(), "what was mended needs no mending");
  TOCSIN_CHECK(!was_mended || simdjson::minify(*again) == minified, "and is what was read");
}

std::string_view status_of(const Alert& alert) { return alert.status == AlertStatus::resolved ? "resolved" : "firing"; }

}  // namespace

void check_decoder(std::string_view source, std::string_view body, WriteBody write) {
  // Kept from input to input: it is faster, and what one leaves behind must not show in the next.
  static const auto decoders = make_decoders();
  const Decoded first = decode(*decoders, source, body);

  // Two judges of JSON. The decoder may refuse what is JSON (a wrong type), never take what is not.
  if (is_wide_text(body)) {
    // In UTF-16 or UTF-32: the slow judge reads what was made of it.
  } else if (const auto fault = find_json_fault(body)) {
    TOCSIN_CHECK(!first.result, "what the slow judge refuses is refused");
    TOCSIN_CHECK(first.result.error().code == fault->code, "and for its reason");
  } else {
    check_mending(body);
    const Refusal code = first.result ? Refusal::wrong_type : first.result.error().code;
    TOCSIN_CHECK(code != Refusal::malformed && code != Refusal::invalid_utf8 && code != Refusal::too_deep,
                 "what the slow judge takes is JSON for the fast reader too");
  }

  TOCSIN_CHECK(same(first, decode(*decoders, source, body)), "the same bytes give the same alerts or refusal");
  if (!first.result) return;
  for (const Alert& alert : first.batch.alerts) {
    check_labels(alert.labels);
    check_labels(alert.annotations);
  }
  const Decoded again = decode(*decoders, source, write(first.batch));
  TOCSIN_CHECK(again.result.has_value() && again.batch.refused.empty(), "what was accepted is accepted again");
  TOCSIN_CHECK(std::ranges::all_of(again.batch.alerts, [](const Alert& alert) { return alert.mended.is_empty(); }),
               "without mending");
  // Of what was mended the identity is of what was sent, so another one.
  TOCSIN_CHECK(std::ranges::equal(
                   first.batch.alerts, again.batch.alerts,
                   [](const Alert& a, const Alert& b) { return a.mended.is_empty() ? same(a, b) : same_texts(a, b); }),
               "and is equal");
}

std::string write_alertmanager_v2(const AlertBatch& batch) {
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const Alert& alert : batch.alerts) {
    json.begin_object();
    write_alert(json, alert);
    json.end_object();
  }
  json.end_array();
  return body;
}

std::string write_webhook(const AlertBatch& batch) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("version", "4").key("alerts").begin_array();
  for (const Alert& alert : batch.alerts) {
    json.begin_object();
    if (alert.status != AlertStatus::by_end) json.field("status", status_of(alert));
    write_alert(json, alert);
    json.end_object();
  }
  json.end_array().end_object();
  return body;
}

std::string write_generic(const AlertBatch& batch) {
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const Alert& alert : batch.alerts) {
    json.begin_object();
    if (alert.status != AlertStatus::by_end) json.field("status", status_of(alert));
    json.field("key", alert.source_key);
    write_alert(json, alert);
    json.end_object();
  }
  json.end_array();
  return body;
}

}  // namespace tocsin::fuzz
