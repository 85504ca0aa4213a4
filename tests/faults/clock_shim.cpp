// The time of day, put ahead, back, or still, for the whole process: what the C library gives, and the absolute
// deadlines that it takes. Those are turned back into the true time, since the kernel knows nothing of ours; they are
// waited for in slices, so that a step during the wait is met as a real one would be. Steady clocks and relative waits
// stay what they are.
#include <algorithm>
#include <atomic>
#include <cerrno>

#include <dlfcn.h>
#include <pthread.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>

#include "tests/faults/fault_control.h"

namespace {

using namespace tocsin::faults;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kSlice = kSecond / 20;

using GetTime = int (*)(clockid_t, timespec*);

int true_time(clockid_t clock, timespec* out) {
  static const auto real = reinterpret_cast<GetTime>(next("clock_gettime"));
  return real(clock, out);
}

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * kSecond + time.tv_nsec; }

timespec timespec_of(std::int64_t ns) { return {.tv_sec = ns / kSecond, .tv_nsec = ns % kSecond}; }

template <typename Number>
Number read(Number& number) {
  // relaxed: each field is a switch of its own
  return std::atomic_ref<Number>(number).load(std::memory_order_relaxed);
}

bool is_armed() {
  Control* const all = control();
  return all != nullptr && read(all->clock.armed) != 0;
}

bool is_frozen() { return read(control()->clock.frozen) != 0; }

/// What the time of day is to be. Requires: is_armed().
std::int64_t shown_time() {
  ClockFault& fault = control()->clock;
  std::atomic_ref<std::uint64_t>(fault.looks).fetch_add(1, std::memory_order_relaxed);
  if (is_frozen()) return read(fault.shows_ns);
  timespec now{};
  true_time(CLOCK_REALTIME, &now);
  return nanoseconds(now) + read(fault.offset_ns);
}

bool shows_time_of_day(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

/// Waits with `wait(until)`, which takes a true deadline and says whether that has come. True: `deadline` has come by
/// the time that is shown; false: woken, or a slice has passed, which is as good as a wake without a cause.
template <typename Wait>
bool wait_in_slices(const timespec& deadline, Wait wait) {
  timespec now{};
  true_time(CLOCK_REALTIME, &now);
  const std::int64_t left = nanoseconds(deadline) - shown_time();
  // A clock that stands would never get there: the span that is left is waited for whole, as kernels' timers do.
  const bool whole = is_frozen() || left <= kSlice;
  const timespec until = timespec_of(nanoseconds(now) + std::max<std::int64_t>(whole ? left : kSlice, 0));
  return wait(until) && whole;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  if (!shows_time_of_day(clock) || !is_armed()) return true_time(clock, out);
  *out = timespec_of(shown_time());
  return 0;
}

int gettimeofday(timeval* __restrict out, void* __restrict zone) noexcept {
  using Real = int (*)(timeval*, void*);
  static const auto real = reinterpret_cast<Real>(next("gettimeofday"));
  if (!is_armed()) return real(out, zone);
  const timespec time = timespec_of(shown_time());
  *out = {.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(timespec* out, int base) noexcept {
  if (base != TIME_UTC) return 0;
  clock_gettime(CLOCK_REALTIME, out);
  return base;
}

int pthread_cond_timedwait(pthread_cond_t* __restrict condition, pthread_mutex_t* __restrict mutex,
                           const timespec* __restrict deadline) {
  using Real = int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*);
  static const auto real = reinterpret_cast<Real>(next("pthread_cond_timedwait", "GLIBC_2.3.2"));
  // The clock of a condition is not to be read back from it. librdkafka and RocksDB use the time of day; libstdc++ says
  // its clock (pthread_cond_clockwait) for all but that.
  if (!is_armed()) return real(condition, mutex, deadline);
  int result = 0;
  const bool due = wait_in_slices(*deadline, [&](const timespec& until) {
    result = real(condition, mutex, &until);
    return result == ETIMEDOUT;
  });
  return result == ETIMEDOUT && !due ? 0 : result;
}

int pthread_cond_clockwait(pthread_cond_t* __restrict condition, pthread_mutex_t* __restrict mutex, clockid_t clock,
                           const timespec* __restrict deadline) {
  using Real = int (*)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*);
  static const auto real = reinterpret_cast<Real>(next("pthread_cond_clockwait"));
  if (clock != CLOCK_REALTIME || !is_armed()) return real(condition, mutex, clock, deadline);
  int result = 0;
  const bool due = wait_in_slices(*deadline, [&](const timespec& until) {
    result = real(condition, mutex, clock, &until);
    return result == ETIMEDOUT;
  });
  return result == ETIMEDOUT && !due ? 0 : result;
}

int cnd_timedwait(cnd_t* __restrict condition, mtx_t* __restrict mutex, const timespec* __restrict deadline) {
  using Real = int (*)(cnd_t*, mtx_t*, const timespec*);
  static const auto real = reinterpret_cast<Real>(next("cnd_timedwait"));
  if (!is_armed()) return real(condition, mutex, deadline);
  int result = thrd_success;
  const bool due = wait_in_slices(*deadline, [&](const timespec& until) {
    result = real(condition, mutex, &until);
    return result == thrd_timedout;
  });
  return result == thrd_timedout && !due ? static_cast<int>(thrd_success) : result;
}

}  // extern "C"
