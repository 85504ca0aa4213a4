#include "connectors/http/chunk_decoder.h"

#include <string>

#include <gtest/gtest.h>

#include "connectors/http/byte_buffer.h"

namespace tocsin {
namespace {

using namespace std::string_literals;

using State = ChunkDecoder::State;

struct Outcome {
  State state = State::more;
  std::string body;
  std::size_t used = 0;
};

Outcome decode(std::string_view wire, std::size_t step, std::size_t body_bytes_max = 1000) {
  ChunkDecoder decoder(body_bytes_max);
  ByteBuffer body(64);
  Outcome outcome;
  while (outcome.used < wire.size() && outcome.state == State::more) {
    std::size_t used = 0;
    outcome.state = decoder.feed(wire.substr(outcome.used, step), used, body);
    outcome.used += used;
  }
  outcome.body = body.view();
  return outcome;
}

struct ChunkCase {
  const char* name;
  std::string wire;
  State state;
  std::string body;
};

class ChunkDecoderReads : public testing::TestWithParam<ChunkCase> {};

TEST_P(ChunkDecoderReads, TheSameHoweverTheBytesAreCut) {
  const ChunkCase& one = GetParam();
  for (std::size_t step = 1; step <= one.wire.size(); ++step) {
    const Outcome outcome = decode(one.wire, step);
    EXPECT_EQ(outcome.state, one.state) << "in steps of " << step;
    if (one.state == State::done) {
      EXPECT_EQ(outcome.body, one.body) << "in steps of " << step;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, ChunkDecoderReads,
    testing::Values(ChunkCase{"one_chunk", "5\r\nhello\r\n0\r\n\r\n", State::done, "hello"},
                    ChunkCase{"two_chunks", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", State::done, "hello"},
                    ChunkCase{"nothing", "0\r\n\r\n", State::done, ""},
                    ChunkCase{"hexadecimal", "A\r\n0123456789\r\n000\r\n\r\n", State::done, "0123456789"},
                    ChunkCase{"extension", "2;a=\"b c\"\r\nhi\r\n0;last\r\n\r\n", State::done, "hi"},
                    ChunkCase{"cut_off", "5\r\nhel", State::more, ""},
                    ChunkCase{"trailer", "2\r\nhi\r\n0\r\nA: b\r\n\r\n", State::refused, ""},
                    ChunkCase{"no_size", "\r\nhi\r\n0\r\n\r\n", State::refused, ""},
                    ChunkCase{"negative", "-2\r\nhi\r\n0\r\n\r\n", State::refused, ""},
                    ChunkCase{"prefix", "0x2\r\nhi\r\n0\r\n\r\n", State::refused, ""},
                    ChunkCase{"space_before_size", " 2\r\nhi\r\n0\r\n\r\n", State::refused, ""},
                    ChunkCase{"space_behind_size", "2 \r\nhi\r\n0\r\n\r\n", State::refused, ""},
                    ChunkCase{"bare_lf", "2\nhi\n0\n\n", State::refused, ""},
                    ChunkCase{"bare_cr", "2\rxhi\r\n0\r\n\r\n", State::refused, ""},
                    ChunkCase{"too_long_chunk", "2\r\nhiho\r\n0\r\n\r\n", State::refused, ""},
                    ChunkCase{"too_many_digits", "000000002\r\nhi\r\n0\r\n\r\n", State::refused, ""},
                    ChunkCase{"overflow", "10000000000000002\r\nhi\r\n0\r\n\r\n", State::refused, ""},
                    ChunkCase{"nul_in_extension", "2;a\0\r\nhi\r\n0\r\n\r\n"s, State::refused, ""},
                    ChunkCase{"too_large", "3E9\r\nhi", State::too_large, ""},
                    ChunkCase{"too_large_together", "1\r\na\r\n3E8\r\n", State::too_large, ""}),
    [](const auto& one) { return one.param.name; });

TEST(ChunkDecoder, LeavesTheNextRequestAlone) {
  const Outcome outcome = decode("2\r\nhi\r\n0\r\n\r\nGET / HTTP/1.1", 100);
  EXPECT_EQ(outcome.state, State::done);
  EXPECT_EQ(outcome.used, 12U);
}

TEST(ChunkDecoder, BoundsTheExtensionsOfAllChunksTogether) {
  std::string wire;
  for (int chunk = 0; chunk < 20; ++chunk) wire += "1;" + std::string(60, 'x') + "\r\na\r\n";
  EXPECT_EQ(decode(wire, wire.size()).state, State::refused);
}

}  // namespace
}  // namespace tocsin
