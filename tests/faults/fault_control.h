#pragma once

#include <cstddef>
#include <cstdint>

namespace tocsin::faults {

// The file that a test writes and the preloaded library reads, mapped by both (shim.py has the same layout). Its path
// is in the environment variable TOCSIN_FAULT_CONTROL. All numbers are in the machine's order; each is read whole.
//
// bytes: [magic u64][… 56]            0
//        [clock: ClockFault, 64]      64
//        [rules: DiskFault × 8]       128, 384 each

inline constexpr std::uint64_t kMagic = 0x31544c5541464354;  // "TCFAULT1"
inline constexpr std::size_t kRules = 8;
inline constexpr std::size_t kPatternBytes = 256;

/// What CLOCK_REALTIME shows. Steady clocks are never touched.
struct ClockFault {
  std::uint32_t armed;     // 0: waits and clocks are the system's own
  std::uint32_t frozen;    // 1: it shows `shows_ns`, always
  std::int64_t offset_ns;  // what it is ahead of the true time
  std::int64_t shows_ns;
  std::uint64_t looks;  // how often somebody asked; written by the library
  std::uint8_t unused[32];
};
static_assert(sizeof(ClockFault) == 64);

/// Operations of a rule, a set of bits. A write to a file that was opened with O_DSYNC or O_SYNC, or with RWF_DSYNC or
/// RWF_SYNC, is a write and a sync.
inline constexpr std::uint32_t kWrite = 1;    // write, writev, pwrite, pwritev, pwritev2
inline constexpr std::uint32_t kSync = 2;     // fsync, fdatasync
inline constexpr std::uint32_t kCreate = 4;   // open with O_CREAT
inline constexpr std::uint32_t kReserve = 8;  // fallocate, posix_fallocate

inline constexpr std::uint32_t kFail = 1;   // with `error`, nothing done
inline constexpr std::uint32_t kShort = 2;  // a write takes half of what it is given (one byte at least)
inline constexpr std::uint32_t kHold = 3;   // waits until the rule is switched off, then goes on as if nothing was

/// One fault of the disk: for files whose path matches.
struct DiskFault {
  std::uint32_t active;
  std::uint32_t operations;
  std::uint32_t action;
  std::int32_t error;     // errno
  std::int64_t skip;      // so many matching calls go well first
  std::int64_t times;     // so many go wrong then; negative: all
  std::uint64_t seen;     // matching calls since it was switched on; written by the library
  std::uint64_t done;     // of those, gone wrong; written by the library
  std::uint64_t waiting;  // callers that are held now; written by the library
  std::uint8_t unused[72];
  char pattern[kPatternBytes];  // as in fnmatch(3) without flags: * matches / as well; ends with a zero
};
static_assert(sizeof(DiskFault) == 384);

struct Control {
  std::uint64_t magic;
  std::uint8_t unused[56];
  ClockFault clock;
  DiskFault rules[kRules];
};
static_assert(offsetof(Control, clock) == 64 && offsetof(Control, rules) == 128);

/// The mapped file; null when there is none, or before the library is set up. Any thread.
Control* control();

/// The next definition of a function after this library's, which is the system's own. Ends the process without it.
void* next(const char* name);
/// The same of a version, for names that have had several ("pthread_cond_timedwait").
void* next(const char* name, const char* version);

}  // namespace tocsin::faults
