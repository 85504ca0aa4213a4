#pragma once

#include <functional>

#include "engine/model/input.h"
#include "engine/runtime/intake/source_decoder.h"
#include "engine/runtime/journal/journal.h"

namespace tocsin {

/// Reads a journal's inputs from `from` on, in order, as the shard first saw them: bodies are unpacked and decoded
/// again, rule sets loaded again. `see` returns false to stop; the input is borrowed for the call. Stops the process
/// with a message when a body that was accepted no longer decodes: the decoder has changed, and going on would tell
/// another story than the one that happened. Used by the recovery and by `tocsin replay`.
Result<void> replay_inputs(Journal& journal, Position from, DecoderSet& decoders,
                           const std::function<bool(const Input&)>& see);

}  // namespace tocsin
