#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "engine/model/alert.h"
#include "engine/model/hash.h"

namespace tocsin {

/// The alerts of a source that writes them as bytes again and again, recognised by these bytes: an object of a body
/// that was decoded before need not be decoded again, only its `endsAt` is read. See known_alerts.cpp for why that
/// gives what the decoder gives, always. One thread.
///
/// Bounded: kKnownMax alerts, of which the older half is forgotten when there are more; about 110 bytes each, and 4 MiB
/// once something is learned. Nothing of it shows in what is decoded, so nothing of it is in the journal.
class KnownAlerts {
 public:
  /// The decoder itself: a body, with SourceDecoder::kBodyPadding bytes behind it.
  using Decode = std::function<Result<void>(std::string_view body, const HashKey& key, AlertBatch& batch)>;
  /// Where alerts stand in a body: it is their list, or an object with the field "alerts". Of an object's source it is
  /// asked in addition whether a text (padded, too) is JSON as it is, and a list of one value.
  using IsListOfOne = std::function<bool(std::string_view text)>;

  static constexpr std::size_t kKnownMax = 1U << 19;
  static constexpr std::size_t kShortestBody = 2;  // "[]"

  /// What is remembered of an object: all but its end. `text` is not.
  struct Known {
    Hash128 identity;
    Hash128 voice;
    Hash128 content;
    Instant starts_at = kUnset;
    AlertStatus status = AlertStatus::by_end;
  };

  /// Without `is_list_of_one` bodies are lists.
  explicit KnownAlerts(Decode decode, IsListOfOne is_list_of_one = {})
      : decode_(std::move(decode)), is_list_of_one_(std::move(is_list_of_one)) {}

  /// Fills `batch` (as the decoder would, but see Alert::known_text) and is true, or leaves it as it is and is false:
  /// then the decoder reads the body. Of a body with a few objects that are not known only these are decoded.
  /// Requires: `batch` is cleared, source and tenant set.
  bool recognise(std::string_view body, const HashKey& key, AlertBatch& batch);

  /// After the decoder has read a body: what it has read for the second time is learned.
  void learn(std::string_view body, const HashKey& key, const AlertBatch& batch);

  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  /// An object of a body, and in it the text of its end.
  struct Piece {
    std::string_view text;
    std::size_t end_at = 0;     // where the end's text begins in `text`
    std::size_t end_bytes = 0;  // 0: it was not found
    std::string_view before() const { return text.substr(0, end_at); }
    std::string_view end() const { return text.substr(end_at, end_bytes); }
    std::string_view after() const { return text.substr(end_at + end_bytes); }
  };

  /// What stands around the alerts of a body.
  struct Frame {
    std::string_view front;
    std::string_view back;
  };

  static void find_end(Piece& piece);
  bool find_frame(std::string_view body);
  bool is_frame_known(const HashKey& key, const AlertBatch& like);
  bool split(std::string_view body);
  static Hash128 name_of(const Piece& piece, const HashKey& key, std::string_view tenant);
  const Known* find(const Hash128& name);
  std::optional<Known> look_up(const Piece& piece, const Hash128& name, Instant& ends_at);
  bool look_up_all(const HashKey& key, std::string_view tenant);
  bool decode_alone(std::string_view object, const Frame& frame, const HashKey& key, const AlertBatch& like);
  bool add_alone(const Piece& piece, const HashKey& key, AlertBatch& batch);
  bool was_seen(const Alert& alert);
  void learn(const Piece& piece, const HashKey& key, const AlertBatch& like);
  std::optional<Known> know(const Piece& piece, const Frame& frame, std::string_view end, Instant end_as_read,
                            const HashKey& key, const AlertBatch& like);
  void remember(const Hash128& name, const Known& known);

  struct Found {
    Known known;
    Instant ends_at = kUnset;
    bool is_known = false;
  };

  bool bodies_are_lists() const { return !is_list_of_one_; }

  std::optional<Instant> read_end(std::string_view text);

  Decode decode_;
  IsListOfOne is_list_of_one_;
  Frame frame_;                          // of the body in hand
  absl::flat_hash_set<Hash128> frames_;  // in which alerts are read as they stand there; bounded by kFramesMax
  absl::flat_hash_map<Hash128, Known> young_;
  absl::flat_hash_map<Hash128, Known> old_;
  std::vector<std::uint32_t> seen_;  // a tag of what was decoded, in the place of its hash
  std::vector<Piece> pieces_;        // of the body in hand
  std::vector<Hash128> names_;
  std::vector<Found> found_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> spans_;  // labels and annotations of what was decoded alone
  std::string end_text_;  // the last one that was read; those of a body are mostly one
  std::optional<Instant> end_;
  std::string padded_;
  std::string object_;
  AlertBatch alone_;
};

}  // namespace tocsin
