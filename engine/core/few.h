#pragma once

#include <algorithm>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "engine/model/check.h"

namespace tocsin {

/// A row of values of four bytes that are three at most, nearly always: then it has no memory besides its 16 bytes.
template <typename T>
class Few {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) == 4 && alignof(T) <= 4);

 public:
  Few() = default;
  Few(Few&& other) noexcept { swap(other); }
  Few& operator=(Few&& other) noexcept {
    Few(std::move(other)).swap(*this);
    return *this;
  }
  ~Few() {
    if (count_ > kInside) delete[] outside();
  }
  void swap(Few& other) noexcept {
    std::swap(count_, other.count_);
    std::swap(bytes_, other.bytes_);
  }

  T* begin() { return count_ > kInside ? outside() : reinterpret_cast<T*>(bytes_.inside); }
  T* end() { return begin() + count_; }
  const T* begin() const { return const_cast<Few*>(this)->begin(); }
  const T* end() const { return begin() + count_; }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }

  void push_back(T value) { insert(end(), value); }
  /// Before `place`.
  void insert(const T* place, T value) {
    const std::size_t at = static_cast<std::size_t>(place - begin());
    TOCSIN_CHECK(at <= count_, "a place is in the row");
    // Those outside have room for a power of two.
    if (count_ >= kInside && (count_ == kInside || std::has_single_bit(count_))) {
      T* const more = new T[std::bit_ceil(count_ + 1)];
      std::copy(begin(), end(), more);
      if (count_ > kInside) delete[] outside();
      std::memcpy(bytes_.inside + kOutsideAt, static_cast<const void*>(&more), sizeof more);
      ++count_;
    } else {
      ++count_;
    }
    T* const values = begin();
    std::copy_backward(values + at, values + count_ - 1, values + count_);
    values[at] = value;
  }
  /// How many there were of it.
  std::size_t remove(T value) {
    const Few before = std::exchange(*this, {});
    for (const T& one : before) {
      if (!(one == value)) push_back(one);
    }
    return before.size() - size();
  }

  friend bool operator==(const Few& a, const Few& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

 private:
  static constexpr std::uint32_t kInside = 3;
  static constexpr std::size_t kOutsideAt = 4;  // so that the pointer is aligned
  T* outside() const {
    T* values = nullptr;
    std::memcpy(static_cast<void*>(&values), bytes_.inside + kOutsideAt, sizeof values);
    return values;
  }

  std::uint32_t count_ = 0;
  struct alignas(4) {
    std::byte inside[12];
  } bytes_{};
};

}  // namespace tocsin
