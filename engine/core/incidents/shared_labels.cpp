#include "engine/core/incidents/shared_labels.h"

#include "engine/model/check.h"

namespace tocsin {

void SharedLabels::add(const AlertTexts& member, const HashKey& key) {
  ++members_;
  for (std::size_t i = 0; i < member.label_count(); ++i) {
    const Label label = member.label(i);
    const Hash128 name = key.hash(label.name);
    auto found = by_name_.find(name);
    if (found == by_name_.end()) {
      leaves_out_ |= by_name_.size() >= kNamesMax;
      // One that was left out once stays out: how many have it already is not known.
      if (leaves_out_) continue;
      found = by_name_.emplace(name, OfName{}).first;
    }
    const Hash128 value = key.hash(label.value);
    OfName& of = found->second;
    ++of.members;
    of.low += value.low;
    of.high += value.high;
  }
}

void SharedLabels::remove(const AlertTexts& member, const HashKey& key) {
  TOCSIN_CHECK(members_ > 0, "who goes has come");
  --members_;
  for (std::size_t i = 0; i < member.label_count(); ++i) {
    const Label label = member.label(i);
    const auto found = by_name_.find(key.hash(label.name));
    if (found == by_name_.end()) {
      TOCSIN_CHECK(leaves_out_, "a label that goes has come");
      continue;
    }
    const Hash128 value = key.hash(label.value);
    OfName& of = found->second;
    TOCSIN_CHECK(of.members > 0, "a label goes as often as it came");
    of.low -= value.low;
    of.high -= value.high;
    if (--of.members > 0) continue;
    TOCSIN_CHECK(of.low == 0 && of.high == 0, "nothing is left of what is gone");
    by_name_.erase(found);
  }
}

bool SharedLabels::has(const Label& label, const HashKey& key) const {
  const auto found = by_name_.find(key.hash(label.name));
  if (found == by_name_.end() || found->second.members != members_) return false;
  const Hash128 value = key.hash(label.value);
  return found->second.low == value.low * members_ && found->second.high == value.high * members_;
}

bool SharedLabels::agrees_with(const SharedLabels& other) const {
  if (members_ != other.members_) return false;
  return leaves_out_ || other.leaves_out_ || by_name_ == other.by_name_;
}

}  // namespace tocsin
