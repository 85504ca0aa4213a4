#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "bench/load/draws.h"
#include "bench/load/identity.h"
#include "bench/load/rule_shape.h"
#include "bench/load/wall_text.h"

namespace tocsin {

/// What a pool of requests is made of.
struct PoolPlan {
  std::string host;  // the Host field
  std::string path;
  std::uint32_t batch = 64;  // alerts a body
  std::uint32_t alerts_live = 20000;
  std::uint32_t bodies_min = 2;
  std::uint32_t services = 48;
  std::uint64_t seed = 1;
  double duplicates = 0.0;
  double resolve_share = 0.0;
};

/// What is in a request that was taken.
struct AlertMix {
  std::uint64_t fresh = 0;     // identities that were never sent before in this run
  std::uint64_t repeated = 0;  // the resolved ones among them
  std::uint64_t resolved = 0;
};

/// Ready-rendered HTTP requests, head and body in one piece, that are sent over and over. A take turns some alerts of
/// the request into never-seen ones by overwriting ten letters in a few places; the others stay as they were sent
/// before, byte for byte (except that `endsAt` moves on once a minute, as with Prometheus).
/// Invariants: an identity is in one slot only; a request that is taken is not changed until it is given back.
class BodyPool {
 public:
  /// Renders at least `alerts_live` alerts and `bodies_min` bodies. Refused: more than a gigabyte of them.
  static std::expected<BodyPool, std::string> render(std::span<const RuleShape> rules, const PoolPlan& plan);

  /// The request that was given back longest ago, made ready to be sent. Requires: fewer than `bodies_min` are taken.
  std::uint32_t take(AlertMix& mix);
  void give_back(std::uint32_t request);

  /// Head and body. Valid until the request is given back.
  std::span<const char> request(std::uint32_t request) const { return requests_[request].bytes; }
  std::span<const char> body(std::uint32_t request) const;

  /// True when every request was taken once: until then all that is sent is new, whatever `duplicates` says.
  bool is_primed() const { return takes_ >= requests_.size(); }
  std::size_t size() const { return requests_.size(); }
  double mean_body_bytes() const;

 private:
  struct Slot {
    std::uint32_t first_place;  // into Request::identity_places
    std::uint32_t places;
    std::uint32_t start_place;
    std::uint32_t end_place;
    bool is_resolved = false;
  };
  struct Request {
    std::vector<char> bytes;
    std::size_t head_bytes = 0;
    std::vector<Slot> slots;
    std::vector<std::uint32_t> identity_places;
    std::int64_t ends_written_at = 0;  // wall seconds of the oldest endsAt in it
    bool was_taken = false;
  };

  explicit BodyPool(const PoolPlan& plan);
  static Request lay_out(const std::string& body, const PoolPlan& plan);
  void renew(Request& request, Slot& slot);
  void write_end(Request& request, const Slot& slot, std::string_view instant);

  double fresh_share_;
  double resolve_share_;
  Draws draws_;
  Identities identities_;
  WallText wall_;
  std::vector<Request> requests_;
  std::vector<std::uint32_t> free_;  // a ring, as large as requests_
  std::uint64_t takes_ = 0;
  std::uint64_t returns_ = 0;
};

}  // namespace tocsin
