#include "connectors/sources/alertmanager_webhook.h"

#include <string>

#include "connectors/sources/alert_fields.h"
#include "connectors/sources/alert_list.h"
#include "connectors/sources/batch_builder.h"
#include "connectors/sources/json_reader.h"
#include "connectors/sources/known_alerts.h"
#include "connectors/sources/status_word.h"
#include "engine/model/check.h"
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

void read_known(const AlertBatch& batch, const Alert& known, const HashKey& key, AlertBatch& into);

class AlertmanagerWebhook final : public SourceDecoder {
 public:
  AlertmanagerWebhook(JsonReader& reader, bool knows_alerts)
      : reader_(reader),
        knows_alerts_(knows_alerts),
        known_([this](auto body, const HashKey& key, AlertBatch& batch) { return read(body, key, batch); },
               [this](auto text) { return is_list_of_one(text); }) {}

  std::string_view name() const override { return "alertmanager-webhook"; }

  Result<void> decode(std::string_view body, const HashKey& key, AlertBatch& batch) override {
    if (!knows_alerts_) return read(body, key, batch);
    if (known_.recognise(body, key, batch)) {
      batch.read_known = read_known;
    } else {
      if (auto decoded = read(body, key, batch); !decoded) return decoded;
      known_.learn(body, key, batch);
    }
    batch.unknown_count = batch.alerts.size() - batch.known_count;
    return {};
  }

 private:
  Result<void> read(std::string_view body, const HashKey& key, AlertBatch& batch) {
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

  bool is_list_of_one(std::string_view text) {
    const auto document = reader_.read(text);
    simdjson::dom::array list;
    return document && reader_.mends().empty() && document->get(list) == simdjson::SUCCESS && list.size() == 1;
  }

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
  const bool knows_alerts_;
  KnownAlerts known_;
  BatchBuilder builder_;
  AlertFields fields_;
};

/// A decoder for each thread that asks: the shard's. What was recognised does not depend on what stands around it.
void read_known(const AlertBatch& batch, const Alert& known, const HashKey& key, AlertBatch& into) {
  thread_local JsonReader reader;
  thread_local AlertmanagerWebhook decoder(reader, false);
  thread_local std::string body;
  body.assign(R"({"alerts":[)").append(known.known_text).append("]}");
  const std::size_t size = body.size();
  body.append(SourceDecoder::kBodyPadding, '\0');
  into.clear();
  into.source = batch.source;
  into.tenant = batch.tenant;
  const auto decoded = decoder.decode({body.data(), size}, key, into);
  TOCSIN_CHECK(decoded.has_value() && into.alerts.size() == 1, "what was recognised can be decoded");
}

}  // namespace

std::unique_ptr<SourceDecoder> make_alertmanager_webhook(JsonReader& reader, bool knows_alerts) {
  return std::make_unique<AlertmanagerWebhook>(reader, knows_alerts);
}

}  // namespace tocsin
