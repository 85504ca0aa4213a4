#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include "engine/model/arena.h"
#include "rules/cel/value.h"

namespace tocsin::cel {

/// The memory and the bounds of one evaluation. What is over a bound makes the whole evaluation an error
/// (Fault::exhausted), so that a hostile expression ends.
class Evaluation {
 public:
  static constexpr std::uint64_t kStepsMax = 4'000'000;
  static constexpr std::uint64_t kBytesMax = 16 * 1024 * 1024;
  static constexpr std::uint32_t kValueDepthMax = 500;

  explicit Evaluation(Arena& arena, std::uint64_t steps_max = kStepsMax) : arena_(&arena), steps_left_(steps_max) {}

  /// Room for `count` values of a trivial type, not initialised; nullptr when the bytes are used up.
  template <typename T>
  T* allocate(std::size_t count) {
    if (count > bytes_left_ / sizeof(T)) return give_up();
    const std::size_t bytes = count * sizeof(T) + alignof(T) - 1;
    if (bytes > bytes_left_) return give_up();
    bytes_left_ -= bytes;
    char* at = arena_->allocate(bytes);
    const std::uintptr_t misaligned = reinterpret_cast<std::uintptr_t>(at) % alignof(T);
    return reinterpret_cast<T*>(at + (misaligned == 0 ? 0 : alignof(T) - misaligned));
  }

  /// Takes from the steps; false when they are used up.
  bool spend(std::uint64_t steps) {
    if (steps > steps_left_) {
      steps_left_ = 0;
      exhausted_ = true;
      return false;
    }
    steps_left_ -= steps;
    return true;
  }

  /// One level of nested lists and maps, while it lives. What goes into values recursively takes one for each level,
  /// and ends when it is false: the value is too deep, and the evaluation exhausted.
  class Level {
   public:
    explicit Level(Evaluation& evaluation) : evaluation_(evaluation) {
      if (++evaluation.depth_ > kValueDepthMax) evaluation.give_up();
    }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    ~Level() { --evaluation_.depth_; }
    explicit operator bool() const { return evaluation_.depth_ <= kValueDepthMax; }

   private:
    Evaluation& evaluation_;
  };

  std::uint64_t steps_left() const { return steps_left_; }
  bool exhausted() const { return exhausted_; }
  static Value exhausted_error() { return Value::error(Fault::exhausted, "the evaluation used up its steps or bytes"); }

  /// A string or bytes of the parts one after another.
  Value join(Kind kind, std::string_view a, std::string_view b) {
    char* at = allocate<char>(a.size() + b.size());
    if (at == nullptr) return exhausted_error();
    if (!a.empty()) std::memcpy(at, a.data(), a.size());
    if (!b.empty()) std::memcpy(at + a.size(), b.data(), b.size());
    const std::string_view text(at, a.size() + b.size());
    return kind == Kind::bytes ? Value::bytes(text) : Value::string(text);
  }
  Value string(std::string_view text) { return join(Kind::string, text, {}); }

 private:
  std::nullptr_t give_up() {
    exhausted_ = true;
    return nullptr;
  }

  Arena* arena_;
  std::uint64_t steps_left_;
  std::uint64_t bytes_left_ = kBytesMax;
  std::uint32_t depth_ = 0;
  bool exhausted_ = false;
};

inline Value no_overload() { return Value::error(Fault::no_such_overload, "no such overload"); }
inline Value out_of_range() { return Value::error(Fault::out_of_range, "out of range"); }

}  // namespace tocsin::cel
