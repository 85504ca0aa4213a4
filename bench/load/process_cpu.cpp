#include "bench/load/process_cpu.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace tocsin {

std::expected<CpuTime, std::string> cpu_of(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(file, line)) return std::unexpected(fmt::format("there is no process {} to measure", pid));
  // pid (name, may hold blanks and brackets) state ppid … utime stime: fields 14 and 15, the 12th and 13th after ')'
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int field = 0; field < 11; ++field) fields >> skipped;
  double user_ticks = 0.0;
  double system_ticks = 0.0;
  if (!(fields >> user_ticks >> system_ticks)) return std::unexpected(fmt::format("cannot read /proc/{}/stat", pid));
  const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return CpuTime{.user = user_ticks / ticks_per_second, .system = system_ticks / ticks_per_second};
}

std::uint64_t resident_bytes(int pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  std::string word;
  std::uint64_t kibibytes = 0;
  while (file >> word) {
    if (word == "VmRSS:") {
      file >> kibibytes;
      break;
    }
  }
  return kibibytes * 1024;
}

CpuTime own_cpu() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& of) {
    return static_cast<double>(of.tv_sec) + static_cast<double>(of.tv_usec) / 1e6;
  };
  return CpuTime{.user = seconds(used.ru_utime), .system = seconds(used.ru_stime)};
}

double own_core_wait() {
  std::ifstream file("/proc/thread-self/schedstat");
  double run_ns = 0.0;
  double wait_ns = 0.0;
  return file >> run_ns >> wait_ns ? wait_ns / 1e9 : 0.0;
}

}  // namespace tocsin
