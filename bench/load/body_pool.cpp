#include "bench/load/body_pool.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "bench/load/alert_writer.h"

namespace tocsin {
namespace {

constexpr std::size_t kPoolBytesMax = std::size_t{1} << 30;
constexpr std::int64_t kEndAgeSeconds = 60;

}  // namespace

BodyPool::BodyPool(const PoolPlan& plan)
    : fresh_share_(1.0 - plan.duplicates),
      resolve_share_(plan.resolve_share),
      draws_(plan.seed ^ 0x6c6f6164),
      identities_(plan.seed) {}

std::expected<BodyPool, std::string> BodyPool::render(std::span<const RuleShape> rules, const PoolPlan& plan) {
  BodyPool pool(plan);
  AlertWriter writer(rules, plan.services, plan.seed);
  const std::size_t wanted =
      std::max<std::size_t>(plan.bodies_min, (std::size_t{plan.alerts_live} + plan.batch - 1) / plan.batch);
  std::size_t bytes = 0;
  pool.requests_.reserve(wanted);
  for (std::size_t made = 0; made < wanted; ++made) {
    std::string body = "[";
    for (std::uint32_t alert = 0; alert < plan.batch; ++alert) {
      if (alert > 0) body += ',';
      body += writer.next();
    }
    body += ']';
    bytes += body.size();
    if (bytes > kPoolBytesMax) {
      return std::unexpected(
          "the bodies would take over 1 GiB: fewer connections, a smaller batch or fewer live alerts");
    }
    pool.requests_.push_back(lay_out(body, plan));
  }
  pool.free_.resize(wanted);
  for (std::uint32_t index = 0; index < wanted; ++index) pool.free_[index] = index;
  pool.returns_ = wanted;
  return pool;
}

BodyPool::Request BodyPool::lay_out(const std::string& body, const PoolPlan& plan) {
  const std::string head = fmt::format(
      "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: tocsin-load\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\n\r\n",
      plan.path, plan.host, body.size());
  Request request;
  request.head_bytes = head.size();
  request.bytes.reserve(head.size() + body.size());
  request.bytes.assign(head.begin(), head.end());
  request.bytes.insert(request.bytes.end(), body.begin(), body.end());
  request.slots.reserve(plan.batch);

  // endsAt and startsAt come before the labels in every alert, so an alert is complete at its closing brace: the next
  // end place, or the end of the text, closes it. Identities may also stand in the annotations before endsAt.
  const std::string_view text(request.bytes.data(), request.bytes.size());
  constexpr std::string_view kAlertBegin = R"({"annotations":{)";
  std::size_t begin = text.find(kAlertBegin);
  while (begin != text.npos) {
    const std::size_t next = text.find(kAlertBegin, begin + 1);
    const std::string_view alert = text.substr(0, next);
    Slot slot{.first_place = static_cast<std::uint32_t>(request.identity_places.size()),
              .places = 0,
              .start_place = static_cast<std::uint32_t>(alert.find(kStartPlace, begin)),
              .end_place = static_cast<std::uint32_t>(alert.find(kEndPlace, begin))};
    for (std::size_t place = alert.find(kIdentityPlace, begin); place != alert.npos;
         place = alert.find(kIdentityPlace, place + kIdentityPlace.size())) {
      request.identity_places.push_back(static_cast<std::uint32_t>(place));
      ++slot.places;
    }
    request.slots.push_back(slot);
    begin = next;
  }
  return request;
}

void BodyPool::renew(Request& request, Slot& slot) {
  char* const bytes = request.bytes.data();
  const std::uint32_t* const places = request.identity_places.data() + slot.first_place;
  identities_.write_next(bytes + places[0]);
  for (std::uint32_t copy = 1; copy < slot.places; ++copy) {
    std::memcpy(bytes + places[copy], bytes + places[0], kIdentityPlace.size());
  }
  std::memcpy(bytes + slot.start_place, wall_.now().data(), kStartPlace.size());
  write_end(request, slot, wall_.end());
  slot.is_resolved = false;
}

void BodyPool::write_end(Request& request, const Slot& slot, std::string_view instant) {
  std::memcpy(request.bytes.data() + slot.end_place, instant.data(), kEndPlace.size());
}

std::uint32_t BodyPool::take(AlertMix& mix) {
  const std::uint32_t index = free_[takes_++ % free_.size()];
  Request& request = requests_[index];
  wall_.refresh();
  const bool all_fresh = !request.was_taken || fresh_share_ >= 1.0;
  const bool ends_are_old = wall_.seconds() - request.ends_written_at > kEndAgeSeconds;
  if (all_fresh || ends_are_old) request.ends_written_at = wall_.seconds();
  if (!all_fresh && !ends_are_old && fresh_share_ <= 0.0 && resolve_share_ <= 0.0) {
    mix.repeated += request.slots.size();
    return index;
  }
  for (Slot& slot : request.slots) {
    if (all_fresh || draws_.happens(fresh_share_)) {
      renew(request, slot);
      ++mix.fresh;
      continue;
    }
    ++mix.repeated;
    if (resolve_share_ > 0.0 && draws_.happens(resolve_share_)) {
      write_end(request, slot, wall_.now());
      slot.is_resolved = true;
      ++mix.resolved;
    } else if (slot.is_resolved || ends_are_old) {
      write_end(request, slot, wall_.end());
      slot.is_resolved = false;
    }
  }
  request.was_taken = true;
  return index;
}

void BodyPool::give_back(std::uint32_t request) { free_[returns_++ % free_.size()] = request; }

std::span<const char> BodyPool::body(std::uint32_t request) const {
  const Request& of = requests_[request];
  return std::span<const char>(of.bytes).subspan(of.head_bytes);
}

double BodyPool::mean_body_bytes() const {
  double bytes = 0.0;
  for (const Request& request : requests_) bytes += static_cast<double>(request.bytes.size() - request.head_bytes);
  return bytes / static_cast<double>(requests_.size());
}

}  // namespace tocsin
