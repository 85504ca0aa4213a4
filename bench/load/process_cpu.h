#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace tocsin {

/// CPU time that a process has used since its start, all threads, in seconds.
struct CpuTime {
  double user = 0.0;
  double system = 0.0;
  double sum() const { return user + system; }
};

/// Reads /proc/PID/stat; its clock has a resolution of a hundredth of a second, so windows should last a second or
/// more.
std::expected<CpuTime, std::string> cpu_of(int pid);

/// Resident memory of a process in bytes (VmRSS of /proc/PID/status); 0 when it cannot be read.
std::uint64_t resident_bytes(int pid);

/// The same of this process, to the microsecond.
CpuTime own_cpu();

}  // namespace tocsin
