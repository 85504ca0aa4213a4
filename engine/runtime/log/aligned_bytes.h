#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>

#include "engine/runtime/log/layout.h"

namespace tocsin {

/// Bytes at an address that a disk can be written from directly. Grows, never shrinks.
class AlignedBytes {
 public:
  AlignedBytes() = default;
  explicit AlignedBytes(std::string_view bytes) { append(bytes); }

  void clear() { size_ = 0; }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    reserve(size_ + bytes.size());
    std::memcpy(bytes_.get() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  /// New bytes are zero.
  void resize(std::size_t size) {
    reserve(size);
    if (size > size_) std::memset(bytes_.get() + size_, 0, size - size_);
    size_ = size;
  }

  std::size_t size() const { return size_; }
  std::span<char> span() { return {bytes_.get(), size_}; }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  struct Free {
    void operator()(char* bytes) const { ::operator delete[](bytes, std::align_val_t{kLogBlockBytes}); }
  };

  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    std::size_t grown = capacity_ == 0 ? 16 * kLogBlockBytes : capacity_ * 2;
    while (grown < capacity) grown *= 2;
    std::unique_ptr<char[], Free> more(static_cast<char*>(::operator new[](grown, std::align_val_t{kLogBlockBytes})));
    if (size_ > 0) std::memcpy(more.get(), bytes_.get(), size_);
    bytes_ = std::move(more);
    capacity_ = grown;
  }

  std::unique_ptr<char[], Free> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace tocsin
