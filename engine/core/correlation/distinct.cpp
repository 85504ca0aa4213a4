#include "engine/core/correlation/distinct.h"

#include <algorithm>

#include "engine/model/check.h"

namespace tocsin {

void DistinctValues::add(const Sighting& seen, bool remembers_who, std::size_t values_max) {
  newest_ = std::max(newest_, seen.at);
  auto value = std::ranges::find(all_, seen.value, &Value::text);
  if (value == all_.end()) {
    if (all_.size() >= values_max) all_.erase(std::ranges::min_element(all_, {}, &Value::newest));
    all_.push_back({std::string{seen.value}, {}});
    value = all_.end() - 1;
  }
  const auto after = std::ranges::upper_bound(value->seen, seen.at, {}, &One::at);
  const bool is_known = after != value->seen.begin() && (after - 1)->at == seen.at;
  const ConditionRef who = remembers_who ? seen.who : ConditionRef{};
  if (is_known && (!remembers_who || (after - 1)->who == who)) return;
  value->seen.insert(after, {seen.at, who});
  if (value->seen.size() > kInstantsMax) value->seen.erase(value->seen.begin());
}

void DistinctValues::drop_before(Instant at) {
  for (Value& value : all_) std::erase_if(value.seen, [&](const One& one) { return one.at < at; });
  std::erase_if(all_, [](const Value& value) { return value.seen.empty(); });
}

void DistinctValues::write(CanonicalWriter& out, const ConditionNumbers& numbers) const {
  out.instant(newest_);
  out.u32(static_cast<std::uint32_t>(all_.size()));
  for (const Value& value : all_) {
    out.text(value.text);
    out.u32(static_cast<std::uint32_t>(value.seen.size()));
    for (const One& one : value.seen) {
      out.instant(one.at);
      out.u64(one.who.slot == kNoSlot ? 0 : numbers.number_of(one.who));
    }
  }
}

void DistinctValues::read(CanonicalReader& in, const ConditionNumbers& numbers) {
  newest_ = in.instant();
  const std::uint32_t count = in.count(8);
  for (std::uint32_t i = 0; i < count; ++i) {
    Value& value = all_.emplace_back();
    value.text = in.text();
    const std::uint32_t times = in.count(16);
    for (std::uint32_t n = 0; n < times; ++n) {
      One& one = value.seen.emplace_back();
      one.at = in.instant();
      const std::uint64_t number = in.u64();
      if (number != 0) one.who = numbers.ref_of(number);
    }
    if (value.seen.empty()) return in.fail();
  }
}

void DistinctValues::check() const {
  for (const Value& value : all_) {
    TOCSIN_CHECK(!value.text.empty() && !value.seen.empty(), "what is a value was seen");
    TOCSIN_CHECK(value.seen.size() <= kInstantsMax && std::ranges::is_sorted(value.seen, {}, &One::at),
                 "instants of a value are few and in order");
    TOCSIN_CHECK(std::ranges::count(all_, value.text, &Value::text) == 1, "each value is there once");
  }
}

DistinctKind::DistinctKind(const rules::TemporalRule& rule) : KeyedKind(rule), count_(rule.count) {
  TOCSIN_CHECK(count_ > 0, "values are counted");
}

Pattern DistinctKind::see(const Sighting& seen, KeyBound& bound) {
  Pattern pattern;
  pattern.needed = count_;
  if (seen.value.empty()) return pattern;
  DistinctValues* const values = enter(seen, bound);
  if (values == nullptr) return pattern;
  values->add(seen, remembers_members_, count_ + kSpare);
  pattern = window_with(*values, seen.at);
  if (pattern.holds) pattern.held_until = held_until(pattern, seen.now);
  return pattern;
}

Pattern DistinctKind::window_with(const DistinctValues& values, Instant at) const {
  // All instants that may be in a window with it, in order.
  struct Item {
    Instant at;
    std::uint32_t value;
  };
  std::vector<Item> items;
  for (std::uint32_t i = 0; i < values.all().size(); ++i) {
    for (const DistinctValues::One& one : values.all()[i].seen) {
      if (one.at >= at - within_ && one.at <= at + within_) items.push_back({one.at, i});
    }
  }
  std::ranges::stable_sort(items, {}, &Item::at);
  Pattern pattern;
  pattern.needed = count_;
  // The window slides back from the one that begins at `at`; how often each value is in it says how many there are.
  std::vector<std::uint32_t> times(values.all().size(), 0);
  std::size_t different = 0;
  std::size_t end = items.size();
  const auto first_after = std::ranges::upper_bound(items, at, {}, &Item::at);
  for (auto first = first_after; first < items.end(); ++first) {
    if (times[first->value]++ == 0) ++different;
  }
  for (auto first = first_after; first != items.begin();) {
    --first;
    if (times[first->value]++ == 0) ++different;
    for (; items[end - 1].at - first->at > within_; --end) {
      if (--times[items[end - 1].value] == 0) --different;
    }
    // Others of the same instant are in its window too.
    if (first != items.begin() && (first - 1)->at == first->at) continue;
    if (different > pattern.count) {
      pattern.count = different;
      pattern.first_at = first->at;
      pattern.last_at = items[end - 1].at;
    }
    if (different < count_) continue;
    pattern.holds = true;
    break;
  }
  return pattern;
}

void DistinctKind::parts(Hash128 key, const Pattern& pattern, WindowParts& parts) const {
  const DistinctValues* const values = find(key);
  if (values == nullptr) return;
  std::vector<std::pair<Instant, const DistinctValues::Value*>> in_window;
  for (const DistinctValues::Value& value : values->all()) {
    const auto first = std::ranges::find_if(value.seen, [&](const DistinctValues::One& one) {
      return one.at >= pattern.first_at && one.at <= pattern.last_at;
    });
    if (first == value.seen.end()) continue;
    in_window.emplace_back(first->at, &value);
    for (const DistinctValues::One& one : value.seen) {
      if (one.who.slot != kNoSlot && one.at >= pattern.first_at && one.at <= pattern.last_at)
        parts.members.push_back(one.who);
    }
  }
  std::ranges::sort(in_window, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : a.second->text < b.second->text;
  });
  for (const auto& [at, value] : in_window) parts.values.push_back(value->text);
}

}  // namespace tocsin
