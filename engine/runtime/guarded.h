#pragma once

#include <mutex>

#include <absl/base/thread_annotations.h>

namespace tocsin {

/// A std::mutex that clang's thread-safety analysis knows, for members that are ABSL_GUARDED_BY it. (Abseil's own
/// mutex, as distributions build it, looks like races to the thread sanitizer.)
class ABSL_LOCKABLE Mutex {
 public:
  void lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Holds it for a scope.
class ABSL_SCOPED_LOCKABLE Lock {
 public:
  explicit Lock(Mutex& mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace tocsin
