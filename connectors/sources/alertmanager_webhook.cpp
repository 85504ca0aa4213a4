#include "connectors/sources/alertmanager_webhook.h"

#include "connectors/sources/alert_fields.h"
#include "connectors/sources/alert_list.h"
#include "connectors/sources/batch_builder.h"
#include "connectors/sources/json_reader.h"
#include "connectors/sources/status_word.h"
#include "engine/runtime/intake/source_decoder.h"

namespace tocsin {
namespace {

/// What stands around the alerts.
struct Envelope {
  bool has_alerts = false;
  simdjson::dom::element alerts{};
  bool has_status = false;
  simdjson::dom::element status{};
};

/// Null and "" are not there: the end decides then, as in the API.
void read_status(simdjson::dom::element value, BatchBuilder& builder) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) {
    if (!value.is_null()) builder.take_unknown_status("(no text)");
    return;
  }
  if (text == "firing")
    builder.alert().status = AlertStatus::firing;
  else if (text == "resolved")
    builder.alert().status = AlertStatus::resolved;
  else
    read_status_word(text, builder);
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
    builder_.begin(batch, key, body.size(), {.parent = "/alerts", .count = alerts.size()}, reader_.mends());
    for (const auto alert : alerts) {
      builder_.open();
      if (const auto read = read_alert(alert, envelope); read)
        builder_.accept();
      else
        builder_.refuse(read.error());
    }
    return builder_.finish();
  }

 private:
  Result<void> open_envelope(simdjson::dom::element document, Envelope& envelope) {
    simdjson::dom::object object;
    if (document.get(object) != simdjson::SUCCESS) return refuse(Refusal::wrong_type, "a webhook must be an object");
    std::size_t lists = 0;
    std::size_t statuses = 0;
    for (const auto field : object) {
      if (field.key == "alerts") {
        ++lists;
        envelope.has_alerts = true;
        envelope.alerts = field.value;
      } else if (field.key == "status") {
        ++statuses;
        envelope.has_status = true;
        envelope.status = field.value;
      }
    }
    // What else is there twice is not read anyway.
    if (lists > 1) return refuse(Refusal::duplicate_key, "the same field twice", -1, "/alerts");
    if (statuses > 1) return refuse(Refusal::duplicate_key, "the same field twice", -1, "/status");
    if (!envelope.has_alerts) return refuse(Refusal::missing_field, "a webhook needs alerts", -1, "/alerts");
    return {};
  }

  Checked read_alert(simdjson::dom::element value, const Envelope& envelope) {
    AlertFields::Rest rest;
    if (const auto read = fields_.read(value, builder_, rest); !read) return read;
    if (rest.has_status && !rest.status.is_null())
      read_status(rest.status, builder_);
    else if (envelope.has_status)
      read_status(envelope.status, builder_);
    return {};
  }

  JsonReader& reader_;
  BatchBuilder builder_;
  AlertFields fields_;
};

}  // namespace

std::unique_ptr<SourceDecoder> make_alertmanager_webhook(JsonReader& reader) {
  return std::make_unique<AlertmanagerWebhook>(reader);
}

}  // namespace tocsin
