#include "engine/runtime/journal/data_folder.h"

#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/runtime/log/layout.h"
#include "tests/runtime/temporary_folder.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Kind = FolderTrouble::Kind;

class DataFolder : public testing::Test {
 protected:
  void make(const std::string& name) const { std::ofstream(folder / name) << "x"; }

  /// A folder that looks like that of an engine.
  void make_data() const {
    fs::create_directories(folder);
    for (const char* name : {"LOCK", "CURRENT", "000004.log"}) make(name);
  }

  TemporaryFolder place;
  const fs::path folder = place.path() / "data";
};

TEST_F(DataFolder, ThatIsNotThereYetIsWellAndIsNotMade) {
  const FolderLook look = look_at_data_folder(folder / "deeper");
  EXPECT_TRUE(look.troubles.empty());
  EXPECT_FALSE(look.has_journal);
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(DataFolder, ThatIsEmptyButForWhatDisksHaveIsWell) {
  fs::create_directories(folder / "lost+found");
  make(".mounted");
  EXPECT_TRUE(look_at_data_folder(folder).troubles.empty());
}

TEST_F(DataFolder, WithAJournalIsWell) {
  make_data();
  const FolderLook look = look_at_data_folder(folder);
  EXPECT_TRUE(look.troubles.empty());
  EXPECT_TRUE(look.has_journal);
}

TEST_F(DataFolder, WithTheThingsOfOthersIsForeign) {
  fs::create_directories(folder);
  for (const char* name : {"d", "b", "c", "a"}) make(name);
  const FolderLook look = look_at_data_folder(folder);
  ASSERT_EQ(look.troubles.size(), 1U);
  EXPECT_EQ(look.troubles[0].kind, Kind::foreign);
  EXPECT_THAT(look.troubles[0].message, HasSubstr("it holds a, b, c, …; give an empty folder"));
}

TEST_F(DataFolder, OfANewerTocsinIsNewer) {
  make_data();
  std::string block = block_of(LogIdentity{.journal = 7, .made = Instant{}});
  const auto write = [&] { std::ofstream(folder / "identity", std::ios::binary) << block; };
  write();
  EXPECT_TRUE(look_at_data_folder(folder).troubles.empty());
  block[8] = static_cast<char>(kLogFormat + 1);
  const std::uint64_t sum = XXH3_64bits(block.data(), 4088);
  std::memcpy(block.data() + 4088, &sum, sizeof sum);
  write();
  const FolderLook look = look_at_data_folder(folder);
  ASSERT_EQ(look.troubles.size(), 1U);
  EXPECT_EQ(look.troubles[0].kind, Kind::newer);
}

TEST_F(DataFolder, ThatIsAFileOrBelowOneIsUnusable) {
  std::ofstream(folder) << "x";
  EXPECT_EQ(look_at_data_folder(folder).troubles.at(0).kind, Kind::unusable);
  EXPECT_THAT(look_at_data_folder(folder / "a" / "b").troubles.at(0).message, HasSubstr(folder.string() + " is not a"));
}

TEST_F(DataFolder, ThatAnotherProcessHasIsInUse) {
  make_data();
  const int lock = open((folder / "LOCK").c_str(), O_RDWR | O_CLOEXEC);
  struct flock whole{};
  whole.l_type = F_WRLCK;
  ASSERT_EQ(fcntl(lock, F_OFD_SETLK, &whole), 0);  // another open file is as good as another process
  FolderLook look = look_at_data_folder(folder);
  ASSERT_EQ(look.troubles.size(), 1U);
  EXPECT_EQ(look.troubles[0].kind, Kind::in_use);
  close(lock);
  EXPECT_TRUE(look_at_data_folder(folder).troubles.empty());
}

TEST_F(DataFolder, OnADiskWithoutSpaceIsFullAndSaysHowMuchIsMissing) {
  const FolderLook look = look_at_data_folder(folder, std::uint64_t{1} << 62);
  ASSERT_EQ(look.troubles.size(), 1U);
  EXPECT_EQ(look.troubles[0].kind, Kind::full);
  EXPECT_THAT(look.troubles[0].message, HasSubstr("MiB free, a start needs 4398046511104.0 MiB"));
}

TEST_F(DataFolder, WithSeveralTroublesTellsThemAll) {
  fs::create_directories(folder);
  make("diary");
  EXPECT_EQ(look_at_data_folder(folder, std::uint64_t{1} << 62).troubles.size(), 2U);
}

TEST_F(DataFolder, ThatStaysAsItWasIsWell) {
  make_data();
  DataFolderGuard guard(folder);
  make("000005.sst");
  fs::rename(folder / "000004.log", folder / "000006.log");
  EXPECT_EQ(guard.look(), "");
}

TEST_F(DataFolder, ThatIsReachedByALinkIsWellUntilTheLinkLeadsElsewhere) {
  make_data();
  const fs::path link = place.path() / "link";
  fs::create_directory_symlink(folder, link);
  DataFolderGuard guard(link);
  EXPECT_EQ(guard.look(), "");
  fs::remove(link);
  fs::create_directory_symlink(place.path(), link);
  EXPECT_THAT(guard.look(), HasSubstr("is another one than the engine opened"));
}

TEST_F(DataFolder, ThatIsDeletedOrReplacedIsNoticed) {
  make_data();
  DataFolderGuard guard(folder);
  fs::rename(folder, place.path() / "elsewhere");
  EXPECT_THAT(guard.look(), HasSubstr("is gone"));
  make_data();
  EXPECT_THAT(guard.look(), HasSubstr("is another one"));
}

TEST_F(DataFolder, WhoseLockOrHeadIsGoneIsNoticed) {
  make_data();
  DataFolderGuard guard(folder);
  fs::remove(folder / "CURRENT");
  EXPECT_THAT(guard.look(), HasSubstr("has lost `CURRENT`"));
  fs::remove(folder / "LOCK");
  make("LOCK.new");
  fs::rename(folder / "LOCK.new", folder / "LOCK");
  EXPECT_THAT(guard.look(), HasSubstr("has lost its LOCK"));
}

TEST_F(DataFolder, WhoseFileWasRemovedWhileItIsWrittenIsNoticedAtTheSecondLook) {
  make_data();
  DataFolderGuard guard(folder);
  const int log = open((folder / "000004.log").c_str(), O_WRONLY | O_CLOEXEC);
  const int read = open((folder / "CURRENT").c_str(), O_RDONLY | O_CLOEXEC);
  const int other = open((place.path() / "other").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  fs::remove(place.path() / "other");
  fs::remove(folder / "000004.log");
  EXPECT_EQ(guard.look(), "") << "the storage removes files itself, and closes them soon";
  EXPECT_THAT(guard.look(), HasSubstr("has lost `000004.log`"));
  close(log);
  EXPECT_EQ(guard.look(), "");
  close(read);
  close(other);
}

}  // namespace
}  // namespace tocsin
