#include "connectors/sources/decoders.h"

#include <array>

#include "connectors/sources/alertmanager_v2.h"
#include "connectors/sources/alertmanager_webhook.h"
#include "connectors/sources/generic.h"
#include "connectors/sources/json_reader.h"

namespace tocsin {
namespace {

class BuiltInDecoders final : public DecoderSet {
 public:
  explicit BuiltInDecoders(DecoderOptions options)
      : decoders_{make_alertmanager_v2(reader_, options.knows_alerts),
                  make_alertmanager_webhook(reader_, options.knows_alerts), make_generic(reader_)} {}

  SourceDecoder* find(std::string_view source) override {
    for (const auto& decoder : decoders_) {
      if (decoder->name() == source) return decoder.get();
    }
    return nullptr;
  }

 private:
  JsonReader reader_;
  std::array<std::unique_ptr<SourceDecoder>, 3> decoders_;
};

}  // namespace

std::unique_ptr<DecoderSet> make_decoders(DecoderOptions options) { return std::make_unique<BuiltInDecoders>(options); }

}  // namespace tocsin
