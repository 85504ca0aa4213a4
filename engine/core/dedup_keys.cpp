#include "engine/core/dedup_keys.h"

#include "engine/core/alert_state.h"

namespace tocsin {
namespace {

Hash128 hash_of(const std::vector<Field>& fields, const std::vector<std::string>& labels, const HashKey& key,
                const rules::Facts& facts, std::string& scratch) {
  // bytes: [value][0xff] for each part of the key; 0xff is not in UTF-8, so ("ab","c") differs from ("a","bc")
  scratch.clear();
  for (const Field field : fields) (scratch += facts[field]) += '\xff';
  for (const std::string& name : labels) (scratch += value_of(facts.labels, name)) += '\xff';
  return key.hash(scratch);
}

}  // namespace

void DedupKeys::use(const rules::DedupPolicy& policy) {
  for (current_ = 0; current_ < keys_.size(); ++current_) {
    if (keys_[current_].fields == policy.fields && keys_[current_].labels == policy.label_names) return;
  }
  keys_.push_back({policy.fields, policy.label_names, {}});
}

Hash128 DedupKeys::identity_of(Hash128 by_labels, const HashKey& key, const rules::Facts& facts,
                               std::string& scratch) const {
  if (is_all_labels()) return by_labels;
  return hash_of(keys_[current_].fields, keys_[current_].labels, key, facts, scratch);
}

std::uint32_t DedupKeys::find(Hash128 identity, const HashKey& key, const rules::Facts& facts,
                              std::string& scratch) const {
  const auto& now = keys_[current_].alerts;
  if (const auto found = now.find(identity); found != now.end()) return found->second;
  for (std::uint32_t number = 1; number < keys_.size(); ++number) {
    const Key& earlier = keys_[number];
    if (number == current_ || earlier.alerts.empty()) continue;
    const auto found = earlier.alerts.find(hash_of(earlier.fields, earlier.labels, key, facts, scratch));
    if (found != earlier.alerts.end()) return found->second;
  }
  return kNoSlot;
}

void DedupKeys::add(Hash128 identity, std::uint32_t slot) {
  if (!is_all_labels()) keys_[current_].alerts.emplace(identity, slot);
}

void DedupKeys::remove(std::uint32_t number, Hash128 identity, std::uint32_t slot) {
  auto& alerts = keys_[number].alerts;
  const auto found = alerts.find(identity);
  if (found != alerts.end() && found->second == slot) alerts.erase(found);
}

}  // namespace tocsin
