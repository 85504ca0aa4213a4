#pragma once

#include <memory>

namespace tocsin {

class JsonReader;
class SourceDecoder;

/// `alertmanager-webhook`: what Alertmanager's webhook receiver posts (version 4, and 3, whose groupKey is a number),
/// and Grafana's superset of it: {status?, alerts: [{status, labels, annotations?, startsAt?, endsAt?,
/// generatorURL?}]}. The status of each alert counts; the group's only where an alert has none. All other fields are
/// ignored: fingerprint, because the labels it is made of are the identity; groupKey and the common labels, because
/// grouping is the rules' work; truncatedAlerts, because an alert that is not in a group has not therefore ended.
/// `reader` must outlive the decoder.
/// `knows_alerts`: see DecoderOptions.
std::unique_ptr<SourceDecoder> make_alertmanager_webhook(JsonReader& reader, bool knows_alerts = false);

}  // namespace tocsin
