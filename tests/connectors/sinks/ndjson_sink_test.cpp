#include "connectors/sinks/ndjson_sink.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/json.hpp>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/connectors/sinks/effects.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;

class NdjsonSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "tocsin-ndjson-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path() const { return folder_ + "/events.ndjson"; }
  std::unique_ptr<NdjsonSink> open(std::size_t buffer_bytes_max = 1 << 20) const {
    auto sink = NdjsonSink::open({.path = path(), .records = {}, .buffer_bytes_max = buffer_bytes_max});
    EXPECT_TRUE(sink.has_value());
    return std::move(*sink);
  }
  std::string content() const {
    std::ifstream file(path());
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
};

std::string lines_of(const std::vector<EffectPtr>& effects) {
  std::string lines;
  for (const EffectPtr& effect : effects) {
    const OutRecord record = record_of(*effect, {});
    for (const OutTopic& topic : record.topics) append_line(lines, record, topic);
  }
  return lines;
}

TEST_F(NdjsonSinkTest, WritesOneLineOfJsonForEachRecordAndThenConfirms) {
  const auto sink = open();
  EXPECT_EQ(sink->name(), "events:" + path());
  const std::vector<EffectPtr> effects = test::story(30, 4);
  for (const EffectPtr& effect : effects) ASSERT_TRUE(sink->offer(effect));
  EXPECT_EQ(sink->confirmed(), EffectName{});
  ASSERT_TRUE(test::deliver(*sink, {test::incident_effect(31, 9, 1)}));
  EXPECT_EQ(content(), lines_of(effects) + lines_of({test::incident_effect(31, 9, 1)}));
  EXPECT_EQ(sink->trouble(), "");
  std::ifstream file(path());
  std::uint64_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    const boost::json::object object = boost::json::parse(line).as_object();
    EXPECT_TRUE(object.at("value").is_object());
    EXPECT_EQ(object.at("key"), object.at("headers").as_object().at("ce_subject"));
  }
  EXPECT_EQ(sink->counts().lines_written.value(), lines);
}

TEST_F(NdjsonSinkTest, CutsOffALineThatWasBeingWrittenWhenTheProcessEnded) {
  const std::string whole = lines_of(test::story(3, 1));
  const std::string long_tail(200'000, 'x');  // longer than what is read at once
  for (const std::string& torn : {std::string(R"({"topic":"toc)"), long_tail}) {
    std::ofstream(path()) << whole << torn;
    auto sink = open();
    EXPECT_EQ(content(), whole);
    ASSERT_TRUE(test::deliver(*sink, {test::incident_effect(9, 1, 2)}));
    EXPECT_EQ(content(), whole + lines_of({test::incident_effect(9, 1, 2)}));
  }
  std::ofstream(path()) << "no line feed at all";
  open();
  EXPECT_EQ(content(), "");
}

TEST_F(NdjsonSinkTest, SaysNoAtItsBoundAndTakesTheSameEffectLater) {
  const auto sink = open(2000);
  const std::vector<EffectPtr> effects = test::story(50, 3);
  std::size_t taken = 0;
  while (sink->offer(effects[taken])) ++taken;
  EXPECT_LT(taken, effects.size());
  ASSERT_TRUE(test::deliver(*sink, {effects.begin() + static_cast<std::ptrdiff_t>(taken), effects.end()}));
  EXPECT_EQ(content(), lines_of(effects));
}

TEST_F(NdjsonSinkTest, ADiskThatIsFullIsToldAndNothingIsSkippedOrWrittenTwice) {
  const auto sink = open();
  const std::vector<EffectPtr> effects = test::story(40, 3);
  ASSERT_TRUE(test::deliver(*sink, {effects[0]}));
  // A limit on the size of files is what a full disk looks like: the write that crosses it is cut short.
  struct sigaction before{};
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  ASSERT_EQ(::sigaction(SIGXFSZ, &ignore, &before), 0);
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const rlimit small{lines_of({effects[0]}).size() + 700, old_limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  for (std::size_t i = 1; i < effects.size(); ++i) ASSERT_TRUE(sink->offer(effects[i]));
  EXPECT_TRUE(test::poll_until(*sink, [&] { return sink->counts().writes_failed.value() >= 2; }));
  EXPECT_NE(sink->trouble().find("not well since 20"), std::string::npos) << sink->trouble();
  EXPECT_EQ(sink->confirmed(), effects[0]->name);
  EXPECT_EQ(content(), lines_of({effects[0]})) << "no half line is left to readers";

  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  ::sigaction(SIGXFSZ, &before, nullptr);
  EXPECT_TRUE(test::poll_until(*sink, [&] { return sink->confirmed() == effects.back()->name; }));
  EXPECT_EQ(sink->trouble(), "");
  EXPECT_EQ(content(), lines_of(effects));
}

TEST_F(NdjsonSinkTest, AStreamThatIsReadSlowlyGetsEverythingInOrder) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  const int reader = ::open(path().c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  const auto sink = open();
  const std::vector<EffectPtr> effects = test::story(400, 7);
  for (const EffectPtr& effect : effects) ASSERT_TRUE(sink->offer(effect));
  const std::string expected = lines_of(effects);
  ASSERT_GT(expected.size(), 2U * 65'536U) << "must be more than a pipe holds";
  sink->poll(Duration{0});
  sink->poll(Duration{0});
  EXPECT_LT(sink->confirmed(), effects.back()->name) << "a full pipe is waited for";
  std::string read;
  std::array<char, 10'000> block{};
  EXPECT_TRUE(test::poll_until(*sink, [&] {
    const ssize_t size = ::read(reader, block.data(), block.size());
    if (size > 0) read.append(block.data(), static_cast<std::size_t>(size));
    return read.size() == expected.size();
  }));
  EXPECT_EQ(read, expected);
  EXPECT_EQ(sink->confirmed(), effects.back()->name);
  ::close(reader);
}

TEST_F(NdjsonSinkTest, AStreamWhoseReaderIsGoneIsToldAndDoesNotHoldUpTheEngine) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  const int reader = ::open(path().c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  const auto sink = open();
  ::close(reader);
  const std::vector<EffectPtr> effects = test::story(5, 1);
  EXPECT_TRUE(test::deliver(*sink, effects));  // and no SIGPIPE
  EXPECT_NE(sink->trouble().find("nobody reads any more"), std::string::npos) << sink->trouble();
  EXPECT_EQ(sink->counts().lines_written.value(), 0U);
  EXPECT_GT(sink->counts().lines_dropped.value(), 5U);
}

TEST_F(NdjsonSinkTest, AFileThatIsDeletedRenamedOrReplacedIsNoticedSaidAndNothingAfterItIsLost) {
  const auto sink = open();
  const std::vector<EffectPtr> effects = test::story(8, 2);
  ASSERT_TRUE(test::deliver(*sink, {effects[0], effects[1]}));
  fs::rename(path(), path() + ".1");
  ASSERT_TRUE(test::deliver(*sink, {effects[2], effects[3]}));
  EXPECT_EQ(content(), lines_of({effects[2], effects[3]}));
  EXPECT_NE(sink->trouble().find("deleted or replaced at 20"), std::string::npos) << sink->trouble();
  fs::remove(path());
  ASSERT_TRUE(test::deliver(*sink, {effects[4], effects[5]}));
  EXPECT_EQ(content(), lines_of({effects[4], effects[5]}));
  fs::remove(path());
  std::ofstream(path()) << "somebody else's line\n";
  ASSERT_TRUE(test::deliver(*sink, {effects[6], effects[7]}));
  EXPECT_EQ(content(), "somebody else's line\n" + lines_of({effects[6], effects[7]}));
}

TEST_F(NdjsonSinkTest, AFileThatCannotBeMadeAgainIsWaitedFor) {
  fs::create_directory(folder_ + "/sub");
  const std::string path = folder_ + "/sub/events.ndjson";
  const auto sink = std::move(*NdjsonSink::open({.path = path}));
  const std::vector<EffectPtr> effects = test::story(2, 1);
  ASSERT_TRUE(test::deliver(*sink, {effects[0]}));
  fs::remove_all(folder_ + "/sub");
  ASSERT_TRUE(sink->offer(effects[1]));
  ASSERT_TRUE(test::poll_until(*sink, [&] { return !sink->trouble().empty(); }));
  sink->poll(Duration{0});
  EXPECT_EQ(sink->confirmed(), effects[0]->name) << "not into a file that nobody can find";
  fs::create_directory(folder_ + "/sub");
  EXPECT_TRUE(test::poll_until(*sink, [&] { return sink->confirmed() == effects[1]->name; }));
}

TEST_F(NdjsonSinkTest, SaysWhatItsFileWasTold) {
  EXPECT_TRUE(open()->told().highest.empty());
  auto life = std::make_shared<Effect>(*test::incident_effect(7, 1, 3, {"page"}, 100'000));  // longer than a block
  life->name = {Position{7}, 2, 0, {0xABCD, 3}};
  ASSERT_TRUE(test::deliver(*open(), {test::incident_effect(6, 1, 2), life}));
  std::ofstream(path(), std::ios::app) << R"({"topic":"torn)";
  const Told told = open()->told();
  EXPECT_TRUE(told.is_known);
  ASSERT_EQ(told.highest.size(), 1U);
  EXPECT_EQ(told.highest[0], life->name);
  EXPECT_EQ(told.highest[0].life, life->name.life);
  std::ofstream(path()) << "no line of ours\n";
  EXPECT_FALSE(open()->told().is_known);
}

TEST_F(NdjsonSinkTest, RefusesAPathThatCannotBeWritten) {
  const auto sink = NdjsonSink::open({.path = folder_ + "/no/such/folder", .records = {}});
  ASSERT_FALSE(sink.has_value());
  EXPECT_EQ(sink.error().code, Refusal::bad_value);
}

TEST_F(NdjsonSinkTest, RefusesAPipeThatNobodyReadsYetInsteadOfWaitingForAReader) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_FALSE(NdjsonSink::open({.path = path(), .records = {}}).has_value());
}

TEST_F(NdjsonSinkTest, IsNamedByItsPathSoThatTheOutboxKnowsItAgain) {
  EXPECT_EQ(open()->name(), "events:" + path());
  EXPECT_EQ((*NdjsonSink::open({}))->name(), "events:-");
}

TEST_F(NdjsonSinkTest, CloseWritesWhatIsHeldBack) {
  const auto sink = open();
  const std::vector<EffectPtr> effects = test::story(5, 1);
  for (const EffectPtr& effect : effects) ASSERT_TRUE(sink->offer(effect));
  sink->close(std::chrono::seconds{10});
  EXPECT_EQ(content(), lines_of(effects));
  EXPECT_EQ(sink->confirmed(), effects.back()->name);
}

}  // namespace
}  // namespace tocsin
