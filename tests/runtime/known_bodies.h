#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/body_pieces.h"
#include "engine/runtime/journal/body_packing.h"
#include "tests/runtime/log_world.h"

namespace tocsin {

/// Bodies made of a few objects again and again, as sources repeat what fires. What it gives out lives as long as it.
class KnownBodies {
 public:
  explicit KnownBodies(std::size_t objects, std::size_t object_bytes = 120) {
    for (std::size_t i = 0; i < objects; ++i) {
      std::string before = "{\"labels\":{\"n\":\"" + std::to_string(i) + "\"},";
      for (std::uint64_t noise = i + 1; before.size() < object_bytes; noise = noise * 6364136223846793005u + 1)
        before += static_cast<char>('a' + (noise >> 33) % 26);
      objects_.emplace_back(std::move(before), ",\"generatorURL\":\"" + std::to_string(i % 3) + "\"}");
    }
  }

  /// `[object,object,…]`, with the object of each number; with some text that nobody knows between them if `is_odd`.
  const BodyPieces& make(const std::vector<std::size_t>& numbers, const std::string& hole, bool is_odd = false) {
    std::string& text = texts_.emplace_back("[");
    BodyPieces& body = bodies_.emplace_back();
    std::vector<std::size_t> holes;
    for (const std::size_t number : numbers) {
      if (!body.pieces.empty()) text += is_odd ? ",{\"new\":1}," : ",";
      const auto& [before, behind] = objects_[number];
      BodyPiece piece;
      piece.name = {number, 1};
      piece.at = static_cast<std::uint32_t>(text.size());
      piece.hole_at = static_cast<std::uint32_t>(before.size());
      piece.bytes = static_cast<std::uint32_t>(before.size() + hole.size() + behind.size());
      text.append(before).append(hole).append(behind);
      body.pieces.push_back(piece);
    }
    text += "]";
    body.body = text;
    body.check = body_check(text);
    for (BodyPiece& piece : body.pieces) piece.hole = body.body.substr(piece.at + piece.hole_at, hole.size());
    return body;
  }

  template <typename Random>
  const BodyPieces& draw(Random& random) {
    std::vector<std::size_t> numbers(1 + random() % 6);
    for (std::size_t& number : numbers) number = random() % objects_.size();
    return make(numbers, "2026-01-01T00:0" + std::to_string(random() % 10) + ":00Z", random() % 8 == 0);
  }

 private:
  std::vector<std::pair<std::string, std::string>> objects_;
  std::deque<std::string> texts_;
  std::deque<BodyPieces> bodies_;
};

/// Appends one group of bodies at the next positions; written down is how each is read.
inline Result<void> append_bodies(Journal& journal, const std::vector<const BodyPieces*>& bodies,
                                  Entries* written = nullptr) {
  std::vector<JournalEntry> group;
  std::uint64_t position = journal.last_position().value();
  for (const BodyPieces* body : bodies) {
    ++position;
    JournalEntry entry{Position{position}, std::max(journal.last_instant(), instant_of(position)), InputKind::alerts,
                       "alertmanager", "acme"};
    entry.pieces = body;
    group.push_back(entry);
  }
  auto appended = journal.append(group);
  if (appended && written != nullptr)
    for (const JournalEntry& entry : group)
      (*written)[{entry.position.value(), journal.life().epoch}] = entry.pieces->body;
  return appended;
}

/// What a journal has, by (position, epoch): the bodies, unpacked.
inline Result<Entries> bodies_of(Journal& journal) {
  auto entries = entries_of(journal);
  if (!entries) return entries;
  std::string buffer;
  for (auto& [name, payload] : *entries) {
    const auto body = unpack_body(payload, buffer);
    if (!body) return std::unexpected(body.error());
    payload = std::string(*body);
  }
  return entries;
}

}  // namespace tocsin
