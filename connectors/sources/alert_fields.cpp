#include "connectors/sources/alert_fields.h"

#include <algorithm>

#include "engine/model/limits.h"
#include "engine/model/time_text.h"

namespace tocsin {

using simdjson::dom::element;
using simdjson::dom::element_type;

bool DuplicateKeys::find(std::string_view& which) {
  constexpr std::size_t kPairwiseMax = 16;
  if (keys_.size() <= kPairwiseMax) {
    for (std::size_t i = 1; i < keys_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (keys_[i] != keys_[j]) continue;
        which = keys_[i];
        return true;
      }
    }
    return false;
  }
  std::ranges::sort(keys_);
  const auto twice = std::ranges::adjacent_find(keys_);
  if (twice == keys_.end()) return false;
  which = *twice;
  return true;
}

Checked add_texts(element value, std::string_view section, BatchBuilder& builder) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return fault(Refusal::wrong_type, "must be an object of texts", section);
  std::size_t count = 0;
  for (const auto field : object) {
    if (++count > limits::kLabelsMax) {
      return fault(Refusal::too_many_labels, "more entries than an alert may have", section);
    }
    std::string_view text;
    if (field.value.get(text) != simdjson::SUCCESS && !field.value.is_null()) {
      return fault_at(Refusal::wrong_type, "must be a text", section, field.key);
    }
    builder.add(field.key, text);
  }
  return {};
}

Checked read_text(element value, std::string_view section, std::string_view& text) {
  text = {};
  if (value.get(text) == simdjson::SUCCESS || value.is_null()) return {};
  return fault(Refusal::wrong_type, "must be a text", section);
}

Checked read_time(element value, std::string_view section, Instant& at) {
  std::string_view text;
  if (const auto read = read_text(value, section, text); !read) return read;
  at = kUnset;
  if (text.empty()) return {};
  const auto instant = parse_rfc3339(text);
  if (!instant) return fault(Refusal::bad_time, "not an RFC 3339 date-time", section);
  at = *instant;
  return {};
}

Checked AlertFields::read(element value, BatchBuilder& builder, Rest& rest) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return fault(Refusal::wrong_type, "an alert must be an object");
  keys_.clear();
  bool has_labels = false;
  bool has_annotations = false;
  element labels;
  element annotations;
  Alert& alert = builder.alert();
  for (const auto field : object) {
    const std::string_view key = field.key;
    keys_.add(key);
    Checked checked;
    if (key == "labels") {
      labels = field.value;
      has_labels = !labels.is_null();
    } else if (key == "annotations") {
      annotations = field.value;
      has_annotations = !annotations.is_null();
    } else if (key == "startsAt") {
      checked = read_time(field.value, "/startsAt", alert.starts_at);
    } else if (key == "endsAt") {
      checked = read_time(field.value, "/endsAt", alert.ends_at);
    } else if (key == "generatorURL") {
      std::string_view link;
      checked = read_text(field.value, "/generatorURL", link);
      if (checked) checked = builder.keep(link, "/generatorURL", alert.link);
    } else if (key == "status") {
      rest = {true, field.value};
    }
    if (!checked) return checked;
  }
  if (std::string_view twice; keys_.find(twice)) {
    return fault_at(Refusal::duplicate_key, "the same field twice", "", twice);
  }
  if (!has_labels) return fault(Refusal::missing_field, "an alert needs labels", "/labels");
  Checked checked = add_texts(labels, "/labels", builder);
  if (checked) checked = builder.close_labels("/labels");
  if (checked && has_annotations) {
    checked = add_texts(annotations, "/annotations", builder);
    if (checked) checked = builder.close_annotations("/annotations");
  }
  return checked;
}

}  // namespace tocsin
