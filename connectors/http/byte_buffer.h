#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace tocsin {

/// Bytes on their way from a socket to a parser: filled at the end, taken from the front, in one piece, with `padding`
/// readable bytes behind the last (parsers read in large steps). Grows in one step to what is asked for, never by
/// itself.
class ByteBuffer {
 public:
  explicit ByteBuffer(std::size_t padding) : padding_(padding) {}

  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::size_t capacity() const { return capacity_; }

  /// Room behind the last byte; what is written there counts after commit().
  std::span<char> space() { return {bytes_.get() + end_, capacity_ - end_}; }
  void commit(std::size_t bytes) { end_ += bytes; }

  /// Makes room for `total` bytes, those that are there included. Views are invalid afterwards.
  void reserve(std::size_t total) {
    if (capacity_ - begin_ >= total) return;
    if (capacity_ >= total) {
      move_to(bytes_.get());
    } else {
      reallocate(total);
    }
  }

  void append(std::string_view text) {
    if (space().size() < text.size()) reserve(size() + text.size() > 2 * size() ? size() + text.size() : 2 * size());
    std::memcpy(bytes_.get() + end_, text.data(), text.size());
    end_ += text.size();
  }

  /// Takes bytes off the front; views stay valid.
  void consume(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  void clear() { begin_ = end_ = 0; }

  /// Gives memory back when there is more than `bytes` of it and what is there fits.
  void shrink(std::size_t bytes) {
    if (capacity_ > bytes && size() <= bytes) reallocate(bytes);
  }

 private:
  void move_to(char* destination) {
    if (!empty()) std::memmove(destination, bytes_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
  }

  void reallocate(std::size_t capacity) {
    // Not zeroed, but for the padding: only what is committed is meant, only the padding may be read besides.
    auto larger = std::make_unique_for_overwrite<char[]>(capacity + padding_);
    std::memset(larger.get() + capacity, 0, padding_);
    move_to(larger.get());
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t padding_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace tocsin
