#include "engine/app/read_input.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace tocsin::app {
namespace {

constexpr std::size_t kInputBytesMax = 64 * 1024 * 1024;

}  // namespace

bool read_input(const std::string& path, std::string& bytes, std::string& trouble) {
  std::ifstream file;
  std::error_code error;
  if (path != "-") {
    // A folder opens like a file and then reads as nothing.
    const bool is_folder = std::filesystem::is_directory(path, error);
    errno = is_folder ? EISDIR : 0;
    if (!is_folder) file.open(path, std::ios::binary);
    if (!file.is_open()) {
      trouble = path + ": cannot be read: " + std::strerror(errno);
      return false;
    }
  }
  std::istream& in = path == "-" ? std::cin : file;
  bytes.clear();
  char block[64 * 1024];
  while (in.read(block, sizeof block), in.gcount() > 0) {
    bytes.append(block, static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > kInputBytesMax) {
      trouble = path + ": has more than 64 MiB";
      return false;
    }
  }
  if (!in.bad()) return true;
  trouble = path + ": cannot be read: " + std::strerror(errno);
  return false;
}

}  // namespace tocsin::app
