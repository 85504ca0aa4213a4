#include "engine/core/correlation/instants.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {

void Instants::make_ring() {
  if (more_ != nullptr) return;
  more_ = std::make_unique<Ring>();
  more_->items.resize(4);
  if (one_ == kUnset) return;
  more_->items[0].at = one_;
  more_->size = 1;
  one_ = kUnset;
}

std::optional<std::size_t> Instants::insert(Instant at, ConditionRef who, std::size_t max) {
  TOCSIN_CHECK(max > 0, "there is room for one");
  if (size() == 0 && more_ == nullptr && who.slot == kNoSlot) {
    one_ = at;
    return 0;
  }
  make_ring();
  Ring& ring = *more_;
  if (ring.size >= max) {
    if (at < ring.at(0).at) return std::nullopt;
    ring.head = (ring.head + 1) % ring.items.size();
    --ring.size;
  } else if (ring.size == ring.items.size()) {
    std::vector<One> wider(std::min(ring.items.size() * 2, std::max(max, ring.items.size() + 1)));
    for (std::size_t i = 0; i < ring.size; ++i) wider[i] = ring.at(i);
    ring.items = std::move(wider);
    ring.head = 0;
  }
  std::size_t place = ring.size++;
  for (; place > 0 && ring.at(place - 1).at > at; --place) ring.at(place) = ring.at(place - 1);
  ring.at(place) = {at, who};
  return place;
}

void Instants::drop_before(Instant at) {
  if (more_ == nullptr) {
    if (one_ != kUnset && one_ < at) one_ = kUnset;
    return;
  }
  while (more_->size > 0 && more_->at(0).at < at) {
    more_->head = (more_->head + 1) % more_->items.size();
    --more_->size;
  }
  if (more_->size == 0) more_.reset();
}

void Instants::write(CanonicalWriter& out, const ConditionNumbers& numbers) const {
  out.u64(size());
  for (std::size_t i = 0; i < size(); ++i) {
    out.instant((*this)[i]);
    out.u64(who(i).slot == kNoSlot ? 0 : numbers.number_of(who(i)));
  }
}

void Instants::read(CanonicalReader& in, const ConditionNumbers& numbers) {
  const std::uint64_t count = in.u64();
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    const Instant at = in.instant();
    if (size() > 0 && at < newest()) return in.fail();
    const std::uint64_t number = in.u64();
    insert(at, number == 0 ? ConditionRef{} : numbers.ref_of(number), i + 1);
  }
}

void Instants::check() const {
  for (std::size_t i = 1; i < size(); ++i) TOCSIN_CHECK((*this)[i - 1] <= (*this)[i], "instants are in order");
  TOCSIN_CHECK(more_ == nullptr || (one_ == kUnset && more_->size > 0), "one instant is in one place");
}

}  // namespace tocsin
