#include "connectors/sources/alertmanager_v2.h"

#include <string>

#include "connectors/sources/alert_fields.h"
#include "connectors/sources/alert_list.h"
#include "connectors/sources/batch_builder.h"
#include "connectors/sources/json_reader.h"
#include "connectors/sources/known_alerts.h"
#include "engine/model/check.h"
#include "engine/runtime/intake/source_decoder.h"

namespace tocsin {
namespace {

void read_known(const AlertBatch& batch, const Alert& known, const HashKey& key, AlertBatch& into);

class AlertmanagerV2 final : public SourceDecoder {
 public:
  AlertmanagerV2(JsonReader& reader, bool knows_alerts)
      : reader_(reader),
        knows_alerts_(knows_alerts),
        known_([this](auto body, const HashKey& key, AlertBatch& batch) { return read(body, key, batch); }) {}

  std::string_view name() const override { return "alertmanager"; }

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
    simdjson::dom::array alerts;
    if (const auto list = read_list(*document, "", alerts); !list) return list;
    builder_.begin(batch, key, body.size(), {.count = alerts.size()}, reader_.mends());
    for (const auto alert : alerts) {
      builder_.open();
      AlertFields::Rest rest;
      if (const auto read = fields_.read(alert, builder_, rest); read)
        builder_.accept();
      else
        builder_.refuse(read.error());
    }
    return builder_.finish();
  }

  JsonReader& reader_;
  const bool knows_alerts_;
  KnownAlerts known_;
  BatchBuilder builder_;
  AlertFields fields_;
};

/// A decoder for each thread that asks: the shard's.
void read_known(const AlertBatch& batch, const Alert& known, const HashKey& key, AlertBatch& into) {
  thread_local JsonReader reader;
  thread_local AlertmanagerV2 decoder(reader, false);
  thread_local std::string body;
  body.assign(1, '[').append(known.known_text).append(1, ']');
  const std::size_t size = body.size();
  body.append(SourceDecoder::kBodyPadding, '\0');
  into.clear();
  into.source = batch.source;
  into.tenant = batch.tenant;
  const auto decoded = decoder.decode({body.data(), size}, key, into);
  TOCSIN_CHECK(decoded.has_value() && into.alerts.size() == 1, "what was recognised can be decoded");
}

}  // namespace

std::unique_ptr<SourceDecoder> make_alertmanager_v2(JsonReader& reader, bool knows_alerts) {
  return std::make_unique<AlertmanagerV2>(reader, knows_alerts);
}

}  // namespace tocsin
