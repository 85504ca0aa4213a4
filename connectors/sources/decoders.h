#pragma once

#include <memory>

#include "engine/runtime/intake/source_decoder.h"

namespace tocsin {

struct DecoderOptions {
  /// Alerts that a source repeats byte for byte are recognised and not decoded again (see KnownAlerts). They come
  /// without their texts: for who asks AlertBatch::read_known for these, as the shard does.
  bool knows_alerts = false;
};

/// The decoders of all built-in sources: alertmanager (API v2), alertmanager-webhook, generic. They share one parser,
/// so the set belongs to one thread, and each connector thread and each replay makes its own.
std::unique_ptr<DecoderSet> make_decoders(DecoderOptions options = {});

}  // namespace tocsin
