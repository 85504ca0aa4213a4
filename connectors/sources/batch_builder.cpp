#include "connectors/sources/batch_builder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/model/check.h"
#include "engine/model/identity.h"
#include "engine/model/limits.h"

namespace tocsin {
namespace {

// Typical of Prometheus, quotes and all; a batch starts with this room and grows beyond it where labels are shorter.
constexpr std::size_t kBodyBytesPerLabel = 48;

/// Labels come sorted from Go programs (their maps are written in order), so this mostly only looks.
void sort_by_name(Label* first, Label* last) {
  for (Label* unsorted = first; unsorted != last; ++unsorted) {
    const Label label = *unsorted;
    Label* hole = unsorted;
    for (; hole != first && label.name < hole[-1].name; --hole) *hole = hole[-1];
    *hole = label;
  }
}

}  // namespace

std::unexpected<AlertFault> fault(Refusal code, std::string_view message, std::string_view section) {
  return std::unexpected(AlertFault{code, message, section, {}, false});
}

std::unexpected<AlertFault> fault_at(Refusal code, std::string_view message, std::string_view section,
                                     std::string_view key) {
  return std::unexpected(AlertFault{code, message, section, key, true});
}

void append_pointer(std::string& pointer, std::string_view key) {
  pointer += '/';
  for (const char c : key) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
}

void BatchBuilder::begin(AlertBatch& batch, std::size_t body_bytes, const Place& place) {
  batch_ = &batch;
  place_ = place;
  block_ = batch.arena.allocate(body_bytes);
  block_left_ = body_bytes;
  index_ = 0;
  pending_.clear();
  batch.alerts.reserve(place.count);
  batch.label_pool.reserve(body_bytes / kBodyBytesPerLabel);
}

void BatchBuilder::open() {
  alert_ = {};
  const auto here = static_cast<std::uint32_t>(batch_->label_pool.size());
  open_ = {here, here, here};
}

Checked BatchBuilder::close_labels(std::string_view section) {
  const auto checked = close_section(open_.end, section, limits::kLabelValueBytesMax, true);
  open_.annotations = open_.end = static_cast<std::uint32_t>(batch_->label_pool.size());
  return checked;
}

Checked BatchBuilder::close_annotations(std::string_view section) {
  const auto checked = close_section(open_.end, section, limits::kAnnotationBytesMax, false);
  open_.end = static_cast<std::uint32_t>(batch_->label_pool.size());
  return checked;
}

Checked BatchBuilder::close_section(std::size_t first, std::string_view section, std::size_t value_bytes_max,
                                    bool are_labels) {
  auto& pool = batch_->label_pool;
  if (pool.size() - first > limits::kLabelsMax) {
    return fault(Refusal::too_many_labels, "more entries than an alert may have", section);
  }
  Label* const begin = pool.data() + first;
  Label* const end = pool.data() + pool.size();
  sort_by_name(begin, end);
  for (const Label* label = begin; label != end && label + 1 != end; ++label) {
    if (label[0].name == label[1].name) {
      return fault_at(Refusal::duplicate_key, "the same name twice", section, label->name);
    }
  }
  Label* kept = begin;
  for (const Label* label = begin; label != end; ++label) {
    if (label->value.empty()) continue;
    if (are_labels ? !is_label_name(label->name) : label->name.empty()) {
      return fault_at(Refusal::bad_label_name, "a name must be a letter or _, then letters, digits or _", section,
                      label->name);
    }
    if (label->name.size() > limits::kLabelNameBytesMax) {
      return fault_at(Refusal::too_long, "a name is longer than allowed", section, label->name);
    }
    if (label->value.size() > value_bytes_max) {
      return fault_at(Refusal::too_long, "a text is longer than allowed", section, label->name);
    }
    *kept++ = {copy(label->name), copy(label->value)};
  }
  pool.resize(first + static_cast<std::size_t>(kept - begin));
  return {};
}

std::string_view BatchBuilder::copy(std::string_view text) {
  // A decoder may make names of its own (`alertname`), so the body's bytes do not always suffice.
  if (text.size() > block_left_) return batch_->arena.keep(text);
  char* const at = block_;
  std::memcpy(at, text.data(), text.size());
  block_ += text.size();
  block_left_ -= text.size();
  return {at, text.size()};
}

Checked BatchBuilder::keep(std::string_view text, std::string_view section, std::string_view& kept) {
  if (text.size() > limits::kAnnotationBytesMax) {
    return fault(Refusal::too_long, "a text is longer than allowed", section);
  }
  kept = text.empty() ? std::string_view{} : copy(text);
  return {};
}

void BatchBuilder::accept(std::string_view ends_section) {
  if (open_.labels == open_.annotations && alert_.source_key.empty()) {
    return refuse({Refusal::missing_field, "an alert needs at least one label with a value", "/labels"});
  }
  if (alert_.starts_at != kUnset && alert_.ends_at != kUnset && alert_.ends_at < alert_.starts_at) {
    return refuse({Refusal::ends_before_start, "the end is before the start", ends_section});
  }
  batch_->alerts.push_back(alert_);
  pending_.push_back(open_);
  ++index_;
}

void BatchBuilder::refuse(const AlertFault& fault) {
  batch_->label_pool.resize(open_.labels);
  std::string pointer(place_.parent);
  if (place_.is_list) append_pointer(pointer, std::to_string(index_));
  pointer += fault.section;
  // What is too long to be a name is not sent back either: the pointer then ends at the object that has it.
  if (fault.has_key && fault.key.size() <= limits::kLabelNameBytesMax) append_pointer(pointer, fault.key);
  batch_->refused.push_back(
      {{fault.code, std::string(fault.message), static_cast<std::int32_t>(index_), std::move(pointer)}});
  ++index_;
}

Result<void> BatchBuilder::finish(const HashKey& key) {
  AlertBatch& batch = *batch_;
  batch_ = nullptr;
  TOCSIN_CHECK(pending_.size() == batch.alerts.size(), "each accepted alert has its labels");
  if (batch.alerts.empty() && !batch.refused.empty()) return std::unexpected(batch.refused.front().error);
  const Labels pool{batch.label_pool};
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const Pending& pending = pending_[i];
    Alert& alert = batch.alerts[i];
    alert.labels = pool.subspan(pending.labels, pending.annotations - pending.labels);
    alert.annotations = pool.subspan(pending.annotations, pending.end - pending.annotations);
    seal(alert, batch.tenant, batch.source, key, scratch_);
  }
  return {};
}

}  // namespace tocsin
