#include "connectors/http/head_memo.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "connectors/http/http_options.h"

namespace tocsin {
namespace {

std::string head_of(const std::string& length, const std::string& more = "") {
  return "POST /api/v2/alerts HTTP/1.1\r\nHost: tocsin:9093\r\nContent-Type: application/json\r\n" + more +
         "Content-Length: " + length + "\r\nUser-Agent: Prometheus/2.53.0\r\n\r\n";
}

/// As a session reads it: where it ends, and what it says.
bool read(std::string_view bytes, std::size_t& end, RequestHead& head) {
  HeadScanner scanner;
  scanner.reset();
  if (scanner.scan(bytes) != HeadScanner::Found::end) return false;
  end = scanner.end();
  return parse_head(bytes.substr(0, end), HttpLimits{}, head).has_value();
}

bool same(const RequestHead& a, const RequestHead& b) {
  return a.method == b.method && a.target == b.target && a.authorization == b.authorization &&
         a.media_text == b.media_text && a.content_length == b.content_length && a.media == b.media &&
         a.is_http11 == b.is_http11 && a.keeps_alive == b.keeps_alive && a.is_chunked == b.is_chunked &&
         a.expects_continue == b.expects_continue && a.is_encoded == b.is_encoded;
}

TEST(HeadMemo, TheSameHeaderIsRecognisedWithAnotherLength) {
  HeadMemo memo;
  RequestHead head;
  std::size_t end = 0;
  const std::string first = head_of("64");
  ASSERT_TRUE(read(first, end, head));
  std::uint64_t length = 0;
  EXPECT_EQ(memo.recognise(first, length), 0u) << "nothing is remembered yet";
  memo.remember(first, head);
  const std::string next = head_of("123456");
  EXPECT_EQ(memo.recognise(next + "[{}]", length), next.size());
  EXPECT_EQ(length, 123'456u);
}

TEST(HeadMemo, WhatIsNotQuiteItIsRead) {
  HeadMemo memo;
  RequestHead head;
  std::size_t end = 0;
  const std::string first = head_of("64");
  ASSERT_TRUE(read(first, end, head));
  memo.remember(first, head);
  std::uint64_t length = 0;
  for (const char* wrong : {"", "0", "064", "+64", "6 4", "64 ", "1234567890", "18446744073709551617", "-1", "0x40"})
    EXPECT_EQ(memo.recognise(head_of(wrong), length), 0u) << wrong;
  EXPECT_EQ(memo.recognise(first.substr(0, first.size() - 1), length), 0u) << "it is not there as a whole";
  EXPECT_EQ(memo.recognise(head_of("64", "Transfer-Encoding: chunked\r\n"), length), 0u);
}

TEST(HeadMemo, OfAHeaderWithoutALengthNothingIsKept) {
  HeadMemo memo;
  RequestHead head;
  std::size_t end = 0;
  for (const std::string& bytes : {std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), head_of("0"),
                                   std::string("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
                                   head_of("5", "X-Long: " + std::string(HeadMemo::kHeadBytesMax, 'x') + "\r\n")}) {
    ASSERT_TRUE(read(bytes, end, head)) << bytes;
    RequestHead before;
    before.content_length = 64;
    memo.remember(head_of("64"), before);
    memo.remember(bytes, head);
    std::uint64_t length = 0;
    EXPECT_EQ(memo.recognise(bytes, length), 0u) << bytes;
  }
}

// Whatever is recognised is what would have been read.
TEST(HeadMemo, IsReadAsTheParserReadsIt) {
  std::mt19937 random(7);
  const auto below = [&](std::size_t bound) { return random() % bound; };
  const std::vector<std::string> heads{
      head_of("64"),
      head_of("7", "Authorization: Bearer abc\r\n"),
      head_of("99", "Expect: 100-continue\r\n"),
      "POST /v1/sources/generic HTTP/1.0\r\ncontent-length:12\r\nConnection: keep-alive\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: a\r\nX: content-length: 5\r\nCONTENT-LENGTH:  31\r\n\r\n",
      "POST /x HTTP/1.1\r\nContent-Length: 31\r\nHost: a\r\nX-Content-Length: 4\r\nConnection: close\r\n\r\n"};
  std::size_t recognised = 0;
  HeadMemo memo;
  RequestHead remembered;
  for (int i = 0; i < 60'000; ++i) {
    std::string bytes = heads[below(heads.size())];
    if (below(2) == 0) {
      const std::size_t digit = bytes.find_last_of("0123456789");
      bytes.insert(digit, std::to_string(below(100'000)));
    }
    if (below(3) == 0) bytes[below(bytes.size())] = "0123456789 \r\n:cC-\t\0"[below(19)];
    if (below(6) == 0) bytes.erase(below(bytes.size()), 1 + below(3));
    if (below(6) == 0) bytes.insert(below(bytes.size()), std::string(1, "05\r\n :"[below(6)]));
    std::size_t end = 0;
    RequestHead head;
    const bool is_read = read(bytes, end, head);
    std::uint64_t length = 0;
    if (const std::size_t found = memo.recognise(bytes, length); found > 0) {
      ++recognised;
      RequestHead known = remembered;
      known.content_length = length;
      ASSERT_TRUE(is_read && found == end && same(known, head)) << bytes;
    }
    if (!is_read) continue;
    memo.remember(std::string_view(bytes).substr(0, end), head);
    remembered = head;
  }
  EXPECT_GT(recognised, 1000u);
}

}  // namespace
}  // namespace tocsin
