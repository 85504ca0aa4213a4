#include "engine/app/rule_watch.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/runtime/temporary_folder.h"

namespace tocsin::app {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

WatchList::Entry entry(std::string folder, std::set<std::string, std::less<>> names, bool all = false) {
  return {std::move(folder), std::move(names), all};
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

TEST(RuleWatchList, HasTheFoldersOfFilesAndTables) {
  EXPECT_THAT(watch_list({"a.yaml", "x/b.yaml"}, {"x/t.csv"}).entries,
              ElementsAre(entry(".", {"a.yaml"}), entry("x", {"b.yaml", "t.csv"})));
}

TEST(RuleWatchList, OfAFolderMeansEveryRuleFileInIt) {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  EXPECT_THAT(watch_list({path}, {path + "/t.csv"}).entries, ElementsAre(entry(path, {"t.csv"}, true)));
}

TEST(RuleWatchList, FollowsLinks) {
  const TemporaryFolder folder;
  const fs::path root = fs::canonical(folder.path());
  fs::create_directory(root / "real");
  write(root / "real" / "rules.yaml", "");
  fs::create_symlink(root / "real" / "rules.yaml", root / "link.yaml");
  EXPECT_THAT(watch_list({root / "link.yaml"}, {}).entries,
              ElementsAre(entry(root, {"link.yaml"}), entry(root / "real", {"rules.yaml"})));
}

TEST(RuleWatchList, FollowsLinksToFolders) {
  const TemporaryFolder folder;
  const fs::path root = fs::canonical(folder.path());
  fs::create_directories(root / "v1");
  fs::create_directory_symlink("v1", root / "current");
  EXPECT_THAT(watch_list({root / "current"}, {}).entries,
              ElementsAre(entry(root, {"current"}), entry(root / "v1", {}, true)));
}

TEST(RuleWatchNames, OfOtherFilesMeanNothing) {
  const auto one = entry("x", {"b.yaml", "t.csv"});
  EXPECT_TRUE(means_something(one, "b.yaml"));
  EXPECT_TRUE(means_something(one, "t.csv"));
  EXPECT_TRUE(means_something(one, "..data"));
  EXPECT_FALSE(means_something(one, "other.yaml"));
  EXPECT_FALSE(means_something(one, "events.ndjson"));
  const auto all = entry("x", {}, true);
  EXPECT_TRUE(means_something(all, "new.yml"));
  EXPECT_FALSE(means_something(all, "new.yaml.swp"));
  EXPECT_FALSE(means_something(all, ".new.yaml"));
}

class RuleWatchTest : public testing::Test {
 protected:
  void start(WatchList list) {
    std::string trouble;
    ASSERT_TRUE(watch.start(std::move(list), trouble)) << trouble;
  }
  TemporaryFolder folder;
  fs::path root = folder.path();
  std::promise<void> changed;
  RuleWatch watch{[this, told = false]() mutable {
    if (!std::exchange(told, true)) changed.set_value();
  }};
};

TEST_F(RuleWatchTest, TellsOfALinkThatLeadsToAnotherFolder) {
  fs::create_directories(root / "v1");
  fs::create_directories(root / "v2");
  fs::create_directory_symlink("v1", root / "current");
  start(watch_list({root / "current"}, {}));
  fs::create_directory_symlink("v2", root / "next");
  fs::rename(root / "next", root / "current");
  changed.get_future().wait();
}

TEST_F(RuleWatchTest, TellsOfAFileThatTookTheNameOfAnother) {
  write(root / "rules.yaml", "old");
  start(watch_list({root / "rules.yaml"}, {}));
  write(root / "other", "new");
  fs::rename(root / "other", root / "rules.yaml");
  changed.get_future().wait();
}

TEST_F(RuleWatchTest, TellsOfAFolderThatWasNotThere) {
  start(watch_list({root / "later" / "rules.yaml"}, {}));
  fs::create_directory(root / "later");
  write(root / "later" / "rules.yaml", "new");
  changed.get_future().wait();
}

TEST_F(RuleWatchTest, TakesAnotherList) {
  write(root / "rules.yaml", "");
  start(watch_list({root / "rules.yaml"}, {}));
  watch.watch(watch_list({root / "rules.yaml"}, {root / "t.csv"}));
  write(root / "t.csv", "new");
  changed.get_future().wait();
}

TEST_F(RuleWatchTest, AListThatComesAfterTheEndDoesNothing) {
  start(watch_list({root / "rules.yaml"}, {}));
  watch.stop();
  watch.watch(watch_list({root / "other.yaml"}, {}));
  write(root / "other.yaml", "new");
  watch.stop();
}

TEST_F(RuleWatchTest, ListsThatComeWhileItEndsDoNotHoldItUp) {
  start(watch_list({root / "rules.yaml"}, {}));
  std::promise<void> began;
  std::atomic<bool> over{false};
  std::thread giving([&] {
    for (int i = 0; !over; ++i) {
      watch.watch(watch_list({root / (std::to_string(i % 2) + ".yaml")}, {}));
      if (i == 0) began.set_value();
    }
  });
  began.get_future().wait();
  watch.stop();
  over = true;
  giving.join();
}

TEST_F(RuleWatchTest, EndsWhenNothingEverChanged) { start(watch_list({root / "rules.yaml"}, {})); }

}  // namespace
}  // namespace tocsin::app
