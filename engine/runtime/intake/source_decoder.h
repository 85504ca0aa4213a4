#pragma once

#include <string_view>

#include "engine/model/alert.h"
#include "engine/model/hash.h"
#include "engine/model/refusal.h"

namespace tocsin {

/// Turns a body of one kind of source into alerts. The same bytes give the same alerts or the same refusal, now and at
/// replay. One object belongs to one thread (it keeps its parser's buffers).
class SourceDecoder {
 public:
  virtual ~SourceDecoder() = default;

  /// The source's name: the last part of its path, and `source` in rules.
  virtual std::string_view name() const = 0;

  /// Fills `batch` (cleared by the caller; source and tenant set). Requires: `body` has kBodyPadding readable bytes
  /// behind it. A refusal is of the body as a whole; refused alerts among good ones are in `batch.refused`, and when
  /// all alerts of a non-empty body are refused the result is the first of them.
  virtual Result<void> decode(std::string_view body, const HashKey& key, AlertBatch& batch) = 0;

  /// Bytes that must be readable behind a body (simdjson's padding).
  static constexpr std::size_t kBodyPadding = 64;
};

/// The decoder of a source's name; null: there is none. Implemented by the connectors, used by the replay.
class DecoderSet {
 public:
  virtual ~DecoderSet() = default;
  virtual SourceDecoder* find(std::string_view source) = 0;
};

}  // namespace tocsin
