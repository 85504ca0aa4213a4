#pragma once

#include <cstddef>

namespace tocsin {

/// How often this program asked operator new for memory since it began, on all threads together.
/// Exact while one thread runs; a program that links `tocsin_counted_heap` has these operators instead of the
/// library's.
std::size_t allocation_count();

}  // namespace tocsin
