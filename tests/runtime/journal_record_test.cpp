#include "engine/runtime/journal/journal_record.h"

#include <string>

#include <gtest/gtest.h>

namespace tocsin {
namespace {

JournalEntry full_entry() {
  return {Position{7},
          Instant{Duration{-5}},
          InputKind::refused_body,
          "alertmanager",
          "acme",
          "the body",
          {Refusal::bad_time, "not a time", 3, "/3/startsAt"},
          Instant{Duration{-9}},
          4};
}

TEST(JournalRecord, GivesBackEveryField) {
  std::string bytes;
  append_journal_record(bytes, full_entry());
  const auto read = read_journal_record(Position{7}, bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->position, Position{7});
  EXPECT_EQ(read->at, Instant{Duration{-5}});
  EXPECT_EQ(read->wall, Instant{Duration{-9}});
  EXPECT_EQ(read->epoch, 4U);
  EXPECT_EQ(read->kind, InputKind::refused_body);
  EXPECT_EQ(read->source, "alertmanager");
  EXPECT_EQ(read->tenant, "acme");
  EXPECT_EQ(read->payload, "the body");
  EXPECT_EQ(read->error, full_entry().error);
}

TEST(JournalRecord, HasTheDocumentedLayout) {
  std::string bytes;
  append_journal_record(bytes, {Position{1}, Instant{Duration{0x0102}}, InputKind::alerts, "s", "", "p"});
  EXPECT_EQ(bytes, std::string("\x02\x01"
                               "\x02\x01\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\x80"
                               "\0\0\0\0"
                               "\0"
                               "\xff\xff\xff\xff"
                               "\x01\0\0\0"
                               "\0\0\0\0"
                               "\0\0\0\0"
                               "sp",
                               41));
}

TEST(JournalRecord, ReadsThoseFromBeforeEpochs) {
  const auto read = read_journal_record(Position{1}, std::string_view("\x01\x01"
                                                                      "\x02\x01\0\0\0\0\0\0"
                                                                      "\0"
                                                                      "\xff\xff\xff\xff"
                                                                      "\x01\0\0\0"
                                                                      "\0\0\0\0"
                                                                      "\0\0\0\0"
                                                                      "sp",
                                                                      29));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->at, Instant{Duration{0x0102}});
  EXPECT_EQ(read->wall, kUnset);
  EXPECT_EQ(read->epoch, 0U);
  EXPECT_EQ(read->source, "s");
  EXPECT_EQ(read->payload, "p");
}

TEST(JournalRecord, RefusesEveryCutOffHead) {
  std::string bytes;
  append_journal_record(bytes, full_entry());
  for (std::size_t length = 0; length < bytes.size() - full_entry().payload.size(); ++length)
    EXPECT_FALSE(read_journal_record(Position{7}, std::string_view(bytes).substr(0, length))) << length;
}

TEST(JournalRecord, RefusesVersionsAndKindsThatItDoesNotKnow) {
  std::string bytes;
  append_journal_record(bytes, full_entry());
  std::string other_version = bytes;
  other_version[0] = 3;
  EXPECT_FALSE(read_journal_record(Position{7}, other_version));
  std::string other_kind = bytes;
  other_kind[1] = 99;
  EXPECT_FALSE(read_journal_record(Position{7}, other_kind));
  std::string other_refusal = bytes;
  other_refusal[22] = 99;
  EXPECT_FALSE(read_journal_record(Position{7}, other_refusal));
}

}  // namespace
}  // namespace tocsin
