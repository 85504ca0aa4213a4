#include "rules/tools/rule_cost.h"

#include <algorithm>

#include <absl/strings/str_format.h>

#include "engine/model/json_writer.h"

namespace tocsin::rules {
namespace {

// As in engine/core/correlation: an entry of the table of keys with its share of the index, then what each kind has.
constexpr std::uint64_t kEntryBytes = 24 + 8;
constexpr std::uint64_t kInstantsBytes = 16;  // one instant in place
constexpr std::uint64_t kRingBytes = 40;      // several
constexpr std::uint64_t kRingItemBytes = 16;
constexpr std::uint64_t kSpare = 16;                // instants or values beyond `count`
constexpr std::uint64_t kValueBytes = 56 + 4 * 16;  // a text and its instants
constexpr std::uint64_t kStepBytes = 24;            // a list
constexpr std::uint64_t kStepTimeBytes = 32;        // an instant with its alert
constexpr std::uint64_t kStepTimesMax = 8;
constexpr std::uint64_t kWaitingBytes = 160;  // what an absence waits for, with its deadline
constexpr std::uint64_t kStartBytes = 16;
constexpr std::uint64_t kStartsMax = 8;

}  // namespace

std::vector<RuleCost> costs_of(const RuleSet& rules) {
  using Kind = TemporalRule::Kind;
  std::vector<RuleCost> costs;
  for (const TemporalRule& rule : rules.temporal) {
    RuleCost& cost = costs.emplace_back();
    cost.id = rule.id;
    cost.keys_max = rule.max_keys.value_or(rules.defaults.max_keys);
    const std::uint64_t steps = rule.steps.size();
    switch (rule.kind) {
      case Kind::threshold:
        cost.kind = "threshold";
        cost.key_bytes = kEntryBytes + kInstantsBytes;
        cost.key_bytes_max = cost.key_bytes + kRingBytes + kRingItemBytes * (rule.count + kSpare);
        cost.work = "one look-up, one instant";
        break;
      case Kind::distinct:
        cost.kind = "distinct";
        cost.key_bytes = kEntryBytes + 32 + kValueBytes;
        cost.key_bytes_max = kEntryBytes + 32 + kValueBytes * (rule.count + kSpare);
        cost.work =
            "one look-up, and a walk over the values of the key: " + std::to_string(rule.count + kSpare) + " at most";
        break;
      case Kind::sequence:
      case Kind::all:
        cost.kind = rule.kind == Kind::sequence ? "sequence" : "all";
        cost.key_bytes = kEntryBytes + 32 + kStepBytes * steps + kStepTimeBytes;
        cost.key_bytes_max = kEntryBytes + 32 + (kStepBytes + kStepTimeBytes * kStepTimesMax) * steps;
        cost.work = "one look-up, and a walk over the steps of the key: " + std::to_string(steps * kStepTimesMax) +
                    " instants at most";
        break;
      case Kind::absence:
        cost.kind = "absence";
        cost.key_bytes = kEntryBytes + kWaitingBytes + kStartBytes;
        cost.key_bytes_max = kEntryBytes + kWaitingBytes + kStartBytes * kStartsMax;
        cost.work = rule.is_heartbeat() ? "one look-up, and one deadline each time that it is due"
                                        : "one look-up and one deadline";
        break;
    }
  }
  return costs;
}

std::string to_text(const RuleCost& cost) {
  const double megabytes = static_cast<double>(cost.key_bytes_max) * static_cast<double>(cost.keys_max) / 1e6;
  return absl::StrFormat("%s: %s, %d to %d bytes a key, %d keys and %.1f MB at most; per alert %s", cost.id, cost.kind,
                         cost.key_bytes, cost.key_bytes_max, cost.keys_max, megabytes, cost.work);
}

std::string to_json(const RuleCost& cost) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.field("id", cost.id);
  json.field("kind", cost.kind);
  json.field("key_bytes", cost.key_bytes);
  json.field("key_bytes_max", cost.key_bytes_max);
  json.field("keys_max", static_cast<std::uint64_t>(cost.keys_max));
  json.field("bytes_max", cost.key_bytes_max * static_cast<std::uint64_t>(cost.keys_max));
  json.field("work", cost.work);
  json.end_object();
  return text;
}

}  // namespace tocsin::rules
