#include "connectors/sources/alertmanager_v2.h"

#include "connectors/sources/alert_fields.h"
#include "connectors/sources/alert_list.h"
#include "connectors/sources/batch_builder.h"
#include "connectors/sources/json_reader.h"
#include "engine/runtime/intake/source_decoder.h"

namespace tocsin {
namespace {

class AlertmanagerV2 final : public SourceDecoder {
 public:
  explicit AlertmanagerV2(JsonReader& reader) : reader_(reader) {}

  std::string_view name() const override { return "alertmanager"; }

  Result<void> decode(std::string_view body, const HashKey& key, AlertBatch& batch) override {
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

 private:
  JsonReader& reader_;
  BatchBuilder builder_;
  AlertFields fields_;
};

}  // namespace

std::unique_ptr<SourceDecoder> make_alertmanager_v2(JsonReader& reader) {
  return std::make_unique<AlertmanagerV2>(reader);
}

}  // namespace tocsin
