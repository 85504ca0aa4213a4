#include "engine/core/conditions/dedup_keys.h"

#include <algorithm>

#include "engine/core/slots.h"
#include "engine/model/check.h"
#include "engine/model/command.h"

namespace tocsin {

void DedupKeys::use(const rules::DedupPolicy& policy) {
  for (current_ = 0; current_ < keys_.size(); ++current_) {
    const Key& key = keys_[current_];
    if (key.fields == policy.fields && key.labels == policy.label_names && key.ignored == policy.ignored_labels) return;
  }
  keys_.push_back({policy.fields, policy.label_names, policy.ignored_labels, {}});
}

Hash128 DedupKeys::hash_of(const Key& of, const Asked& asked, const HashKey& key, std::string& scratch,
                           bool& lacks_key) {
  // A sign of life is none of the alerts that an operator's key may make one of.
  if (asked.facts[Field::source] == kHeartbeatSource) return asked.own;
  lacks_key = false;
  scratch.clear();
  const rules::Facts& facts = asked.facts;
  if (of.fields.empty() && of.labels.empty()) {
    if (of.ignored.empty() || !asked.identity_is_labels) return asked.own;
    // bytes: [tenant][0xff][source][0xff]([name][0xff][value][0xff])…
    (scratch += facts[Field::tenant]) += '\xff';
    (scratch += facts[Field::source]) += '\xff';
    for (const Label& label : facts.labels) {
      if (std::ranges::find(of.ignored, label.name) != of.ignored.end()) continue;
      (scratch += label.name) += '\xff';
      (scratch += label.value) += '\xff';
    }
    return key.hash(scratch);
  }
  // bytes: [value][0xff] for each part of the key; 0xff is not in UTF-8, so ("ab","c") differs from ("a","bc")
  bool says_something = false;
  for (const Field field : of.fields) {
    // Whose it is and who says it tells no two conditions apart.
    says_something |= field != Field::tenant && field != Field::source && !facts[field].empty();
    (scratch += facts[field]) += '\xff';
  }
  for (const std::string& name : of.labels) {
    const std::string_view value = value_of(facts.labels, name);
    says_something |= !value.empty();
    (scratch += value) += '\xff';
  }
  lacks_key = !says_something;
  return lacks_key ? asked.own : key.hash(scratch);
}

Hash128 DedupKeys::identity_of(const Asked& asked, const HashKey& key, std::string& scratch, bool& lacks_key) const {
  lacks_key = false;
  if (is_of_source()) return asked.own;
  return hash_of(keys_[current_], asked, key, scratch, lacks_key);
}

std::uint32_t DedupKeys::find(Hash128 identity, const Asked& asked, const HashKey& key, std::string& scratch) const {
  const auto& now = keys_[current_].conditions;
  if (const auto found = now.find(identity); found != now.end()) return found->second;
  for (std::uint32_t number = 0; number < keys_.size(); ++number) {
    const Key& earlier = keys_[number];
    if (number == current_ || earlier.conditions.empty()) continue;
    bool lacks_key = false;
    const auto found = earlier.conditions.find(hash_of(earlier, asked, key, scratch, lacks_key));
    if (found != earlier.conditions.end()) return found->second;
  }
  return kNoSlot;
}

void DedupKeys::add(Hash128 identity, std::uint32_t slot) {
  const bool added = keys_[current_].conditions.emplace(identity, slot).second;
  TOCSIN_CHECK(added, "who adds a condition has looked for it");
}

void DedupKeys::remove(std::uint32_t number, Hash128 identity, std::uint32_t slot) {
  TOCSIN_CHECK(number < keys_.size(), "a condition is of a key that was used");
  auto& conditions = keys_[number].conditions;
  const auto found = conditions.find(identity);
  if (found != conditions.end() && found->second == slot) conditions.erase(found);
}

bool DedupKeys::restore(std::uint32_t number, Hash128 identity, std::uint32_t slot) {
  return number < keys_.size() && keys_[number].conditions.emplace(identity, slot).second;
}

void DedupKeys::write(CanonicalWriter& out) const {
  out.u32(current_);
  out.u32(static_cast<std::uint32_t>(keys_.size()));
  for (const Key& key : keys_) {
    out.u32(static_cast<std::uint32_t>(key.fields.size()));
    for (const Field field : key.fields) out.u8(static_cast<std::uint8_t>(field));
    for (const auto* names : {&key.labels, &key.ignored}) {
      out.u32(static_cast<std::uint32_t>(names->size()));
      for (const std::string& name : *names) out.text(name);
    }
  }
}

void DedupKeys::read(CanonicalReader& in) {
  current_ = in.u32();
  const std::uint32_t count = in.count(12);
  if (count == 0 || current_ >= count) in.fail();
  keys_.clear();
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    Key& key = keys_.emplace_back();
    const std::uint32_t fields = in.count(1);
    for (std::uint32_t n = 0; n < fields; ++n) {
      key.fields.push_back(static_cast<Field>(in.u8_below(static_cast<std::uint8_t>(kFieldCount))));
    }
    for (auto* names : {&key.labels, &key.ignored}) {
      const std::uint32_t size = in.count(4);
      for (std::uint32_t n = 0; n < size; ++n) names->emplace_back(in.text());
    }
  }
  if (keys_.empty()) keys_.emplace_back();
}

}  // namespace tocsin
