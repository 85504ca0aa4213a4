#include "connectors/sources/generic_alert.h"

#include <algorithm>
#include <utility>

#include "connectors/sources/source_time.h"
#include "connectors/sources/status_word.h"
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

/// The same for any number of them: beyond what an alert may have, keep_first_of_each() sees what was there.
void add_one_of_many(std::vector<Label>& labels, std::string_view name, std::string_view value) {
  if (labels.size() <= limits::kLabelsMax) return add_unless_there(labels, name, value);
  if (!value.empty()) labels.push_back({name, value});
}

void keep_first_of_each(std::vector<Label>& labels) {
  if (labels.size() <= limits::kLabelsMax) return;
  std::ranges::stable_sort(labels, {}, &Label::name);
  const auto again = std::ranges::unique(labels, {}, &Label::name);
  labels.erase(again.begin(), again.end());
}

/// Whether a field says which condition an alert is about, or whether it fires.
bool says_which_or_how(GenericField field) {
  return field == GenericField::name || field == GenericField::key || field == GenericField::labels ||
         field == GenericField::status;
}

}  // namespace

Checked GenericAlert::read(element value, std::size_t first_number, const NumberTexts& numbers, BatchBuilder& builder) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return fault(Refusal::wrong_type, "an alert must be an object");
  numbers_ = &numbers;
  builder_ = &builder;
  Checked checked = collect(object, first_number);
  if (checked) checked = read_section(known(GenericField::labels), "/labels", labels_, Section::labels);
  if (checked) checked = read_section(known(GenericField::annotations), "", annotations_, Section::annotations);
  if (!checked) return checked;
  read_name_and_texts();
  read_others();
  read_rest();

  for (const Label& label : labels_) builder.add(label.name, label.value);
  checked = builder.close_labels("/labels");
  if (!checked) return checked;
  for (const Label& annotation : annotations_) builder.add(annotation.name, annotation.value);
  builder.close_annotations();
  return {};
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
  if (std::string_view twice; keys_.find(twice)) return mend_duplicates(object);
  return {};
}

/// A field that is there twice: nobody can tell which of two conditions is meant, or how it is, unless both say the
/// same or it only describes.
Checked GenericAlert::mend_duplicates(simdjson::dom::object object) {
  std::vector<std::pair<std::string_view, std::string>> fields;
  for (const auto field : object) fields.emplace_back(field.key, simdjson::minify(field.value));
  std::ranges::stable_sort(fields, {}, [](const auto& field) { return field.first; });
  for (std::size_t i = 1; i < fields.size(); ++i) {
    if (fields[i - 1] == fields[i] || fields[i - 1].first != fields[i].first) continue;
    const GenericAlias* const alias = find_generic_alias(fields[i].first);
    if (alias == nullptr || says_which_or_how(alias->field)) {
      return fault_at(Refusal::duplicate_key, "the same field twice, with two values", "", fields[i].first);
    }
  }
  builder_->mend(Mending::duplicate);
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

/// "" with a mark for what is no scalar: what has a meaning must be one, and describes at most.
std::string_view GenericAlert::scalar_or_mend(const Entry& entry) {
  std::string_view text;
  if (!scalar(entry, text)) builder_->mend(Mending::type);
  return text;
}

Checked GenericAlert::read_section(const Entry& section, std::string_view pointer, std::vector<Label>& into,
                                   Section kind) {
  if (!section.is_there) return {};
  simdjson::dom::object object;
  if (section.value.get(object) != simdjson::SUCCESS) {
    builder_->mend(Mending::type);
    return {};
  }
  const bool are_many = object.size() > limits::kLabelsMax;
  std::size_t number = section.number;
  for (const auto field : object) {
    std::string_view text;
    if (!scalar({true, field.key, field.value, number}, text)) builder_->mend(Mending::type);
    number += NumberTexts::count(field.value);
    const auto known = are_many ? into.end() : std::ranges::find(into, field.key, &Label::name);
    if (known == into.end()) {
      into.push_back({field.key, text});
    } else if (const auto checked = take_again(*known, text, pointer, kind); !checked) {
      return checked;
    }
  }
  if (are_many) {
    if (const auto checked = drop_duplicates(into, pointer, kind); !checked) return checked;
  }
  std::erase_if(into, [](const Label& label) { return label.value.empty(); });
  return {};
}

/// An entry that is there already: the later counts, if it only describes.
Checked GenericAlert::take_again(Label& known, std::string_view text, std::string_view pointer, Section kind) {
  if (kind == Section::labels && known.value != text) {
    return fault_at(Refusal::duplicate_key, "the same name twice, with two values", pointer, known.name);
  }
  builder_->mend(Mending::duplicate);
  known.value = text;
  return {};
}

Checked GenericAlert::drop_duplicates(std::vector<Label>& entries, std::string_view pointer, Section kind) {
  std::ranges::stable_sort(entries, {}, &Label::name);
  std::size_t kept = 0;
  for (const Label& entry : entries) {
    if (kept == 0 || entries[kept - 1].name != entry.name) {
      entries[kept++] = entry;
    } else if (const auto checked = take_again(entries[kept - 1], entry.value, pointer, kind); !checked) {
      return checked;
    }
  }
  entries.resize(kept);
  return {};
}

std::string_view GenericAlert::label_name(std::string_view key) {
  if (is_label_name(key)) return key;
  made_name_.clear();
  append_label_name(made_name_, key);
  return names_.keep(made_name_);
}

/// The name of the alert, what it says, and where a person looks for more.
void GenericAlert::read_name_and_texts() {
  std::string_view title;
  if (const Entry& entry = known(GenericField::title); entry.is_there) {
    title = scalar_or_mend(entry);
    add_unless_there(annotations_, "summary", title);
  }
  if (const Entry& description = known(GenericField::description); description.is_there) {
    add_unless_there(annotations_, "description", scalar_or_mend(description));
  }
  if (const Entry& name = known(GenericField::name); name.is_there) {
    add_unless_there(labels_, "alertname", scalar_or_mend(name));
  }
  add_unless_there(labels_, "alertname", title);
}

/// Scalars that have no meaning of their own; objects and arrays are ignored.
void GenericAlert::read_others() {
  for (const Entry& entry : labels_to_be_) {
    std::string_view text;
    if (!scalar(entry, text)) continue;
    if (text.size() > limits::kLabelValueBytesMax) {
      annotations_to_be_.push_back(entry);
      continue;
    }
    add_one_of_many(labels_, label_name(entry.key), text);
  }
  for (const Entry& entry : annotations_to_be_) {
    std::string_view text;
    if (scalar(entry, text)) add_one_of_many(annotations_, label_name(entry.key), text);
  }
  keep_first_of_each(labels_);
  keep_first_of_each(annotations_);
}

void GenericAlert::read_rest() {
  Alert& alert = builder_->alert();
  if (const Entry& status = known(GenericField::status); status.is_there) {
    std::string_view text;
    if (scalar(status, text))
      read_status_word(text, *builder_);
    else
      builder_->take_unknown_status("(no text)");
  }
  if (const Entry& link = known(GenericField::link); link.is_there) alert.link = builder_->keep(scalar_or_mend(link));
  if (const Entry& key = known(GenericField::key); key.is_there) builder_->keep_key(scalar_or_mend(key));
  alert.starts_at = read_instant(known(GenericField::starts_at), alert.starts_locally);
  alert.ends_at = read_instant(known(GenericField::ends_at), alert.ends_locally);
}

Instant GenericAlert::read_instant(const Entry& entry, bool& is_local) {
  is_local = false;
  if (!entry.is_there) return kUnset;
  std::string_view text;
  if (scalar(entry, text)) {
    if (const auto instant = parse_rfc3339(text)) return *instant;
    if (const auto time = parse_source_time(text)) {
      is_local = time->is_local;
      return time->at;
    }
  }
  builder_->mend(Mending::time);
  return kUnset;
}

}  // namespace tocsin
