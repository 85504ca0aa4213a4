#include "engine/app/rule_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

namespace tocsin::app {
namespace {

namespace fs = std::filesystem;

// A rule file may have 1 MiB (the loader says so, with a place); what is larger by far is not read at all.
constexpr std::uintmax_t kFileBytesMax = 64 * 1024 * 1024;

bool read_file(const fs::path& path, std::string& bytes, std::string& why) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) return why = error ? error.message() : "there is no such file", false;
  if (fs::is_directory(status)) return why = "it is a folder", false;
  if (!fs::is_regular_file(status)) return why = "it is no file", false;
  if (fs::file_size(path, error) > kFileBytesMax) return why = "it has more than 64 MiB", false;
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (file) bytes.assign(std::istreambuf_iterator<char>(file), {});
  if (file && !file.bad()) return true;
  why = errno != 0 ? std::strerror(errno) : "it cannot be opened";
  return false;
}

}  // namespace

bool is_rule_file(const fs::path& path) {
  // What begins with a dot is an editor's, or hidden on purpose.
  const bool is_hidden = path.filename().string().starts_with('.');
  return !is_hidden && (path.extension() == ".yaml" || path.extension() == ".yml");
}

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
      fs::directory_iterator entries(path, error);
      if (error) {
        trouble = path + ": cannot be read: " + error.message();
        return false;
      }
      for (const auto& entry : entries) {
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
      if (std::string why; !read_file(file, source.bytes, why)) {
        trouble = file.string() + ": cannot be read: " + why;
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
  std::string why;
  return read_file(path, bytes, why);
}

bool wants_colour(int file_descriptor) {
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal != nullptr && std::string_view{terminal} == "dumb";
  return isatty(file_descriptor) == 1 && std::getenv("NO_COLOR") == nullptr && !is_dumb;
}

}  // namespace tocsin::app
