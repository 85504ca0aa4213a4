#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/set/rule_set.h"

namespace tocsin::rules {

/// What a rule that remembers keys costs, as `tocsin check --costs` says it. Bytes are those of the engine's own
/// structures on a machine of 64 bits, without the values of `by`.
struct RuleCost {
  std::string id;
  std::string_view kind;
  std::size_t keys_max = 0;
  std::uint64_t key_bytes = 0;      // of a key that was seen once
  std::uint64_t key_bytes_max = 0;  // of one that remembers as much as it may
  std::string work;                 // per alert that it matches
};

/// Of the temporal rules, in their order.
std::vector<RuleCost> costs_of(const RuleSet& rules);

/// `id: threshold, 56 to 400 bytes a key, 100000 keys, 40.0 MB at most; …`
std::string to_text(const RuleCost& cost);
std::string to_json(const RuleCost& cost);

}  // namespace tocsin::rules
