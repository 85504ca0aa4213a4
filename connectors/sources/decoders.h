#pragma once

#include <memory>

#include "engine/runtime/intake/source_decoder.h"

namespace tocsin {

/// The decoders of all built-in sources: alertmanager (API v2), alertmanager-webhook, generic. They share one parser,
/// so the set belongs to one thread, and each connector thread and each replay makes its own.
std::unique_ptr<DecoderSet> make_decoders();

}  // namespace tocsin
