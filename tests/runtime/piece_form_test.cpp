#include "engine/runtime/log/piece_form.h"

#include <gtest/gtest.h>

#include "tests/runtime/known_bodies.h"

namespace tocsin {
namespace {

std::string written(PieceBook& book, const BodyPieces& body) {
  std::string payload;
  book.append(body, payload);
  return payload;
}

std::string read(PieceReader& reader, std::string_view payload) {
  std::string buffer;
  const auto packed = reader.read(payload);
  if (!packed) return packed.error().code == Refusal::storage_damaged ? "lost" : "corrupt";
  return std::string(unpack_body(*packed, buffer).value());
}

TEST(PieceForm, APieceIsToldInTwoGroupsAndThenReferredTo) {
  KnownBodies bodies(3);
  PieceBook book;
  PieceReader reader;
  const BodyPieces& body = bodies.make({0, 1, 2}, "2026-01-01T00:00:00Z");
  std::vector<std::size_t> sizes;
  for (int group = 0; group < 4; ++group) {
    book.begin_group();
    const std::string payload = written(book, body);
    sizes.push_back(payload.size());
    EXPECT_EQ(read(reader, payload), body.body);
  }
  EXPECT_GT(sizes[0], 3u * 120u) << "each has its text";
  EXPECT_EQ(sizes[1], sizes[0]);
  EXPECT_LT(sizes[2], 60u);
  EXPECT_EQ(sizes[3], sizes[2]);
}

TEST(PieceForm, WithinItsGroupAPieceIsToldOnce) {
  KnownBodies bodies(1);
  PieceBook book;
  book.begin_group();
  const BodyPieces& body = bodies.make({0}, "x");
  const std::size_t first = written(book, body).size();
  EXPECT_LT(written(book, body).size(), first / 2);
  book.begin_group();
  EXPECT_EQ(written(book, body).size(), first) << "the group before may be lost";
}

TEST(PieceForm, ABodyIsReadWhicheverOneGroupIsLost) {
  KnownBodies bodies(5);
  std::mt19937_64 random(3);
  PieceBook book;
  std::vector<std::vector<std::string>> groups(12);
  std::vector<std::vector<std::string>> texts(12);
  for (std::size_t group = 0; group < groups.size(); ++group) {
    book.begin_group();
    for (int i = 0; i < 3; ++i) {
      const BodyPieces& body = bodies.draw(random);
      groups[group].push_back(written(book, body));
      texts[group].emplace_back(body.body);
    }
  }
  for (std::size_t lost = 0; lost < groups.size(); ++lost) {
    PieceReader reader;
    for (std::size_t group = 0; group < groups.size(); ++group) {
      if (group == lost) continue;
      for (std::size_t i = 0; i < groups[group].size(); ++i)
        EXPECT_EQ(read(reader, groups[group][i]), texts[group][i]) << "without group " << lost;
    }
  }
}

TEST(PieceForm, WhatRefersToTextsThatAreLostSaysSo) {
  KnownBodies bodies(1);
  PieceBook book;
  const BodyPieces& body = bodies.make({0}, "x");
  std::string payload;
  for (int group = 0; group < 3; ++group) {
    book.begin_group();
    payload = written(book, body);
  }
  PieceReader reader;
  EXPECT_EQ(read(reader, payload), "lost");
}

TEST(PieceForm, AnotherPieceUnderTheNumberIsNoticed) {
  KnownBodies bodies(2);
  PieceBook book;
  std::string payload;
  for (int group = 0; group < 3; ++group) {
    book.begin_group();
    payload = written(book, bodies.make({0}, "x"));
  }
  PieceBook other;
  PieceReader reader;
  EXPECT_NE(read(reader, written(other, bodies.make({1}, "x"))), "corrupt");
  EXPECT_EQ(read(reader, payload), "lost") << "as long, and not the same";
}

TEST(PieceForm, NumbersGoOnWhereItIsSaidAndWhatWasToldIsForgotten) {
  KnownBodies bodies(2);
  PieceBook book(70'000);
  const std::size_t first = written(book, bodies.make({0}, "x")).size();
  EXPECT_EQ(book.next_number(), 70'001u);
  book.forget();
  EXPECT_EQ(written(book, bodies.make({0}, "x")).size(), first);
  EXPECT_EQ(book.next_number(), 70'002u);
}

// Bodies as no source would send them: what stands around the pieces is kept, whatever it is.
TEST(PieceForm, WhateverStandsAroundPiecesIsKept) {
  const std::string hole_of_300(300, 'h');
  for (const std::string around : {"", ",", ",,", "[", "{\"alerts\":["}) {
    for (const std::string& hole : {std::string(), std::string("h"), std::string(255, 'h'), hole_of_300}) {
      const std::string object = "<" + hole + ">";
      const std::string text = around + object + around + object + around;
      BodyPieces body;
      body.body = text;
      body.check = body_check(text);
      for (const std::size_t at : {around.size(), 2 * around.size() + object.size()})
        body.pieces.push_back({{7, 7},
                               static_cast<std::uint32_t>(at),
                               static_cast<std::uint32_t>(object.size()),
                               1,
                               body.body.substr(at + 1, hole.size())});
      PieceBook book;
      PieceReader reader;
      for (int group = 0; group < 3; ++group) {
        book.begin_group();
        EXPECT_EQ(read(reader, written(book, body)), text) << around << " " << hole.size();
      }
    }
  }
}

TEST(PieceForm, LongTellingsAreCompressed) {
  KnownBodies bodies(60, 700);
  PieceBook book;
  PieceReader reader;
  std::vector<std::size_t> all(60);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  std::string blanks(5000, ' ');
  BodyPieces body = bodies.make(all, "x");
  const std::string text = std::string(body.body) + blanks;
  body.body = text;
  body.check = body_check(text);
  const std::string payload = written(book, body);
  EXPECT_LT(payload.size(), text.size() - 4000);
  EXPECT_EQ(read(reader, payload), text);
}

TEST(PieceForm, AnyBytesAreReadOrRefused) {
  KnownBodies bodies(4);
  std::mt19937_64 random(5);
  PieceBook book;
  PieceReader reader;
  for (int i = 0; i < 20'000; ++i) {
    if (i % 3 == 0) book.begin_group();
    const BodyPieces& body = bodies.draw(random);
    std::string payload = written(book, body);
    if (i % 2 == 0) {
      ASSERT_EQ(read(reader, payload), body.body);
      continue;
    }
    for (std::uint64_t flips = 1 + random() % 3; flips > 0; --flips)
      payload[random() % payload.size()] ^= static_cast<char>(1 << random() % 8);
    if (random() % 4 == 0) payload.resize(random() % payload.size());
    PieceReader other;  // what it is told may be wrong
    static_cast<void>(read(other, payload));
  }
}

}  // namespace
}  // namespace tocsin
