#include "connectors/sources/generic_alert.h"

#include <algorithm>
#include <utility>

#include "engine/model/limits.h"
#include "engine/model/time_text.h"

namespace tocsin {

using simdjson::dom::element;
using simdjson::dom::element_type;

namespace {

bool has(const std::vector<Label>& labels, std::string_view name) {
  return std::ranges::find(labels, name, &Label::name) != labels.end();
}

/// What is there wins: `labels` and `annotations` of the sender over fields at the top, and those in their order.
void add_unless_there(std::vector<Label>& labels, std::string_view name, std::string_view value) {
  if (!value.empty() && !has(labels, name)) labels.push_back({name, value});
}

}  // namespace

Checked GenericAlert::read(element value, std::size_t first_number, const NumberTexts& numbers, BatchBuilder& builder) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return fault(Refusal::wrong_type, "an alert must be an object");
  numbers_ = &numbers;
  Checked checked = collect(object, first_number);
  if (checked) checked = read_section(known(GenericField::labels), "/labels", labels_);
  if (checked) checked = read_section(known(GenericField::annotations), "/annotations", annotations_);
  if (checked) checked = read_name_and_texts();
  if (checked) checked = read_others();
  if (checked) checked = read_rest(builder);
  if (!checked) return checked;

  for (const Label& label : labels_) builder.add(label.name, label.value);
  checked = builder.close_labels("/labels");
  if (!checked) return checked;
  for (const Label& annotation : annotations_) builder.add(annotation.name, annotation.value);
  return builder.close_annotations("/annotations");
}

/// Sorts the fields by what they mean. Null and "" are "not there".
Checked GenericAlert::collect(simdjson::dom::object object, std::size_t number) {
  known_.fill({});
  labels_to_be_.clear();
  annotations_to_be_.clear();
  labels_.clear();
  annotations_.clear();
  keys_.clear();
  names_.clear();
  for (const auto field : object) {
    keys_.add(field.key);
    Entry entry{true, field.key, field.value, number};
    number += NumberTexts::count(field.value);
    if (std::string_view text; field.value.is_null() || (field.value.get(text) == simdjson::SUCCESS && text.empty())) {
      continue;
    }
    const GenericAlias* const alias = find_generic_alias(field.key);
    if (alias == nullptr) {
      labels_to_be_.push_back(entry);
      continue;
    }
    if (alias->field == GenericField::annotation) {
      annotations_to_be_.push_back(entry);
      continue;
    }
    Entry& place = known(alias->field);
    std::uint8_t& rank = rank_[static_cast<std::size_t>(alias->field)];
    if (!place.is_there || alias->rank < rank) {
      std::swap(place, entry);
      rank = alias->rank;
    }
    if (entry.is_there) annotations_to_be_.push_back(entry);  // a second word for the same: kept for people
  }
  if (std::string_view twice; keys_.find(twice)) {
    return fault_at(Refusal::duplicate_key, "the same field twice", "", twice);
  }
  return {};
}

bool GenericAlert::scalar(const Entry& entry, std::string_view& text) const {
  text = {};
  switch (entry.value.type()) {
    case element_type::STRING:
      return entry.value.get(text) == simdjson::SUCCESS;
    case element_type::BOOL: {
      bool truth = false;
      if (entry.value.get(truth) != simdjson::SUCCESS) return false;
      text = truth ? "true" : "false";
      return true;
    }
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      text = (*numbers_)[entry.number];
      return true;
    case element_type::NULL_VALUE:
      return true;
    default:
      return false;
  }
}

Checked GenericAlert::read_scalar(const Entry& entry, std::string_view& text) const {
  if (scalar(entry, text)) return {};
  return fault_at(Refusal::wrong_type, "must be a text, a number or a truth value", "", entry.key);
}

Checked GenericAlert::read_section(const Entry& section, std::string_view pointer, std::vector<Label>& into) {
  if (!section.is_there) return {};
  simdjson::dom::object object;
  if (section.value.get(object) != simdjson::SUCCESS) return fault(Refusal::wrong_type, "must be an object", pointer);
  std::size_t number = section.number;
  std::size_t count = 0;
  for (const auto field : object) {
    if (++count > limits::kLabelsMax) {
      return fault(Refusal::too_many_labels, "more entries than an alert may have", pointer);
    }
    std::string_view text;
    if (!scalar({true, field.key, field.value, number}, text)) {
      return fault_at(Refusal::wrong_type, "must be a text, a number or a truth value", pointer, field.key);
    }
    number += NumberTexts::count(field.value);
    if (has(into, field.key)) return fault_at(Refusal::duplicate_key, "the same name twice", pointer, field.key);
    into.push_back({field.key, text});
  }
  std::erase_if(into, [](const Label& label) { return label.value.empty(); });
  return {};
}

std::string_view GenericAlert::label_name(std::string_view key) {
  if (is_label_name(key)) return key;
  made_name_.clear();
  append_label_name(made_name_, key);
  return names_.keep(made_name_);
}

/// The name of the alert, what it says, and where a person looks for more.
Checked GenericAlert::read_name_and_texts() {
  const Entry& title = known(GenericField::title);
  std::string_view title_text;
  if (title.is_there) {
    if (const auto read = read_scalar(title, title_text); !read) return read;
    add_unless_there(annotations_, "summary", title_text);
  }
  if (const Entry& description = known(GenericField::description); description.is_there) {
    std::string_view text;
    if (const auto read = read_scalar(description, text); !read) return read;
    add_unless_there(annotations_, "description", text);
  }
  const Entry& name = known(GenericField::name).is_there ? known(GenericField::name) : title;
  if (!name.is_there || has(labels_, "alertname")) return {};
  std::string_view text;
  if (const auto read = read_scalar(name, text); !read) return read;
  if (text.size() > limits::kLabelValueBytesMax) {
    return fault_at(Refusal::too_long, "a text is longer than allowed", "", name.key);
  }
  add_unless_there(labels_, "alertname", text);
  return {};
}

/// Scalars that have no meaning of their own; objects and arrays are ignored.
Checked GenericAlert::read_others() {
  for (const Entry& entry : labels_to_be_) {
    std::string_view text;
    if (!scalar(entry, text)) continue;
    if (text.size() > limits::kLabelValueBytesMax) {
      annotations_to_be_.push_back(entry);
      continue;
    }
    if (labels_.size() > limits::kLabelsMax) break;  // closing the section refuses
    add_unless_there(labels_, label_name(entry.key), text);
  }
  for (const Entry& entry : annotations_to_be_) {
    std::string_view text;
    if (!scalar(entry, text)) continue;
    if (annotations_.size() > limits::kLabelsMax) break;
    add_unless_there(annotations_, label_name(entry.key), text);
  }
  return {};
}

Checked GenericAlert::read_rest(BatchBuilder& builder) {
  Alert& alert = builder.alert();
  std::string_view text;
  if (const Entry& status = known(GenericField::status); status.is_there) {
    if (const auto read = read_scalar(status, text); !read) return read;
    const auto meaning = generic_status(text);
    if (!meaning) return fault(Refusal::bad_value, "not a status that is known here", "/status");
    alert.status = *meaning;
  }
  if (const Entry& link = known(GenericField::link); link.is_there) {
    if (const auto read = read_scalar(link, text); !read) return read;
    if (const auto kept = builder.keep(text, "/url", alert.link); !kept) return kept;
  }
  if (const Entry& key = known(GenericField::key); key.is_there) {
    if (const auto read = read_scalar(key, text); !read) return read;
    if (text.size() > limits::kLabelValueBytesMax) {
      return fault_at(Refusal::too_long, "a text is longer than allowed", "", key.key);
    }
    if (const auto kept = builder.keep(text, "/key", alert.source_key); !kept) return kept;
  }
  if (const auto read = read_instant(GenericField::starts_at, alert.starts_at); !read) return read;
  return read_instant(GenericField::ends_at, alert.ends_at);
}

Checked GenericAlert::read_instant(GenericField field, Instant& at) {
  const Entry& entry = known(field);
  if (!entry.is_there) return {};
  std::string_view text;
  if (const auto read = read_scalar(entry, text); !read) return read;
  auto instant = parse_rfc3339(text);
  if (!instant) instant = parse_epoch(text);
  if (!instant) {
    return fault_at(Refusal::bad_time, "not an RFC 3339 date-time, seconds or milliseconds since 1970", "", entry.key);
  }
  at = *instant;
  return {};
}

}  // namespace tocsin
