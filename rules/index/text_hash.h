#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include <absl/hash/hash.h>
#include <absl/strings/string_view.h>

namespace tocsin::rules {

/// Of texts from outside: seeded by the process, so that nobody can choose texts that collide. Maps with it are only
/// looked up, never walked.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return absl::Hash<absl::string_view>{}(absl::string_view{text.data(), text.size()});
  }
};

}  // namespace tocsin::rules
