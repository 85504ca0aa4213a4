#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/model/effect.h"
#include "engine/model/ids.h"

namespace tocsin {

/// Somewhere that effects go: Kafka, a file. Belongs to the outbox thread; every call comes from it, except what an
/// implementation says of itself. Effects are offered in order of name, each once per life of the process, from the
/// first that was not confirmed.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Stable over restarts: the outbox remembers under it what was confirmed ("kafka", "events:PATH").
  virtual std::string_view name() const = 0;

  /// Takes an effect on. False: full for now, the same effect is offered again after the next poll.
  virtual bool offer(const EffectPtr& effect) = 0;

  /// Does what is due (delivery reports, flushes), waiting at most `wait`. Called often.
  virtual void poll(Duration wait) = 0;

  /// All effects up to this one are durable at the destination. Never goes back.
  virtual EffectName confirmed() const = 0;

  /// One sentence for people when the destination is unwell, empty when all is well.
  virtual std::string trouble() const = 0;

  /// Tells the destination what it holds back and waits for it, at most `wait`. The last call.
  virtual void close(Duration wait) = 0;
};

}  // namespace tocsin
