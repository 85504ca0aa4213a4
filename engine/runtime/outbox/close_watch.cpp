#include "engine/runtime/outbox/close_watch.h"

#include <algorithm>

namespace tocsin {

void CloseWatch::wrong(Seen& seen, const Effect& effect, const std::string& what) {
  if (!seen.is_wronged) ++wronged_;
  seen.is_wronged = true;
  last_wrong_ = to_text(effect.incident) + ", revision " + std::to_string(effect.revision.value()) + ": " + what;
}

void CloseWatch::see(const Effect& effect) {
  if (effect.kind != EffectKind::incident) return;
  const auto [at, is_new] = open_.try_emplace(effect.incident.bits);
  Seen& seen = at->second;
  const bool opens = effect.change == IncidentChange::opened;
  if (is_new != opens) wrong(seen, effect, is_new ? "told after its end, or never told to open" : "opened twice");
  // Where an epoch begins the numbers jump ahead: something was lost, which was said then.
  const std::uint64_t revision = effect.revision.value();
  const bool jumps = effect.name.life.epoch != seen.epoch && revision > seen.revision;
  if (!is_new && !jumps && revision != seen.revision + 1)
    wrong(seen, effect, "follows on revision " + std::to_string(seen.revision));
  if (is_new && opens && revision != 1) wrong(seen, effect, "opens with another than 1");
  for (const std::string& topic : seen.topics) {
    if (std::ranges::find(effect.audiences, topic, &Audience::topic) == effect.audiences.end())
      wrong(seen, effect, "not told to " + topic + ", which was told before");
  }
  if (effect.change == IncidentChange::closed || effect.change == IncidentChange::merged) {
    open_.erase(at);
    return;
  }
  seen.revision = revision;
  seen.epoch = effect.name.life.epoch;
  for (const Audience& audience : effect.audiences) seen.topics.insert(audience.topic);
}

}  // namespace tocsin
