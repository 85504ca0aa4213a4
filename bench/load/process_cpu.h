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

/// CPU time of this process, to the microsecond.
CpuTime own_cpu();

/// Seconds that the calling thread was ready to run while others had its core (/proc/thread-self/schedstat); 0 when the
/// kernel does not say.
double own_core_wait();

}  // namespace tocsin
