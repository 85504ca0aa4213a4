#include "engine/core/alert_state.h"

#include <cstring>

namespace tocsin {

AlertTexts::AlertTexts(const rules::Facts& facts) : label_count_(facts.labels.size()) {
  std::size_t total = 0;
  for (const Label& label : facts.labels) total += label.name.size() + label.value.size();
  for (const Label& label : facts.annotations) total += label.name.size() + label.value.size();
  for (const std::string_view text : facts.text) total += text.size();
  bytes_ = std::make_unique_for_overwrite<char[]>(total);

  char* next = bytes_.get();
  const auto keep = [&next](std::string_view text) {
    if (!text.empty()) std::memcpy(next, text.data(), text.size());
    const std::string_view kept{next, text.size()};
    next += text.size();
    return kept;
  };
  labels_.reserve(facts.labels.size() + facts.annotations.size());
  for (const Labels part : {facts.labels, facts.annotations}) {
    for (const Label& label : part) {
      const std::string_view name = keep(label.name);
      labels_.push_back({name, keep(label.value)});
    }
  }
  for (std::size_t i = 0; i < kFieldCount; ++i) fields_[i] = keep(facts.text[i]);
}

}  // namespace tocsin
