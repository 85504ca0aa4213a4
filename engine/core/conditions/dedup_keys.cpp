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
  TOCSIN_CHECK(keys_.size() < UINT16_MAX, "keys are written by people, and not often");
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

std::uint32_t DedupKeys::find(const Slots<Condition>& known, Hash128 identity, const Asked& asked, const HashKey& key,
                              std::string& scratch) const {
  if (const std::uint32_t found = find_in(keys_[current_], known, identity); found != kNoSlot) return found;
  for (std::uint32_t number = 0; number < keys_.size(); ++number) {
    const Key& earlier = keys_[number];
    if (number == current_ || earlier.conditions.size() == 0) continue;
    bool lacks_key = false;
    const std::uint32_t found = find_in(earlier, known, hash_of(earlier, asked, key, scratch, lacks_key));
    if (found != kNoSlot) return found;
  }
  return kNoSlot;
}

bool DedupKeys::add(const Slots<Condition>& known, std::uint32_t slot) {
  const Condition& condition = known[slot];
  if (condition.key_number >= keys_.size()) return false;
  Key& of = keys_[condition.key_number];
  if (find_in(of, known, condition.identity) != kNoSlot) return false;
  of.conditions.add(TagTable::tag_of(condition.identity.low), slot);
  return true;
}

void DedupKeys::remove(const Slots<Condition>& known, std::uint32_t slot) {
  const Condition& condition = known[slot];
  TOCSIN_CHECK(condition.key_number < keys_.size(), "a condition is of a key that was used");
  keys_[condition.key_number].conditions.remove(TagTable::tag_of(condition.identity.low), slot);
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
  const std::uint32_t current = in.u32();
  const std::uint32_t count = in.count(12);
  if (current >= count || count > UINT16_MAX) in.fail();
  current_ = static_cast<std::uint16_t>(current);
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
