#include "engine/core/incidents/times.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "engine/model/check.h"
#include "engine/model/limits.h"

namespace tocsin {
namespace {

void record(TimesBook::Spans& spans, Duration span) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(std::max(span, Duration{0})).count();
  const auto seconds = static_cast<std::uint64_t>(whole);
  std::size_t bucket = 0;
  while (bucket < TimesBook::kBoundsSeconds.size() && seconds > TimesBook::kBoundsSeconds[bucket]) ++bucket;
  ++spans.counts[bucket];
  spans.seconds += seconds;
}

std::uint64_t count_of(const TimesBook::Spans& spans) {
  return std::accumulate(spans.counts.begin(), spans.counts.end(), std::uint64_t{0});
}

}  // namespace

void IncidentTimes::write(CanonicalWriter& out) const {
  out.u64(reopened);
  out.instant(reopened_at);
  out.duration(to_reopen);
  out.flag(in_maintenance);
}

void IncidentTimes::read(CanonicalReader& in) {
  reopened = in.u64();
  reopened_at = in.instant();
  to_reopen = in.duration();
  in_maintenance = in.flag();
}

TimesBook::Series& TimesBook::of(Priority priority, std::string_view service, std::string_view team) {
  const auto find = [&](std::string_view of_service, std::string_view of_team) {
    return std::ranges::find_if(series_, [&](const Series& one) {
      return one.priority == priority && one.service == of_service && one.team == of_team;
    });
  };
  if (const auto found = find(service, team); found != series_.end()) return *found;
  if (series_.size() < limits::kTimeSeriesMax) {
    return series_.emplace_back(Series{priority, std::string{service}, std::string{team}, {}, 0});
  }
  if (const auto found = find(kOther, kOther); found != series_.end()) return *found;
  return series_.emplace_back(Series{priority, std::string{kOther}, std::string{kOther}, {}, 0});
}

void TimesBook::count(Priority priority, std::string_view service, std::string_view team, Duration detect,
                      std::optional<Duration> acknowledge, Duration resolve, std::uint64_t reopened) {
  Series& one = of(priority, service, team);
  record(one.spans[static_cast<std::size_t>(Kind::detect)], detect);
  if (acknowledge) record(one.spans[static_cast<std::size_t>(Kind::acknowledge)], *acknowledge);
  record(one.spans[static_cast<std::size_t>(Kind::resolve)], resolve);
  one.reopened += reopened;
  ++counted_;
}

void TimesBook::write(CanonicalWriter& out) const {
  out.part("times 1");
  out.u64(counted_);
  out.u64(left_out_);
  out.u32(static_cast<std::uint32_t>(series_.size()));
  for (const Series& one : series_) {
    out.u8(static_cast<std::uint8_t>(one.priority));
    out.text(one.service);
    out.text(one.team);
    out.u64(one.reopened);
    for (const Spans& spans : one.spans) {
      for (const std::uint64_t count : spans.counts) out.u64(count);
      out.u64(spans.seconds);
    }
  }
}

void TimesBook::read(CanonicalReader& in) {
  in.part("times 1");
  counted_ = in.u64();
  left_out_ = in.u64();
  const std::uint32_t count = in.count(17);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    Series& one = series_.emplace_back();
    one.priority = static_cast<Priority>(in.u8_below(6));
    one.service = in.text();
    one.team = in.text();
    one.reopened = in.u64();
    for (Spans& spans : one.spans) {
      for (std::uint64_t& counted : spans.counts) counted = in.u64();
      spans.seconds = in.u64();
    }
  }
}

void TimesBook::check() const {
  TOCSIN_CHECK(series_.size() <= limits::kTimeSeriesMax + kOtherSeriesMax, "series of times are bounded");
  std::uint64_t closed = 0;
  for (const Series& one : series_) {
    const std::uint64_t resolved = count_of(one.spans[static_cast<std::size_t>(Kind::resolve)]);
    TOCSIN_CHECK(count_of(one.spans[static_cast<std::size_t>(Kind::detect)]) == resolved, "each was detected");
    TOCSIN_CHECK(count_of(one.spans[static_cast<std::size_t>(Kind::acknowledge)]) <= resolved,
                 "what is acknowledged is resolved some day");
    closed += resolved;
  }
  TOCSIN_CHECK(closed == counted_, "each close was counted once");
}

}  // namespace tocsin
