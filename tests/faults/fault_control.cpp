#include "tests/faults/fault_control.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace tocsin::faults {
namespace {

std::atomic<Control*> mapped{nullptr};

[[noreturn]] void give_up(const char* what) {
  // A test with faults that never come would pass for the wrong reason.
  std::fprintf(stderr, "tocsin_fault_shim: %s\n", what);
  std::_Exit(99);
}

[[gnu::constructor]] void map_control() {
  const char* path = std::getenv("TOCSIN_FAULT_CONTROL");
  if (path == nullptr) return;
  const int file = ::open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) give_up("TOCSIN_FAULT_CONTROL cannot be opened");
  void* const bytes = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (bytes == MAP_FAILED) give_up("TOCSIN_FAULT_CONTROL cannot be mapped");
  auto* const found = static_cast<Control*>(bytes);
  if (found->magic != kMagic) give_up("TOCSIN_FAULT_CONTROL is of another version");
  // release: pairs with the acquire of control()
  mapped.store(found, std::memory_order_release);
}

}  // namespace

// acquire: pairs with the release of map_control
Control* control() { return mapped.load(std::memory_order_acquire); }

void* next(const char* name) {
  void* const found = ::dlsym(RTLD_NEXT, name);
  if (found == nullptr) give_up(name);
  return found;
}

void* next(const char* name, const char* version) {
  void* const found = ::dlvsym(RTLD_NEXT, name, version);
  return found != nullptr ? found : next(name);
}

}  // namespace tocsin::faults
