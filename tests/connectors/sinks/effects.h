#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/model/effect.h"
#include "engine/runtime/outbox/sink.h"

namespace tocsin::test {

/// Revision `revision` of incident number `incident`, told by the input at `position`. Equal arguments, equal effects.
EffectPtr incident_effect(std::uint64_t position, std::uint64_t incident, std::uint64_t revision,
                          std::vector<std::string> audiences = {}, std::size_t filler_bytes = 0);
EffectPtr dead_letter_effect(std::uint64_t position);

/// Keeps what is undeliverable in memory, while it works.
class MemoryShelf final : public UndeliverableShelf {
 public:
  bool hold(const Undeliverable& record) override {
    if (works) held[record.key()] = record;
    return works;
  }
  std::map<UndeliverableKey, Undeliverable> held;
  bool works = true;
};

/// `count` effects at positions 1, 2, 3 …: revision after revision of `incidents` incidents in turn, every third of
/// which pages, and a dead letter after every tenth.
std::vector<EffectPtr> story(std::size_t count, std::size_t incidents);

/// Some instant of last year, a second later for each position.
Instant instant_of(std::uint64_t position);

/// Polls until `done`; false when a minute was not enough.
bool poll_until(Sink& sink, const std::function<bool()>& done);
/// Offers in order, polls until the last is confirmed; false when a minute was not enough.
bool deliver(Sink& sink, const std::vector<EffectPtr>& effects);

}  // namespace tocsin::test
