#include "engine/core/correlation/group_book.h"

#include <utility>

#include "engine/core/conditions/alert_texts.h"
#include "engine/model/check.h"

namespace tocsin {

GroupKey GroupBook::key_of(const rules::GroupRule& rule, const AlertTexts& texts, const HashKey& key,
                           std::string& text) {
  // bytes: [tenant][0xff][rule id][0xff]([value][0xff])…[text that is compared]
  text.assign(texts[Field::tenant]);
  text += '\xff';
  (text += rule.id) += '\xff';
  for (const Field field : rule.by_fields) (text += texts[field]) += '\xff';
  for (const std::string& name : rule.by_labels) (text += texts.label_value(name)) += '\xff';
  // An exercise is not mixed with what is real.
  if (is_drill(texts)) text += "drill\xff";
  GroupKey group;
  group.key = key.hash(text);
  if (rule.similar_percent == 0) return group;
  group.similarity_key = group.key;
  const std::string_view compared =
      rule.similar_label.empty() ? texts[rule.similar_field] : texts.label_value(rule.similar_label);
  group.words = Words(compared);
  const std::size_t size = text.size();
  group.key = key.hash(text += compared);
  text.resize(size);
  return group;
}

std::string GroupBook::correlation_key(const rules::GroupRule& rule, const AlertTexts& texts) {
  std::string text;
  const auto add = [&text](std::string_view name, std::string_view value) {
    if (!text.empty()) text += ',';
    ((text += name) += '=') += value;
  };
  for (const Field field : rule.by_fields) add(name_of(field), texts[field]);
  for (const std::string& name : rule.by_labels) add("labels." + name, texts.label_value(name));
  return text;
}

std::uint32_t GroupBook::newest(Hash128 key) const {
  const auto found = newest_.find(key);
  return found == newest_.end() ? kNoSlot : found->second.slot;
}

std::size_t GroupBook::count_of(std::string_view rule) const {
  const auto found = of_rule_.find(rule);
  return found == of_rule_.end() ? 0 : found->second.size();
}

Hash128 GroupBook::oldest_of(std::string_view rule) const {
  const auto found = of_rule_.find(rule);
  TOCSIN_CHECK(found != of_rule_.end() && !found->second.empty(), "who asks for the oldest has counted");
  return found->second.begin()->second;
}

bool GroupBook::enter(std::uint32_t slot, std::uint64_t number, const GroupClaim& claim) {
  if (!newest_.emplace(claim.key, Place{slot, number}).second) return false;
  of_rule_[claim.rule_id].emplace(number, claim.key);
  if (claim.similarity_key != Hash128{}) by_similarity_[claim.similarity_key].emplace(number, slot);
  return true;
}

void GroupBook::leave(std::uint64_t number, const GroupClaim& claim) {
  newest_.erase(claim.key);
  const auto of_rule = of_rule_.find(claim.rule_id);
  TOCSIN_CHECK(of_rule != of_rule_.end(), "a group is counted by its rule");
  of_rule->second.erase(number);
  if (of_rule->second.empty()) of_rule_.erase(of_rule);
  if (claim.similarity_key == Hash128{}) return;
  const auto similar = by_similarity_.find(claim.similarity_key);
  TOCSIN_CHECK(similar != by_similarity_.end(), "what is compared is found by what is common");
  similar->second.erase(number);
  if (similar->second.empty()) by_similarity_.erase(similar);
}

void GroupBook::keep(std::uint32_t slot, IncidentState& incident, GroupClaim claim) {
  const std::uint64_t number = ++number_;
  const GroupClaim& kept = incident.claims.emplace_hint(incident.claims.end(), number, std::move(claim))->second;
  const bool is_only_one = enter(slot, number, kept);
  TOCSIN_CHECK(is_only_one, "a group key has one newest incident");
}

void GroupBook::drop(Hash128 key, IncidentState& incident) {
  const auto newest = newest_.find(key);
  TOCSIN_CHECK(newest != newest_.end(), "what takes in is the newest of its key");
  const auto claim = incident.claims.find(newest->second.number);
  TOCSIN_CHECK(claim != incident.claims.end() && claim->second.key == key, "a key is claimed by its incident");
  leave(claim->first, claim->second);
  incident.claims.erase(claim);
}

void GroupBook::drop_all(IncidentState& incident) {
  for (const auto& [number, claim] : incident.claims) leave(number, claim);
  incident.claims.clear();
}

void GroupBook::hand_over(IncidentState& from, std::uint32_t into_slot, IncidentState& into) {
  for (const auto& [number, claim] : from.claims) {
    const auto newest = newest_.find(claim.key);
    TOCSIN_CHECK(newest != newest_.end() && newest->second.number == number, "what is claimed is found by its key");
    newest->second.slot = into_slot;
    if (claim.similarity_key != Hash128{}) by_similarity_.find(claim.similarity_key)->second[number] = into_slot;
  }
  into.claims.merge(from.claims);
  TOCSIN_CHECK(from.claims.empty(), "no two groups have one number");
}

bool GroupBook::restore(std::uint32_t slot, const IncidentState& incident) {
  for (const auto& [number, claim] : incident.claims) {
    if (number > number_ || !enter(slot, number, claim)) return false;
  }
  return true;
}

}  // namespace tocsin
