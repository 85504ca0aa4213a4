#pragma once

#include <stddef.h>
#include <stdint.h>

// Of xxh3.cpp alone. Plain functions over plain types: the file behind them is compiled for AVX2, and nothing of the
// standard library's that is inlined there may be what the linker keeps for others.
struct TocsinWideHash {
  uint64_t high;
  uint64_t low;
};
uint64_t tocsin_xxh3_64_wide(const char* bytes, size_t size);
TocsinWideHash tocsin_xxh3_128_wide_with_seed(const char* bytes, size_t size, uint64_t seed);
TocsinWideHash tocsin_xxh3_128_wide_with_secret(const char* bytes, size_t size, const unsigned char* secret,
                                                size_t secret_size);
