// Why a body that is recognised is read as the decoder reads it
//
// An object is known under the hash (128 bits, under the journal's secret key, as identities are) of two texts: B, all
// before the text of its end, and A, all behind. It is written B·t·A, where t is that text.
//
// 1. It was learned by decoding `[B·x·A]` for two instants x. Both were decoded without refusal and without mending,
// gave
//    the same alert but for its end, and as its end the instant x. So `[B·x·A]` is JSON. B ends with `:"`. That quote
//    opens a string: it is not escaped (a colon stands before it), and if it closed one, or stood in one, digits would
//    follow where JSON has none, or the end would not be x. A begins with `"`, which closes the string, since x has
//    neither quotes nor backslashes. So x is the whole of one string, and its value is what the decoder reads as the
//    end (the end followed it, twice); nothing else followed it, so it is nothing else as well.
// 2. An object B·t·A is taken as known only if parse_rfc3339 takes t: then t too has no quote, no backslash and no
//    control character, `[B·t·A]` is JSON with the same fields and values but for that one string, and the decoder
//    reads its end with the same parse_rfc3339 and everything else from what is the same. The one thing that it asks of
//    the end and another field together, whether the end is before the start, is asked here too: then the object is not
//    known.
// 3. A body is `[`, objects with a comma between, and `]`, byte for byte: nothing is skipped. Each object is known (so,
// by 2,
//    JSON that is decoded without mending) or was decoded alone as `[object]` without refusal and mending. A list of
//    such texts is JSON, read in one way only: as these objects in this order. Hence it does not matter how the body
//    was cut into pieces: a cut that is not between two objects makes a piece that is not known, and not an object.
// 4. Where a body is an object (the webhook), the list is one of its fields: it is F·list·E, where F ends with
//    `"alerts":[` and E begins with `]`. F and E are known when F·p·E, for two objects p, was decoded without refusal
//    and mending, as the one alert that p is. So F·p·E is JSON; the `[` is no part of a string, or the quotes in p
//    would end it and leave words outside of strings; so p is the one element of an array. What was decoded changed
//    with p and was p, so this array is the list that the decoder reads, and nothing else of F and E gives alerts or is
//    mended. Of what stands in them only the status can matter to an alert: an object is learned by decoding it once
//    where it says that all fires and once where it says that all has ended, with the same result, so it does not
//    matter to it; others are decoded alone between the F and E of their body. An object alone might end the list and
//    begin another field with one (`{…}],"x":[{…}`): so `[object]` must be JSON and one value, too.
// 5. What the decoder asks of a body as a whole: its length (asked before decoding) and how many alerts it has (asked
//    here). What it keeps from alert to alert (names in the order of before) does not show.
#include "connectors/sources/known_alerts.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "engine/model/check.h"
#include "engine/model/limits.h"
#include "engine/model/time_text.h"
#include "engine/runtime/intake/source_decoder.h"

namespace tocsin {
namespace {

constexpr std::string_view kEndKey = R"("endsAt":")";
constexpr std::size_t kEndBytesMax = 40;  // of an RFC 3339 text

constexpr std::size_t kProbes = 8;         // of these, more than half must be known for the rest to be looked at
constexpr std::size_t kUnknownShare = 16;  // one in so many may be unknown, or kUnknownMin
constexpr std::size_t kUnknownMin = 4;
constexpr std::size_t kSeenSlots = 1U << 20;

constexpr std::size_t kFramesMax = 4096;
constexpr std::string_view kListKey = R"("alerts":[)";
constexpr std::string_view kListEnd = R"(}],")";
constexpr std::string_view kOneProbe = R"({"status":"firing","labels":{"probe":"one"},"annotations":{"a":"1"}})";
constexpr std::string_view kOtherProbe = R"({"status":"resolved","labels":{"probe":"other"},"annotations":{"a":"2"}})";
constexpr std::string_view kFiringFront = R"({"status":"firing","alerts":[)";
constexpr std::string_view kResolvedFront = R"({"status":"resolved","alerts":[)";

constexpr std::string_view kOneEnd = "2200-01-01T00:00:00Z";
constexpr std::string_view kOtherEnd = "2210-12-31T23:59:59Z";

}  // namespace

/// Prometheus writes the end behind the annotations, whose first closing brace mostly is their last.
void KnownAlerts::find_end(Piece& piece) {
  const std::string_view text = piece.text;
  std::size_t key = std::string_view::npos;
  const std::size_t brace = text.find('}');
  if (brace != std::string_view::npos && text.substr(brace + 1).starts_with(',') &&
      text.substr(brace + 2).starts_with(kEndKey)) {
    key = brace + 2;
  } else {
    key = text.find(kEndKey);
  }
  if (key == std::string_view::npos) return;
  const std::size_t begin = key + kEndKey.size();
  const std::size_t quote = text.substr(begin, kEndBytesMax).find('"');
  if (quote == std::string_view::npos) return;
  piece.end_at = begin;
  piece.end_bytes = quote;
}

/// False: it has no list of objects where one is expected.
bool KnownAlerts::find_frame(std::string_view body) {
  if (bodies_are_lists()) {
    if (!body.starts_with("[{") || !body.ends_with("}]")) return false;
    frame_ = {body.substr(0, 1), body.substr(body.size() - 1)};
    return true;
  }
  const std::size_t key = body.find(kListKey);
  if (key == std::string_view::npos) return false;
  const std::size_t begin = key + kListKey.size();
  std::size_t end = body.rfind(kListEnd);
  if (end == std::string_view::npos && body.ends_with("}]}")) end = body.size() - 3;
  if (end == std::string_view::npos || end < begin || body[begin] != '{') return false;
  frame_ = {body.substr(0, begin), body.substr(end + 1)};
  return true;
}

/// See 4 above.
bool KnownAlerts::is_frame_known(const HashKey& key, const AlertBatch& like) {
  if (bodies_are_lists()) return true;
  const std::array<Hash128, 2> parts{key.hash(frame_.front), key.hash(frame_.back)};
  const Hash128 name = key.hash({reinterpret_cast<const char*>(parts.data()), sizeof parts});
  if (frames_.contains(name)) return true;
  for (const std::string_view probe : {kOneProbe, kOtherProbe}) {
    if (!decode_alone(probe, {kFiringFront, "]}"}, key, like)) return false;
    const Alert expected = alone_.alerts[0];
    if (!decode_alone(probe, frame_, key, like)) return false;
    const Alert& read = alone_.alerts[0];
    if (read.identity != expected.identity || read.content != expected.content || read.status != expected.status)
      return false;
  }
  if (frames_.size() >= kFramesMax) frames_.clear();
  frames_.insert(name);
  return true;
}

/// Cuts a body at `},{`, into pieces_ and frame_. False: it does not begin and end as a list of objects.
bool KnownAlerts::split(std::string_view body) {
  pieces_.clear();
  if (!find_frame(body)) return false;
  const char* begin = frame_.front.data() + frame_.front.size();
  const char* const end = frame_.back.data();
  for (const char* look = begin + 1; look < end;) {
    const auto* brace = static_cast<const char*>(std::memchr(look, '{', static_cast<std::size_t>(end - look)));
    if (brace == nullptr) break;
    look = brace + 1;
    if (brace - begin < 2 || brace[-1] != ',' || brace[-2] != '}') continue;
    if (pieces_.size() == limits::kAlertsPerBodyMax) return false;
    pieces_.push_back({{begin, static_cast<std::size_t>(brace - 1 - begin)}});
    begin = brace;
  }
  pieces_.push_back({{begin, static_cast<std::size_t>(end - begin)}});
  return pieces_.size() <= limits::kAlertsPerBodyMax;
}

Hash128 KnownAlerts::name_of(const Piece& piece, const HashKey& key, std::string_view tenant) {
  const std::array<Hash128, 3> parts{key.hash(piece.before()), key.hash(piece.after()), key.hash(tenant)};
  static_assert(std::has_unique_object_representations_v<Hash128>);
  return key.hash({reinterpret_cast<const char*>(parts.data()), sizeof parts});
}

const KnownAlerts::Known* KnownAlerts::find(const Hash128& name) {
  if (const auto known = young_.find(name); known != young_.end()) return &known->second;
  const auto known = old_.find(name);
  if (known == old_.end()) return nullptr;
  const Known found = known->second;
  remember(name, found);
  return &young_.find(name)->second;
}

void KnownAlerts::remember(const Hash128& name, const Known& known) {
  if (young_.size() >= kKnownMax / 2) {
    std::swap(old_, young_);
    young_.clear();
  }
  young_.insert_or_assign(name, known);
  TOCSIN_CHECK(size() <= kKnownMax, "what is known is bounded");
}

std::optional<Instant> KnownAlerts::read_end(std::string_view text) {
  if (text != end_text_) {
    end_ = parse_rfc3339(text);
    end_text_ = text;
  }
  return end_;
}

std::optional<KnownAlerts::Known> KnownAlerts::look_up(const Piece& piece, const Hash128& name, Instant& ends_at) {
  if (piece.end_bytes == 0) return std::nullopt;
  const auto end = read_end(piece.end());
  if (!end) return std::nullopt;
  const Known* const known = find(name);
  if (known == nullptr) return std::nullopt;
  if (*end != kUnset && known->starts_at != kUnset && *end < known->starts_at) return std::nullopt;
  ends_at = *end;
  return *known;
}

/// Looks up pieces_, into found_. False: too many of them are not known.
bool KnownAlerts::look_up_all(const HashKey& key, std::string_view tenant) {
  const std::size_t unknown_max = std::max(kUnknownMin, pieces_.size() / kUnknownShare);
  std::size_t unknown = 0;
  names_.clear();
  found_.clear();
  for (std::size_t i = 0; i < pieces_.size();) {
    // Some at once, so that memory is asked for all of them before it is waited for.
    const std::size_t end = std::min(pieces_.size(), i + kProbes);
    for (std::size_t next = i; next < end; ++next) {
      find_end(pieces_[next]);
      names_.push_back(name_of(pieces_[next], key, tenant));
      young_.prefetch(names_.back());
    }
    for (; i < end; ++i) {
      Found& found = found_.emplace_back();
      if (const auto known = look_up(pieces_[i], names_[i], found.ends_at)) {
        found.known = *known;
        found.is_known = true;
      } else {
        ++unknown;
      }
    }
    if (unknown > unknown_max || 2 * unknown > i) return false;
  }
  return true;
}

bool KnownAlerts::recognise(std::string_view body, const HashKey& key, AlertBatch& batch) {
  TOCSIN_CHECK(batch.alerts.empty() && batch.label_pool.empty(), "a batch is cleared before it is filled");
  pieces_.clear();
  if (size() == 0 || !split(body) || !look_up_all(key, batch.tenant) || !is_frame_known(key, batch)) return false;

  char* const bytes = batch.arena.allocate(body.size());
  std::memcpy(bytes, body.data(), body.size());
  batch.known_body.body = {bytes, body.size()};
  batch.known_body.check = body_check(body);
  batch.known_body.pieces.reserve(pieces_.size());
  batch.alerts.reserve(pieces_.size());
  spans_.clear();
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const Found& found = found_[i];
    if (!found.is_known) {
      if (!add_alone(pieces_[i], key, batch)) {
        batch.clear();
        return false;
      }
      continue;
    }
    Alert& alert = batch.alerts.emplace_back();
    alert.status = found.known.status;
    alert.starts_at = found.known.starts_at;
    alert.ends_at = found.ends_at;
    alert.identity = found.known.identity;
    alert.voice = found.known.voice;
    alert.content = found.known.content;
    alert.identity_is_labels = true;
    alert.known_text = {bytes + (pieces_[i].text.data() - body.data()), pieces_[i].text.size()};
    batch.known_body.pieces.push_back({names_[i], static_cast<std::uint32_t>(pieces_[i].text.data() - body.data()),
                                       static_cast<std::uint32_t>(pieces_[i].text.size()),
                                       static_cast<std::uint32_t>(pieces_[i].end_at),
                                       batch.arena.keep(pieces_[i].end())});
    ++batch.known_count;
  }
  // The pool moves no more: what was decoded alone gets its spans.
  const Labels pool{batch.label_pool};
  std::size_t at = 0;
  auto next = spans_.begin();
  for (Alert& alert : batch.alerts) {
    if (!alert.is_whole()) continue;
    alert.labels = pool.subspan(at, next->first);
    alert.annotations = pool.subspan(at + next->first, next->second);
    at += std::size_t{next->first} + next->second;
    ++next;
  }
  TOCSIN_CHECK(batch.alerts.size() == pieces_.size() && next == spans_.end(), "an alert for each object");
  return true;
}

/// Into alone_: the one alert of an object. False: it is not one that is taken as it is.
bool KnownAlerts::decode_alone(std::string_view object, const Frame& frame, const HashKey& key,
                               const AlertBatch& like) {
  const auto pad = [this](std::string_view front, std::string_view middle, std::string_view back) {
    padded_.assign(front).append(middle).append(back);
    const std::size_t size = padded_.size();
    padded_.append(SourceDecoder::kBodyPadding, '\0');
    return std::string_view(padded_.data(), size);
  };
  if (!bodies_are_lists() && !is_list_of_one_(pad("[", object, "]"))) return false;
  const std::string_view body = pad(frame.front, object, frame.back);
  alone_.clear();
  alone_.source = like.source;
  alone_.tenant = like.tenant;
  const auto decoded = decode_(body, key, alone_);
  return decoded && alone_.alerts.size() == 1 && alone_.refused.empty() && alone_.mended_count == 0 &&
         alone_.unknown_statuses.empty() && alone_.alerts[0].identity_is_labels;
}

/// Decodes an object that is not known. Its labels go to the pool, its spans are taken when all are there.
bool KnownAlerts::add_alone(const Piece& piece, const HashKey& key, AlertBatch& batch) {
  if (!decode_alone(piece.text, frame_, key, batch)) return false;
  const Alert& decoded = alone_.alerts[0];
  for (const Labels part : {decoded.labels, decoded.annotations}) {
    for (const Label& label : part)
      batch.label_pool.push_back({batch.arena.keep(label.name), batch.arena.keep(label.value)});
  }
  spans_.emplace_back(decoded.labels.size(), decoded.annotations.size());
  Alert& alert = batch.alerts.emplace_back(decoded);
  alert.labels = alert.annotations = {};
  alert.link = batch.arena.keep(decoded.link);
  if (was_seen(alert)) learn(piece, key, batch);
  return true;
}

/// Notes it, too. Often wrong in neither direction: what it is wrong about is learned later, or for nothing.
bool KnownAlerts::was_seen(const Alert& alert) {
  if (seen_.empty()) seen_.resize(kSeenSlots);
  const std::uint64_t hash = alert.voice.low ^ alert.content.low;
  const auto tag = static_cast<std::uint32_t>(hash >> 32 | 1);
  return std::exchange(seen_[hash % kSeenSlots], tag) == tag;
}

void KnownAlerts::learn(std::string_view body, const HashKey& key, const AlertBatch& batch) {
  if (!batch.refused.empty() || batch.mended_count > 0) return;
  // Their places are all over the table: asked for before they are waited for.
  if (!seen_.empty())
    for (const Alert& alert : batch.alerts)
      __builtin_prefetch(&seen_[(alert.voice.low ^ alert.content.low) % kSeenSlots]);
  bool is_split = false;
  for (std::size_t i = 0; i < batch.alerts.size(); ++i) {
    if (!was_seen(batch.alerts[i])) continue;
    if (!is_split) {
      if (!split(body) || pieces_.size() != batch.alerts.size()) return;
      is_split = true;
    }
    Piece piece = pieces_[i];
    find_end(piece);
    learn(piece, key, batch);
  }
}

void KnownAlerts::learn(const Piece& piece, const HashKey& key, const AlertBatch& like) {
  if (piece.end_bytes == 0) return;
  const Frame list{"[", "]"};
  const Frame one_frame = bodies_are_lists() ? list : Frame{kFiringFront, "]}"};
  const Frame other_frame = bodies_are_lists() ? list : Frame{kResolvedFront, "]}"};
  const auto one = know(piece, one_frame, kOneEnd, *parse_rfc3339(kOneEnd), key, like);
  if (!one) return;
  const auto other = know(piece, other_frame, kOtherEnd, *parse_rfc3339(kOtherEnd), key, like);
  if (!other || one->status != other->status || one->identity != other->identity || one->voice != other->voice ||
      one->content != other->content || one->starts_at != other->starts_at)
    return;
  remember(name_of(piece, key, like.tenant), *one);
}

/// The alert of the object with another end, if that is read as its end.
std::optional<KnownAlerts::Known> KnownAlerts::know(const Piece& piece, const Frame& frame, std::string_view end,
                                                    Instant end_as_read, const HashKey& key, const AlertBatch& like) {
  object_.assign(piece.before()).append(end).append(piece.after());
  if (!decode_alone(object_, frame, key, like)) return std::nullopt;
  const Alert& alert = alone_.alerts[0];
  if (alert.ends_at != end_as_read || (bodies_are_lists() && alert.status != AlertStatus::by_end) ||
      !alert.source_key.empty() || alert.said_at != kUnset || !alert.is_in_place())
    return std::nullopt;
  return Known{alert.identity, alert.voice, alert.content, alert.starts_at, alert.status};
}

}  // namespace tocsin
