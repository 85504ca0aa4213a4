#include "connectors/sources/alertmanager_webhook.h"

#include <string>

#include "connectors/sources/alert_fields.h"
#include "connectors/sources/alert_list.h"
#include "connectors/sources/batch_builder.h"
#include "connectors/sources/json_reader.h"
#include "engine/model/limits.h"
#include "engine/runtime/source_decoder.h"

namespace tocsin {
namespace {

/// What stands around the alerts.
struct Envelope {
  bool has_alerts = false;
  simdjson::dom::element alerts{};
  bool has_status = false;
  simdjson::dom::element status{};
};

Checked read_status(simdjson::dom::element value, AlertStatus& status) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return fault(Refusal::wrong_type, "must be a text", "/status");
  if (text == "firing")
    status = AlertStatus::firing;
  else if (text == "resolved")
    status = AlertStatus::resolved;
  else
    return fault(Refusal::bad_value, "must be firing or resolved", "/status");
  return {};
}

class AlertmanagerWebhook final : public SourceDecoder {
 public:
  explicit AlertmanagerWebhook(JsonReader& reader) : reader_(reader) {}

  std::string_view name() const override { return "alertmanager-webhook"; }

  Result<void> decode(std::string_view body, const HashKey& key, AlertBatch& batch) override {
    const auto document = reader_.read(body);
    if (!document) return std::unexpected(document.error());
    Envelope envelope;
    if (const auto opened = open_envelope(*document, envelope); !opened) return opened;
    simdjson::dom::array alerts;
    if (const auto list = read_list(envelope.alerts, "/alerts", alerts); !list) return list;
    builder_.begin(batch, body.size(), {.parent = "/alerts", .count = alerts.size()});
    for (const auto alert : alerts) {
      builder_.open();
      if (const auto read = read_alert(alert, envelope); read)
        builder_.accept("/endsAt");
      else
        builder_.refuse(read.error());
    }
    return builder_.finish(key);
  }

 private:
  Result<void> open_envelope(simdjson::dom::element document, Envelope& envelope) {
    simdjson::dom::object object;
    if (document.get(object) != simdjson::SUCCESS) return refuse(Refusal::wrong_type, "a webhook must be an object");
    keys_.clear();
    for (const auto field : object) {
      keys_.add(field.key);
      if (field.key == "alerts") {
        envelope.has_alerts = true;
        envelope.alerts = field.value;
      } else if (field.key == "status") {
        envelope.has_status = true;
        envelope.status = field.value;
      }
    }
    if (std::string_view twice; keys_.find(twice)) {
      std::string pointer;
      if (twice.size() <= limits::kLabelNameBytesMax) append_pointer(pointer, twice);
      return refuse(Refusal::duplicate_key, "the same field twice", -1, std::move(pointer));
    }
    if (!envelope.has_alerts) return refuse(Refusal::missing_field, "a webhook needs alerts", -1, "/alerts");
    return {};
  }

  Checked read_alert(simdjson::dom::element value, const Envelope& envelope) {
    AlertFields::Rest rest;
    if (const auto read = fields_.read(value, builder_, rest); !read) return read;
    if (rest.has_status) return read_status(rest.status, builder_.alert().status);
    if (envelope.has_status) return read_status(envelope.status, builder_.alert().status);
    return fault(Refusal::missing_field, "a webhook's alert needs a status", "/status");
  }

  JsonReader& reader_;
  BatchBuilder builder_;
  AlertFields fields_;
  DuplicateKeys keys_;
};

}  // namespace

std::unique_ptr<SourceDecoder> make_alertmanager_webhook(JsonReader& reader) {
  return std::make_unique<AlertmanagerWebhook>(reader);
}

}  // namespace tocsin
