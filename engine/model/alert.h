#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/arena.h"
#include "engine/model/body_pieces.h"
#include "engine/model/ids.h"
#include "engine/model/instant.h"
#include "engine/model/label.h"
#include "engine/model/mending.h"
#include "engine/model/refusal.h"

namespace tocsin {

class HashKey;

/// What a source said about a condition.
enum class AlertStatus : std::uint8_t {
  by_end,    // Alertmanager API v2: resolved when ends_at is not after the receive instant, else firing
  firing,    // the source says so
  resolved,  // the source says so
};

/// One alert as a source sent it, checked and brought into one shape. All views borrow from the batch that holds it.
struct Alert {
  Labels labels;
  Labels annotations;
  AlertStatus status = AlertStatus::by_end;
  bool starts_locally = false;  // the start was said without a zone: read as UTC, and not placed yet
  bool ends_locally = false;    // the same of the end
  MendingSet mended;            // what is not as it was sent; hashed is what was sent
  Instant starts_at = kUnset;   // kUnset: the source did not say
  Instant ends_at = kUnset;     // kUnset: the source did not say
  Instant said_at = kUnset;     // when the source said it; kUnset: at receipt
  std::string_view link;        // where a person can look (generatorURL); never fetched
  /// The source's own name for the condition, for sources that have one; "" where labels are the identity.
  std::string_view source_key;
  /// What makes two alerts the same condition by default: hash of tenant, source kind, and source_key or else all
  /// labels.
  Hash128 identity;
  /// Who says it of what: identity, and the scheme, host and port of `link` where that names a Prometheus server. The
  /// two servers of a pair are two voices of one identity.
  Hash128 voice;
  /// Labels, annotations and status: same voice and same content is a repeat. See identity.h.
  Hash128 content;
  /// The identity is the whole label set, so a word about it has exactly these labels, a close too. Else the source has
  /// a name for the condition, or says more or less of it from word to word.
  bool identity_is_labels = false;
  /// Of an alert that was recognised by its bytes: these bytes. Then labels, annotations and link are not here, and
  /// AlertBatch::read_known reads them. "" of all others.
  std::string_view known_text;
  bool is_in_place() const { return !starts_locally && !ends_locally; }
  bool is_whole() const { return known_text.empty(); }
};

/// An alert of a body that was refused while others were taken. `error.index` says which.
struct RefusedAlert {
  Error error;
};

/// The alerts of one body, and the bytes they borrow. Moves from the connector thread that parsed it to the shard that
/// applies it.
struct AlertBatch {
  std::string source;         // "alertmanager", "alertmanager-webhook", "generic", …: what `source` is in rules
  std::string tenant;         // "" is the default tenant
  std::vector<Alert> alerts;  // in the order of the body
  std::vector<RefusedAlert> refused;
  std::size_t mended_count = 0;                    // of `alerts`
  std::vector<std::string_view> unknown_statuses;  // words of `alerts` that no table knows, one for each such alert
  std::vector<Label> label_pool;  // what the spans of `alerts` point into; complete before the first span is taken
  Arena arena;

  /// Reads an alert of this batch that was recognised by its bytes, as the only one of `into` (which is cleared): the
  /// same alert with its texts. Any thread. Null: the batch has none of these.
  using ReadKnown = void (*)(const AlertBatch& batch, const Alert& known, const HashKey& key, AlertBatch& into);
  ReadKnown read_known = nullptr;
  BodyPieces known_body;          // where alerts were recognised: the body that they came in, and they in it
  std::size_t known_count = 0;    // of `alerts`: recognised
  std::size_t unknown_count = 0;  // of `alerts`: looked for in vain; 0 where nothing was looked for

  /// Bytes that it holds, whether they are used or not.
  std::size_t cost_bytes() const {
    return alerts.capacity() * sizeof(Alert) + label_pool.capacity() * sizeof(Label) +
           known_body.pieces.capacity() * sizeof(BodyPiece) + arena.cost_bytes();
  }

  void clear() {
    alerts.clear();
    refused.clear();
    mended_count = 0;
    unknown_statuses.clear();
    label_pool.clear();
    arena.clear();
    read_known = nullptr;
    known_body.clear();
    known_count = unknown_count = 0;
  }
};

}  // namespace tocsin
