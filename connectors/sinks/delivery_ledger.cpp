#include "connectors/sinks/delivery_ledger.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {
namespace {

std::size_t bytes_of(const Effect& effect) { return sizeof(Delivery) + sizeof(Effect) + effect.value.size(); }

}  // namespace

void Delivery::set_fate(std::uint32_t record, RecordFate fate) {
  if (fates.empty()) {
    fates.resize(records, RecordFate::whole);
    short_values.resize(records);
  }
  fates[record] = fate;
}

DeliveryLedger::DeliveryLedger(std::size_t effects_max, std::size_t bytes_max)
    : effects_max_(effects_max), bytes_max_(bytes_max), window_(effects_max), window_max_(effects_max) {
  TOCSIN_CHECK(effects_max > 0 && bytes_max > 0, "a ledger that takes nothing");
}

void DeliveryLedger::add(const EffectPtr& effect, std::uint32_t records) {
  TOCSIN_CHECK(records > 0, "an effect without a record could never be confirmed");
  TOCSIN_CHECK(effect->name > confirmed_ && (deliveries_.empty() || effect->name > deliveries_.back().effect->name),
               "effects come in order of name");
  bytes_ += bytes_of(*effect);
  deliveries_.push_back({.number = first_number_ + deliveries_.size(), .effect = effect, .records = records});
}

Delivery* DeliveryLedger::next_to_send() {
  const std::uint64_t under_way = next_ - first_number_;
  if (under_way >= deliveries_.size() || under_way >= window_) return nullptr;
  return &deliveries_[under_way];
}

void DeliveryLedger::mark_sent() {
  const Delivery* sent = find(next_);
  TOCSIN_CHECK(sent != nullptr && sent->handed_on == sent->records, "records are left");
  ++next_;
}

Delivery* DeliveryLedger::find(std::uint64_t number) {
  if (number < first_number_ || number - first_number_ >= deliveries_.size()) return nullptr;
  return &deliveries_[number - first_number_];
}

bool DeliveryLedger::is_alone(std::uint64_t number) const {
  // the one after the handed-on ones may be handed on in part
  const bool next_begun =
      next_ - first_number_ < deliveries_.size() && deliveries_[next_ - first_number_].handed_on > 0;
  return number == first_number_ && next_ - first_number_ + (next_begun ? 1U : 0U) == 1;
}

bool DeliveryLedger::confirm_prefix() {
  const std::uint64_t first_before = first_number_;
  while (first_number_ < next_ && deliveries_.front().settled == deliveries_.front().records) {
    confirmed_ = deliveries_.front().effect->name;
    bytes_ -= bytes_of(*deliveries_.front().effect);
    deliveries_.pop_front();
    ++first_number_;
  }
  window_ = std::min<std::size_t>(window_max_, window_ + (first_number_ - first_before));
  return first_number_ != first_before;
}

void DeliveryLedger::restart() {
  for (Delivery& delivery : deliveries_) {
    delivery.handed_on = 0;
    delivery.settled = 0;
  }
  next_ = first_number_;
  window_ = 1;
}

void DeliveryLedger::halve_window() { window_max_ = std::max<std::size_t>(1, (next_ - first_number_) / 2); }

}  // namespace tocsin
