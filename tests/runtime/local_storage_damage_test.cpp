// Every file of RocksDB in the data folder, damaged in every way: the start is refused with a sentence, or all that was
// acknowledged is there and no sink's mark is ahead of what it was.

#include <fstream>
#include <functional>
#include <iterator>
#include <random>

#include <gtest/gtest.h>

#include "engine/runtime/journal/local_storage.h"
#include "tests/runtime/log_world.h"
#include "tests/runtime/temporary_folder.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;

std::string read_bytes(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_bytes(const fs::path& file, std::string_view bytes) {
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void copy_folder(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

struct Base {
  TemporaryFolder folder{TemporaryFolder::in_memory()};
  Entries written;
  fs::path now() const { return folder.path() / "now"; }
  fs::path older() const { return folder.path() / "older"; }
};

/// Several lives, so that RocksDB has tables as well as a log. The copy is taken while an engine has the folder: what a
/// kill leaves; or after it.
std::unique_ptr<Base> make_base(bool stops_cleanly) {
  auto base = std::make_unique<Base>();
  const fs::path live = base->folder.path() / "live";
  for (int life = 0; life < 3; ++life) {
    auto storage = open_local_storage(live).value();
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(
          append_all(*storage.journal, {"body", std::string(static_cast<std::size_t>(i) * 500, 'x')}, &base->written));
      EXPECT_TRUE(storage.outbox->remember_confirmed("kafka", {storage.journal->last_position(), 0}));
    }
    if (life == 1) copy_folder(live, base->older());
    if (life == 2 && !stops_cleanly) copy_folder(live, base->now());
  }
  if (stops_cleanly) copy_folder(live, base->now());
  return base;
}

const Base& base_after(bool clean_stop) {
  static const std::unique_ptr<Base> kClean = make_base(true);
  static const std::unique_ptr<Base> kKilled = make_base(false);
  return clean_stop ? *kClean : *kKilled;
}

/// Of the files that a name begins with, the first: their numbers are RocksDB's own.
fs::path file_of(const fs::path& folder, const std::string& beginning) {
  std::vector<fs::path> found;
  for (const auto& file : fs::directory_iterator(folder / "db")) {
    const std::string name = file.path().filename().string();
    if (beginning.starts_with('.') ? name.ends_with(beginning) && file.file_size() > 0
                                   : name.starts_with(beginning) && name.find("LOG.old") != 0)
      found.push_back(file.path());
  }
  std::ranges::sort(found);
  return found.empty() ? fs::path() : found.back();
}

class DatabaseDamage : public testing::TestWithParam<std::tuple<bool, const char*>> {};

TEST_P(DatabaseDamage, IsRefusedOrNothingIsMissing) {
  const auto [clean_stop, beginning] = GetParam();
  const Base& base = base_after(clean_stop);
  const fs::path original = file_of(base.now(), beginning);
  if (original.empty()) GTEST_SKIP() << "RocksDB has no such file here";
  const std::string bytes = read_bytes(original);
  const fs::path place = base.folder.path() / "place";
  const fs::path file = place / "db" / original.filename();
  int cases = 0;
  int refused = 0;
  const auto damage = [&](const std::string& how, const std::function<void()>& damage_it) {
    SCOPED_TRACE(file.filename().string() + ": " + how);
    ++cases;
    copy_folder(base.now(), place);
    damage_it();
    auto storage = open_local_storage(place);
    if (!storage) {
      ++refused;
      EXPECT_EQ(storage.error().code, Refusal::storage_damaged) << storage.error().message;
      EXPECT_NE(storage.error().message.find("--accept-loss"), std::string::npos) << storage.error().message;
      storage = open_local_storage(place, {.accept_loss = true});
      ASSERT_TRUE(storage) << storage.error().message;
      EXPECT_FALSE(storage->remarks.empty());
      EXPECT_EQ(storage->outbox->confirmed("kafka"), EffectName{});
    }
    EXPECT_LE(storage->outbox->confirmed("kafka").position, storage->journal->last_position());
    EXPECT_EQ(entries_of(*storage->journal).value(), base.written);
  };

  std::mt19937 random(7);
  for (int i = 0; i < 50 && !bytes.empty() && !HasFailure(); ++i) {
    std::string changed = bytes;
    const std::size_t at = random() % changed.size();
    changed[at] = static_cast<char>(changed[at] ^ (1 << random() % 8));
    damage("bit flipped at byte " + std::to_string(at), [&] { write_bytes(file, changed); });
  }
  for (std::size_t at = 0; at < bytes.size() && at < 16 * 4096 && !HasFailure(); at += 4096) {
    std::string changed = bytes;
    changed.replace(at, std::min<std::size_t>(4096, bytes.size() - at), std::min<std::size_t>(4096, bytes.size() - at),
                    '\0');
    damage("page of zeros at byte " + std::to_string(at), [&] { write_bytes(file, changed); });
  }
  for (const std::size_t cut : {1u, 2u, 512u, 4096u, 8192u}) {
    if (HasFailure()) break;
    damage("cut by " + std::to_string(cut),
           [&] { write_bytes(file, std::string_view(bytes).substr(0, bytes.size() - std::min(cut, bytes.size()))); });
  }
  damage("missing", [&] { fs::remove(file); });
  if (const fs::path older = file_of(base.older(), beginning); !older.empty())
    damage("swapped with an older copy", [&] { write_bytes(file, read_bytes(older)); });
  damage("the whole database is missing", [&] { fs::remove_all(place / "db"); });
  damage("the whole database is an older copy", [&] { copy_folder(base.older() / "db", place / "db"); });
  std::printf("%s after %s: %d cases, %d refused\n", original.filename().c_str(),
              clean_stop ? "a clean stop" : "a kill", cases, refused);
}

INSTANTIATE_TEST_SUITE_P(Each, DatabaseDamage,
                         testing::Combine(testing::Bool(), testing::Values("CURRENT", "IDENTITY", "MANIFEST", "OPTIONS",
                                                                           ".log", ".sst", "LOG")),
                         [](const auto& each) {
                           std::string name = std::get<1>(each.param);
                           std::erase(name, '.');
                           return (std::get<0>(each.param) ? "Stopped" : "Killed") + name +
                                  (std::get<1>(each.param)[0] == '.' ? "Files" : "");
                         });

}  // namespace
}  // namespace tocsin
