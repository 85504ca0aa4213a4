#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "connectors/sources/decoders.h"
#include "engine/model/alert.h"
#include "engine/model/hash.h"
#include "engine/runtime/intake/source_decoder.h"

namespace tocsin {

/// A body with the padding that decoders want behind it. It is not zero: a decoder must not read sense into it.
class PaddedBody {
 public:
  explicit PaddedBody(std::string_view body) : bytes_(body), size_(body.size()) {
    bytes_.append(SourceDecoder::kBodyPadding, '"');
  }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::string bytes_;
  std::size_t size_;
};

/// What came of decoding one body.
struct Decoded {
  AlertBatch batch;
  Result<void> result;

  const Alert& alert(std::size_t i = 0) const { return batch.alerts.at(i); }
  std::string_view label(std::string_view name, std::size_t i = 0) const { return value_of(alert(i).labels, name); }
  std::string_view annotation(std::string_view name, std::size_t i = 0) const {
    return value_of(alert(i).annotations, name);
  }
};

/// The kinds in words, in the order of the enumeration: "number, time".
inline std::string words_of(MendingSet mended) {
  std::string words;
  mended.for_each([&](Mending kind) { words.append(words.empty() ? "" : ", ").append(name_of(kind)); });
  return words;
}

/// Decodes with a set of decoders of its own, as a thread would.
inline Decoded decode(std::string_view source, std::string_view body) {
  Decoded decoded;
  decoded.batch.source = source;
  const auto decoders = make_decoders();
  SourceDecoder* const decoder = decoders->find(source);
  EXPECT_NE(decoder, nullptr) << source;
  const PaddedBody padded(body);
  decoded.result = decoder->decode(padded.view(), published_key(), decoded.batch);
  return decoded;
}

/// The same, and it must be accepted.
inline Decoded decode_good(std::string_view source, std::string_view body) {
  Decoded decoded = decode(source, body);
  EXPECT_TRUE(decoded.result.has_value()) << name_of(decoded.result.error().code) << ": "
                                          << decoded.result.error().message << " at " << decoded.result.error().pointer;
  return decoded;
}

}  // namespace tocsin
