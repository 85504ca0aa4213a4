#include "connectors/sources/batch_builder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "engine/model/check.h"
#include "engine/model/identity.h"
#include "engine/model/limits.h"
#include "engine/model/word.h"

namespace tocsin {
namespace {

// Typical of Prometheus, quotes and all; a batch starts with this room and grows beyond it where labels are shorter.
constexpr std::size_t kBodyBytesPerLabel = 48;

constexpr std::size_t kSentKept = 4096;           // room for entries that is kept from one odd alert to the next
constexpr std::size_t kUnknownWordBytesMax = 64;  // of a status, as people are told of it

// What the built-in rules ask for first: kept whatever else an alert has too many of.
constexpr std::array<std::string_view, 6> kFirstLabels{"alertname", "environment", "host",
                                                       "instance",  "service",     "severity"};

/// A label that holds a word of a closed set, with white space around it.
bool has_blanks_around_word(const Label& label) {
  return holds_word(label.name) && trim_blanks(label.value).size() != label.value.size();
}

using Order = std::array<std::uint8_t, limits::kLabelsMax>;

/// The places of the labels in the order of name. They come sorted from Go programs (their maps are written in order),
/// so this mostly only looks.
void sort_by_name(std::span<const Label> labels, Order& order) {
  for (std::size_t unsorted = 0; unsorted < labels.size(); ++unsorted) {
    std::size_t hole = unsorted;
    for (; hole > 0 && labels[unsorted].name < labels[order[hole - 1]].name; --hole) order[hole] = order[hole - 1];
    order[hole] = static_cast<std::uint8_t>(unsorted);
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

void BatchBuilder::begin(AlertBatch& batch, const HashKey& key, std::size_t body_bytes, const Place& place,
                         std::span<const JsonMend> mends) {
  batch_ = &batch;
  key_ = &key;
  place_ = place;
  block_ = batch.arena.allocate(body_bytes);
  block_left_ = body_bytes;
  index_ = 0;
  pending_.clear();
  sent_identities_.clear();
  pool_grew_ = false;
  ++batch_number_;
  mends_ = mends;
  mended_everywhere_ = {};
  for (const JsonMend& mend : mends) {
    if (mend.index == JsonMend::kAllAlerts) mended_everywhere_.add(mend.mended);
  }
  batch.alerts.reserve(place.count);
  batch.label_pool.reserve(body_bytes / kBodyBytesPerLabel);
}

void BatchBuilder::open() {
  alert_ = {};
  const auto here = static_cast<std::uint32_t>(batch_->label_pool.size());
  open_ = {here, here, here};
  if (mends_.empty() && mended_everywhere_.is_empty()) return;
  alert_.mended = mended_everywhere_;
  for (; !mends_.empty() && mends_.front().index <= static_cast<std::int32_t>(index_); mends_ = mends_.subspan(1)) {
    if (mends_.front().index == static_cast<std::int32_t>(index_)) alert_.mended.add(mends_.front().mended);
  }
}

Checked BatchBuilder::close_labels(std::string_view section) {
  const auto checked = close_section(open_.end, section, Section::labels);
  open_.annotations = open_.end = static_cast<std::uint32_t>(batch_->label_pool.size());
  return checked;
}

void BatchBuilder::close_annotations() {
  const auto checked = close_section(open_.end, {}, Section::annotations);
  TOCSIN_CHECK(checked.has_value(), "annotations only describe");
  open_.end = static_cast<std::uint32_t>(batch_->label_pool.size());
}

Checked BatchBuilder::close_section(std::size_t first, std::string_view pointer, Section section) {
  auto& pool = batch_->label_pool;
  const std::size_t count = pool.size() - first;
  if (count == 0) return {};
  if (count > limits::kLabelsMax) return mend_section(first, pointer, section);
  if (close_as_before(first, section)) return {};

  const std::span<Label> labels{pool.data() + first, count};
  Order order;
  sort_by_name(labels, order);
  const bool are_labels = section == Section::labels;
  const std::size_t value_bytes_max = are_labels ? limits::kLabelValueBytesMax : limits::kAnnotationBytesMax;
  bool are_names_good = true;
  for (std::size_t i = 0; i < count; ++i) {
    const Label& label = labels[order[i]];
    if (i > 0 && labels[order[i - 1]].name == label.name) return mend_section(first, pointer, section);
    const bool is_name_good = !label.name.empty() && label.name.size() <= limits::kLabelNameBytesMax;
    are_names_good = are_names_good && is_name_good;
    if (label.value.empty()) continue;  // dropped, whatever its name
    if (!is_name_good || label.value.size() > value_bytes_max || (are_labels && has_blanks_around_word(label)))
      return mend_section(first, pointer, section);
  }
  if (are_names_good) {
    shapes_[static_cast<std::size_t>(section)].note(labels, std::span{order}.first(count));
    if (close_as_before(first, section)) return {};
  }
  std::array<Label, limits::kLabelsMax> sent;
  std::ranges::copy(labels, sent.begin());
  Label* kept = labels.data();
  for (std::size_t i = 0; i < count; ++i) {
    const Label& label = sent[order[i]];
    if (!label.value.empty()) *kept++ = {copy(label.name), copy(label.value)};
  }
  pool.resize(first + static_cast<std::size_t>(kept - labels.data()));
  return {};
}

/// The section of names that an alert before had in the same order: of its names nothing is asked again, and they are
/// copied once for a batch. False, with nothing changed, where this is another section or its values need mending.
bool BatchBuilder::close_as_before(std::size_t first, Section section) {
  auto& pool = batch_->label_pool;
  const std::span<Label> labels{pool.data() + first, pool.size() - first};
  SectionShape* const shape = shapes_[static_cast<std::size_t>(section)].find(labels);
  if (shape == nullptr) return false;
  const bool are_labels = section == Section::labels;
  const std::size_t value_bytes_max = are_labels ? limits::kLabelValueBytesMax : limits::kAnnotationBytesMax;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string_view value = labels[i].value;
    if (value.size() > value_bytes_max) return false;
    if (are_labels && shape->holds_word[i] && trim_blanks(value).size() != value.size()) return false;
  }
  if (shape->batch != batch_number_) {
    shape->batch = batch_number_;
    for (std::size_t i = 0; i < labels.size(); ++i) shape->copies[i] = copy(labels[i].name);
  }
  Label* kept = labels.data();
  if (shape->is_in_order) {
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (!labels[i].value.empty()) *kept++ = {shape->copies[i], copy(labels[i].value)};
    }
  } else {
    std::array<std::string_view, limits::kLabelsMax> values;
    for (std::size_t i = 0; i < labels.size(); ++i) values[i] = labels[i].value;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::size_t at = shape->order[i];
      if (!values[at].empty()) *kept++ = {shape->copies[at], copy(values[at])};
    }
  }
  pool.resize(first + static_cast<std::size_t>(kept - labels.data()));
  return true;
}

Checked BatchBuilder::mend_section(std::size_t first, std::string_view pointer, Section section) {
  auto& pool = batch_->label_pool;
  sent_.assign(pool.begin() + static_cast<std::ptrdiff_t>(first), pool.end());
  pool_grew_ |= sent_.size() > limits::kLabelsMax;
  pool.resize(first);
  std::ranges::stable_sort(sent_, {}, &Label::name);
  if (const auto checked = drop_duplicates(pointer, section); !checked) return checked;
  std::erase_if(sent_, [](const Label& label) { return label.value.empty(); });
  if (section == Section::labels && alert_.source_key.empty()) note_sent_identity({}, sent_);
  if (std::erase_if(sent_, [](const Label& label) { return label.name.empty(); }) > 0) mend(Mending::label_name);
  choose_entries(section);
  const std::size_t value_bytes_max =
      section == Section::labels ? limits::kLabelValueBytesMax : limits::kAnnotationBytesMax;
  for (Label label : sent_) {
    if (section == Section::labels && has_blanks_around_word(label)) {
      label.value = trim_blanks(label.value);
      mend(Mending::blanks);
      if (label.value.empty()) continue;
    }
    label = {cut(label.name, limits::kLabelNameBytesMax), cut(label.value, value_bytes_max)};
    pool.push_back({copy(label.name), copy(label.value)});
  }
  // Names that were cut may be equal now, and stand in another order.
  const auto mended = pool.begin() + static_cast<std::ptrdiff_t>(first);
  std::stable_sort(mended, pool.end(), [](const Label& a, const Label& b) { return a.name < b.name; });
  pool.erase(std::unique(mended, pool.end(), [](const Label& a, const Label& b) { return a.name == b.name; }),
             pool.end());
  if (sent_.capacity() > kSentKept) sent_ = {};
  return {};
}

/// Of two entries with one name the later stays. Of labels only where both say the same: otherwise nobody can tell
/// which of two conditions is meant.
Checked BatchBuilder::drop_duplicates(std::string_view pointer, Section section) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    if (kept == 0 || sent_[kept - 1].name != sent_[i].name) {
      sent_[kept++] = sent_[i];
      continue;
    }
    if (section == Section::labels && sent_[kept - 1].value != sent_[i].value) {
      return fault_at(Refusal::duplicate_key, "the same name twice, with two values", pointer, sent_[i].name);
    }
    sent_[kept - 1] = sent_[i];
    mend(Mending::duplicate);
  }
  sent_.resize(kept);
  return {};
}

/// Leaves what an alert may have, in order of name.
void BatchBuilder::choose_entries(Section section) {
  if (sent_.size() <= limits::kLabelsMax) return;
  mend(Mending::many_labels);
  const auto comes_first = [&](const Label& label) {
    return section == Section::labels && std::ranges::find(kFirstLabels, label.name) != kFirstLabels.end();
  };
  std::size_t others = limits::kLabelsMax - static_cast<std::size_t>(std::ranges::count_if(sent_, comes_first));
  std::erase_if(sent_, [&](const Label& label) {
    if (comes_first(label)) return false;
    if (others == 0) return true;
    --others;
    return false;
  });
}

std::string_view BatchBuilder::cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  mend(Mending::long_text);
  return cut_between_characters(text, bytes_max);
}

void BatchBuilder::note_sent_identity(std::string_view key, Labels labels) {
  sent_identities_.push_back(
      {pending_.size(), identity_of(batch_->tenant, batch_->source, key, labels, *key_, scratch_)});
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

std::string_view BatchBuilder::keep(std::string_view text) {
  return text.empty() ? std::string_view{} : copy(cut(text, limits::kAnnotationBytesMax));
}

void BatchBuilder::keep_key(std::string_view key) {
  if (key.size() > limits::kLabelValueBytesMax) note_sent_identity(key, {});
  alert_.source_key = key.empty() ? std::string_view{} : copy(cut(key, limits::kLabelValueBytesMax));
}

void BatchBuilder::take_unknown_status(std::string_view word) {
  alert_.status = AlertStatus::firing;
  mend(Mending::status);
  unknown_status_ = word;
}

void BatchBuilder::accept() {
  if (open_.labels == open_.annotations && alert_.source_key.empty()) {
    return refuse({Refusal::missing_field, "an alert needs at least one label with a value", "/labels"});
  }
  // Which of two times is first is only known where both are by the same clock; else the shard looks, once they are.
  if (alert_.starts_at != kUnset && alert_.ends_at != kUnset && alert_.ends_at < alert_.starts_at &&
      alert_.starts_locally == alert_.ends_locally) {
    mend_order_of_times();
  }
  if (alert_.mended.has(Mending::status)) {
    batch_->unknown_statuses.push_back(copy(cut_between_characters(unknown_status_, kUnknownWordBytesMax)));
  }
  if (!alert_.mended.is_empty()) ++batch_->mended_count;
  batch_->alerts.push_back(alert_);
  pending_.push_back(open_);
  ++index_;
}

/// An end before its start. Where a status says that it has ended, it has, just now; else the end is what says it.
void BatchBuilder::mend_order_of_times() {
  const auto drop = [](Instant& time, bool& is_local) {
    time = kUnset;
    is_local = false;
  };
  mend(Mending::time);
  if (alert_.status == AlertStatus::by_end)
    drop(alert_.starts_at, alert_.starts_locally);
  else
    drop(alert_.ends_at, alert_.ends_locally);
}

void BatchBuilder::refuse(const AlertFault& fault) {
  batch_->label_pool.resize(open_.labels);
  if (!sent_identities_.empty() && sent_identities_.back().alert == pending_.size()) sent_identities_.pop_back();
  std::string pointer(place_.parent);
  if (place_.is_list) append_pointer(pointer, std::to_string(index_));
  pointer += fault.section;
  // What is too long to be a name is not sent back either: the pointer then ends at the object that has it.
  if (fault.has_key && fault.key.size() <= limits::kLabelNameBytesMax) append_pointer(pointer, fault.key);
  batch_->refused.push_back(
      {{fault.code, std::string(fault.message), static_cast<std::int32_t>(index_), std::move(pointer)}});
  ++index_;
}

Result<void> BatchBuilder::finish() {
  AlertBatch& batch = *batch_;
  batch_ = nullptr;
  TOCSIN_CHECK(pending_.size() == batch.alerts.size(), "each accepted alert has its labels");
  if (batch.alerts.empty() && !batch.refused.empty()) return std::unexpected(batch.refused.front().error);
  // The batch waits in queues that are bounded by what a body costs.
  if (pool_grew_) batch.label_pool.shrink_to_fit();
  const Labels pool{batch.label_pool};
  auto sent = sent_identities_.begin();
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const Pending& pending = pending_[i];
    Alert& alert = batch.alerts[i];
    alert.labels = pool.subspan(pending.labels, pending.annotations - pending.labels);
    alert.annotations = pool.subspan(pending.annotations, pending.end - pending.annotations);
    if (sent == sent_identities_.end() || sent->alert != i) {
      seal(alert, batch.tenant, batch.source, *key_, scratch_);
    } else {
      alert.identity = sent->identity;
      ++sent;
      seal_rest(alert, batch.source, *key_, scratch_);
    }
  }
  return {};
}

}  // namespace tocsin
