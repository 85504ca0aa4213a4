// The operators are in a file of their own: where a compiler can inline one half of a pair, g++ 12 sees memory of
// malloc given to operator delete and warns. The nothrow forms are here, too, because a sanitizer's own would not go
// with this operator delete.
#include "tests/counted_heap.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> allocations{0};

void* counted(std::size_t size) noexcept {
  // relaxed: a count, nothing is published with it
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size == 0 ? 1 : size);
}

}  // namespace

// NOLINTBEGIN
void* operator new(std::size_t size) {
  if (void* const at = counted(size)) return at;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) {
  if (void* const at = counted(size)) return at;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* at) noexcept { std::free(at); }
void operator delete[](void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }
void operator delete[](void* at, std::size_t) noexcept { std::free(at); }
void operator delete(void* at, const std::nothrow_t&) noexcept { std::free(at); }
void operator delete[](void* at, const std::nothrow_t&) noexcept { std::free(at); }
// NOLINTEND

namespace tocsin {

std::size_t allocation_count() { return allocations.load(std::memory_order_relaxed); }

}  // namespace tocsin
