#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/model/effect.h"
#include "engine/model/ids.h"
#include "engine/runtime/outbox/undeliverable.h"

namespace tocsin {

/// What a destination holds already, as it says itself.
struct Told {
  bool is_known = true;  // false: it could not be asked, `why` says why
  std::string why{};
  std::vector<EffectName> highest{};  // of each journal that told it something; names are compared within one only

  void note(const EffectName& name) {
    for (EffectName& known : highest) {
      if (known.life.journal != name.life.journal) continue;
      if (name > known) known = name;
      return;
    }
    highest.push_back(name);
  }
};

/// Somewhere that effects go: Kafka, a file. Belongs to its own thread, before that to the one that starts the engine;
/// every call comes from it, and may take as long as it takes: nobody else waits for it. Effects are offered in order
/// of name, each once per life of the process, from the first that was not confirmed.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Stable over restarts: the outbox remembers under it what was confirmed ("kafka", "events:PATH").
  virtual std::string_view name() const = 0;

  /// Before the first offer: the highest effects that are at the destination. By them a journal is recognised that is
  /// not the one which told it, or not all of it. May wait for the destination, some seconds at most.
  virtual Told told() { return {}; }

  /// Before the first offer: where records go that the destination does not take; outlives the sink.
  virtual void hold_in(UndeliverableShelf& shelf) { static_cast<void>(shelf); }

  /// Takes an effect on. False: full for now, the same effect is offered again after the next poll.
  virtual bool offer(const EffectPtr& effect) = 0;

  /// Does what is due (delivery reports, flushes), waiting at most `wait`. Called often.
  virtual void poll(Duration wait) = 0;

  /// All effects up to this one are durable at the destination, or held as undeliverable. Never goes back.
  virtual EffectName confirmed() const = 0;

  /// Whether readers of `topic` see the last record of a key only (it is compacted): an older one must not be sent
  /// there after a newer one.
  virtual bool keeps_only_newest(std::string_view topic) const {
    static_cast<void>(topic);
    return false;
  }

  /// Takes on a record that was held, out of the order of names. False: full for now.
  virtual bool send_again(const Undeliverable& record) {
    static_cast<void>(record);
    return false;
  }
  /// What became of those, once each.
  virtual std::vector<ResendOutcome> resent() { return {}; }

  /// One sentence for people when the destination is unwell, empty when all is well.
  virtual std::string trouble() const = 0;

  /// Tells the destination what it holds back and waits for it, at most `wait`. The last call.
  virtual void close(Duration wait) = 0;
};

}  // namespace tocsin
