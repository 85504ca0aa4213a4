#include "rules/cel/functions.h"

#include <algorithm>
#include <array>
#include <vector>

namespace tocsin::cel {
namespace {

const std::vector<const Function*>& everything() {
  static const std::vector<const Function*> kAll = [] {
    std::vector<const Function*> all;
    for (const auto library :
         {core_functions(), conversion_functions(), time_functions(), string_functions(), pattern_functions(),
          math_functions(), encoder_functions(), network_functions(), alert_functions()}) {
      for (const Function& function : library) {
        const auto after = std::ranges::upper_bound(all, function.name, {}, [](const Function* f) { return f->name; });
        all.insert(after, &function);
      }
    }
    return all;
  }();
  return kAll;
}

auto named(std::string_view name) {
  return std::ranges::equal_range(everything(), name, {}, [](const Function* function) { return function->name; });
}

}  // namespace

bool takes(const Function& function, std::size_t arguments) {
  std::size_t count = 0;
  bool any = false;
  bool in_arguments = true;
  for (const char c : function.forms) {
    if (c == ' ') {
      count = 0, any = false, in_arguments = true;
    } else if (c == ':') {
      if (any ? arguments >= count : arguments == count) return true;
      in_arguments = false;
    } else if (c == '*') {
      any = true;
    } else if (in_arguments) {
      ++count;
    }
  }
  return false;
}

const Function* find_function(std::string_view name, bool member, std::size_t arguments) {
  for (const Function* function : named(name)) {
    if (function->member == member && takes(*function, arguments)) return function;
  }
  return nullptr;
}

bool is_function_name(std::string_view name) { return !named(name).empty(); }

std::span<const Function* const> all_functions() { return everything(); }

}  // namespace tocsin::cel
