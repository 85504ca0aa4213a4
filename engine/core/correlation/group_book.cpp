#include "engine/core/correlation/group_book.h"

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
  return found == newest_.end() ? kNoSlot : found->second;
}

std::size_t GroupBook::count_of(std::string_view rule) const {
  const auto found = of_rule_.find(rule);
  return found == of_rule_.end() ? 0 : found->second.size();
}

std::uint32_t GroupBook::oldest_of(std::string_view rule) const {
  const auto found = of_rule_.find(rule);
  TOCSIN_CHECK(found != of_rule_.end() && !found->second.empty(), "who asks for the oldest has counted");
  return found->second.begin()->second;
}

void GroupBook::keep(std::uint32_t slot, IncidentState& incident) {
  incident.takes_in = true;
  const bool is_only_one = restore(slot, incident);
  TOCSIN_CHECK(is_only_one, "a group key has one newest incident");
}

bool GroupBook::restore(std::uint32_t slot, const IncidentState& incident) {
  if (!newest_.emplace(incident.group_key, slot).second) return false;
  of_rule_[incident.rule_id].emplace(incident.number, slot);
  if (incident.similarity_key != Hash128{}) by_similarity_[incident.similarity_key].emplace(incident.number, slot);
  return true;
}

void GroupBook::drop(std::uint32_t slot, IncidentState& incident) {
  if (!incident.takes_in) return;
  incident.takes_in = false;
  const auto newest = newest_.find(incident.group_key);
  TOCSIN_CHECK(newest != newest_.end() && newest->second == slot, "what takes in is the newest of its key");
  newest_.erase(newest);
  const auto of_rule = of_rule_.find(incident.rule_id);
  TOCSIN_CHECK(of_rule != of_rule_.end(), "a group is counted by its rule");
  of_rule->second.erase(incident.number);
  if (of_rule->second.empty()) of_rule_.erase(of_rule);
  if (incident.similarity_key == Hash128{}) return;
  const auto similar = by_similarity_.find(incident.similarity_key);
  TOCSIN_CHECK(similar != by_similarity_.end(), "what is compared is found by what is common");
  similar->second.erase(incident.number);
  if (similar->second.empty()) by_similarity_.erase(similar);
}

}  // namespace tocsin
