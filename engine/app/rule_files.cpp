#include "engine/app/rule_files.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

namespace tocsin::app {
namespace {

namespace fs = std::filesystem;

// A rule file may have 1 MiB (the loader says so, with a place); what is larger by far is not read at all.
constexpr std::uintmax_t kFileBytesMax = 64 * 1024 * 1024;

bool read_file(const fs::path& path, std::string& bytes) {
  std::error_code error;
  if (!fs::is_regular_file(path, error) || fs::file_size(path, error) > kFileBytesMax) return false;
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  bytes.assign(std::istreambuf_iterator<char>(file), {});
  return !file.bad();
}

}  // namespace

bool is_rule_file(const fs::path& path) { return path.extension() == ".yaml" || path.extension() == ".yml"; }

bool read_rule_files(const std::vector<std::string>& paths, std::vector<rules::SourceFile>& files,
                     std::string& trouble) {
  if (paths.empty()) {
    files.push_back(rules::builtin_rules());
    return true;
  }
  for (const std::string& path : paths) {
    std::vector<fs::path> found;
    std::error_code error;
    if (fs::is_directory(path, error)) {
      for (const auto& entry : fs::directory_iterator(path, error)) {
        if (is_rule_file(entry.path())) found.push_back(entry.path());
      }
      std::ranges::sort(found);
      if (found.empty()) {
        trouble = path + ": no rule file (*.yaml) is in this folder";
        return false;
      }
    } else {
      found.emplace_back(path);
    }
    for (const fs::path& file : found) {
      rules::SourceFile source{file.string(), {}};
      if (!read_file(file, source.bytes)) {
        trouble = file.string() + ": cannot be read";
        return false;
      }
      files.push_back(std::move(source));
    }
  }
  return true;
}

bool TableFiles::read(std::string_view rule_file, std::string_view table_file, std::string& bytes) {
  // Beside the rule file and below: a rule file is no way to read the rest of the disk.
  const fs::path relative{table_file};
  if (relative.is_absolute() || std::ranges::find(relative, fs::path("..")) != relative.end()) return false;
  const fs::path path = fs::path(rule_file).parent_path() / relative;
  looked_for_.push_back(path.string());
  return read_file(path, bytes);
}

bool wants_colour(int file_descriptor) { return isatty(file_descriptor) == 1 && std::getenv("NO_COLOR") == nullptr; }

}  // namespace tocsin::app
