#pragma once

#include <memory>

namespace tocsin {

class JsonReader;
class SourceDecoder;

/// `alertmanager`: the body of `POST /api/v2/alerts` as Alertmanager's API v2 takes it: an array of {labels,
/// annotations?, startsAt?, endsAt?, generatorURL?}. Unknown fields are ignored; labels without a value are dropped;
/// Go's zero time and null are "not said"; an empty array is zero alerts. `reader` must outlive the decoder.
/// `knows_alerts`: see DecoderOptions.
std::unique_ptr<SourceDecoder> make_alertmanager_v2(JsonReader& reader, bool knows_alerts = false);

}  // namespace tocsin
