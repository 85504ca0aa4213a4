#include "connectors/sources/alert_fields.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "connectors/sources/source_time.h"
#include "engine/model/time_text.h"

namespace tocsin {

using simdjson::dom::element;

namespace {

/// A time that is no RFC 3339 text.
Instant read_odd_time(element value, BatchBuilder& builder, bool& is_local) {
  std::string number;
  std::string_view text;
  if (value.is_null()) return kUnset;
  if (value.is_number()) text = number = simdjson::minify(value);
  if (value.is_number() || value.get(text) == simdjson::SUCCESS) {
    if (const auto time = parse_source_time(text)) {
      is_local = time->is_local;
      return time->at;
    }
  }
  builder.mend(Mending::time);
  return kUnset;
}

}  // namespace

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

Checked add_labels(element value, std::string_view section, BatchBuilder& builder) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return fault(Refusal::wrong_type, "must be an object of texts", section);
  for (const auto field : object) {
    std::string_view text;
    if (field.value.get(text) != simdjson::SUCCESS && !field.value.is_null()) {
      return fault_at(Refusal::wrong_type, "must be a text", section, field.key);
    }
    builder.add(field.key, text);
  }
  return {};
}

void add_annotations(element value, BatchBuilder& builder) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return builder.mend(Mending::type);
  for (const auto field : object) {
    std::string_view text;
    if (field.value.get(text) == simdjson::SUCCESS || field.value.is_null()) {
      builder.add(field.key, text);
      continue;
    }
    builder.mend(Mending::type);
    // The document does not know what a number beyond 64 bits was: nothing rather than 0.
    std::int64_t number = -1;
    const bool may_be_mended = field.value.get(number) == simdjson::SUCCESS && number == 0;
    if (may_be_mended && builder.alert().mended.has(Mending::number)) continue;
    builder.add(field.key, builder.keep_made(simdjson::minify(field.value)));
  }
}

Instant read_time(element value, BatchBuilder& builder, bool& is_local) {
  is_local = false;
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return read_odd_time(value, builder, is_local);
  if (text.empty()) return kUnset;
  if (const auto instant = parse_rfc3339(text)) return *instant;
  return read_odd_time(value, builder, is_local);
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
    if (key == "labels") {
      labels = field.value;
      has_labels = !labels.is_null();
    } else if (key == "annotations") {
      annotations = field.value;
      has_annotations = !annotations.is_null();
    } else if (key == "startsAt") {
      alert.starts_at = read_time(field.value, builder, alert.starts_locally);
    } else if (key == "endsAt") {
      alert.ends_at = read_time(field.value, builder, alert.ends_locally);
    } else if (key == "generatorURL") {
      std::string_view link;
      if (field.value.get(link) == simdjson::SUCCESS)
        alert.link = builder.keep(link);
      else if (!field.value.is_null())
        builder.mend(Mending::type);
    } else if (key == "status") {
      rest = {true, field.value};
    }
  }
  if (std::string_view twice; keys_.find(twice)) {
    if (const auto checked = mend_duplicates(object, builder); !checked) return checked;
  }
  if (!has_labels) return fault(Refusal::missing_field, "an alert needs labels", "/labels");
  Checked checked = add_labels(labels, "/labels", builder);
  if (checked) checked = builder.close_labels("/labels");
  if (checked && has_annotations) {
    add_annotations(annotations, builder);
    builder.close_annotations();
  }
  return checked;
}

/// Of a field that is there twice the last counts, as in Go, unless it says which condition is meant or how it is.
Checked AlertFields::mend_duplicates(simdjson::dom::object object, BatchBuilder& builder) {
  for (const std::string_view name : {std::string_view{"labels"}, std::string_view{"status"}}) {
    const auto times = std::ranges::count_if(object, [&](const auto& field) { return field.key == name; });
    if (times > 1) return fault_at(Refusal::duplicate_key, "the same field twice", "", name);
  }
  builder.mend(Mending::duplicate);
  return {};
}

}  // namespace tocsin
