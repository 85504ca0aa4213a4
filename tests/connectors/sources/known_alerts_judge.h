#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "connectors/sources/decoders.h"
#include "engine/model/alert.h"
#include "engine/model/check.h"
#include "engine/model/hash.h"
#include "engine/runtime/intake/source_decoder.h"
#include "engine/runtime/journal/body_packing.h"
#include "engine/runtime/log/piece_form.h"

namespace tocsin {

/// Two decoders of a source, one that recognises alerts by their bytes and one that does not, over the same
/// bodies. Ends the process (TOCSIN_CHECK) where they do not read the same. For tests and fuzzers.
class KnownAlertsJudge {
 public:
  explicit KnownAlertsJudge(std::string source = "alertmanager") : source_(std::move(source)) {}

  /// How many alerts of the body were recognised.
  std::size_t see(std::string_view body, std::string_view tenant = "") {
    const Result<void> known = decode(*knowing_, body, tenant, a_);
    const Result<void> plain = decode(*plain_, body, tenant, b_);
    TOCSIN_CHECK(known == plain, "taken or refused for the same reason");
    TOCSIN_CHECK(a_.alerts.size() == b_.alerts.size() && a_.mended_count == b_.mended_count &&
                     a_.unknown_statuses == b_.unknown_statuses,
                 "as many alerts, as much mended");
    TOCSIN_CHECK(std::ranges::equal(a_.refused, b_.refused, {}, &RefusedAlert::error, &RefusedAlert::error),
                 "the same alerts are refused");
    TOCSIN_CHECK(b_.known_count == 0, "who does not recognise does not");
    std::size_t recognised = 0;
    for (std::size_t i = 0; i < a_.alerts.size(); ++i) {
      const Alert& is = a_.alerts[i];
      const Alert& should = b_.alerts[i];
      TOCSIN_CHECK(same_decisions(is, should), "what decides is the same");
      if (is.is_whole()) {
        TOCSIN_CHECK(same_texts(is, should), "what was decoded has its texts");
        continue;
      }
      ++recognised;
      TOCSIN_CHECK(a_.read_known != nullptr, "a batch of known alerts says how to read them");
      a_.read_known(a_, is, published_key(), whole_);
      TOCSIN_CHECK(
          whole_.alerts.size() == 1 && same_decisions(whole_.alerts[0], should) && same_texts(whole_.alerts[0], should),
          "what is read of it is what was sent");
    }
    TOCSIN_CHECK(recognised == a_.known_count, "they are counted");
    check_pieces(body);
    return recognised;
  }

 private:
  /// What the journal gets is the body, and it gives it back.
  void check_pieces(std::string_view body) {
    const BodyPieces& known = a_.known_body;
    TOCSIN_CHECK(known.is_there() == (a_.read_known != nullptr) && known.pieces.size() == a_.known_count,
                 "a body of known alerts is there in pieces");
    TOCSIN_CHECK(!b_.known_body.is_there(), "of who recognises nothing it is not");
    if (!known.is_there()) return;
    TOCSIN_CHECK(known.body == body, "the body is kept as it was received");
    std::string payload;
    book_.begin_group();
    book_.append(known, payload);
    const auto read = reader_.read(payload);
    std::string buffer;
    TOCSIN_CHECK(read && unpack_body(*read, buffer) == body, "what was written in pieces is read whole");
  }

  Result<void> decode(DecoderSet& decoders, std::string_view body, std::string_view tenant, AlertBatch& batch) const {
    std::string padded(body);
    padded.append(SourceDecoder::kBodyPadding, '"');  // nobody reads sense into it
    batch.clear();
    batch.source = source_;
    batch.tenant = tenant;
    return decoders.find(source_)->decode({padded.data(), body.size()}, published_key(), batch);
  }

  static bool same_decisions(const Alert& a, const Alert& b) {
    return a.status == b.status && a.mended == b.mended && a.starts_at == b.starts_at && a.ends_at == b.ends_at &&
           a.said_at == b.said_at && a.source_key == b.source_key && a.identity == b.identity && a.voice == b.voice &&
           a.content == b.content && a.identity_is_labels == b.identity_is_labels;
  }
  static bool same_texts(const Alert& a, const Alert& b) {
    return std::ranges::equal(a.labels, b.labels) && std::ranges::equal(a.annotations, b.annotations) &&
           a.link == b.link;
  }

  std::string source_;
  std::unique_ptr<DecoderSet> knowing_ = make_decoders({.knows_alerts = true});
  std::unique_ptr<DecoderSet> plain_ = make_decoders();
  AlertBatch a_;
  AlertBatch b_;
  AlertBatch whole_;
  PieceBook book_;  // and its reader: a segment without end
  PieceReader reader_;
};

}  // namespace tocsin
